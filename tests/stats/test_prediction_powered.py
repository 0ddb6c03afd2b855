"""Prediction-powered intervals: closed forms, coverage, and what worthless predictions do."""

from __future__ import annotations

import numpy as np
import pytest

from assay.stats import prediction_powered as ppi

RNG = np.random.default_rng


def sample(rng, n, further, noise=0.5, bias=0.3):
    """Labels with standard deviation 1; predictions that miss by `noise` and are off by `bias`."""
    y = rng.normal(size=n + further)
    f = y + bias + noise * rng.normal(size=n + further)
    return y[:n], f[:n], f[n:]


def test_a_mean_is_the_labelled_mean_plus_the_rectified_difference():
    y, f, more = sample(RNG(0), 40, 400)
    found = ppi.mean(y, f, more, weight=1.0)
    assert found.value[0] == pytest.approx(more.mean() + (y - f).mean())
    error = np.sqrt(np.var(y - f, ddof=1) / 40 + np.var(more, ddof=1) / 400)
    assert found.high[0] - found.value[0] == pytest.approx(2.022690911734728 * error)  # t, 39 degrees of freedom
    assert found.classical[0] == pytest.approx(y.mean())


def test_lambda_is_the_one_that_makes_the_variance_least():
    y, f, more = sample(RNG(1), 200, 2_000)
    chosen = ppi.mean(y, f, more)
    widths = [float((one.high - one.low)[0]) for one in (ppi.mean(y, f, more, weight=w) for w in np.linspace(0, 1, 101))]
    assert float((chosen.high - chosen.low)[0]) == pytest.approx(min(widths), rel=0.05)  # it takes both parts' spread together
    assert chosen.weight[0] == pytest.approx(1 / (1.1 * 1.25), abs=0.15)  # cov / ((1 + n/N) var), in the population


def test_worthless_predictions_leave_the_classical_interval():
    found = ppi.mean(np.arange(100.0), np.zeros(100), np.zeros(500))
    assert (found.low[0], found.high[0]) == (found.classical_low[0], found.classical_high[0])
    assert found.weight[0] == 0
    assert found.correlation == 0
    assert ppi.too_weak(1 / np.sqrt(98), 100)
    assert not ppi.too_weak(-0.2, 100)


def coverage(one, truth, rounds=1_000):
    """Share of rounds in which the interval holds the truth, and the mean ratio of its width to the classical one's."""
    found = [one(RNG([7, at])) for at in range(rounds)]
    inside = np.mean([(each.low <= truth) & (truth <= each.high) for each in found], axis=0)
    shrink = np.mean([(each.high - each.low) / (each.classical_high - each.classical_low) for each in found], axis=0)
    return inside, shrink


@pytest.mark.parametrize(("n", "near"), [(20, 0.06), (100, 0.02)])  # with few labels lambda itself is uncertain
def test_the_interval_of_a_mean_covers_and_is_as_much_narrower_as_the_correlation_says(n, near):
    inside, shrink = coverage(lambda rng: ppi.mean(*sample(rng, n, 20 * n)), 0.0)
    assert inside[0] == pytest.approx(0.95, abs=0.02)
    rho2 = 1 / 1.25
    assert shrink[0] == pytest.approx(np.sqrt(1 - rho2 / 1.05), abs=near)


def test_the_interval_of_a_rate_covers():
    def one(rng):
        p = rng.beta(1, 3, size=3_100)
        y = (rng.random(3_100) < p) * 1.0
        return ppi.mean(y[:100], p[:100] ** 2, p[100:] ** 2)

    inside, shrink = coverage(one, 0.25)
    assert inside[0] == pytest.approx(0.95, abs=0.025)
    assert shrink[0] < 0.97


@pytest.mark.parametrize(("share", "narrow"), [(0.25, 0.85), (0.5, 0.85), (0.9, 0.9)])
def test_the_interval_of_a_quantile_covers(share, narrow):
    from scipy.stats import norm

    inside, shrink = coverage(lambda rng: ppi.quantile(*sample(rng, 200, 4_000), share), norm.ppf(share), rounds=400)
    assert inside[0] >= 0.94
    assert shrink[0] < narrow


def test_a_quantile_where_values_heap_is_the_heap():
    y, f, more = np.repeat([20.0, 40.0], [40, 160]), np.zeros(200), np.zeros(1_000)
    for share, quantile in ((0.1, 20), (0.5, 40), (0.9, 40)):
        found = ppi.quantile(y, f, more, share)
        assert [float(part[0]) for part in (found.classical_low, found.classical, found.classical_high)] == [quantile] * 3
    unsure = ppi.quantile(y, f, more, 0.2)
    assert (unsure.classical_low[0], unsure.classical_high[0]) == (20, 40)


def test_the_interval_of_a_quantile_of_few_values_covers():
    def one(rng):
        y = np.clip(np.round(rng.normal(size=2_100)), -2, 2)
        f = np.round(y + 0.5 * rng.normal(size=2_100))
        return ppi.quantile(y[:100], f[:100], f[100:], 0.35)

    inside = np.mean([(each.low <= 0) & (each.high >= 0) for each in (one(RNG([8, at])) for at in range(200))])
    assert inside >= 0.94


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ValueError, match="At least 10 labelled rows"):
        ppi.mean(np.ones(9), np.ones(9), np.ones(20))
    with pytest.raises(ValueError, match="in \\(0, 1\\)"):
        ppi.quantile(np.arange(20.0), np.arange(20.0), np.arange(20.0), 1.0)
