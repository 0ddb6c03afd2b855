"""Bets that two samples have the same share in a region: what a bet wins is evidence, however the region was found before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

RATIOS = (0.02, 0.1, 0.3)  # shares of the other sample, per share of the first, on which the bets are placed in equal parts


def log_wealth(hits: ArrayLike, others: ArrayLike, rows: float, other_rows: float) -> Any:
    """Bet that the second sample is rarer in a region than the first.

    Parameters
    ----------
    hits, others : float or array
        Rows of the first and of the second sample in the region, or in each of some regions; effective counts.
    rows, other_rows : float
        Rows of both samples in all.

    Returns
    -------
    float or numpy.ndarray
        Logarithm of an e-value: where both samples come from one population, the expected e-value is 1 at most, so that
        ``min(1, 1 / e)`` is a p-value.

    Notes
    -----
    Given their sum, the rows of the first sample in the region are hypergeometric, with the chance p = rows / (rows + other rows)
    each. With q the same chance where the second sample has .02, .1 or .3 of its share, the e-value is the mean of
    ``(q / p)^hits ((1 - q) / (1 - p))^others``: a likelihood ratio of binomials, and no larger in the mean of a hypergeometric
    variable, as it is convex (Hoeffding 1963). E-values of rows that the region was not found on may be multiplied, those of
    different orders or kinds of search averaged, whatever hangs together (Vovk and Wang 2021).

    References
    ----------
    Shafer (2021), Testing by betting, JRSS A 184. Vovk and Wang (2021), E-values: calibration, combination and applications,
    Annals of Statistics 49. Hoeffding (1963), Probability inequalities for sums of bounded random variables, section 6, JASA 58.

    Examples
    --------
    >>> abs(round(log_wealth(0, 0, 100, 1000), 6))
    0.0
    >>> log_wealth(6, 0, 100, 1000) > 7 > 0 > log_wealth(1, 10, 100, 1000)
    True
    """
    first, second = np.asarray(hits, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if rows <= 0 or other_rows <= 0:
        return np.zeros(first.shape) if first.ndim else 0.0
    chance = rows / (rows + other_rows)
    bets = [
        first * np.log(q / chance) + second * np.log((1.0 - q) / (1.0 - chance))
        for q in (rows / (rows + ratio * other_rows) for ratio in RATIOS)
    ]
    wealth = np.logaddexp.reduce(bets, axis=0) - np.log(len(bets))
    return wealth if first.ndim else float(wealth)


def log_likelihood(hits: np.ndarray, others: np.ndarray, rows: float, other_rows: float) -> np.ndarray:
    """Give by how much the counts are likelier under shares of their own than under one share; 0 where the second is not rarer.

    Examples
    --------
    >>> log_likelihood(np.array([5.0, 1.0]), np.array([0.0, 10.0]), 100, 100).round(2).tolist()
    [3.47, 0.0]
    """
    chance = rows / (rows + other_rows)
    both = np.maximum(hits + others, 1e-300)
    own = hits / both
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(hits > 0, hits * np.log(own / chance), 0.0)
        gain += np.where(others > 0, others * np.log((1.0 - own) / (1.0 - chance)), 0.0)
    return np.where(own > chance, gain, 0.0)
