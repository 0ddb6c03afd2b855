"""Learning curves: how many rows reach a score."""

from __future__ import annotations

import numpy as np


def rows_reaching(sizes: np.ndarray, scores: np.ndarray, variances: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Give the least number of rows at which a learning curve reaches a score.

    Parameters
    ----------
    sizes : numpy.ndarray, shape (k,)
        Rows trained on, ascending.
    scores : numpy.ndarray, shape (k,) or (m, k)
        Mean score at each size; a curve for each score to reach, or one for all.
    variances : numpy.ndarray, shape (k,)
        Variance of those means.
    wanted : numpy.ndarray, shape (m,)
        Scores to reach.

    Returns
    -------
    numpy.ndarray, shape (m,)
        Rows; the smallest or largest size where the score lies below or above the whole curve.

    Notes
    -----
    The curve is the weighted isotonic fit, joined by straight lines in log rows.

    Examples
    --------
    >>> curve = np.array([0.6, 0.8, 0.9])
    >>> rows_reaching(np.array([100.0, 1000.0, 10000.0]), curve, np.ones(3), np.array([0.5, 0.7, 0.95])).round().tolist()
    [100.0, 316.0, 10000.0]
    """
    rising = np.broadcast_to(_isotonic(np.atleast_2d(scores), 1.0 / np.maximum(variances, 1e-12)), (len(wanted), len(sizes)))
    logs, rows = np.log(sizes), np.arange(len(wanted))
    at = np.clip(np.sum(rising < wanted[:, None], axis=1), 1, len(sizes) - 1)
    lower = rising[rows, at - 1]
    step = rising[rows, at] - lower
    share = np.clip((wanted - lower) / np.where(step > 0, step, 1.0), 0.0, 1.0)
    found = np.exp(logs[at - 1] + share * (logs[at] - logs[at - 1]))
    return np.where(wanted <= rising[:, 0], sizes[0], np.where(wanted > rising[:, -1], sizes[-1], found))


def _isotonic(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fit rising curves of shape (curves, k): the largest, over starts, of the least weighted mean over ends."""
    k = scores.shape[1]
    mass = np.concatenate([[0.0], np.cumsum(weights)])
    sums = np.concatenate([np.zeros((len(scores), 1)), np.cumsum(scores * weights, axis=1)], axis=1)
    rising = np.full(scores.shape, -np.inf)
    for start in range(k):
        means = (sums[:, start + 1 :] - sums[:, [start]]) / (mass[start + 1 :] - mass[start])
        # least mean over all ends at or after each place, for this start
        least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        rising[:, start:] = np.maximum(rising[:, start:], least)
    return rising
