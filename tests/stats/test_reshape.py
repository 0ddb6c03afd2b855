from __future__ import annotations

import numpy as np
import pytest

from assay.stats.reshape import Columns, chi_square, reshape

EDGES = np.quantile(np.random.default_rng(0).normal(10.0, 2.0, 50_000), np.linspace(0.01, 0.99, 99))


def columns(real: np.ndarray, synthetic: np.ndarray) -> Columns:
    def code(values: np.ndarray) -> np.ndarray:
        codes = np.searchsorted(EDGES, values, side="right")
        codes[np.isnan(values)] = len(EDGES) + 1
        return codes

    counts = [np.bincount(code(values), minlength=len(EDGES) + 2) for values in (real, synthetic)]
    return Columns(counts[0], counts[1], real, synthetic, code)


def drawn(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(10.0, 2.0, rows)


def test_two_samples_of_one_column_need_no_change() -> None:
    assert reshape(columns(drawn(4_000, 1), drawn(4_000, 2))).kind == "none"


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda x: x[x < 13.0], "tail"),
        (lambda x: np.minimum(x, 13.0), "tail"),
        (lambda x: x[(x < 13.0) & (x > 7.0)], "tail"),
        (lambda x: 10.0 + 0.7 * (x - 10.0), "scale"),
        (lambda x: 10.0 + 1.4 * (x - 10.0), "scale"),
        (lambda x: x * 2.54, "units"),
        (lambda x: np.where(np.arange(len(x)) % 8 == 0, 10.01, x), "spike"),
        (lambda x: np.where(np.arange(len(x)) % 8 == 0, np.nan, x), "nulls"),
        (lambda x: np.round(x), "pattern"),
        (lambda x: x[(x > 10.0) | (np.arange(len(x)) % 2 == 0)], "step"),
    ],
)
def test_smallest_sufficient_change_is_found(damage, kind: str) -> None:
    change = reshape(columns(drawn(6_000, 1), damage(drawn(6_000, 2))))
    assert change.kind == kind
    assert change.shares.sum() == pytest.approx(1.0)


def test_lost_levels_and_new_shares_are_told_apart() -> None:
    real = np.array([500, 300, 150, 30, 20, 0, 0]) * 4
    lost = np.array([510, 310, 160, 0, 0, 0, 0]) * 4
    moved = np.array([300, 480, 160, 35, 25, 0, 0]) * 4
    assert reshape(Columns(real, lost)).kind == "levels"
    assert reshape(Columns(real, moved)).kind == "free"
    assert reshape(Columns(real, real)).kind == "none"


def test_chi_square_of_equal_shares_is_zero() -> None:
    shares = np.array([0.2, 0.8, 0.0])
    assert chi_square(shares, shares, 10, 20) == 0.0
    # (.1)^2 / (.5 / 100 + .6 / 100) in each of two cells: .5 against .6 and .5 against .4
    assert chi_square(np.array([0.5, 0.5]), np.array([0.6, 0.4]), 100, 100) == pytest.approx(0.01 / 0.011 + 0.01 / 0.009)


def test_no_line_is_drawn_through_the_largest_doubles() -> None:
    ends = np.random.default_rng(0).choice([-1.7e308, -1e300, 0.0, 1e300, 1.7e308], 400)
    with np.errstate(over="raise"):
        assert reshape(columns(ends, np.full(400, 1.7e308))).kind not in ("shift", "scale", "units")
