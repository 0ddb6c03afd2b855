from __future__ import annotations

from assay.data.ground import written
from assay.mending.run import mend_rows
from assay.mending.task import Task
from assay.mending.within import within

from .toy import rows


def test_mended_rows_serve_their_own_kind_better_than_rows_that_were_moved():
    real, sound = rows(300, 1), rows(3_000, 2)
    moved = written(sound, "x", -sound.numbers("x"))
    outcome = mend_rows(real, written(sound, "x", sound.numbers("x") * 3.0 + 5.0), seed=0)
    said = within(
        Task.of(real), real, written(sound, "x", sound.numbers("x") * 3.0 + 5.0), outcome.chosen.steps, told=0.5, seed=0
    )
    assert not said.useless("linear", "synthetic")
    assert said.scores["mended"]["linear"] > said.scores["synthetic"]["linear"]
    assert said.scores["real"]["boosting"] < said.scores["mended"]["boosting"]  # 300 real rows teach less than 1,500 sound ones
    nothing = within(Task.of(real), real, moved, (), told=0.5, seed=0)
    assert nothing.useless("linear", "synthetic")  # rows that nothing was done to cannot be better than themselves
    assert nothing.scores["mended"] == nothing.scores["synthetic"]


def test_too_few_rows_to_ask_say_nothing():
    real, sound = rows(300, 1), rows(30, 2)
    said = within(Task.of(real), real, sound, (), told=0.5, seed=0)
    assert said.silent
    assert not within(Task.of(real), real, rows(600, 3), (), told=0.5, seed=0).silent
