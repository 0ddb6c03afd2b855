"""Fisher's exact test of two shares, for counts that may be effective ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln


def fewer(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike) -> Any:
    """Give the chance that the first sample has so few hits or fewer, were both drawn from one population.

    Parameters
    ----------
    k1, n1 : array_like
        Hits and rows of the first sample, whole numbers.
    k2, n2 : array_like
        Hits and rows of the second; real numbers are allowed (effective counts of weighted rows).

    Returns
    -------
    numpy.ndarray or float
        ``sum over i <= k1 of C(K, i) C(N - K, n1 - i) / C(N, n1)`` with K all hits and N all rows.

    Notes
    -----
    Given all hits, which rows have them is a draw without replacement: the test errs at most as often as it says, whatever the
    share is.

    References
    ----------
    Fisher (1935), The logic of inductive inference, Journal of the Royal Statistical Society 98.

    Examples
    --------
    >>> fewer(0, 2, 2, 2), round(fewer(0, 300, 600, 20_000), 6)
    (0.16666666666666669, 0.00013)
    """
    k1, n1, k2, n2 = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (k1, n1, k2, n2)))
    hits, rows = k1 + k2, n1 + n2
    whole = _log_choose(rows, n1)
    chance = np.zeros(k1.shape)
    for i in range(int(k1.max(initial=-1)) + 1):
        term = _log_choose(hits, np.full(k1.shape, float(i))) + _log_choose(rows - hits, n1 - i) - whole
        chance += np.where(i <= k1, np.exp(term), 0.0)
    chance = np.clip(chance, 0.0, 1.0)
    return float(chance) if chance.ndim == 0 else chance


def more(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike) -> Any:
    """Give the chance that the first sample has so many hits or more; see `fewer`.

    Examples
    --------
    >>> more(2, 2, 0, 2)
    0.16666666666666669
    """
    k1, n1, k2, n2 = (np.asarray(part, dtype=np.float64) for part in (k1, n1, k2, n2))
    return fewer(n1 - k1, n1, n2 - k2, n2)


def _log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    possible = (k >= 0) & (k <= n)
    safe = np.where(possible, k, 0.0)
    top = np.maximum(n, 0.0)
    return np.where(possible, gammaln(top + 1) - gammaln(safe + 1) - gammaln(np.where(possible, n - k, 0.0) + 1), -np.inf)
