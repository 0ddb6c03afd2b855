"""Scores of predictions, each with the influence of every row on it.

The influence function gives the standard error of a score, of a paired difference of scores and of a score within a slice
from one pass, without a bootstrap: ``score(sample) - score(population)`` is close to the mean of the influences.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST = 10  # rows of a class below which its ranking says nothing and would disclose somebody


class Score(NamedTuple):
    """A score and how much each row moves it.

    ``influence`` has shape (rows,) and mean zero; the score's standard error is its root mean square over root rows.
    """

    value: float
    influence: np.ndarray

    def __sub__(self, other: Score) -> Score:
        """Give the paired difference on the same rows."""
        return Score(self.value - other.value, self.influence - other.influence)


def standard_error(influence: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Give the standard error of a score from the influences of its rows.

    Parameters
    ----------
    influence : numpy.ndarray, shape (rows,)
        Influences, mean zero.
    groups : numpy.ndarray of int, shape (rows,), optional
        Which rows belong together (one entity); rows are independent without it.

    Examples
    --------
    >>> standard_error(np.array([1.0, -1.0, 1.0, -1.0]))
    0.5
    """
    sums = influence if groups is None else np.bincount(groups, weights=influence)
    return float(np.sqrt(np.sum(sums**2)) / max(len(influence), 1))


def roc_auc(truth: np.ndarray, scores: np.ndarray) -> Score:
    """Area under the ROC curve: P(a positive scores above a negative), ties counted half.

    Parameters
    ----------
    truth : numpy.ndarray of {0, 1}, shape (rows,)
        Classes.
    scores : numpy.ndarray, shape (rows,)
        Higher means more likely positive.

    Returns
    -------
    Score
        0.5 with no influence where one class is absent.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44; Sun and Xu (2014), IEEE Signal Processing Letters 21.

    Examples
    --------
    >>> roc_auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])).value
    0.75
    """
    positive = truth == 1
    n, n1 = len(truth), int(positive.sum())
    n0 = n - n1
    if n1 == 0 or n0 == 0:
        return Score(0.5, np.zeros(n))
    below_all = _midranks(scores)
    below_own = np.empty(n)
    below_own[positive] = _midranks(scores[positive])
    below_own[~positive] = _midranks(scores[~positive])
    # share of the other class that each row beats (positives) or is beaten by (negatives)
    placement = np.where(positive, (below_all - below_own) / n0, 1.0 - (below_all - below_own) / n1)
    value = float(placement[positive].mean())
    return Score(value, (placement - value) * np.where(positive, n / n1, n / n0))


def roc_auc_value(truth: np.ndarray, scores: np.ndarray) -> float:
    """Give the ROC AUC without influences, in half the time of `roc_auc`.

    Examples
    --------
    >>> roc_auc_value(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    positive = scores[truth == 1]
    negative = np.sort(scores[truth == 0])
    if len(positive) == 0 or len(negative) == 0:
        return 0.5
    beaten = np.searchsorted(negative, positive, side="left") + np.searchsorted(negative, positive, side="right")
    return float(beaten.mean() / 2.0 / len(negative))


def average_precision(truth: np.ndarray, scores: np.ndarray) -> Score:
    """Average precision: the mean over positives of the precision at their score, ties taken together.

    Parameters
    ----------
    truth : numpy.ndarray of {0, 1}, shape (rows,)
        Classes.
    scores : numpy.ndarray, shape (rows,)
        Higher means more likely positive.

    Notes
    -----
    With a(t) the share of all rows that are positive and score at least t and b(t) the share that score at least t,
    AP = mean over positives of a/b; the influence is the derivative of that in the weight of a row.

    Examples
    --------
    >>> round(average_precision(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])).value, 6)
    0.833333
    """
    n, n1 = len(truth), int((truth == 1).sum())
    if n1 == 0:
        return Score(0.0, np.zeros(n))
    order = np.argsort(-scores, kind="stable")
    y = (truth[order] == 1).astype(float)
    ranked = scores[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), n - 1)  # last row of each tie, from the top
    tie = np.searchsorted(last, np.arange(n))
    above = np.cumsum(y)[last][tie] / n
    share = (last[tie] + 1.0) / n
    precision = above / share
    value = float(np.sum(y * precision) / n1)
    rate = n1 / n
    first = np.append(0, last[:-1] + 1)[tie]
    gain = np.append(np.cumsum((y / share)[::-1])[::-1], 0.0)[first] / n
    loss = np.append(np.cumsum((y * above / share**2)[::-1])[::-1], 0.0)[first] / n
    influence = np.empty(n)
    influence[order] = y / rate * (precision - value) + (y * gain - loss) / rate
    return Score(value, influence - influence.mean())


def recall_at(truth: np.ndarray, scores: np.ndarray, false_positives: float = 0.01) -> Score:
    """Recall at a fixed false-positive rate: the share of positives above the score that so many negatives exceed.

    Parameters
    ----------
    truth : numpy.ndarray of {0, 1}, shape (rows,)
        Classes.
    scores : numpy.ndarray, shape (rows,)
        Higher means more likely positive.
    false_positives : float
        Share of the negatives that may be taken for positive.

    Notes
    -----
    The influence of a negative goes through the threshold: it is weighed with the slope of the ROC curve there, taken between
    half and one and a half times the rate.

    References
    ----------
    Pepe (2003), The statistical evaluation of medical tests for classification and prediction, section 5.2.

    Examples
    --------
    >>> recall_at(np.array([0] * 100 + [1, 1]), np.append(np.arange(100.0), [50.0, 200.0])).value
    0.5
    """
    positive, negative = scores[truth == 1], np.sort(scores[truth == 0])
    n, n1, n0 = len(truth), len(positive), len(negative)
    if n1 == 0 or n0 == 0:
        return Score(0.0, np.zeros(n))

    def threshold(rate: float) -> float:
        return float(negative[max(n0 - 1 - int(rate * n0), 0)])

    cut = threshold(false_positives)
    value = float(np.mean(positive > cut))
    around = [float(np.mean(positive > threshold(share * false_positives))) for share in (0.5, 1.5)]
    slope = max(around[1] - around[0], 0.0) / false_positives
    above = (scores > cut).astype(np.float64)
    passed = float(np.mean(negative > cut))
    influence = np.where(truth == 1, (above - value) * n / n1, -slope * (above - passed) * n / n0)
    return Score(value, influence)


def macro_auc(truth: np.ndarray, scores: np.ndarray) -> Score:
    """Mean over classes of the one-versus-rest ROC AUC, over the classes with at least 10 rows in and 10 rows out.

    Parameters
    ----------
    truth : numpy.ndarray of int, shape (rows,)
        Class codes.
    scores : numpy.ndarray, shape (rows, classes)
        Score of each class.
    """
    counts = np.bincount(truth, minlength=scores.shape[1])
    told = np.flatnonzero((counts >= LEAST) & (len(truth) - counts >= LEAST))
    if told.size == 0:
        return Score(0.5, np.zeros(len(truth)))
    parts = [roc_auc((truth == code).astype(int), scores[:, code]) for code in told]
    return Score(float(np.mean([part.value for part in parts])), np.mean([part.influence for part in parts], axis=0))


def r2(truth: np.ndarray, predicted: np.ndarray) -> Score:
    """Coefficient of determination, 1 - mean squared error / variance.

    Examples
    --------
    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])).value
    1.0
    """
    centred = (truth - truth.mean()) ** 2
    variance = centred.mean()
    if variance <= 0:
        return Score(0.0, np.zeros(len(truth)))
    squared = (truth - predicted) ** 2
    error = squared.mean()
    return Score(float(1.0 - error / variance), -(squared - error) / variance + error * (centred - variance) / variance**2)


def brier(truth: np.ndarray, probabilities: np.ndarray) -> Score:
    """Brier score: mean squared distance between probability and outcome; several classes: half the sum over classes.

    Parameters
    ----------
    truth : numpy.ndarray of int, shape (rows,)
        Class codes.
    probabilities : numpy.ndarray, shape (rows,) of the positive class, or (rows, classes)
        Probabilities.

    Examples
    --------
    >>> brier(np.array([0, 1]), np.array([0.5, 0.5])).value
    0.25
    """
    if probabilities.ndim == 1:
        loss = (probabilities - truth) ** 2
    else:
        loss = np.sum(probabilities**2, axis=1) - 2.0 * probabilities[np.arange(len(truth)), truth] + 1.0
        loss /= 2.0
    return Score(float(loss.mean()), loss - loss.mean())


def log_loss(truth: np.ndarray, probabilities: np.ndarray) -> Score:
    """Mean negative log likelihood of the outcome, probabilities kept at least 1e-6 from 0 and 1.

    Examples
    --------
    >>> round(log_loss(np.array([0, 1]), np.array([0.5, 0.5])).value, 4)
    0.6931
    """
    if probabilities.ndim == 1:
        likely = np.where(truth == 1, probabilities, 1.0 - probabilities)
    else:
        likely = probabilities[np.arange(len(truth)), truth]
    loss = -np.log(np.clip(likely, 1e-6, 1.0))
    return Score(float(loss.mean()), loss - loss.mean())


def recalibration_loss(truth: np.ndarray, predicted: np.ndarray) -> Score:
    """Share of the target's variance that a straight line through the predictions would win back (regression).

    Notes
    -----
    (mean squared error - mean squared error after the best a + b * prediction) / variance: 0 for a calibrated model.
    Its value is of order 2 / rows for one; wrong levels and overconfident slopes raise it.
    """
    variance = float(np.var(truth))
    if variance <= 0:
        return Score(0.0, np.zeros(len(truth)))
    centred = predicted - predicted.mean()
    spread = float(np.mean(centred**2))
    slope = float(np.mean(centred * truth)) / spread if spread > 0 else 0.0
    after = truth - truth.mean() - slope * centred
    gain = ((truth - predicted) ** 2 - after**2) / variance
    value = float(gain.mean())
    return Score(value, gain - value - value * ((truth - truth.mean()) ** 2 - variance) / variance)


def _midranks(values: np.ndarray) -> np.ndarray:
    """Rows below plus half the ties (itself included), of shape (rows,)."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - counts / 2.0)[place]
