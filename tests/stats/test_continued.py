from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from assay.stats.continued import go_on


def sample(rng, count, classes=2):
    """Chances that a first model knows but for a slope of the second column."""
    x = rng.normal(size=(count, 3))
    known, whole = x[:, 0], x[:, 0] + 1.5 * x[:, 1]
    if not classes:
        return x, known, whole + 0.3 * rng.normal(size=count)
    return x, expit(known), (rng.random(count) < expit(whole)).astype(np.int64)


def loss(said, target):
    sure = np.clip(said, 1e-9, 1 - 1e-9)
    return -np.mean(np.where(target == 1, np.log(sure), np.log1p(-sure)))


@pytest.mark.parametrize("name", ["boosting", "linear"])
def test_what_the_first_model_lacks_is_learned_from_few_rows(name):
    rng = np.random.default_rng(1)
    x, said, y = sample(rng, 400)
    more, first, truth = sample(rng, 5_000)
    found = go_on(name, said, x, y, np.ones(len(y)), first, more, 2, 0)
    assert found.shape == first.shape
    assert loss(found, truth) < loss(first, truth) - 0.05


@pytest.mark.parametrize("name", ["boosting", "linear"])
def test_a_right_model_is_hardly_changed(name):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 3))
    said = expit(x[:, 0])
    y = (rng.random(400) < said).astype(np.int64)
    found = go_on(name, said, x, y, np.ones(400), said, x, 2, 0)
    assert loss(found, y) < loss(said, y) + 1e-9
    fresh = rng.normal(size=(5_000, 3))
    truth = (rng.random(5_000) < expit(fresh[:, 0])).astype(np.int64)
    again = go_on(name, said, x, y, np.ones(400), expit(fresh[:, 0]), fresh, 2, 0)
    assert loss(again, truth) < loss(expit(fresh[:, 0]), truth) + 0.05


@pytest.mark.parametrize("name", ["boosting", "linear"])
def test_two_classes_as_chances_of_each_are_the_same_as_of_one(name):
    rng = np.random.default_rng(3)
    x, said, y = sample(rng, 300)
    both = np.stack([1.0 - said, said], axis=1)
    found = go_on(name, both, x, y, np.ones(300), both, x, 2, 0)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert np.corrcoef(found[:, 1], go_on(name, said, x, y, np.ones(300), said, x, 2, 0))[0, 1] > 0.98


@pytest.mark.parametrize("name", ["boosting", "linear"])
def test_a_regression_goes_on_from_its_residuals(name):
    rng = np.random.default_rng(4)
    x, said, y = sample(rng, 400, classes=0)
    more, first, truth = sample(rng, 5_000, classes=0)
    found = go_on(name, said, x, y, np.ones(400), first, more, 0, 0)
    assert np.mean((found - truth) ** 2) < 0.5 * np.mean((first - truth) ** 2)


def test_the_penalised_change_is_where_its_slope_is_nought():
    """A column of nothing but ones against an intercept: the closed form of one free constant is the weighted mean residual."""
    y, weights = np.array([1, 1, 1, 0]), np.array([2.0, 1.0, 1.0, 1.0])
    found = go_on("linear", np.full(4, 0.5), np.zeros((4, 1)), y, weights, np.full(1, 0.5), np.zeros((1, 1)), 2, 0)
    assert found[0] == pytest.approx(4.0 / 5.0, abs=1e-4)


def test_rows_of_no_weight_teach_nothing():
    rng = np.random.default_rng(5)
    x, said, y = sample(rng, 300)
    wrong = np.concatenate([y[:200], 1 - y[200:]])
    weights = np.repeat([1.0, 0.0], [200, 100])
    some = go_on("linear", said[:200], x[:200], y[:200], np.ones(200), said, x, 2, 0)
    assert go_on("linear", said, x, wrong, weights, said, x, 2, 0) == pytest.approx(some, abs=1e-5)


def test_numbers_beyond_what_trees_hold_are_taken_for_the_largest() -> None:
    x, said, y = sample(np.random.default_rng(0), 300)
    x[0], x[1] = 1e300, -1e300
    near = np.clip(x, -1e30, 1e30)
    far, close = (go_on("boosting", said, each, y, np.ones(300), said, each, 2, 0) for each in (x, near))
    assert np.array_equal(far, close)


def test_rows_that_belong_together_are_left_out_together() -> None:
    rng = np.random.default_rng(0)
    place = np.repeat(np.arange(30), 20)
    x, y = rng.normal(size=30)[place, None], rng.integers(0, 2, 30)[place]  # all that is there to learn is who is who
    flat = np.full(600, 0.5)
    apart, whole = (go_on("boosting", flat, x, y, np.ones(600), flat, x, 2, 0, groups) for groups in (None, place))
    assert np.abs(apart - 0.5).max() > 0.4
    assert np.abs(whole - 0.5).max() < 0.25
    assert np.array_equal(apart, go_on("boosting", flat, x, y, np.ones(600), flat, x, 2, 0, np.arange(600)))
    assert np.array_equal(flat, go_on("boosting", flat, x, y, np.ones(600), flat, x, 2, 0, place // 15))
