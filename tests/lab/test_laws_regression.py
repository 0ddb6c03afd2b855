"""Linear models that label each other's rows, against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.held_to_law import held

from assay.core.errors import UsageError
from assay.lab.laws import expected, simulate


@pytest.mark.parametrize("design", ["fresh", "same"])
@pytest.mark.parametrize(("d", "t", "noise"), [(2, 20, 1.0), (5, 30, 0.5), (10, 40, 2.0)])
def test_replace_adds_one_error_a_generation(design, d, t, noise):
    _, law = held("regression", "replace", 6, t, 4_000, dimension=d, noise=noise, design=design)
    np.testing.assert_allclose(law["risk"], np.arange(1, 7) * noise**2 * d / (t - d - 1), rtol=1e-12)


@pytest.mark.parametrize(("d", "t", "noise"), [(2, 20, 1.0), (5, 30, 0.5), (10, 40, 2.0)])
def test_accumulate_is_bounded(d, t, noise):
    i = np.arange(1, 9)
    _, same = held("regression", "accumulate", 8, t, 4_000, dimension=d, noise=noise, design="same")
    np.testing.assert_allclose(same["risk"], noise**2 * d / (t - d - 1) * np.cumsum(1 / i**2), rtol=1e-12)
    assert same["risk"].max() < np.pi**2 / 6 * same["risk"][0]
    _, fresh = held("regression", "accumulate", 8, t, 4_000, dimension=d, noise=noise)
    np.testing.assert_allclose(fresh["risk"], noise**2 * d * np.cumsum(1 / (i * (i * t - d - 1))), rtol=1e-12)


@pytest.mark.parametrize(("d", "t"), [(1, 100), (2, 200)])
def test_subsamples_of_all_rows_reach_a_plateau(d, t):
    held("regression", "accumulate_subsample", 10, t, 1_500, dimension=d)


@pytest.mark.parametrize(("generations", "factor"), [(20, 2.79), (100, 2.905)])
def test_published_figures_of_the_plateau(generations, factor):
    risk = expected("regression", "accumulate_subsample", generations, 1_000_000, dimension=1)["risk"][-1]
    assert risk * 1_000_000 == pytest.approx(factor, abs=0.005)
    plateau = np.pi**2 / 2 - 2
    assert risk * 1_000_000 < plateau
    # the same as a quadratic form: c' X c with X_ab = 1 / max(a, b), diagonal 1, c_m = 1 / (m + 1), the last 1
    at = np.arange(1, generations + 1)
    shared = 1 / np.maximum(at[:, None], at[None, :])
    np.fill_diagonal(shared, 1.0)
    c = 1 / (at + 1.0)
    c[-1] = 1.0
    assert risk * 1_000_000 == pytest.approx(c @ shared @ c, rel=1e-4)


@pytest.mark.parametrize(("d", "t"), [(20, 5), (20, 15), (40, 30)])
def test_too_few_rows_without_noise(d, t):
    _, law = held("regression", "replace", 4, t, 800, dimension=d, noise=0.0, length=2.0)
    np.testing.assert_allclose(law["risk"], 4 * (1 - (t / d) ** np.arange(1, 5)), rtol=1e-12)


@pytest.mark.parametrize("regime", ["replace", "accumulate", "mix:0.3", "fresh:0.3"])
def test_orthogonal_design_is_a_mean_of_known_variance(regime):
    held("regression", regime, 8, 30, 4_000, design="orthogonal")


@pytest.mark.parametrize("penalty", [2.0, 20.0])
@pytest.mark.parametrize("regime", ["replace", "accumulate"])
def test_ridge_forgets_the_truth(regime, penalty):
    held("regression", regime, 10, 25, 4_000, design="orthogonal", ridge=penalty, length=2.0, noise=0.5)


def test_ridge_under_replace_ends_at_nothing_learned():
    risk = expected("regression", "replace", 3_000, 25, design="orthogonal", ridge=5.0, length=2.0, noise=0.0)["risk"]
    assert risk[-1] == pytest.approx(4.0)
    factor = 25 / 30
    np.testing.assert_allclose(risk[:5], 4 * (1 - factor ** np.arange(1, 6)) ** 2, rtol=1e-12)


@pytest.mark.parametrize(("d", "n", "share"), [(5, 40, 0.5), (10, 40, 0.25), (10, 200, 0.9)])
def test_strong_collapse(d, n, share):
    held("shifted", f"fresh:{share}", 2, n, 4_000, dimension=d, shift=1.5, noise=0.5)


def test_strong_collapse_has_a_floor_and_its_limit():
    p2, phi, shift = 0.2, 0.25, 2.0
    off = []
    for d in (5, 50, 500):
        risk = expected("shifted", f"fresh:{1 - p2}", 2, int(d / phi), dimension=d, shift=shift)["risk"][-1]
        law = phi / (1 - phi) + shift**2 * (p2**2 + p2 * (1 - p2) * phi / (1 - phi))
        off.append(abs(risk - law))
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.01 * law
    many = expected("shifted", f"fresh:{1 - p2}", 2, 10**7, dimension=5, shift=shift)["risk"][-1]
    assert many == pytest.approx(p2**2 * shift**2, rel=1e-4)


def test_what_does_not_go_together_is_told():
    with pytest.raises(UsageError, match="design='fresh' only"):
        simulate("regression", "accumulate_subsample", 2, 20, 5, design="same")
    with pytest.raises(UsageError, match="replace and accumulate only"):
        simulate("regression", "fresh:0.5", 2, 20, 5, design="same")
    with pytest.raises(UsageError, match="no closed form"):
        expected("regression", "replace", 2, 20, ridge=1.0)
    with pytest.raises(UsageError, match="no closed form"):
        expected("regression", "replace", 2, 5, dimension=10)
