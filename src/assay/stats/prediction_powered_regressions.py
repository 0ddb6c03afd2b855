"""Prediction-powered intervals (PPI++) of regression coefficients, linear and logistic.

Labelled rows are few, and their intervals are made for few: residuals are divided by 1 minus the row's leverage (HC3), as a row
pulls the line towards itself, and Student's quantile has n - d degrees of freedom.

References
----------
Angelopoulos, A. N., Duchi, J. C., Zrnic, T. (2023). PPI++: efficient prediction-powered inference. arXiv 2311.01453.
MacKinnon, J. G., White, H. (1985). Some heteroskedasticity-consistent covariance matrix estimators with improved finite sample
properties. Journal of Econometrics 29.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, stdtrit

from assay.stats.prediction_powered import Powered, powered, require

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]


def ols(
    features: np.ndarray,
    truth: np.ndarray,
    predicted: np.ndarray,
    more_features: np.ndarray,
    more: np.ndarray,
    *,
    level: float = 0.95,
    weight: float | None = None,
) -> Powered:
    """Estimate the coefficients of a linear regression.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, d)
        Of the labelled rows, with a column of ones where an intercept is wanted.
    truth, predicted : numpy.ndarray, shape (n,)
        See `assay.stats.prediction_powered.mean`.
    more_features : numpy.ndarray, shape (N, d)
        Of the further rows.
    more : numpy.ndarray, shape (N,)
        Their predictions.
    level, weight
        See `assay.stats.prediction_powered.mean`; one lambda for all coefficients.

    Notes
    -----
    theta = lambda OLS(more_features, more) + OLS(features, truth - lambda predicted). The two regressions are of different rows:
    their sandwich variances add up, each with residuals and Hessian of its own rows, so that a wrong model has right intervals of
    its best linear approximation.
    """
    require(truth, predicted)
    _require_rows(features, truth)

    def solved(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(x, y, rcond=None)[0]

    def at(share: float) -> np.ndarray:
        return share * solved(more_features, more) + solved(features, truth - share * predicted)

    def gradients(theta: np.ndarray) -> Gradients:
        return (
            features * (features @ theta - truth)[:, None],
            features * (features @ theta - predicted)[:, None],
            more_features * (more_features @ theta - more)[:, None],
        )

    def variance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        missed = (y - x @ solved(x, y)) / (1 - _leverages(x, np.ones(len(x))))
        bread = np.linalg.pinv(x.T @ x / len(x))
        return bread @ _cross(x * missed[:, None]) @ bread / len(x)

    def errors(_: np.ndarray, share: float) -> np.ndarray:
        other = share**2 * variance(more_features, more) if share > 0 else 0.0
        return np.sqrt(np.diag(variance(features, truth - share * predicted) + other))

    pooled = features.T @ features + more_features.T @ more_features
    bread = np.linalg.pinv(pooled / (len(truth) + len(more)))
    return _regression(at, gradients, errors, lambda _: bread, len(truth), len(more), level, weight)


def logistic(
    features: np.ndarray,
    truth: np.ndarray,
    predicted: np.ndarray,
    more_features: np.ndarray,
    more: np.ndarray,
    *,
    level: float = 0.95,
    weight: float | None = None,
) -> Powered:
    """Estimate the coefficients of a logistic regression.

    Parameters
    ----------
    features, more_features : numpy.ndarray, shapes (n, d) and (N, d)
        See `ols`.
    truth : numpy.ndarray of {0, 1}, shape (n,)
        Labels.
    predicted, more : numpy.ndarray, shapes (n,) and (N,)
        Predicted probabilities, or classes.
    level, weight
        See `ols`.

    Notes
    -----
    The minimum of loss(n, y) + lambda (loss(N, f) - loss(n, f)), which is convex where lambda (Hessian(N) - Hessian(n)) is small
    beside Hessian(n); sandwich variance of its gradients, with its own Hessian, (1 - lambda) Hessian(n) + lambda Hessian(N).
    """
    require(truth, predicted)
    _require_rows(features, truth)
    n, further = len(truth), len(more)
    even = np.linalg.pinv(np.linalg.qr(features / math.sqrt(n), mode="r"))  # in these units all directions are alike to descend
    own_even, more_even = features @ even, more_features @ even

    def at(share: float) -> np.ndarray:
        def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
            own, other = own_even @ theta, more_even @ theta
            target = truth - share * predicted
            value = ((1 - share) * np.logaddexp(0, own) - target * own).mean() + share * (
                np.logaddexp(0, other) - more * other
            ).mean()
            slope = own_even.T @ ((1 - share) * expit(own) - target) / n + share * more_even.T @ (expit(other) - more) / further
            return float(value), slope

        found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9})
        return even @ np.asarray(found.x)

    def gradients(theta: np.ndarray) -> Gradients:
        own, other = expit(features @ theta), expit(more_features @ theta)
        return features * (own - truth)[:, None], features * (own - predicted)[:, None], more_features * (other - more)[:, None]

    def hessians(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        own, other = ((x.T * (expit(x @ theta) * expit(-(x @ theta)))) @ x / len(x) for x in (features, more_features))
        return own, other

    def errors(theta: np.ndarray, share: float) -> np.ndarray:
        own, told, told_more = gradients(theta)
        flat, flat_more = hessians(theta)
        bread = np.linalg.pinv((1 - share) * flat + share * flat_more)
        pull = _leverages(features, expit(features @ theta) * expit(-(features @ theta)))
        missed = (own - share * told) / (1 - pull)[:, None]
        return np.sqrt(np.diag(bread @ (_cross(missed) / n + share**2 * _cross(told_more) / further) @ bread))

    def pooled(theta: np.ndarray) -> np.ndarray:
        own, other = hessians(theta)
        return np.linalg.pinv((n * own + further * other) / (n + further))

    return _regression(at, gradients, errors, pooled, n, further, level, weight)


def _regression(
    at: Callable[[float], np.ndarray],
    gradients: Callable[[np.ndarray], Gradients],
    errors: Callable[[np.ndarray, float], np.ndarray],
    pooled: Callable[[np.ndarray], np.ndarray],
    n: int,
    further: int,
    level: float,
    weight: float | None,
) -> Powered:
    """Choose lambda at the estimate with lambda 1, then give the interval at its own; at 0 that of labelled rows alone."""
    begin = at(1.0)
    own, told, told_more = gradients(begin)
    shared = _cross(own, told)
    if weight is None:
        bread = pooled(begin)
        above = np.trace(bread @ (shared + shared.T) @ bread)
        below = 2 * (1 + n / further) * np.trace(bread @ _cross(np.concatenate([told, told_more])) @ bread)
        weight = float(np.clip(above / below, 0, 1)) if below > 0 else 0.0
    value, classical = at(weight), at(0.0)
    rho = float(np.trace(shared) / math.sqrt(max(np.trace(_cross(own)) * np.trace(_cross(told)), 1e-300)))
    reach = float(stdtrit(n - len(value), (1 + level) / 2))
    shares = np.full(len(value), weight)
    return powered(value, errors(value, weight), classical, errors(classical, 0.0), reach, shares, rho)


def _leverages(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give by how much each row's own label moves its fitted value, shape (rows,); at most 0.99."""
    rows = features * np.sqrt(weights)[:, None]
    found = np.einsum("ij,jk,ik->i", rows, np.linalg.pinv(rows.T @ rows), rows)
    return np.clip(found, 0, 0.99)


def _cross(first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
    """Give the covariance of rows, shape (d, d)."""
    second = first if second is None else second
    return (first - first.mean(axis=0)).T @ (second - second.mean(axis=0)) / (len(first) - 1)


def _require_rows(features: np.ndarray, truth: np.ndarray) -> None:
    if features.ndim != 2 or len(features) != len(truth):
        raise ValueError(f"features must have a row for each label. Got shape {features.shape} for {len(truth)} labels.")
