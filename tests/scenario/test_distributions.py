"""Distributions: their quantiles are those of scipy, cutting them off is exact, and far tails stay right."""

import numpy as np
import pytest
from scipy import stats

from assay.scenario.distributions import FAMILIES, draw

GIVEN = {
    "normal": ({"mean": 3.0, "sd": 2.0}, stats.norm(3, 2)),
    "lognormal": ({"median": 20.0, "sigma": 0.7}, stats.lognorm(0.7, scale=20)),
    "gamma": ({"shape": 2.5, "mean": 10.0}, stats.gamma(2.5, scale=4)),
    "beta": ({"a": 2.0, "b": 5.0}, stats.beta(2, 5)),
    "exponential": ({"mean": 4.0}, stats.expon(scale=4)),
    "pareto": ({"alpha": 1.7, "least": 3.0}, stats.pareto(1.7, scale=3)),
    "weibull": ({"shape": 1.5, "scale": 6.0}, stats.weibull_min(1.5, scale=6)),
    "student_t": ({"df": 4.0, "mean": 1.0, "scale": 2.0}, stats.t(4, 1, 2)),
    "uniform": ({"low": -2.0, "high": 5.0}, stats.uniform(-2, 7)),
    "triangular": ({"low": 0.0, "mode": 2.0, "high": 10.0}, stats.triang(0.2, 0, 10)),
    "integers": ({"low": 3.0, "high": 9.0}, stats.randint(3, 10)),
    "poisson": ({"mean": 4.5}, stats.poisson(4.5)),
    "binomial": ({"trials": 12.0, "p": 0.3}, stats.binom(12, 0.3)),
    "geometric": ({"p": 0.2}, stats.geom(0.2)),
    "zipf": ({"exponent": 1.2, "levels": 50.0}, stats.zipfian(1.2, 50)),
}
U = (np.arange(997) + 0.3717) / 997  # no tie with a step of a discrete one


def arrays(parameters):
    return {name: np.array([value]) for name, value in parameters.items()}


def test_every_family_is_tried():
    assert set(GIVEN) == set(FAMILIES)


@pytest.mark.parametrize("family", GIVEN)
def test_quantiles_are_those_of_scipy(family):
    parameters, known = GIVEN[family]
    np.testing.assert_allclose(draw(family, arrays(parameters), None, None, U), known.ppf(U), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("family", GIVEN)
def test_cut_off_at_both_ends_it_is_the_conditional_distribution(family):
    parameters, known = GIVEN[family]
    low, high = known.ppf([0.3, 0.85])
    below = known.cdf(low - 1) if FAMILIES[family].discrete else known.cdf(low)
    wanted = known.ppf(below + U * (known.cdf(high) - below))
    found = draw(family, arrays(parameters), np.array([low]), np.array([high]), U)
    np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-7)
    assert found.min() >= low
    assert found.max() <= high


@pytest.mark.parametrize("family", GIVEN)
def test_cut_off_far_out_in_the_upper_tail(family):
    parameters, known = GIVEN[family]
    low = float(known.isf(1e-12)) if family not in ("uniform", "triangular", "integers", "beta", "binomial", "zipf") else None
    if low is None:
        return
    found = draw(family, arrays(parameters), np.array([low]), None, np.array([0.5]))
    tail = known.sf(np.ceil(low) - 1) if FAMILIES[family].discrete else known.sf(low)
    if FAMILIES[family].discrete:
        assert low <= found[0] <= known.isf(tail / 50)
    else:
        np.testing.assert_allclose(known.sf(found), tail / 2, rtol=1e-5)


@pytest.mark.parametrize("family", GIVEN)
def test_parameters_may_differ_by_row(family):
    parameters, _ = GIVEN[family]
    if family == "zipf":
        return
    spread = {name: np.full(len(U), value) for name, value in parameters.items()}
    np.testing.assert_allclose(
        draw(family, spread, None, None, U), draw(family, arrays(parameters), None, None, U), rtol=1e-12, atol=1e-12
    )


def test_nothing_between_the_ends_is_told_as_nan():
    assert np.isnan(draw("uniform", arrays({"low": 0.0, "high": 1.0}), np.array([2.0]), None, np.array([0.5]))).all()
    assert np.isnan(draw("poisson", arrays({"mean": 2.0}), np.array([1.2]), np.array([1.8]), np.array([0.5]))).all()
