"""How far probabilities are from the rates they stand for, with the noise of the bins taken out."""

from __future__ import annotations

import numpy as np

from assay.stats.scores import Score

BINS = 10


def squared_error(outcome: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> Score:
    """Debiased squared calibration error over bins of equal count.

    Parameters
    ----------
    outcome : numpy.ndarray of {0, 1}, shape (rows,)
        What happened.
    probabilities : numpy.ndarray, shape (rows,)
        What was said.
    bins : int
        Bins, each with as many rows as the others but for ties: rows of equal probability share one.

    Returns
    -------
    Score
        Value: the sum over bins of share x (d^2 - s^2 / n), with d the bin's mean of outcome - probability, s^2 its variance
        and n its rows. The mean of d^2 is the squared error plus s^2 / n, so the value has no bias and may be negative.
        Influence: 2 d (outcome - probability), centred.

    Notes
    -----
    What it cannot see: errors within one bin that cancel.

    References
    ----------
    Kumar, Liang and Ma (2019), Verified uncertainty calibration, NeurIPS, section 4 (debiased estimator); bins of equal
    count as in Nguyen and O'Connor (2015), EMNLP.

    Examples
    --------
    >>> round(squared_error(np.array([0, 1] * 500), np.full(1000, 0.7)).value, 3)
    0.04
    """
    n = len(probabilities)
    _, tie, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    # a tie goes to the bin of its middle row
    place = ((np.cumsum(counts) - counts / 2.0) * min(bins, n) / n).astype(np.int64)[tie]
    rows = np.bincount(place)
    gap = outcome - probabilities
    mean = np.bincount(place, weights=gap) / np.maximum(rows, 1)
    variance = np.bincount(place, weights=(gap - mean[place]) ** 2) / np.maximum(rows - 1, 1)
    value = float(np.sum(rows / n * (mean**2 - variance / np.maximum(rows, 1))))
    influence = 2.0 * mean[place] * gap - mean[place] ** 2
    return Score(value, influence - influence.mean())


def signed_root(square: float) -> float:
    """Give the root of a difference of squares, with its sign.

    Examples
    --------
    >>> signed_root(-0.04)
    -0.2
    """
    return float(np.sign(square) * np.sqrt(abs(square)))
