"""Kernel densities refitted to their own rows: collapse may shrink and may inflate."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.held_to_law import ERRORS, held

from assay.core.errors import UsageError
from assay.lab.laws import expected, simulate


@pytest.mark.parametrize(("n", "h", "variance"), [(20, 0.1, 1.0), (20, 0.4, 1.0), (50, 0.8, 4.0)])
def test_variance_goes_to_rows_times_bandwidth_squared(n, h, variance):
    g = np.arange(1, 13)
    simulated, law = held("kernel", "replace", 12, n, 10_000, bandwidth=h, variance=variance)
    q = (1 - 1 / n) ** g
    np.testing.assert_allclose(law["variance"], q * variance + n * h**2 * (1 - q), rtol=1e-12)
    change = simulated["variance"][-1] - simulated["variance"][0]
    sign = np.sign(n * h**2 - variance)
    assert sign * change.mean() > ERRORS * change.std() / np.sqrt(len(change))


@pytest.mark.parametrize("n", [20, 80])
def test_silverman_inflates_exponentially(n):
    _, law = held("kernel", "replace", 10, n, 4_000)
    step = 1 - 1 / n + (4 / (3 * n)) ** 0.4
    assert step > 1
    np.testing.assert_allclose(law["variance"] / law["variance"][0], step ** np.arange(10), rtol=1e-12)


@pytest.mark.parametrize("bandwidth", [0.2, "silverman"])
@pytest.mark.parametrize("regime", ["accumulate", "accumulate_subsample", "mix:0.2", "fresh:0.2"])
def test_other_regimes_follow_the_recursion_of_moments(regime, bandwidth):
    held("kernel", regime, 8, 20, 3_000, bandwidth=bandwidth)


def test_without_smoothing_it_is_a_bootstrap():
    law = expected("kernel", "replace", 6, 30, bandwidth=0.0)
    normal = expected("gaussian", "replace", 6, 30, estimator="mle")
    np.testing.assert_allclose(law["variance"], normal["variance"], rtol=1e-12)
    held("kernel", "replace", 6, 30, 3_000, bandwidth=0.0)


def test_wrong_settings_are_told():
    with pytest.raises(UsageError, match="bandwidth must be"):
        simulate("kernel", "replace", 2, 10, 5, bandwidth=-1)
    with pytest.raises(UsageError, match="rows must be True"):
        simulate("kernel", "replace", 2, 10, 5, rows=False)
