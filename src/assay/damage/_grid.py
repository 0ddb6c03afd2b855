"""The grid on which a column's numbers lie: whole numbers, cents, multiples of ten."""

from __future__ import annotations

import numpy as np

from assay.damage._columns import numeric
from assay.data.ground import Ground

MOST_DECIMALS = 4
LARGEST = 2**52
MOST_HEAPED = 0.01
HEAP = 3.0
HEAP_ROWS = 10


def step_of(values: np.ndarray) -> float:
    """Find the widest step of which all numbers are multiples, up to four decimals; 0 where there is none.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (rows,)
        NaN where null.

    Examples
    --------
    >>> step_of(np.array([20.0, 50.0, np.nan]))
    10.0
    >>> step_of(np.array([1.25, 0.75])), step_of(np.array([np.pi, 1.0]))
    (0.25, 0.0)
    """
    known = np.unique(values[np.isfinite(values)])
    if not len(known) or np.abs(known).max() >= LARGEST / 10**MOST_DECIMALS:
        return 0.0
    for decimals in range(MOST_DECIMALS + 1):
        scaled = known * 10**decimals
        whole = np.round(scaled)
        # numbers of single precision miss their decimals by a ten-millionth
        if (np.abs(scaled - whole) <= 1e-7 * np.maximum(np.abs(scaled), 1.0)).all():
            return float(np.gcd.reduce(whole.astype(np.int64))) / 10**decimals
    return 0.0


def on_grid(values: np.ndarray, step: float) -> np.ndarray:
    """Round to multiples of a step; as they are where it is 0.

    Examples
    --------
    >>> on_grid(np.array([1.3, 2.6]), 0.5).tolist()
    [1.5, 2.5]
    """
    if step == 0.0:
        return values
    inverse = round(1 / step)
    # dividing by a whole number gives the double nearest to the decimal: .07, not 7 times .01
    return np.round(values / step) / inverse if inverse and abs(inverse * step - 1) < 1e-9 else np.round(values / step) * step


def heaped(values: np.ndarray, *, zero: bool = True) -> float:
    """Give the share of rows at values that come more than three times as often as the next ones on the grid.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (rows,)
        NaN where null.
    zero : bool
        Whether a heap at zero counts.

    Notes
    -----
    Ages given as 30 or 40 heap; ages in whole years do not. Whatever moves all values of a column that heaps moves its heaps
    away from where they were, however small the step, and is an artefact by that alone.
    """
    found, times = np.unique(values[~np.isnan(values)], return_counts=True)
    if not len(found):
        return 0.0
    step = step_of(found)
    beside = np.zeros((2, len(found)))
    if step:
        at = np.round(found / step)
        near = np.diff(at) == 1
        beside[0, 1:], beside[1, :-1] = np.where(near, times[:-1], 0), np.where(near, times[1:], 0)
    high = (times > HEAP_ROWS) & (times > HEAP * beside.max(axis=0)) & (zero | (found != 0))
    return float(times[high].sum()) / len(values)


def even(ground: Ground, *, zero: bool = True) -> list[str]:
    """Give the numeric features with many values and next to no heaps.

    Parameters
    ----------
    ground : Ground
        Looked at are the spare rows.
    zero : bool
        Whether a heap at zero counts.
    """
    return [name for name in numeric(ground) if heaped(ground.spare.numbers(name), zero=zero) <= MOST_HEAPED]


def half_width(values: np.ndarray) -> float:
    """Give half the distance between the 16% and the 84% point: a normal column's standard deviation, deaf to its tails."""
    return float(np.diff(np.nanquantile(values, (0.16, 0.84)))[0]) / 2
