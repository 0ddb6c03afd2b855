from __future__ import annotations

import numpy as np
import pytest

from assay.damage._grid import heaped, on_grid, step_of


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([3.0, 4.0, 9.0], 1.0),
        ([10_000.0, 30_000.0, np.nan], 10_000.0),
        ([0.07, 0.21, 0.35], 0.07),
        ([0.0, 0.0], 0.0),
        ([1e300, 2e300], 0.0),
        ([np.nan], 0.0),
    ],
)
def test_the_step_is_the_widest_one(values: list[float], step: float) -> None:
    assert step_of(np.array(values)) == pytest.approx(step)


def test_single_precision_lies_on_its_decimals() -> None:
    values = np.round(np.random.default_rng(0).random(500), 2).astype(np.float32).astype(float)
    assert step_of(values) == 0.01


def test_rounding_gives_the_nearest_double_of_a_decimal() -> None:
    assert on_grid(np.array([0.0699, 0.29]), 0.01).tolist() == [0.07, 0.29]


def test_whole_years_do_not_heap_and_round_ones_do() -> None:
    rng = np.random.default_rng(0)
    years = np.round(rng.normal(50, 12, 5_000))
    assert heaped(years) < 0.01
    tens = rng.random(5_000) < 0.3
    assert heaped(np.where(tens, np.round(years, -1), years)) > 0.25


def test_a_heap_at_zero_may_be_left_out() -> None:
    values = np.where(np.arange(5_000) % 4 == 0, 0.0, np.random.default_rng(0).normal(100, 20, 5_000))
    assert heaped(values) == 0.25
    assert heaped(values, zero=False) == 0.0
