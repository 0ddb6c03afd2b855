"""Put probabilities right by few outcomes: two numbers are learned, so that few outcomes are enough."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax

NEAREST = 1e-6  # to 0 and 1 that a probability may come
MOST_TURNS = 50
FARTHEST = 5.0  # natural logarithm of the largest temperature, and of its inverse


class Recalibration(NamedTuple):
    """A map from probabilities to probabilities.

    Parameters
    ----------
    slope : float
        Of the new log odds in the old ones; under one where a model was too sure of itself.
    intercept : float
        New log odds where the old probability is a half; nothing for more than two classes.
    """

    slope: float
    intercept: float = 0.0

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Give the new probabilities of old ones, of the same shape.

        Examples
        --------
        >>> Recalibration(1.0).apply(np.array([0.2, 0.7])).round(6).tolist()
        [0.2, 0.7]
        """
        inside = np.clip(probabilities, NEAREST, 1.0 - NEAREST)
        if probabilities.ndim == 1:
            return expit(self.slope * logit(inside) + self.intercept)
        return softmax(self.slope * np.log(inside), axis=1)


def recalibration(truth: np.ndarray, probabilities: np.ndarray) -> Recalibration:
    """Learn a map by outcomes that the model was not trained on.

    Parameters
    ----------
    truth : numpy.ndarray of int, shape (rows,)
        Class codes.
    probabilities : numpy.ndarray, shape (rows,) of the positive class of two, or (rows, classes)
        What the model said.

    Notes
    -----
    Two classes: log odds a + b logit(p), by maximum likelihood with targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) in the place
    of 1 and 0, so that outcomes which are told apart without error give finite numbers (Platt). More: p^b, scaled to sum to one
    (temperature 1 / b).

    What it cannot see: probabilities that are wrong in some rows and right in others of the same probability.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, section 2. Guo, Pleiss, Sun and Weinberger (2017), On
    calibration of modern neural networks, ICML, section 4.2.

    Examples
    --------
    >>> said = np.repeat([0.1, 0.9], 500)
    >>> happened = np.array(([1] * 30 + [0] * 70) * 5 + ([1] * 70 + [0] * 30) * 5)
    >>> recalibration(happened, said).apply(np.array([0.1, 0.9])).round(2).tolist()
    [0.3, 0.7]
    """
    if probabilities.ndim == 1:
        return _platt(truth == 1, logit(np.clip(probabilities, NEAREST, 1.0 - NEAREST)))
    logs, rows = np.log(np.clip(probabilities, NEAREST, 1.0)), np.arange(len(truth))

    def loss(power: float) -> float:
        scaled = np.exp(power) * logs
        largest = scaled.max(axis=1)
        return float(np.mean(np.log(np.exp(scaled - largest[:, None]).sum(axis=1)) + largest - scaled[rows, truth]))

    found: Any = minimize_scalar(loss, bounds=(-FARTHEST, FARTHEST), method="bounded")
    return Recalibration(float(np.exp(found.x)))


def _platt(positive: np.ndarray, odds: np.ndarray) -> Recalibration:
    """Newton's method on two numbers, halving steps that lead uphill."""
    n1, n0 = int(positive.sum()), int((~positive).sum())
    aim = np.where(positive, (n1 + 1.0) / (n1 + 2.0), 1.0 / (n0 + 2.0))
    columns = np.stack([odds, np.ones(len(odds))], axis=1)

    def loss(at: np.ndarray) -> float:
        eta = columns @ at
        return float(np.mean(np.logaddexp(0.0, eta) - aim * eta))

    now = np.array([1.0, 0.0])
    for _ in range(MOST_TURNS):
        said = expit(columns @ now)
        slope = columns.T @ (said - aim) / len(odds)
        curve = (columns.T * (said * (1.0 - said))) @ columns / len(odds) + 1e-9 * np.eye(2)
        step, length = np.linalg.solve(curve, slope), 1.0
        while loss(now - length * step) > loss(now) and length > 1e-6:
            length /= 2.0
        now = now - length * step
        if float(np.abs(length * step).max()) < 1e-8:
            break
    return Recalibration(float(now[0]), float(now[1]))
