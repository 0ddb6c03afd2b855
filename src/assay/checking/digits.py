"""Digits and spikes of a column: which grid its values lie on, how round they are, and which single values stand out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CLASSES = 6
MOST_SPIKES = 32
FEWEST, EXTRA = 20, 0.003
DATE_STEPS = (86_400.0, 3_600.0, 60.0, 1.0)
NUMBER_STEPS = tuple(float(f"{digit}e{power}") for power in range(6, -5, -1) for digit in ("5", "2.5", "2", "1"))
WIDE = 40
SINGLE = 2e-7
# How round a whole number is: odd, even, a multiple of 5, of 10, of 100; class 0 is for what is not whole.
ROUNDNESS = np.array([5 if k == 0 else 4 if k % 10 == 0 else 3 if k % 5 == 0 else 2 - k % 2 for k in range(100)])


class Grid(NamedTuple):
    """The grid on which digits are counted.

    Parameters
    ----------
    step : float
        Its step; 0 where no digits are counted.
    kept : bool
        Whether the real values lie on it. If they lie on none, it is a fine one, and real values lie off it.
    wide : bool
        Whether its range is wide enough for last digits to say something that the distribution does not.
    slack : float
        Rounding that is forgiven, as a share of the value: that of single precision, none in dates.
    """

    step: float
    kept: bool
    wide: bool
    slack: float = SINGLE


NO_GRID = Grid(0.0, False, False)


def find_grid(values: np.ndarray, times: np.ndarray, low: float, high: float, *, date: bool) -> Grid:
    """Find the coarsest grid on which nearly all real values lie: all but one row in a thousand.

    Parameters
    ----------
    values, times : ndarray of shape (distinct,)
        Distinct values and how often each occurs.
    low, high : float
        Their 1% and 99% points.
    date : bool
        Whether values are seconds.
    """
    size = float(np.abs(values).max()) if len(values) else 0.0
    spread = high / 2 - low / 2  # the whole range of doubles is more than a double holds
    if not (0 < size < 1e15 and spread > 0):
        return NO_GRID
    spread *= 2
    slack = 0.0 if date else SINGLE
    some = values[:: max(1, len(values) // 1_000)]
    for step in DATE_STEPS if date else NUMBER_STEPS:
        if (
            step <= size
            and _near(some / step, slack).mean() >= 0.9
            and times[_near(values / step, slack)].sum() >= 0.999 * times.sum()
        ):
            return Grid(step, True, bool(spread >= WIDE * step), slack)
    return Grid(float(10.0 ** (np.floor(np.log10(spread)) - 4)), False, True, slack)


def classes(numbers: np.ndarray, grid: Grid) -> np.ndarray:
    """Give the digit class of each value: 0 off the grid, then rounder and rounder; off or on only where it is not wide."""
    if not grid.step:
        return np.zeros(len(numbers), dtype=np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = numbers / grid.step
        near = _near(ratio, grid.slack) & (np.abs(ratio) < 1e15)
    if not grid.wide:
        return near.astype(np.int64)
    whole = np.where(near, np.round(ratio), 0.0).astype(np.int64)
    return np.where(near, ROUNDNESS[whole % 100], 0)


def _near(ratio: np.ndarray, slack: float) -> np.ndarray:
    """Say which numbers are whole, but for rounding."""
    return np.abs(ratio - np.round(ratio)) <= np.minimum(slack * np.abs(ratio) + 1e-9, 0.01)


def frequent(numbers: np.ndarray, codes: np.ndarray, shares: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Find the values of one batch that come too often for their cell.

    Parameters
    ----------
    numbers, codes : ndarray of shape (rows,)
        Values and their fine cells.
    shares : ndarray of shape (cells,)
        Share of the real rows in each cell; the last holds nulls.
    alone : ndarray
        Cells that hold one value only: that value needs no finding.

    Returns
    -------
    ndarray of shape (MOST_SPIKES, 2)
        Values and counts.

    Notes
    -----
    Only cells with .3% of the rows (and 20 rows) more than expected are looked into, so that next to nothing is sorted.
    """
    rows = len(numbers)
    counts = np.bincount(codes, minlength=len(shares))
    crowded = counts >= shares * rows + max(EXTRA * rows, FEWEST)
    crowded[alone] = False
    crowded[-1] = False
    if not crowded.any():
        return np.zeros((MOST_SPIKES, 2))
    values, times = np.unique(numbers[crowded[codes]], return_counts=True)
    often = times >= max(EXTRA / 2 * rows, FEWEST / 2)
    return merged(np.zeros((0, 2)), np.column_stack([values[often], times[often]]))


def merged(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Add up two lists of values and counts, and keep the most frequent."""
    both = np.concatenate([one, other])
    both = both[both[:, 1] > 0]
    values, at = np.unique(both[:, 0], return_inverse=True)
    counts = np.bincount(at, weights=both[:, 1], minlength=len(values))
    most = np.argsort(-counts, kind="stable")[:MOST_SPIKES]
    found = np.zeros((MOST_SPIKES, 2))
    found[: len(most)] = np.column_stack([values[most], counts[most]])
    return found
