"""Whole numbers cut off far out in a tail follow the exact law there."""

import numpy as np
import pytest
from scipy import stats

from assay.scenario.distributions import draw

U = (np.arange(4_000) + 0.5) / 4_000


@pytest.mark.parametrize(
    ("family", "parameters", "low", "law"),
    [
        ("poisson", {"mean": 3.0}, 12, stats.poisson(3)),
        ("poisson", {"mean": 3.0}, 30, stats.poisson(3)),
        ("poisson", {"mean": 3.0}, 100, stats.poisson(3)),
        ("poisson", {"mean": 1_000.0}, 1_500, stats.poisson(1_000)),
        ("binomial", {"trials": 100.0, "p": 0.01}, 20, stats.binom(100, 0.01)),
        ("binomial", {"trials": 1_000.0, "p": 0.001}, 60, stats.binom(1_000, 0.001)),
        ("geometric", {"p": 0.5}, 60, stats.geom(0.5)),
    ],
)
@pytest.mark.parametrize("alike", [True, False])
def test_far_tails_are_exact_for_one_parameter_and_for_one_a_row(family, parameters, low, law, alike):
    given = {name: np.full(1 if alike else len(U), value) for name, value in parameters.items()}
    values = draw(family, given, np.array([float(low)]), None, U)
    ks = np.arange(low, low + 10)
    expected = np.exp(law.logpmf(ks) - law.logsf(low - 1))
    assert np.abs((values[:, None] == ks).mean(axis=0) - expected).max() < 5e-4
    assert values.min() == low


@pytest.mark.parametrize("mean", [6e3, 1e6, 1e9])
def test_large_means_keep_the_quantiles(mean):
    values = draw("poisson", {"mean": np.array([mean])}, np.array([0.0]), None, U[::200])
    assert np.array_equal(values, stats.poisson(mean).ppf(U[::200]))


def test_the_upper_end_of_a_triangle_is_exact():
    given = {"low": np.zeros(1), "mode": np.array([0.5]), "high": np.ones(1)}
    values = draw("triangular", given, np.array([1.0 - 1e-6]), None, U)
    assert values.min() >= 1.0 - 1e-6
    # the chance above x is 2 (1 - x)^2 there: ((1 - x) / 1e-6)^2 is uniform
    assert np.sort(((1.0 - values) / 1e-6) ** 2) == pytest.approx(U, abs=1e-3)
