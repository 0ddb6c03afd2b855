"""Levels: heterozygosity, survival and the mass that is gone, against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gamma, zeta
from tests.lab.held_to_law import ERRORS, held

from assay.core.errors import UsageError
from assay.lab.laws import expected, simulate
from assay.lab.worlds.categories import branching, survival

EVEN = np.full(10, 0.1)
RARE = np.r_[np.full(20, 0.02), 0.6]


@pytest.mark.parametrize("probabilities", [EVEN, RARE], ids=["even", "rare"])
@pytest.mark.parametrize("n", [10, 50])
def test_heterozygosity_under_replace(probabilities, n):
    _, law = held("categories", "replace", 10, n, 6_000, probabilities=probabilities)
    mixed = 1 - probabilities @ probabilities
    np.testing.assert_allclose(law["heterozygosity"], mixed * (1 - 1 / n) ** np.arange(1, 11), rtol=1e-12)


@pytest.mark.parametrize("n", [10, 50])
def test_heterozygosity_under_accumulate(n):
    _, law = held("categories", "accumulate", 10, n, 6_000, probabilities=RARE)
    mixed = 1 - RARE @ RARE
    np.testing.assert_allclose(law["heterozygosity"], mixed * np.cumprod(1 - 1 / (n * np.arange(1, 11) ** 2)), rtol=1e-12)


@pytest.mark.parametrize("regime", ["accumulate_subsample", "mix:0.1", "mix:0.5", "fresh:0.1", "fresh:0.5"])
def test_other_regimes_follow_the_recursion_of_moments(regime):
    held("categories", regime, 8, 20, 6_000, probabilities=RARE)


@pytest.mark.parametrize(("c", "n"), [(2, 20_000), (5, 20_000), (20, 50_000)])
def test_survival_of_rare_levels(c, n):
    probabilities = np.r_[np.full(10, c / n), 1 - 10 * c / n]
    simulated, law = held("categories", "replace", 60, n, 1_500, probabilities=probabilities)
    s, alive = 0.0, []
    for _ in range(60):
        alive.append(1 - np.exp(-c * (1 - s)))
        s = np.exp(s - 1)
    np.testing.assert_allclose(law["survivors"], 1 + 10 * np.array(alive), rtol=1e-12)
    assert simulated["survivors"].min() >= 1


def test_median_extinction_is_near_two_c_over_log_two():
    off = []
    for c in (5.0, 20.0, 200.0):
        median = 1 + (branching(np.array([c]), 1_000)[:, 0] > 0.5).sum()
        assert median <= 2 * c / np.log(2)
        off.append(1 - median * np.log(2) / (2 * c))
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.01


def test_median_extinction_of_twenty_rows():
    n = 20_000
    survivors = simulate("categories", "replace", 60, n, 400, seed=6, probabilities=np.r_[np.full(10, 20 / n), 1 - 200 / n])
    share = (survivors.mean("survivors") - 1) / 10
    error = 0.5 / np.sqrt(4_000)
    median = 1 + int((branching(np.array([20.0]), 60)[:, 0] > 0.5).sum())
    assert median == 56
    assert share[median - 2] > 0.5 - ERRORS * error
    assert share[median - 1] < 0.5 + ERRORS * error


def test_the_approximation_needs_many_rows_and_the_chain_does_not():
    held("categories", "replace", 80, 100, 8_000, probabilities=[0.2, 0.8])
    exact = survival(np.array([0.2]), 100, 100)[:, 0]
    assert np.abs(exact - branching(np.array([20.0]), 100)[:, 0]).max() == pytest.approx(0.07, abs=0.01)


def test_one_over_k_is_close_for_many_expected_rows_only():
    k = np.arange(1, 400)
    off = {c: np.abs(branching(np.array([float(c)]), 399)[:, 0] - (1 - np.exp(-2 * c / k))).max() for c in (5, 20, 80)}
    assert off[5] == pytest.approx(0.08, abs=0.01)
    assert off[5] > off[20] > off[80]


def test_fresh_rows_bring_levels_back_and_fixed_ones_never_do():
    settings = {"probabilities": RARE, "seed": 3, "only": ["survivors"]}
    first, *_ = fixed = simulate("categories", "mix:0.2", 40, 25, 500, **settings)["survivors"]
    assert (fixed <= first).all()
    assert (np.diff(simulate("categories", "replace", 40, 25, 500, **settings)["survivors"], axis=0) <= 0).all()
    fresh = simulate("categories", "fresh:0.2", 40, 25, 500, **settings)["survivors"]
    assert (np.diff(fresh, axis=0) > 0).any()
    assert (fresh.max(axis=0) > fresh[0]).any()
    accumulated = simulate("categories", "accumulate", 40, 25, 500, **settings)["survivors"]
    assert (accumulated == accumulated[0]).all()


def test_missing_mass_is_the_error_of_a_learner_that_remembers():
    simulated, law = held("categories", "replace", 5, 30, 4_000, probabilities=RARE)
    np.testing.assert_allclose(law["missing_mass"][0], RARE @ (1 - RARE) ** 30, rtol=1e-10)
    assert (np.diff(simulated["missing_mass"], axis=0) >= 0).all()


@pytest.mark.parametrize(("exponent", "cut"), [(1.5, None), (1.5, 50), (2.0, 20)])
def test_tails_and_their_cut(exponent, cut):
    sizes = [100, 300, 1_000, 3_000]
    held("tails", "replace", 4, sizes, 150, exponent=exponent, cut=cut, levels=3_000)


def test_tails_scale_and_a_cut_ends_the_scaling():
    exponent = 2.0
    sizes = [10**at for at in range(2, 6)]
    error = expected("tails", "replace", 4, sizes, exponent=exponent, levels=200_000)["missing_mass"]
    # sum p (1 - p)^T for p = c i^-b: G(1 - 1/b) / b c^(1/b) T^-((b - 1) / b)
    law = gamma(1 - 1 / exponent) / exponent * zeta(exponent) ** (-1 / exponent) * np.array(sizes) ** (1 / exponent - 1)
    off = np.abs(error / law - 1)
    assert (np.diff(off[:3]) < 0).all()
    assert off[2] < 0.01
    cut = expected("tails", "replace", 4, sizes, exponent=exponent, cut=30, levels=200_000)["missing_mass"]
    shares = np.arange(1.0, 200_001) ** -exponent
    floor = shares[30:].sum() / shares.sum()
    assert cut[-1] == pytest.approx(floor, rel=1e-6)
    assert error[-1] < floor / 5
    assert floor == pytest.approx(30 ** (1 - exponent) / (exponent - 1) / zeta(exponent), rel=0.02)


def test_wrong_settings_are_told():
    with pytest.raises(UsageError, match="add up to 1"):
        simulate("categories", "replace", 2, 10, 5, probabilities=[0.5, 0.6])
    with pytest.raises(UsageError, match="needs probabilities"):
        simulate("categories", "replace", 2, 10, 5)
    with pytest.raises(UsageError, match="exponent must be > 1"):
        simulate("tails", "replace", 2, 10, 5, exponent=1.0)


def test_survival_is_within_error_of_a_plain_simulation():
    rng = np.random.default_rng(8)
    counts = rng.binomial(60, 0.1, 20_000)
    for _ in range(9):
        counts = rng.binomial(60, counts / 60)
    share = (counts > 0).mean()
    law = survival(np.array([0.1]), 10, 60)[-1, 0]
    assert abs(share - law) < ERRORS * np.sqrt(law * (1 - law) / 20_000)
