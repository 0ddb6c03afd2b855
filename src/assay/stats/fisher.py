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
    >>> round(fewer(0, 2, 2, 2), 6), round(fewer(0, 300, 600, 20_000), 6)
    (0.166667, 0.000115)
    """
    k1, n1, k2, n2 = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (k1, n1, k2, n2)))
    hits, rows = k1 + k2, n1 + n2
    reach = 7.0 * np.sqrt(n1) + 25.0  # fourteen standard deviations at least
    below = np.arange(int(min(np.max(k1, initial=-1.0), 2.0 * np.max(reach, initial=0.0))) + 1)[(...,) + (None,) * k1.ndim]
    found = k1 - below
    terms = _log_choose(hits, found) + _log_choose(rows - hits, n1 - found) - _log_choose(rows, n1)
    chance = np.clip(np.exp(terms).sum(axis=0), 0.0, 1.0)
    chance = np.where(k1 > n1 * hits / np.maximum(rows, 1e-300) + reach, 1.0, chance)
    return float(chance) if chance.ndim == 0 else chance


def more(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike) -> Any:
    """Give the chance that the first sample has so many hits or more; see `fewer`.

    Examples
    --------
    >>> round(more(2, 2, 0, 2), 6)
    0.166667
    """
    k1, n1, k2, n2 = (np.asarray(part, dtype=np.float64) for part in (k1, n1, k2, n2))
    return fewer(n1 - k1, n1, n2 - k2, n2)


def _log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    possible = (k >= 0) & (k <= n)
    safe = np.where(possible, k, 0.0)
    top = np.maximum(n, 0.0)
    return np.where(possible, gammaln(top + 1) - gammaln(safe + 1) - gammaln(np.where(possible, n - k, 0.0) + 1), -np.inf)
