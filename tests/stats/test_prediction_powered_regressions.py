"""Prediction-powered regressions: coverage, scales, and what predictions without worth do."""

from __future__ import annotations

import numpy as np
import pytest

from assay.stats import prediction_powered_regressions as ppi

RNG = np.random.default_rng


def coverage(one, truth, rounds=1_000):
    """Share of rounds in which the interval holds the truth, and the mean ratio of its width to the classical one's."""
    found = [one(RNG([7, at])) for at in range(rounds)]
    inside = np.mean([(each.low <= truth) & (truth <= each.high) for each in found], axis=0)
    shrink = np.mean([(each.high - each.low) / (each.classical_high - each.classical_low) for each in found], axis=0)
    return inside, shrink


def test_the_intervals_of_a_regression_cover_though_predictions_are_biased():
    def one(rng):
        x = np.column_stack([np.ones(2_100), rng.normal(size=2_100)])
        y = x @ [1.0, 2.0] + rng.normal(size=2_100) * (1 + 0.5 * np.abs(x[:, 1]))
        f = 0.8 * y + 0.5 + 0.4 * rng.normal(size=2_100)
        return ppi.ols(x[:100], y[:100], f[:100], x[100:], f[100:])

    inside, shrink = coverage(one, np.array([1.0, 2.0]), rounds=800)
    assert ((inside >= 0.935) & (inside <= 0.99)).all()  # least squares takes out what predictions miss along a line
    assert (shrink < 0.75).all()


def test_a_regression_without_help_is_least_squares():
    rng = RNG(3)
    x, y = np.column_stack([np.ones(50), rng.normal(size=50)]), rng.normal(size=50)
    found = ppi.ols(x, y, y, x, y, weight=0.0)
    np.testing.assert_allclose(found.value, np.linalg.lstsq(x, y, rcond=None)[0])


def test_the_intervals_of_a_logistic_regression_cover():
    def one(rng):
        x = np.column_stack([np.ones(2_200), rng.normal(size=2_200)])
        p = 1 / (1 + np.exp(-x @ [-0.5, 1.0]))
        y = (rng.random(2_200) < p) * 1.0
        f = np.clip(np.where(rng.random(2_200) < 0.9, y, 1 - y), 0.05, 0.95)
        return ppi.logistic(x[:200], y[:200], f[:200], x[200:], f[200:])

    inside, shrink = coverage(one, np.array([-0.5, 1.0]), rounds=250)
    assert inside == pytest.approx([0.95, 0.95], abs=0.035)
    assert (shrink < 0.85).all()


def test_intervals_of_few_rows_cover_where_one_row_weighs_much():
    def one(rng):
        x = np.column_stack([np.ones(1_040), np.exp(0.5 * rng.normal(size=1_040))])
        y = x[:, 1] + rng.normal(size=1_040) * x[:, 1]
        f = y + rng.normal(size=1_040)
        return ppi.ols(x[:40], y[:40], f[:40], x[40:], f[40:])

    def inside(found):
        return [(each[0] <= [0, 1]) & (each[1] >= [0, 1]) for each in found]

    found = [one(RNG([5, at])) for at in range(400)]
    assert np.mean(inside([(each.classical_low, each.classical_high) for each in found])) >= 0.93
    assert np.mean(inside([(each.low, each.high) for each in found])) >= 0.93


def test_a_logistic_regression_does_not_depend_on_the_units():
    rng = RNG(6)
    x = np.column_stack([np.ones(3_200), 2_000 + 5 * rng.normal(size=3_200), rng.exponential(5e4, 3_200)])
    chance = 1 / (1 + np.exp(-(0.2 * (x[:, 1] - 2_000) + x[:, 2] / 5e4 - 1)))
    y = (rng.random(3_200) < chance) * 1.0
    f = np.clip(0.8 * y + 0.1, 0, 1)
    even = np.column_stack([np.ones(3_200), x[:, 1] - 2_000, x[:, 2] / 5e4])
    plain, apart = (
        ppi.logistic(one[:200], y[:200], f[:200], one[200:], f[200:], weight=0.5) for one in (even, x / [1, 1e3, 1e4])
    )
    np.testing.assert_allclose(apart.value[1:] / [1e3, 1e4], plain.value[1:] / [1, 5e4], rtol=1e-4)
    np.testing.assert_allclose(apart.high[1:] / [1e3, 1e4], plain.high[1:] / [1, 5e4], rtol=1e-3)


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ValueError, match="a row for each label"):
        ppi.ols(np.ones((5, 1)), np.ones(20), np.ones(20), np.ones((5, 1)), np.ones(5))
