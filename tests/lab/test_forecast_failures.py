from __future__ import annotations

from assay.core.trajectory import Descent
from assay.lab.forecast_failures import SPENT, End, ended_early, failed, told
from assay.lab.loop_step import Maker

from .toy_loop import Forgetful, looping


def test_a_loop_that_failed_and_one_that_had_no_time_are_told_apart(tmp_path):
    broken = looping(tmp_path / "a", generations=4, seeds=2, makers={"toy": Maker("toy", {}, Forgetful)}).run(
        real={}, settings={}
    )
    ends = ended_early(broken)["toy", "replace"]
    assert {end.number for end in ends.values()} == {3}
    assert failed(ends) == {Descent("toy", "replace", 0), Descent("toy", "replace", 1)}
    cut = looping(tmp_path / "b", generations=4, seeds=2, deadline=0.0, now=lambda: 1.0).run(real={}, settings={})
    ends = ended_early(cut)["bootstrap_rows", "replace"]
    assert set(ends.values()) == {End(1, SPENT)}
    assert failed(ends) == frozenset()


def test_reasons_are_counted_and_few_are_shown():
    ends = {Descent("g", "r", at): End(2, f"reason {min(at, 4)}") for at in range(8)}
    said = told(ends, 10)
    assert said.startswith("8 of 10 lineages ended early: 4 before generation 2 (reason 4); 1 before")
    assert said.endswith("2 for other reasons")
