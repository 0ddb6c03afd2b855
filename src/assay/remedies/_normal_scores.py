"""Correlations of normal scores in both tables, with the target's classes beside the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._within import class_codes

FEWEST_VALUES, FEWEST_ROWS = 15, 50
HEAVIEST = 0.6
MOST_CLASSES, BEHIND = 5, 10
LEAST_VARIANCE = 1e-3


@dataclass(frozen=True)
class Correlations:
    """What both tables say.

    Parameters
    ----------
    names : tuple of str
        Numeric columns; the first rows and columns of the matrices.
    classes : tuple of str
        Classes of the target, the last rows and columns.
    real, synthetic : numpy.ndarray, shape (k, k)
        Correlations.
    error : numpy.ndarray, shape (k, k)
        Standard error of their difference if both tables were samples of one population.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    real: np.ndarray
    synthetic: np.ndarray
    error: np.ndarray

    @property
    def z(self) -> np.ndarray:
        """Differences in standard errors; zero between classes and on the diagonal."""
        out = (self.real - self.synthetic) / self.error
        out[len(self.names) :, len(self.names) :] = 0.0
        np.fill_diagonal(out, 0.0)
        return out

    @property
    def p_values(self) -> np.ndarray:
        """Two-sided, of each difference alone."""
        return 2.0 * ndtr(-np.abs(self.z))

    @property
    def tests(self) -> int:
        """Pairs looked at."""
        d, c = len(self.names), len(self.classes)
        return max(d * (d - 1) // 2 + d * c, 1)


def correlations(scene: Scene, names: tuple[str, ...] | None = None) -> Correlations | None:
    """Compare correlations of normal scores; None where fewer than two columns have them.

    Notes
    -----
    Error of a correlation r of scores u and v: the standard deviation of ``u v - r (u^2 + v^2) / 2`` in the synthetic rows, times
    ``sqrt(1 / n + 1 / m)`` of n real and m synthetic rows (entities, where there are any; effective rows, where weights differ).
    """
    names = eligible(scene) if names is None else names
    classes = named_classes(scene)
    if len(names) + len(classes) < 2 or not names or len(scene.real) < FEWEST_ROWS or len(scene.synthetic) < FEWEST_ROWS:
        return None
    real, synthetic = (
        np.column_stack([scores(table, mass, names), indicators(table, mass, scene.schema.target, classes)])
        for table, mass in ((scene.real, np.ones(len(scene.real))), (scene.synthetic, scene.rows.weights))
    )
    weights = scene.rows.weights / scene.rows.weights.sum()
    n, m = _rows(scene.real, np.ones(len(scene.real))), _rows(scene.synthetic, scene.rows.weights)
    with one_thread():
        r_real = real.T @ real / len(real)
        r = (synthetic * weights[:, None]).T @ synthetic
        square = synthetic**2
        both = (square * weights[:, None]).T @ square
        cubic = (square * synthetic * weights[:, None]).T @ synthetic
        fourth = np.diag(both)
        variance = both - r * (cubic + cubic.T) + r**2 / 4.0 * (fourth[:, None] + fourth[None, :] + 2.0 * both)
    error = np.sqrt(np.maximum(variance, LEAST_VARIANCE) * (1.0 / n + 1.0 / m))
    return Correlations(names, classes, r_real, r, error)


def eligible(scene: Scene) -> tuple[str, ...]:
    """Give the ordered columns with 15 values or more in both tables, none with more than 60% of the rows."""
    found: list[str] = []
    for name in scene.numeric:
        good = True
        for table in (scene.real, scene.synthetic):
            values = table.numbers(name)
            times = np.unique(values[np.isfinite(values)], return_counts=True)[1]
            good &= len(times) >= FEWEST_VALUES and bool(times.max() <= HEAVIEST * len(values))
        if good:
            found.append(name)
    return tuple(found)


def named_classes(scene: Scene) -> tuple[str, ...]:
    """Give the target's classes with ten real and synthetic rows, without the most frequent."""
    target = scene.schema.target
    if target is None or scene.schema.task == "regression" or len(scene.codec.classes_) < 2:
        return ()
    counts = [
        np.bincount(labels[labels >= 0], minlength=len(scene.codec.classes_))
        for labels in (scene.codec.labels(scene.real), scene.codec.labels(scene.synthetic))
    ]
    order = np.argsort(-counts[0], kind="stable")[1 : MOST_CLASSES + 1]
    return tuple(scene.codec.classes_[at] for at in order if min(counts[0][at], counts[1][at]) >= BEHIND)


def scores(table: Dataset, weights: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Give normal scores of weighted mid-ranks, of mean 0 and variance 1, null being 0; shape (rows, names)."""
    out = np.zeros((len(table), len(names)))
    for at, name in enumerate(names):
        values = table.numbers(name)
        known = np.isfinite(values) & (weights > 0)
        if known.any():
            out[known, at] = _standard(_normal(values[known], weights[known]), weights[known])
    return out


def indicators(table: Dataset, weights: np.ndarray, target: str | None, classes: Sequence[str]) -> np.ndarray:
    """Give the indicators of the target's classes, of mean 0 and variance 1; shape (rows, classes)."""
    out = np.zeros((len(table), len(classes)))
    codes = class_codes(table, target, classes)
    for at in range(len(classes)):
        out[:, at] = _standard((codes == at).astype(np.float64), weights)
    return out


def _normal(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    _, place = np.unique(values, return_inverse=True)
    mass = np.bincount(place, weights=weights)
    ranks = (np.cumsum(mass) - mass / 2.0) / mass.sum()
    return ndtri(np.clip(ranks, 1e-12, 1.0 - 1e-12))[place]  # an outermost value of next to no weight has rank 0 or 1


def _standard(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    centred = values - np.average(values, weights=weights)
    spread = float(np.sqrt(np.average(centred**2, weights=weights)))
    return centred / spread if spread > 1e-12 else np.zeros(len(values))


def _rows(table: Dataset, weights: np.ndarray) -> float:
    size = float(weights.sum() ** 2 / np.sum(weights**2))
    groups = entity_codes(table)
    return size if groups is None else min(size, float(len(np.unique(groups))))
