from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.trajectory import Descent
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.loop_step import Maker, Step, Workshop, cut, home
from assay.lab.loop_store import Store

from .toy_loop import Forgetful, Gaussian, ToyGauge, looping, real_rows

REPLACE = Descent("toy", "replace", 0)


def workshop(folder, made_by=Gaussian, *, size=50, **settings):
    return Workshop(real_rows(), {"toy": Maker("toy", settings, made_by)}, ToyGauge(), Store(folder), size=size, seed=3)


def test_a_cut_parts_the_rows_and_keeps_the_class_shares():
    pool = real_rows(400)
    first, reserve = cut(pool, 100, seed=1)
    both = np.concatenate([first.numbers("x"), reserve.numbers("x")])
    assert len(first) == 100
    assert np.array_equal(np.sort(both), np.sort(pool.numbers("x")))
    assert first.numbers("class").sum() == pytest.approx(pool.numbers("class").sum() / 4, abs=1)
    assert np.abs(np.corrcoef(first.numbers("x"), np.sort(first.numbers("x")))[0, 1]) < 0.5
    again, other = cut(pool, 100, seed=1)[0], cut(pool, 100, seed=2)[0]
    assert again.sha256 == first.sha256 != other.sha256
    whole, nothing = cut(pool, 400, seed=1)
    assert nothing is None
    assert len(np.unique(whole.numbers("x"))) == 400


def test_a_cut_keeps_entities_whole():
    who = np.repeat(np.arange(40), 5)
    table = pa.table({"who": pa.array([f"p{at}" for at in who]), "x": pa.array(np.arange(200.0))})
    first, reserve = cut(Dataset(table, infer_schema(table, entity="who")), 50, seed=0)
    assert len(first) == 50
    assert not set(first.table.column("who").to_pylist()) & set(reserve.table.column("who").to_pylist())
    stands = np.flatnonzero(np.diff(reserve.numbers("x") // 5) != 0)
    assert len(stands) == 29  # thirty entities, each in one piece


def test_generation_1_learns_from_real_rows_and_the_next_from_it(tmp_path):
    made = workshop(tmp_path)
    first = made(home(REPLACE, 1)).made
    second = made(home(REPLACE, 2)).made
    store = Store(tmp_path)
    rows, later = (store.rows(*home(REPLACE, number), made.pool.schema) for number in (1, 2))
    assert (first.origin.depth, second.origin.depth) == (rows.lineage.depth, later.lineage.depth) == (1, 2)
    assert rows.lineage.parents == (made.first(0).sha256,)
    assert later.lineage.parents == (first.origin.sha256,) == (rows.sha256,)
    assert second.origin.sha256 == later.sha256
    assert first.origin.corpus == {"rows": 50}
    assert first.origin.skipped == {"tail_index": "x has no tail"}
    assert set(first.generation.seconds) == {"fit", "sample", "measure"}
    # against the generation before: the first one against its real part, the second one against the first
    means = [part.numbers("x").mean() for part in (made.first(0), rows, later)]
    for made_one, step in zip((first, second), np.diff(means), strict=True):
        assert made_one.generation.reading("step").value == pytest.approx(step)


def test_an_accumulated_corpus_names_all_its_parents(tmp_path):
    made = workshop(tmp_path)
    descent = REPLACE._replace(regime="accumulate")
    steps = [made(home(descent, number)).made for number in (1, 2, 3)]
    last = Store(tmp_path).rows(*home(descent, 3), made.pool.schema)
    assert last.lineage.depth == 3
    assert last.lineage.parents == (made.first(0).sha256, steps[0].origin.sha256, steps[1].origin.sha256)
    assert steps[2].origin.corpus == {"rows": 150}


def test_settings_reach_the_generator_and_seeds_differ(tmp_path):
    wide, plain = (workshop(tmp_path / str(scale), scale=scale) for scale in (3.0, 1.0))
    spreads = [each(home(REPLACE, 1)).made.generation.reading("spread").value for each in (wide, plain)]
    assert spreads[0] == pytest.approx(3 * spreads[1])
    other = plain(Step(Descent("toy", "", 1), 1)).made
    assert other.generation.reading("mean") != plain(home(REPLACE, 1)).made.generation.reading("mean")


def test_a_failure_is_told_without_a_value_and_its_traceback_kept(tmp_path):
    made = workshop(tmp_path, Forgetful)
    assert all(made(home(REPLACE, number)).made for number in (1, 2))
    outcome = made(home(REPLACE, 3))
    assert outcome.made is None
    assert outcome.reason == "learning failed: ZeroDivisionError; see toy/replace/0/3.error.txt"
    assert "ZeroDivisionError: a value of the table" in (tmp_path / "toy/replace/0/3.error.txt").read_text("utf-8")


def test_a_fault_of_the_measuring_is_told_as_such(tmp_path):
    made = workshop(tmp_path)
    made.gauge = None
    assert made(home(REPLACE, 1)).reason.startswith("measuring failed: AttributeError")


def test_rows_no_longer_kept_are_made_again_as_they_were(tmp_path):
    whole = looping(tmp_path / "a", ["accumulate"], 4, keep="all").run(real={}, settings={})
    less = looping(tmp_path / "b", ["accumulate"], 3, keep="none").run(real={}, settings={})
    assert not list((tmp_path / "b").rglob("*.parquet"))
    more = looping(tmp_path / "b", ["accumulate"], 4, keep="none").run(real={}, settings={})
    assert [each.readings for each in less.generations] == [each.readings for each in whole.generations[:3]]
    assert [each.readings for each in more.generations] == [each.readings for each in whole.generations]


def test_rows_that_come_out_otherwise_are_refused(tmp_path):
    workshop(tmp_path)(home(REPLACE, 1))
    (tmp_path / "toy/_first/0/1.parquet").unlink()
    outcome = workshop(tmp_path, scale=2.0)(home(REPLACE, 2))
    assert "came out otherwise" in outcome.reason
