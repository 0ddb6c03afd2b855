"""Spread of the numbers: the logarithm of synthetic over real variance, and of whole ellipsoids."""

from __future__ import annotations

import math

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._scene import Scene

MOST = 10.0  # a variance of a 22,000th: what is flatter is flat
RIDGE = 0.01  # of a column's variance: what is thinner than that is no direction of its own


class LogVariance(Axis):
    """Mean over ordered columns of ``log(variance of the rows / variance of the sealed rows)``, and of each column.

    Notes
    -----
    0 = equal, -0.69 = halved; variances with n - 1, as in the law E[log s^2] = log sigma^2 + psi((n-1)/2) - log((n-1)/2) under
    which a refitted Gaussian shrinks. The error is that of the influences ``(x - mean)^2 / variance - 1``, summed over the
    columns of a row, so that dependent columns count as what they are. Clipped at 10 either way, where a column that is
    constant stands. Heavy tails widen the interval: nothing is trimmed.

    References
    ----------
    Shumailov et al. (2024), AI models collapse when trained on recursively generated data, Nature 631.
    """

    name = "log_variance"
    question = "Does the spread of the numbers hold?"
    unit = "log ratio of variances"
    worse = "both"
    margin = 0.095
    margin_because = "The policy train's margin for a column (variance_ratio): a spread that shrinks by a tenth compounds."
    cannot_see = "Shrinking of some columns that others make up for (the columns' own readings show it); shape."
    needs = frozenset({"numbers"})
    rank = 10

    def measure(self, scene: Scene) -> list[Point]:
        """Compare variances."""
        names, known = scene.frame.ordered_names, scene.frame.numbers_known
        own, own_influence = _log_variances(scene.rows.get("numbers"))
        real, influence = scene.holdout.keep("log_variances", lambda: _log_variances(scene.holdout.get("numbers")))
        told = np.flatnonzero(known & np.isfinite(real))
        if not len(told):
            raise NotApplicable("no ordered column varies in the sealed rows")
        value = np.clip(own[told] - real[told], -MOST, MOST)
        table = Point(float(value.mean()), _error(own_influence[:, told].mean(axis=1), influence[:, told].mean(axis=1)))
        return [
            table,
            *(Point(float(value[at]), _error(own_influence[:, j], influence[:, j]), names[j]) for at, j in enumerate(told)),
        ]


class LogDeterminant(Axis):
    """Logarithm of the ratio of the determinants of the covariances of all ordered columns, per column.

    Notes
    -----
    ``(log det(C_rows + r I) - log det(C_sealed + r I)) / d`` of the d columns, each squashed beyond ten robust standard
    deviations and in units of its real standard deviation; r = 0.01 keeps columns that determine each other from deciding
    everything. The error is that of ``z' (C + r I)^-1 z``.
    """

    name = "log_determinant"
    question = "Does the cloud of numbers keep its volume?"
    unit = "log ratio of determinants, per column"
    worse = "both"
    margin = 0.095
    margin_because = "As for log_variance, of which it is the mean over the main axes of the cloud."
    cannot_see = "Which direction is lost; extremes beyond ten robust standard deviations."
    needs = frozenset({"numbers"})
    rank = 11

    def measure(self, scene: Scene) -> list[Point]:
        """Compare volumes."""
        pool = scene.frame.whole.get("squashed")
        spread = pool.std(axis=0)
        kept = np.flatnonzero((spread > 1e-9) & scene.frame.numbers_known)
        if not len(kept):
            raise NotApplicable("no ordered column varies in the real rows")
        if min(len(scene.rows), len(scene.holdout)) < 2:
            raise NotApplicable("a covariance needs at least two rows")
        found = [_log_determinant(view.get("squashed")[:, kept] / spread[kept]) for view in (scene.rows, scene.holdout)]
        (own, own_influence), (real, influence) = found
        return [Point((own - real) / len(kept), _error(own_influence, influence) / len(kept))]


def _log_variances(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give log variances, -inf where a column is flat, and influences, 0 where null."""
    null = np.isnan(numbers)
    count = (~null).sum(axis=0)
    filled = np.where(null, 0.0, numbers)
    moved = np.where(null, 0.0, filled - filled.sum(axis=0) / np.maximum(count, 1))
    squares = (moved**2).sum(axis=0)
    variance = squares / np.maximum(count - 1, 1)
    flat = (variance <= 1e-30) | (count < 2)
    share = np.maximum(count, 1) / max(len(numbers), 1)
    influence = np.where(null | flat, 0.0, (moved**2 / np.where(flat, 1.0, variance) - 1.0) / share)
    return np.where(flat, -np.inf, np.log(np.where(flat, 1.0, variance))), influence


def _log_determinant(numbers: np.ndarray) -> tuple[float, np.ndarray]:
    moved = numbers - numbers.mean(axis=0)
    covariance = moved.T @ moved / (len(moved) - 1) + RIDGE * np.eye(numbers.shape[1])
    inverse = np.linalg.inv(covariance)
    influence = np.einsum("ij,ij->i", moved @ inverse, moved)
    return float(np.linalg.slogdet(covariance)[1]), influence


def _error(first: np.ndarray, second: np.ndarray) -> float:
    return math.sqrt(first.var() / len(first) + second.var() / len(second))
