from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.mending.forms import Form, forms, lesson_of
from assay.mending.task import Lesson, Staged, Task


def test_every_baseline_is_tried_with_both_learners_and_again_with_mended_rows():
    plain, both = forms(False), forms(True)
    assert {(one.rows, one.share) for one in plain} >= {("real", None), ("synthetic", 0.0), ("synthetic", None)}
    assert len(both) - len(plain) == sum(one.rows == "synthetic" for one in plain)
    assert len(set(both)) == len(both)


def test_real_rows_at_a_share_have_that_share_of_the_weight():
    real = Lesson(np.zeros((10, 1)), np.zeros((10, 1)), np.zeros(10), np.ones(10))
    further = Lesson(np.ones((90, 1)), np.ones((90, 1)), np.ones(90), np.linspace(0.5, 1.5, 90))
    half = lesson_of(Form("mended", 0.5, "linear"), real, further)
    assert half.weights[:10].sum() / half.weights.sum() == pytest.approx(0.5)
    assert lesson_of(Form("synthetic", 0.0, "linear"), real, further) is further
    assert lesson_of(Form("real", None, "linear"), real, further) is real
    pooled = lesson_of(Form("mended", None, "linear"), real, further)
    assert np.array_equal(pooled.weights, np.concatenate([real.weights, further.weights]))


def test_a_model_of_synthetic_rows_goes_on_with_real_ones_where_it_is_so_asked():
    real = Lesson(np.zeros((10, 1)), np.zeros((10, 1)), np.zeros(10), np.ones(10))
    further = Lesson(np.ones((90, 1)), np.ones((90, 1)), np.ones(90), np.ones(90))
    form = Form("mended", None, "linear", staged=True)
    assert lesson_of(form, real, further) == Staged(further, real)
    assert not form.simple
    assert form.words == "mended rows first, real ones then, linear"
    assert form in forms(True)


def test_rows_of_one_entity_are_known_where_a_model_goes_on():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(30), 20)
    x, y = rng.normal(size=30)[who], np.where(rng.integers(0, 2, 30)[who] == 1, "yes", "no")
    table = pa.table({"who": pa.array([f"p{at}" for at in who]), "x": x, "y": pa.array(y.tolist())})
    real = Dataset(table, infer_schema(table, target="y", entity="who"))
    task = Task.of(real)
    lesson = task.lesson(real)
    assert lesson.groups is not None
    assert np.array_equal(lesson.take(np.arange(50, 90)).groups, lesson.groups[50:90])
    assert lesson.plus(lesson).groups is None
    first = lesson._replace(target=rng.integers(0, 2, 600))
    whole, cut = (task.predict("boosting", Staged(first, then), lesson, 0) for then in (lesson, lesson._replace(groups=None)))
    assert np.ptp(whole) < np.ptp(cut)
