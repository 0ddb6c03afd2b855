"""The grid on which a column's numbers lie: whole numbers, cents, multiples of ten."""

from __future__ import annotations

import numpy as np

MOST_DECIMALS = 4
LARGEST = 2**52


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
