from __future__ import annotations

import numpy as np
import pytest

from assay.checking.digits import MOST_SPIKES, Grid, classes, find_grid, frequent, merged


def grid_of(values: np.ndarray, *, date: bool = False) -> Grid:
    distinct, times = np.unique(values, return_counts=True)
    return find_grid(distinct, times, *np.quantile(values, [0.01, 0.99]), date=date)


@pytest.mark.parametrize("step", [0.01, 0.05, 0.25, 0.5, 1.0, 5.0, 100.0, 250.0])
def test_the_coarsest_grid_is_found(step: float) -> None:
    whole = np.random.default_rng(0).integers(-500, 500, 3_000)
    assert grid_of(whole * step) == Grid(step, True, True)
    assert grid_of((whole * step).astype(np.float32).astype(float)).step == pytest.approx(step)


def test_days_minutes_and_seconds_are_grids_of_dates() -> None:
    days = np.random.default_rng(1).integers(10_000, 19_000, 500) * 86_400.0
    assert grid_of(days, date=True).step == 86_400
    assert grid_of(days + 90, date=True).step == 1


def test_real_values_lie_on_no_grid() -> None:
    values = np.random.default_rng(2).normal(100, 15, 5_000)
    grid = grid_of(values)
    assert not grid.kept
    assert (classes(values, grid) == 0).mean() > 0.95
    assert (classes(np.round(values, 1), grid) > 0).all()


def test_roundness_of_whole_numbers() -> None:
    assert classes(np.array([7.0, 8, 15, 20, 300, 0.5, np.nan, -15]), Grid(1.0, True, True)).tolist() == [1, 2, 3, 4, 5, 0, 0, 3]
    assert classes(np.array([7.0, 8, 15, 0.5]), Grid(1.0, True, False)).tolist() == [1, 1, 1, 0]


def test_frequent_values_are_counted_exactly_in_crowded_cells_only() -> None:
    rng = np.random.default_rng(3)
    values = rng.random(10_000)
    values[:500] = 0.123
    codes = np.floor(values * 100).astype(np.int64)
    shares = np.append(np.full(100, 0.01), 0.0)
    found = frequent(values, codes, shares, np.array([], dtype=np.int64))
    assert found[0].tolist() == [0.123, 500]
    assert found[1:].sum() == 0
    assert frequent(values, codes, shares, np.array([12])).sum() == 0


def test_lists_of_frequent_values_add_up() -> None:
    one = np.array([[1.0, 50], [2.0, 40]])
    both = merged(one, np.array([[2.0, 30], [3.0, 5]]))
    assert both[:3].tolist() == [[2.0, 70], [1.0, 50], [3.0, 5]]
    assert both.shape == (MOST_SPIKES, 2)
