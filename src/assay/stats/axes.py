"""Cut columns into cells with names, so that slices of several columns can be searched by counting."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

# shares of the real rows below the cuts of a number: finer towards the ends, so that slices of 2% can be named there
KNOTS = (0.04, 0.08, 0.15, 0.25, 0.375, 0.5, 0.625, 0.75, 0.85, 0.92, 0.96)
LEVELS = 16  # levels with a name of their own
LEAST_BEHIND = 10  # real rows behind every level and cut point that is named
FINEST = 3  # digits of a cut point below the leading digit of the column's spread


class Axis(NamedTuple):
    """One column in cells, and the conditions that can be put on it.

    Parameters
    ----------
    column : str
        Its name.
    cells : numpy.ndarray of int64, shape (rows,)
        Cell of each row.
    member : numpy.ndarray of float64, shape (conditions, cells)
        1 where a condition holds in a cell: ranges of numbers, single levels, null.
    names : tuple of str
        Each condition in words.
    """

    column: str
    cells: np.ndarray
    member: np.ndarray
    names: tuple[str, ...]


def number_axis(column: str, numbers: np.ndarray, reference: np.ndarray, write: Callable[[float], str] | None = None) -> Axis:
    """Cut a number into cells, of a few percent at the ends and an eighth of the rows in the middle.

    Parameters
    ----------
    column : str
        Name.
    numbers : numpy.ndarray, shape (rows,)
        Values to place; NaN where null.
    reference : numpy.ndarray
        Real values, which give the cuts: round numbers with at least ten real rows on both sides.
    write : callable, optional
        Turns a cut into words.

    Returns
    -------
    Axis
        Conditions: all ranges between two cuts, and null where ten real rows are.

    Examples
    --------
    >>> axis = number_axis("x", np.array([0.0, 3.0, 99.0]), np.repeat([0.0, 3.0, 4.0], 50))
    >>> axis.names
    ('x = 0', 'x < 4', 'x = 3', 'x >= 3', 'x = 4')
    """
    known = np.sort(reference[~np.isnan(reference)])
    cuts = round_cuts(known)
    null = np.isnan(numbers)
    cells = np.where(null, len(cuts) + 1, np.searchsorted(cuts, numbers, side="right"))
    write = write or (lambda value: f"{value:.10g}")
    shown = [write(cut) for cut in cuts]
    values, times = np.unique(known, return_counts=True)
    ends = np.concatenate([[0], np.searchsorted(values, cuts), [len(values)]])
    member, names = [], []
    for low in range(len(cuts) + 1):
        for high in range(low + 1, len(cuts) + 2):
            if high - low > len(cuts):
                continue
            inside = np.zeros(len(cuts) + 2)
            inside[low:high] = 1.0
            member.append(inside)
            if ends[high] - ends[low] == 1 and times[ends[low]] >= LEAST_BEHIND:
                names.append(f"{column} = {write(float(values[ends[low]]))}")
            elif low == 0:
                names.append(f"{column} < {shown[high - 1]}")
            elif high == len(cuts) + 1:
                names.append(f"{column} >= {shown[low - 1]}")
            else:
                names.append(f"{shown[low - 1]} <= {column} < {shown[high - 1]}")
    if len(reference) - len(known) >= LEAST_BEHIND:
        member.append(np.eye(len(cuts) + 2)[-1])
        names.append(f"{column} is null")
    return Axis(column, cells, np.array(member).reshape(len(names), len(cuts) + 2), tuple(names))


def level_axis(column: str, codes: np.ndarray, reference: np.ndarray, levels: Sequence[str]) -> Axis:
    """Give levels a cell each.

    Parameters
    ----------
    column : str
        Name.
    codes : numpy.ndarray, shape (rows,)
        Place of each row's level, NaN where null.
    reference : numpy.ndarray
        The same of real rows: a level (or null) gets a condition if it has at least ten of them, the 16 most frequent at most.
    levels : sequence of str
        Their names, the most frequent first.

    Examples
    --------
    >>> level_axis("ward", np.array([0.0, 1.0, np.nan]), np.repeat([0.0, 1.0], [20, 9]), ["eye", "skin"]).names
    ('ward = eye',)
    """
    kept = min(len(levels), LEVELS)
    cells = np.where(np.isnan(codes), kept + 1, np.minimum(np.nan_to_num(codes), kept)).astype(np.int64)
    own = reference[~np.isnan(reference)]
    counts = np.bincount(own.astype(np.int64), minlength=len(levels) + 1)
    named = [at for at in range(kept) if counts[at] >= LEAST_BEHIND]
    names = [f"{column} = {_short(levels[at])}" for at in named]
    if len(reference) - len(own) >= LEAST_BEHIND:
        named.append(kept + 1)
        names.append(f"{column} is null")
    return Axis(column, cells, np.eye(kept + 2)[named].reshape(len(named), kept + 2), tuple(names))


def round_cuts(known: np.ndarray, knots: Sequence[float] = KNOTS) -> np.ndarray:
    """Cut sorted numbers at round values near some quantiles, ten rows at least between two cuts; a heavy value stays whole.

    Examples
    --------
    >>> round_cuts(np.arange(100.0), (0.25, 0.5)).tolist()
    [25.0, 50.0]
    """
    if len(known) < 2 * LEAST_BEHIND:
        return np.empty(0)
    values, counts = np.unique(known, return_counts=True)
    rank = (np.cumsum(counts) - counts / 2.0) / len(known)
    cell = np.searchsorted(knots, rank)
    first = np.flatnonzero(np.diff(cell)) + 1
    spread = float(values[np.searchsorted(np.cumsum(counts), 0.95 * len(known))] - values[0])
    if not np.isfinite(spread) or spread <= 0:
        spread = max(float(values[-1] / 2 - values[0] / 2), 1e-300)
    cuts = np.unique([_round_between(float(values[at - 1]), float(values[at]), spread) for at in first])
    below = np.searchsorted(known, cuts, side="left")
    between = np.diff(np.concatenate([[0], below, [len(known)]]))
    kept = (between[:-1] >= LEAST_BEHIND) & (len(known) - below >= LEAST_BEHIND)
    return cuts[kept]


def _round_between(low: float, high: float, spread: float) -> float:
    """Give the roundest number above `low` and up to `high`; where that would need many digits, `high` rounded."""
    leading = math.floor(math.log10(spread))
    step = 1.0
    for digits in range(FINEST):
        step = 10.0 ** (leading - digits)
        found = math.floor(high / step) * step
        if low < found <= high:
            return float(f"{found:.12g}")
    return float(f"{round(high / step) * step:.12g}")


def _short(level: str, most: int = 40) -> str:
    return level if len(level) <= most else level[: most - 1] + "…"
