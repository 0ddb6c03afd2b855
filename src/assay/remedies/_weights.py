"""Weights: how many rows they are worth, shares shrunk to what few rows can carry, tests and tilts under weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr
from scipy.stats import hypergeom

STEPS = 60
STEEPEST = 8.0  # a tilt is stopped here: exp(8) is more than any clip lets pass


class Means(NamedTuple):
    """Weighted means of k numbers, their covariance over rows, and 1 / (rows that the mean is worth)."""

    mean: np.ndarray
    covariance: np.ndarray
    per_row: float


def effective(weights: np.ndarray) -> float:
    """Give Kish's effective sample size, (sum w)^2 / sum w^2.

    Examples
    --------
    >>> round(effective(np.array([1.0, 1.0, 2.0])), 3)
    2.667
    """
    return float(weights.sum() ** 2 / max(float(np.sum(weights**2)), 1e-300))


def clipped(factor: np.ndarray, weights: np.ndarray, most: float) -> np.ndarray:
    """Scale factors so that the weights keep their sum, none above `most`.

    Parameters
    ----------
    factor : numpy.ndarray, shape (rows,)
        Positive.
    weights : numpy.ndarray, shape (rows,)
        What they multiply.
    most : float
        Largest factor after scaling, above 1.

    Examples
    --------
    >>> clipped(np.array([1.0, 1.0, 6.0]), np.ones(3), 2.0).tolist()
    [0.5, 0.5, 2.0]
    """
    order = np.argsort(-factor, kind="stable")
    sorted_weights, sorted_factor = weights[order], factor[order]
    capped = np.concatenate([[0.0], np.cumsum(sorted_weights)[:-1]])  # weight of the rows before each, which are at the cap
    rest = np.cumsum((sorted_weights * sorted_factor)[::-1])[::-1]
    scales = (float(weights.sum()) - most * capped) / np.maximum(rest, 1e-300)
    held = np.flatnonzero(scales * sorted_factor <= most)
    return np.minimum(factor * scales[held[0]], most) if len(held) else np.ones(len(factor))


def shrunk_shares(counts: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Give shares between those counted and those expected, nearer to the latter the fewer the rows and the smaller the gap.

    Parameters
    ----------
    counts : numpy.ndarray, shape (cells,)
        Rows counted, on the scale of independent rows.
    prior : numpy.ndarray, shape (cells,)
        Expected shares, adding up to 1.

    Returns
    -------
    numpy.ndarray, shape (cells,)
        ``(n p + k q) / (n + k)`` with ``k = (1 - sum p^2) / sum (p - q)^2``: the mean squared error of a Dirichlet estimate
        around q is least there, p in the place of the truth.

    References
    ----------
    Fienberg and Holland (1973), Simultaneous estimation of multinomial cell probabilities, JASA 68.

    Examples
    --------
    >>> shrunk_shares(np.array([30.0, 70.0]), np.array([0.5, 0.5])).round(3).tolist()
    [0.31, 0.69]
    """
    rows = float(counts.sum())
    if rows <= 0:
        return prior
    shares = counts / rows
    apart = float(np.sum((shares - prior) ** 2))
    if apart <= 0:
        return prior
    pseudo = (1.0 - float(np.sum(shares**2))) / apart
    return (counts + pseudo * prior) / (rows + pseudo)


def raked(table: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Give a table its association and other margins: iterative proportional fitting.

    Parameters
    ----------
    table : numpy.ndarray, shape (r, c)
        Shares; a cell of 0 stays 0.
    rows, columns : numpy.ndarray, shapes (r,) and (c,)
        Shares to add up to.

    References
    ----------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table, Annals of Mathematical Statistics 11.

    Examples
    --------
    >>> raked(np.full((2, 2), 0.25), np.array([0.5, 0.5]), np.array([0.2, 0.8])).round(3).tolist()
    [[0.1, 0.4], [0.1, 0.4]]
    """
    for _ in range(100):
        before = table
        table = table * (rows / np.maximum(table.sum(axis=1), 1e-300))[:, None]
        table = table * (columns / np.maximum(table.sum(axis=0), 1e-300))
        if np.abs(table - before).max(initial=0.0) < 1e-12:
            break
    return table / max(float(table.sum()), 1e-300)


def weighted_means(values: np.ndarray, weights: np.ndarray, groups: np.ndarray | None = None) -> Means:
    """Give means of numbers under weights, and how many independent rows they are worth.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, k)
        Numbers.
    weights : numpy.ndarray, shape (rows,)
        Not negative.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together; a mean is never worth more rows than without them.

    Notes
    -----
    The variance of a mean is linearised, ``sum over groups of (sum w (x - m))^2 / (sum w)^2``, and compared with the variance
    over rows: the mean over the k of that ratio is ``per_row``.
    """
    share = weights / max(float(weights.sum()), 1e-300)
    mean = share @ values
    apart = values - mean
    weighted = apart * share[:, None]
    covariance = weighted.T @ apart
    spread = np.diag(covariance)
    moving = spread > 1e-12
    if np.ptp(weights) <= 1e-12 * max(float(weights.max(initial=0.0)), 1e-300):
        per_row = 1.0 / max(len(weights), 1)
    else:
        per_row = _worth(np.sum(weighted**2, axis=0), spread, moving)
    if groups is not None:
        own = np.unique(groups, return_inverse=True)[1]
        sums = np.stack([np.bincount(own, weights=column) for column in weighted.T], axis=1) if values.shape[1] else weighted
        per_row = max(per_row, _worth(np.sum(sums**2, axis=0), spread, moving))
    return Means(mean, covariance, per_row)


def _worth(variance: np.ndarray, spread: np.ndarray, moving: np.ndarray) -> float:
    return float(np.mean(variance[moving] / spread[moving])) if moving.any() else 1.0


def share_p_values(real: np.ndarray, synthetic: np.ndarray) -> np.ndarray:
    """Test shares of two samples, cell by cell.

    Parameters
    ----------
    real, synthetic : numpy.ndarray, shape (cells, 2)
        Rows inside and outside each cell, on the scale of independent rows; fractions are rounded.

    Returns
    -------
    numpy.ndarray, shape (cells,)
        Two-sided p-values: twice the smaller tail of the hypergeometric distribution, at most 1.

    References
    ----------
    Fisher (1935), The logic of inductive inference, JRSS 98.

    Examples
    --------
    >>> share_p_values(np.array([[10, 0]]), np.array([[0, 10]])).round(7).tolist()
    [1.08e-05]
    """
    real, synthetic = np.rint(real), np.rint(synthetic)
    inside, drawn = real[:, 0], real.sum(axis=1)
    marked, total = inside + synthetic[:, 0], drawn + synthetic.sum(axis=1)
    low = hypergeom.cdf(inside, total, marked, drawn)
    high = hypergeom.sf(inside - 1, total, marked, drawn)
    return np.clip(2.0 * np.minimum(low, high), 0.0, 1.0)


def score_log_p(real: Means, score: np.ndarray, weights: np.ndarray, synthetic: Means) -> float:
    """Test the mean of one score in real rows against its distribution in weighted synthetic ones.

    Parameters
    ----------
    real, synthetic : Means
        Of the score.
    score, weights : numpy.ndarray, shape (rows,)
        Synthetic rows.

    Returns
    -------
    float
        Natural logarithm of the two-sided p-value.

    Notes
    -----
    With K the cumulant function of the score and t the tilt that moves its mean to the real one, K'(t) = m,
    ``w = sign(t) sqrt(2 n (t m - K(t)))``, ``u = t sqrt(n K''(t))``, and ``r = w + log(u / w) / w`` is standard normal to third
    order whatever the shape of the score; n is the harmonic sum of what both means are worth.

    References
    ----------
    Daniels (1954), Saddlepoint approximations in statistics, Annals of Mathematical Statistics 25. Barndorff-Nielsen (1986),
    Inference on full or partial parameters based on the standardized signed log likelihood ratio, Biometrika 73.
    """
    rows = 1.0 / (real.per_row + synthetic.per_row)
    wanted = real.mean - synthetic.mean
    tilt, cumulant, slope = solved((score - synthetic.mean[0])[:, None], weights, wanted, stiff=np.zeros(1))
    root = np.sign(tilt[0]) * np.sqrt(2.0 * rows * max(float(tilt @ wanted) - cumulant, 0.0))
    if abs(root) < 0.1:
        return 0.0
    other = float(tilt[0]) * np.sqrt(rows * max(float(slope[0, 0]), 1e-12))
    root += np.log(max(other / root, 1e-12)) / root
    return min(float(np.log(2.0) + log_ndtr(-abs(root))), 0.0)


def solved(
    values: np.ndarray, weights: np.ndarray, wanted: np.ndarray, stiff: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """Find the exponential tilt of weights under which numbers have wanted means: entropy balancing.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, k)
        Numbers, of weighted mean near 0.
    weights : numpy.ndarray, shape (rows,)
        Weights as they are.
    wanted : numpy.ndarray, shape (k,)
        Means to reach.
    stiff : numpy.ndarray, shape (k,)
        Penalty ``sum stiff t^2 / 2``, which holds the tilt where no weights reach the means.

    Returns
    -------
    tilt : numpy.ndarray, shape (k,)
    cumulant : float
        ``log E exp(t x)`` under the weights.
    slope : numpy.ndarray, shape (k, k)
        Covariance under the tilted weights.

    Notes
    -----
    The weights ``w exp(t x)`` are nearest to w in Kullback-Leibler divergence among all with these means. Newton's steps,
    halved until the convex dual falls.

    References
    ----------
    Hainmueller (2012), Entropy balancing for causal effects, Political Analysis 20.
    """
    share = weights / max(float(weights.sum()), 1e-300)
    size = values.shape[1]
    tilt = np.zeros(size)
    height, cumulant, tilted = _dual(values, share, wanted, stiff, tilt)
    slope = np.eye(size)
    for _ in range(STEPS):
        mean = tilted @ values
        slope = (values * tilted[:, None]).T @ values - np.outer(mean, mean)
        down = mean - wanted + stiff * tilt
        if float(np.max(np.abs(down), initial=0.0)) < 1e-9:
            break
        step = np.linalg.lstsq(slope + np.diag(stiff + 1e-10), -down, rcond=None)[0]
        moved = False
        for _ in range(30):
            tried = np.clip(tilt + step, -STEEPEST, STEEPEST)
            found = _dual(values, share, wanted, stiff, tried)
            if found[0] < height - 1e-14:
                tilt, (height, cumulant, tilted), moved = tried, found, True
                break
            step = step / 2.0
        if not moved:
            break
    return tilt, cumulant, slope


def _dual(
    values: np.ndarray, share: np.ndarray, wanted: np.ndarray, stiff: np.ndarray, tilt: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Give the dual's height, the cumulant and the tilted shares."""
    power = values @ tilt
    top = float(power.max(initial=0.0))
    raised = share * np.exp(power - top)
    total = max(float(raised.sum()), 1e-300)
    cumulant = float(np.log(total)) + top
    return cumulant - float(tilt @ wanted) + float(stiff @ tilt**2) / 2.0, cumulant, raised / total
