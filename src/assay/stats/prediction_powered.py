"""Prediction-powered intervals (PPI++): few labelled rows, many predictions, and an interval that holds whatever they are worth.

All functions take labelled rows (truth and prediction) and further rows of the same population (prediction alone). The estimate
is the one of the labelled rows, corrected by lambda times the difference between what predictions say on the further rows and on
the labelled ones. Lambda minimises the estimated variance and lies in [0, 1]: with worthless predictions it is near 0 and the
interval is the classical one.

References
----------
Angelopoulos, A. N., Bates, S., Fannjiang, C., Jordan, M. I., Zrnic, T. (2023). Prediction-powered inference. Science 382.
Angelopoulos, A. N., Duchi, J. C., Zrnic, T. (2023). PPI++: efficient prediction-powered inference. arXiv 2311.01453.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

LEAST = 10  # labelled rows


class Powered(NamedTuple):
    """An estimate with and without the help of predictions.

    Parameters
    ----------
    value, low, high : numpy.ndarray, shape (quantities,)
        With their help.
    classical, classical_low, classical_high : numpy.ndarray, shape (quantities,)
        From the labelled rows alone.
    weight : numpy.ndarray, shape (quantities,)
        Lambda, from 0 (predictions are not used) to 1.
    correlation : float
        Of truth and prediction, of gradients for regressions; what the help rests on.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    classical: np.ndarray
    classical_low: np.ndarray
    classical_high: np.ndarray
    weight: np.ndarray
    correlation: float


def too_weak(correlation: float, labelled: int) -> bool:
    """Whether predictions cannot be told to help: the correlation is no larger than chance gives, 1 / sqrt(n - 2).

    Parameters
    ----------
    correlation : float
        Of truth and prediction on the labelled rows.
    labelled : int
        Their number.

    Notes
    -----
    The estimated lambda is then mostly noise, and its own error makes the interval too short or too long, never of use.

    Examples
    --------
    >>> too_weak(0.1, 50), too_weak(0.5, 50)
    (True, False)
    """
    return abs(correlation) <= threshold(labelled)


def threshold(labelled: int) -> float:
    """Give the correlation that chance gives, 1 / sqrt(n - 2).

    Examples
    --------
    >>> threshold(102)
    0.1
    """
    return 1 / math.sqrt(max(labelled - 2, 1))


def mean(
    truth: np.ndarray, predicted: np.ndarray, more: np.ndarray, *, level: float = 0.95, weight: float | None = None
) -> Powered:
    """Estimate a mean, or a rate where the truth is 0 and 1.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,)
        Labels.
    predicted : numpy.ndarray, shape (n,)
        Predictions for the labelled rows, by a model that did not learn from them.
    more : numpy.ndarray, shape (N,)
        Predictions for further rows of the same population.
    level : float
        Of the interval.
    weight : float, optional
        Lambda; estimated without it.

    Notes
    -----
    theta = mean(y) + lambda (mean(f over N) - mean(f over n)), variance var(y - lambda f) / n + lambda^2 var(f) / N, lambda =
    cov(y, f) / ((1 + n / N) var(f)); Student's quantile with n - 1 degrees of freedom, so that the interval is the classical one
    at lambda 0. What it cannot see: further rows of another population, for which nothing here corrects.

    Examples
    --------
    >>> found = mean(np.array([0.0, 1.0, 2.0, 3.0] * 5), np.array([0.0, 1.0, 2.0, 3.0] * 5), np.full(1000, 1.5))
    >>> round(float(found.value[0]), 3), round(float(found.high[0] - found.low[0]), 3) < 0.1
    (1.5, True)
    """
    require(truth, predicted)
    n, further = len(truth), len(more)
    if weight is None:
        spread = np.var(np.concatenate([predicted, more]), ddof=1)
        shared = np.cov(truth, predicted, ddof=1)[0, 1]
        weight = float(np.clip(shared / ((1 + n / further) * spread), 0, 1)) if spread > 0 else 0.0
    value = truth.mean() + weight * (more.mean() - predicted.mean())
    error = math.sqrt(np.var(truth - weight * predicted, ddof=1) / n + weight**2 * np.var(more, ddof=1) / further)
    classical_error = math.sqrt(np.var(truth, ddof=1) / n)
    reach = float(stdtrit(n - 1, (1 + level) / 2))
    return powered(
        np.array([value]), np.array([error]), np.array([truth.mean()]), np.array([classical_error]), reach,
        np.array([weight]), _correlation(truth, predicted),
    )  # fmt: skip


def quantile(
    truth: np.ndarray,
    predicted: np.ndarray,
    more: np.ndarray,
    share: float,
    *,
    level: float = 0.95,
    weight: float | None = None,
) -> Powered:
    """Estimate the value below which a share of the population lies.

    Parameters
    ----------
    truth, predicted, more, level, weight
        See `mean`.
    share : float
        In (0, 1).

    Notes
    -----
    The interval holds every value t at which the rectified distribution function F(t) = mean(1[y <= t]) + lambda (mean(1[f <= t]
    over N) - mean(1[f <= t] over n)) may have come to the share, and just before may not have; where values heap, both differ.
    The variance of 1[y <= t] is the larger of the one at t and the one at the share, as the first is too small towards the ends.
    Lambda is the one that is best at the labelled quantile, the same for all t.
    """
    require(truth, predicted)
    if not 0 < share < 1:
        raise ValueError(f"A quantile's share must be in (0, 1). Got {share!r}.")
    n, further = len(truth), len(more)
    grid = np.unique(np.concatenate([truth, predicted, more]))
    y, f, f_more = (np.searchsorted(np.sort(values), grid, side="right") / len(values) for values in (truth, predicted, more))
    centre = float(np.quantile(truth, share))
    if weight is None:
        weight = float(mean((truth <= centre) * 1.0, (predicted <= centre) * 1.0, (more <= centre) * 1.0).weight[0])
    both = _both_below(truth, predicted, grid)
    rectified = y + weight * (f_more - f)
    own = np.maximum(y * (1 - y), share * (1 - share))
    apart = np.maximum(own + weight**2 * f * (1 - f) - 2 * weight * (both - y * f), 0)
    variance = apart / n + weight**2 * f_more * (1 - f_more) / further
    reach = float(ndtri((1 + level) / 2))
    powered = _inverted(grid, rectified, np.sqrt(variance), share, reach)
    plain = _inverted(grid, y, np.sqrt(own / n), share, reach)
    rho = _correlation((truth <= centre) * 1.0, (predicted <= centre) * 1.0)
    value, low, high = map(_single, powered)
    classical, classical_low, classical_high = map(_single, plain)
    return Powered(value, low, high, classical, classical_low, classical_high, _single(weight), rho)


def powered(
    value: np.ndarray,
    error: np.ndarray,
    classical: np.ndarray,
    classical_error: np.ndarray,
    reach: float,
    weight: np.ndarray,
    rho: float,
) -> Powered:
    """Put estimates and errors together as intervals."""
    low, high = value - reach * error, value + reach * error
    return Powered(
        value, low, high, classical, classical - reach * classical_error, classical + reach * classical_error, weight, rho
    )


def _both_below(truth: np.ndarray, predicted: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Give the share of rows in which truth and prediction both lie at or below each point."""
    larger = np.sort(np.maximum(truth, predicted))
    return np.searchsorted(larger, grid, side="right") / len(truth)


def _inverted(
    grid: np.ndarray, function: np.ndarray, error: np.ndarray, share: float, reach: float
) -> tuple[float, float, float]:
    """Give the quantile of a distribution function on a grid, and the ends of what cannot be told from it.

    The quantile is where the function comes to the share; where a corrected one does so several times, the nearest place from the
    first to the last of them. A point cannot be told from it where the function may have come to the share there, and just before
    may not have.
    """
    before, before_error = np.concatenate([[0.0], function[:-1]]), np.concatenate([error[:1], error[:-1]])
    first, last = int(np.argmax(function >= share)), int(np.flatnonzero(before < share)[-1])
    at = first + int(np.argmin(np.abs(function[first : last + 1] - share)))
    low = int(np.argmax(function + reach * error >= share))
    high = int(np.flatnonzero(before - reach * before_error <= share)[-1])
    return float(grid[at]), float(grid[min(low, at)]), float(grid[max(high, at)])


def _single(value: float) -> np.ndarray:
    return np.array([value])


def _correlation(truth: np.ndarray, predicted: np.ndarray) -> float:
    if np.std(truth) == 0 or np.std(predicted) == 0:
        return 0.0
    return float(np.corrcoef(truth, predicted)[0, 1])


def require(truth: np.ndarray, predicted: np.ndarray) -> None:
    """Refuse too few labelled rows, or labels without predictions."""
    if len(truth) < LEAST or len(truth) != len(predicted):
        raise ValueError(
            f"At least {LEAST} labelled rows with a prediction each are needed. Got {len(truth)} and {len(predicted)}."
        )
