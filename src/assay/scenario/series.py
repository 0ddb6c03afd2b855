"""Noise that remembers: first-order autoregression along the rows of each entity."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter


def autoregression(correlation: float, order: np.ndarray, starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a stationary series of mean 0 and standard deviation 1 for each entity.

    Parameters
    ----------
    correlation : float
        Of neighbours, between -1 and 1.
    order : numpy.ndarray of int64, shape (rows,)
        The rows, those of one entity together and in order.
    starts : numpy.ndarray of bool, shape (rows,)
        In that order, where an entity begins.
    rng : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    numpy.ndarray of float64, shape (rows,)

    Notes
    -----
    x_1 = e_1 and x_t = r x_(t-1) + sqrt(1 - r^2) e_t with standard normal e.

    Examples
    --------
    >>> rows = np.arange(200_000)
    >>> x = autoregression(0.8, rows, rows == 0, np.random.default_rng(0))
    >>> round(float(np.corrcoef(x[1:], x[:-1])[0, 1]), 1), round(float(x.std()), 1)
    (0.8, 1.0)
    """
    n = len(order)
    noise = rng.standard_normal(n)
    scaled = np.where(starts, noise, noise * np.sqrt(1.0 - correlation**2))
    begins = np.flatnonzero(starts)
    lengths = np.diff(np.append(begins, n))
    if len(begins) * int(lengths.max(initial=0)) > 4 * n or len(begins) < int(lengths.max(initial=0)):
        found = _by_entity(correlation, scaled, begins, lengths)
    else:
        found = _by_turn(correlation, scaled, begins, lengths)
    out = np.empty(n)
    out[order] = found
    return out


def _by_entity(correlation: float, scaled: np.ndarray, begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    out = np.empty(len(scaled))
    for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
        out[begin : begin + length] = lfilter([1.0], [1.0, -correlation], scaled[begin : begin + length])
    return out


def _by_turn(correlation: float, scaled: np.ndarray, begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    out = scaled.copy()
    for turn in range(1, int(lengths.max(initial=1))):
        rows = begins[lengths > turn] + turn
        out[rows] += correlation * out[rows - 1]
    return out
