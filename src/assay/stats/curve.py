"""Learning curves: how many rows reach a score."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import isotonic_regression


def rows_reaching(sizes: np.ndarray, scores: np.ndarray, variances: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Give the least number of rows at which a learning curve reaches a score.

    Parameters
    ----------
    sizes : numpy.ndarray, shape (k,)
        Rows trained on, ascending.
    scores, variances : numpy.ndarray, shape (k,)
        Mean score at each size, and its variance.
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
    rising = isotonic_regression(scores, sample_weight=1.0 / np.maximum(variances, 1e-12))
    logs = np.log(sizes)
    upper = np.searchsorted(rising, wanted, side="left")
    at = np.clip(upper, 1, len(sizes) - 1)
    step = rising[at] - rising[at - 1]
    share = np.clip((wanted - rising[at - 1]) / np.where(step > 0, step, 1.0), 0.0, 1.0)
    found = np.exp(logs[at - 1] + share * (logs[at] - logs[at - 1]))
    return np.where(wanted <= rising[0], sizes[0], np.where(wanted > rising[-1], sizes[-1], found))
