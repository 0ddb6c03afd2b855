from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay import load
from assay.data.ground import written
from assay.mending.forms import Form
from assay.mending.run import mend_rows
from assay.mending.task import Task
from assay.mending.within import Within, _halves, within

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


def test_equal_rows_are_never_asked_about_by_models_that_saw_them():
    few = rows(200, 4)
    repeated = few.take(np.tile(np.arange(200), 8))
    first, second = _halves(repeated, np.random.default_rng(0))
    assert len(first) + len(second) == len(repeated)
    assert not {*(first % 200)} & {*(second % 200)}
    assert 60 < len({*(first % 200)}) < 140


def test_rows_of_an_entity_are_never_asked_about_by_models_that_saw_others_of_it():
    table = rows(400, 4).table.append_column("id", pa.array(np.repeat(np.arange(100), 4)))
    real, made = (load(part, target="y", entity="id") for part in (table, table.slice(0, 398)))
    first, second = _halves(made, np.random.default_rng(0))
    assert len(first) + len(second) == 398
    assert not {*(first // 4)} & {*(second // 4)}
    said = within(Task.of(real), real, made, (), told=0.5, seed=0)
    assert len(np.unique(said.groups)) == len({*(second // 4)}) < len(said.groups)
    assert said.expected(Form("synthetic", None, "linear"), Form("real", None, "linear"))[1] > 0


def test_one_is_the_warier_the_better_real_rows_are_told_from_mended_ones():
    assert [Within({}, told).wary for told in (0.45, 0.6, 0.8)] == pytest.approx([0.0, 0.0, 1.0])
