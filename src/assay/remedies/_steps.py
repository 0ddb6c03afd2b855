"""The grid on which numbers lie: finding it, going back to it, and spreading values within its step."""

from __future__ import annotations

import numpy as np

MOST_DECIMALS = 4
LARGEST = 2.0**52
TOLERANCE = 1e-6
SAME = 1.0 + 1e-9


def step_of(values: np.ndarray) -> float:
    """Find the widest decimal step, of up to four decimals, of which all numbers are multiples; 0 where there is none.

    Examples
    --------
    >>> step_of(np.array([20.0, 50.0])), step_of(np.array([1.25, 0.75])), step_of(np.array([np.pi]))
    (10.0, 0.25, 0.0)
    """
    known = np.unique(np.abs(values[np.isfinite(values)]))
    if not len(known) or known[-1] >= LARGEST / 10**MOST_DECIMALS:
        return 0.0
    for decimals in range(MOST_DECIMALS + 1):
        counts = known * 10.0**decimals
        whole = np.round(counts)
        if np.all(np.abs(counts - whole) <= 1e-7 * np.maximum(counts, 1.0)):
            return float(np.gcd.reduce(whole.astype(np.int64))) / 10.0**decimals
    return 0.0


def even_step(values: np.ndarray) -> tuple[float, float]:
    """Find the step between evenly spaced numbers, whatever number it is, and where its multiples start.

    Returns
    -------
    (float, float)
        Step and offset; (0, 0) where numbers are not evenly spaced, or hardly ever meet.

    Examples
    --------
    >>> even_step(np.repeat([0.1, 0.4, 0.7, 1.6], 5))
    (0.3, 0.1)
    """
    known = np.unique(values)
    if len(known) < 2 or len(known) > len(values) / 2:
        return 0.0, 0.0
    gaps = np.diff(known)
    size = float(np.abs(known[[0, -1]]).max())
    near = gaps[gaps > 1e-9 * size]
    if not len(near):
        return 0.0, 0.0
    step = float(np.min(near))
    count = np.round((known - known[0]) / step)
    if count[-1] > 1e7:
        return 0.0, 0.0
    step = float((known[-1] - known[0]) / count[-1])
    off = np.abs((known - known[0]) / step - count)
    if np.any(off > 1e-3):
        return 0.0, 0.0
    offset = float(known[0] - np.round(known[0] / step) * step)
    if abs(offset) < 1e-6 * step:
        offset = 0.0
    return float(f"{step:.12g}"), float(f"{offset:.12g}")


def on_grid(values: np.ndarray, step: float) -> np.ndarray:
    """Round to multiples of a step; as they are where it is 0.

    Examples
    --------
    >>> on_grid(np.array([1.3, 2.6]), 0.5).tolist()
    [1.5, 2.5]
    """
    if step == 0.0:
        return values
    inverse = np.round(1.0 / step)
    if inverse >= 1.0 and abs(inverse * step - 1.0) < 1e-9:
        return np.round(values * inverse) / inverse  # the double nearest to the decimal: .07, not 7 times .01
    return np.round(values / step) * step


def off_grid(values: np.ndarray, step: float) -> np.ndarray:
    """Mark the numbers that are not multiples of a step, as booleans of shape (n,)."""
    return np.abs(values - on_grid(values, step)) > np.maximum(TOLERANCE * step, 1e-7 * np.abs(values))


def spread(values: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """Move each number at random within half a step to either side, so that stretching leaves no holes."""
    return values + step * (rng.random(len(values)) - 0.5) if step else values
