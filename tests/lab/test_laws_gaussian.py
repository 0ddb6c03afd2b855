"""The normal world: replaced, accumulated, anchored and weighted generations against their closed forms."""

from __future__ import annotations

from math import gamma, pi, sin, sqrt

import numpy as np
import pytest
from scipy.special import psi
from tests.lab.held_to_law import ERRORS, held

from assay.core.errors import UsageError
from assay.lab.laws import expected, simulate
from assay.lab.worlds.passage import CollapseTime


def c4(m: int) -> float:
    return sqrt(2 / (m - 1)) * gamma(m / 2) / gamma((m - 1) / 2)


@pytest.mark.parametrize(("m", "variance"), [(5, 1.0), (20, 1.0), (20, 6.25), (100, 0.04)])
def test_replace_with_the_unbiased_variance(m, variance):
    n = np.arange(1, 9)
    simulated, law = held("gaussian", "replace", 8, m, 20_000, variance=variance)
    np.testing.assert_allclose(law["squared_error"], variance * n / m, rtol=1e-12)
    np.testing.assert_allclose(law["variance"], variance, rtol=1e-12)
    np.testing.assert_allclose(law["w2_squared"], variance * (n / m + 2 * (1 - c4(m) ** n)), rtol=1e-10)
    drift = psi((m - 1) / 2) - np.log((m - 1) / 2)
    np.testing.assert_allclose(law["log_variance"], np.log(variance) + n * drift, rtol=1e-10, atol=1e-12)
    assert simulated.statistics.keys() >= law.keys()


@pytest.mark.parametrize("m", [5, 20, 100])
def test_replace_with_maximum_likelihood(m):
    n = np.arange(1, 11)
    _, law = held("gaussian", "replace", 10, m, 20_000, variance=2.0, estimator="mle")
    q = (1 - 1 / m) ** n
    np.testing.assert_allclose(law["variance"], 2 * q, rtol=1e-12)
    np.testing.assert_allclose(law["squared_error"], 2 * (1 - q), rtol=1e-12)
    np.testing.assert_allclose(law["w2_squared"], 2 * (2 - 2 * (c4(m) * sqrt((m - 1) / m)) ** n), rtol=1e-10)


def test_published_figure_of_twenty_rows_after_five_generations():
    assert expected("gaussian", "replace", 5, 20)["w2_squared"][-1] == pytest.approx(0.3773, abs=5e-5)


def test_the_variance_dies_though_its_mean_stays():
    variance = simulate("gaussian", "replace", 400, 10, 2_000, seed=5, only=["variance"])["variance"]
    assert (variance[-1] < 1e-6).mean() == 1.0
    assert expected("gaussian", "replace", 400, 10)["variance"][-1] == pytest.approx(1.0)


@pytest.mark.parametrize("sizes", [[10, 20, 30, 40, 50, 60], [10 * t**2 for t in range(1, 7)]])
def test_growing_samples(sizes):
    _, law = held("gaussian", "replace", 6, sizes, 20_000)
    np.testing.assert_allclose(law["squared_error"], np.cumsum(1 / np.array(sizes)), rtol=1e-12)


def test_error_is_bounded_only_where_samples_grow_faster_than_linearly():
    linear = expected("gaussian", "replace", 4_000, [10 * t for t in range(1, 4_001)])["squared_error"]
    faster = expected("gaussian", "replace", 4_000, [10 * t**2 for t in range(1, 4_001)])["squared_error"]
    assert faster[-1] < pi**2 / 60
    # a harmonic sum: as much again with every doubling
    assert linear[-1] - linear[1_999] == pytest.approx(np.log(2) / 10, rel=1e-3)


@pytest.mark.parametrize("n", [4, 10, 50])
def test_accumulate_with_maximum_likelihood(n):
    t = np.arange(1, 13)
    _, law = held("gaussian", "accumulate", 12, n, 20_000, estimator="mle")
    np.testing.assert_allclose(law["variance"], np.cumprod(1 - 1 / (n * t**2)), rtol=1e-12)


@pytest.mark.parametrize("n", [4, 10, 50])
def test_accumulate_stops_at_the_limit(n):
    reached = expected("gaussian", "accumulate", 5_000, n, estimator="mle")["variance"][-1]
    limit = sin(pi / sqrt(n)) / (pi / sqrt(n))
    assert limit < reached < limit * np.exp(2 / (n * 5_000))  # what is left of the product is about 1 - 1 / (n t)


@pytest.mark.parametrize("estimator", ["unbiased", "mle"])
@pytest.mark.parametrize("regime", ["accumulate", "accumulate_subsample", "mix:0.1", "mix:0.5", "fresh:0.1", "fresh:0.5"])
@pytest.mark.parametrize("dimension", [1, 3])
def test_every_regime_follows_the_recursion_of_moments(regime, dimension, estimator):
    held("gaussian", regime, 8, 20, 4_000, dimension=dimension, estimator=estimator)


def test_unequal_sizes_follow_it_too():
    sizes = [12, 20, 8, 40, 30]
    for regime in ("accumulate", "accumulate_subsample", "mix:0.25", "fresh:0.25"):
        held("gaussian", regime, 5, sizes, 8_000)


@pytest.mark.parametrize(("n", "share"), [(10, 0.1), (20, 0.2), (40, 0.5)])
def test_fresh_real_rows_hold_variance_and_mean_at_a_fixed_point(n, share):
    _, law = held("gaussian", f"fresh:{share}", 30, n, 10_000, estimator="mle")
    d = 1 - share + share * n * (2 - share)
    settled = expected("gaussian", f"fresh:{share}", 600, n, estimator="mle")
    assert settled["variance"][-1] == pytest.approx(1 - 1 / d, rel=1e-10)
    assert settled["squared_error"][-1] == pytest.approx(1 / d, rel=1e-10)
    assert abs(law["variance"][-1] - (1 - 1 / d)) < abs(law["variance"][1] - (1 - 1 / d)) + 1e-12


@pytest.mark.parametrize(("share", "bias"), [(0.2, 0.8), (0.5, 0.5), (0.1, 1.05)])
def test_sampling_bias_with_a_real_share(share, bias):
    held("gaussian", f"fresh:{share}", 12, 20, 10_000, bias=bias, estimator="mle")
    large = expected("gaussian", f"fresh:{share}", 2_000, 1_000_000, bias=bias)["variance"][-1]
    assert large == pytest.approx(share / (1 - (1 - share) * bias), rel=1e-5)


def test_small_samples_shift_the_point_of_sampling_bias():
    small = expected("gaussian", "fresh:0.2", 500, 20, bias=0.8, estimator="mle")["variance"][-1]
    held("gaussian", "fresh:0.2", 10, 20, 20_000, bias=0.8, estimator="mle")
    assert small == pytest.approx(0.5147, abs=5e-5)
    large = 0.2 / (1 - 0.8 * 0.8)
    assert large == pytest.approx(0.5556, abs=5e-5)


@pytest.mark.parametrize("bias", [0.8, 1.1])
def test_sampling_bias_without_real_rows_is_a_power(bias):
    _, law = held("gaussian", "replace", 8, 50, 10_000, bias=bias)
    np.testing.assert_allclose(law["variance"], bias ** np.arange(8), rtol=1e-12)


@pytest.mark.parametrize(("real", "made"), [(20, 20), (20, 80), (40, 10)])
def test_golden_weight(real, made):
    k = real / made
    weight = (sqrt(k * k + 4 * k) - k) / 2
    simulated, _ = held("gaussian", "weighted:golden", 15, real, 10_000, beside=made)
    settled = expected("gaussian", "weighted:golden", 500, real, beside=made)["squared_error"][-1]
    assert settled == pytest.approx(weight / real, rel=1e-10)
    for other in (weight - 0.05, weight + 0.05):
        assert expected("gaussian", f"weighted:{other}", 500, real, beside=made)["squared_error"][-1] > settled
    assert abs(simulated["squared_error"][-1].mean() - weight / real) < ERRORS * simulated.standard_error("squared_error")[-1]


def test_naive_pooling_is_worse_than_the_golden_ratio():
    _, naive = held("gaussian", "weighted:0.5", 12, 20, 10_000)
    assert naive["squared_error"][-1] * 20 == pytest.approx(2 / 3, rel=1e-5)
    assert expected("gaussian", "weighted:golden", 100, 20)["squared_error"][-1] * 20 == pytest.approx((sqrt(5) - 1) / 2)


@pytest.mark.parametrize("dimension", [2, 5])
def test_log_determinant(dimension):
    _, law = held("gaussian", "replace", 6, 20, 6_000, dimension=dimension)
    step = sum(psi((20 - i) / 2) - np.log(19 / 2) for i in range(1, dimension + 1))
    np.testing.assert_allclose(law["log_determinant"], step * np.arange(1, 7), rtol=1e-10)


@pytest.mark.parametrize("rows", [False, True])
def test_a_covariance_that_has_all_but_vanished_is_followed_on(rows):
    generations, size, d = 200, 10, 3
    found = simulate("gaussian", "replace", generations, size, 400, seed=2, dimension=d, rows=rows)
    law = expected("gaussian", "replace", generations, size, dimension=d)["log_determinant"]
    last = 30 if rows else generations  # rows lose their digits beside a mean that has moved away
    assert law[-1] < -80
    assert np.abs(found.z("log_determinant", law)[:last]).max() < ERRORS


def test_long_after_the_smallest_number_nothing_is_left():
    lineages = simulate("gaussian", "replace", 6_000, 3, 3, only=["variance", "log_variance"])
    assert (lineages["variance"][-1] == 0).all()
    assert (lineages["log_variance"][-1] == -np.inf).all()


def fallen(size: int, fall: float, generations: int, seeds: int) -> np.ndarray:
    lineages = simulate("gaussian", "replace", generations, size, seeds, seed=7, only=["log_variance"])
    return lineages.first_below("log_variance", -fall)


@pytest.mark.parametrize(("size", "fall", "generations"), [(20, 1.0, 500), (50, np.log(10), 1_300), (100, 0.5, 2_000)])
def test_time_to_collapse(size, fall, generations):
    law, seeds = CollapseTime(size, fall), 2_000
    times = fallen(size, fall, generations, seeds)
    assert law.reached(generations) > 1 - 1e-4  # what is cut off is less than a fifth of one lineage
    found = times[times > 0]
    assert abs(found.mean() - law.mean) < ERRORS * found.std() / sqrt(seeds)
    exact = law.exact(generations)
    for probability in (0.1, 0.5, 0.9):
        at = round(law.quantile(probability))
        share, error = (found <= at).mean(), sqrt(probability * (1 - probability) / seeds)
        assert abs(share - law.reached(at)) < ERRORS * error
        assert abs(share - exact[at - 1]) < ERRORS * error


def test_the_law_of_the_time_is_close_to_what_it_stands_for():
    worst = {}
    for size, fall in ((20, 1.0), (50, np.log(10)), (200, 1.0)):
        law = CollapseTime(size, fall)
        exact = law.exact(800)
        worst[size] = np.abs(exact - law.reached(np.arange(1, 801))).max()
        assert (np.diff(exact) >= -1e-12).all()
    assert worst[20] > worst[50] > worst[200]
    assert worst[20] < 0.01


def test_deciles_of_fifty_rows_to_a_tenth():
    law = CollapseTime(50, np.log(10))
    exact = law.exact(800)
    assert law.mean == pytest.approx(118.6, abs=0.05)
    assert [int(np.searchsorted(exact, q)) + 1 for q in (0.1, 0.5, 0.9)] == [31, 85, 246]


def test_what_is_no_weight_estimator_or_number_is_told():
    with pytest.raises(UsageError, match="weighted:golden"):
        simulate("gaussian", "weighted:silver", 2, 10, 5)
    with pytest.raises(UsageError, match="'unbiased' or 'mle'"):
        simulate("gaussian", "replace", 2, 10, 5, estimator="ml")
    with pytest.raises(UsageError, match="dimension must be >= 1"):
        simulate("gaussian", "replace", 2, 10, 5, dimension=0)
    with pytest.raises(UsageError, match="more rows than columns"):
        simulate("gaussian", "replace", 2, 3, 5, dimension=3)
    with pytest.raises(UsageError, match="fall > 0"):
        CollapseTime(50, 0.0)
