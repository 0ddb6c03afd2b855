"""How many rows repeat an earlier one, and how many would in a sample of another size."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln


def repeated_share(times: np.ndarray) -> float:
    """Give the share of rows that repeat an earlier row, ``1 - distinct / rows``.

    Parameters
    ----------
    times : numpy.ndarray of int64
        How often each different row occurs; zeros are ignored.

    Examples
    --------
    >>> repeated_share(np.array([1, 1, 2]))
    0.25
    """
    return float(1.0 - np.count_nonzero(times) / times.sum())


def expected_share(times: np.ndarray, rows: int) -> float:
    """Predict `repeated_share` of another sample of `rows` rows from the same population.

    Parameters
    ----------
    times : numpy.ndarray of int64
        How often each different row occurs in the sample at hand.
    rows : int
        Size of the other sample, at least 1.

    Notes
    -----
    Smaller samples: the mean over all subsets of the sample at hand, exact (hypergeometric rarefaction, Hurlbert 1971).
    Larger ones: ``distinct + f0 (1 - (1 - f1 / (n f0 + f1))^m)`` distinct rows after m more, with ``f0`` the unseen ones
    estimated from those seen once (f1) and twice (f2) (Shen, Chao and Lin 2003); reliable to about twice the size at hand.

    References
    ----------
    Hurlbert (1971), The nonconcept of species diversity, Ecology 52. Shen, Chao and Lin (2003), Predicting the number of
    new species in further taxonomic sampling, Ecology 84.

    Examples
    --------
    >>> round(expected_share(np.array([2]), 1), 6), round(expected_share(np.array([1, 1, 2]), 2), 6)
    (0.0, 0.083333)
    """
    times = times[times > 0]
    n = int(times.sum())
    if rows <= n:
        sizes, counts = np.unique(times, return_counts=True)
        free = n - sizes
        missed = np.zeros(len(sizes))
        can = free >= rows
        missed[can] = np.exp(gammaln(free[can] + 1) - gammaln(free[can] - rows + 1) - gammaln(n + 1) + gammaln(n - rows + 1))
        return float(max(1.0 - np.sum(counts * (1.0 - missed)) / rows, 0.0))
    once, twice = float(np.count_nonzero(times == 1)), float(np.count_nonzero(times == 2))
    unseen = (n - 1) / n * (once**2 / (2 * twice) if twice else once * max(once - 1, 0) / 2)
    if not unseen or not once:
        return 1.0 - len(times) / rows
    found = unseen * -np.expm1((rows - n) * np.log1p(-once / (n * unseen + once)))
    return float(max(1.0 - (len(times) + found) / rows, 0.0))


def share_variance(times: np.ndarray) -> float:
    """Estimate the sampling variance of `repeated_share`.

    Notes
    -----
    The variance of the number of different rows in a multinomial sample, ``sum(e^-l (1 - e^-l)) - (sum(l e^-l))^2 / n`` with
    l the rows' expected counts; the first sum is ``f1 - f2 + f3 - ...``, the second f1, f_j being the number of rows that occur j
    times. At least the variance of the pairs seen (or of one pair).
    """
    times = times[times > 0]
    n = float(times.sum())
    sizes, counts = np.unique(np.minimum(times, 12), return_counts=True)
    alternating = float(np.sum(counts * np.where(sizes % 2 == 1, 1.0, -1.0) * (sizes < 12)))
    once = float(np.count_nonzero(times == 1))
    pairs = float(np.count_nonzero(times == 2))
    return max(alternating - once**2 / n, pairs, 1.0) / n**2
