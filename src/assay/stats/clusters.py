"""Clusters that come back when other rows are clustered."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

NUMBERS = (3, 5, 8, 12, 18)
STABLE = 0.7  # agreement of two halves' clusters, corrected for chance, from which a number of clusters is taken as found
DIMENSIONS = 12
MOST_ROWS = 1_000
AGREED_ON = 500


class Axes(NamedTuple):
    """Centre and main directions of some rows: ``centre`` of shape (d,), ``directions`` of shape (d, kept)."""

    centre: np.ndarray
    directions: np.ndarray

    def place(self, rows: np.ndarray) -> np.ndarray:
        """Give the coordinates of some rows."""
        return (rows - self.centre) @ self.directions


def main_axes(rows: np.ndarray) -> Axes:
    """Find the directions in which rows vary most, at most 12."""
    centre = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    moved = (rows - centre).astype(np.float64)
    _, directions = np.linalg.eigh(moved.T @ moved)
    kept = directions[:, ::-1][:, :DIMENSIONS]
    # a direction's sign is arbitrary; fixed so that runs agree
    kept = kept * np.where(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])] < 0, -1.0, 1.0)
    return Axes(centre, kept.astype(np.float32))


def stable_centres(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Cluster points into the largest number of clusters that two halves of the rows agree on.

    Parameters
    ----------
    points : numpy.ndarray of float32, shape (rows, d)
        Rows.
    rng : numpy.random.Generator
        Source of halves and starts.

    Returns
    -------
    centres : numpy.ndarray, shape (k, d)
        Centres fitted on all points (2,000 of them at most).
    agreement : float
        Adjusted Rand index of both halves' clusters on other rows, at that k.

    Notes
    -----
    The largest k of 3, 5, 8, 12 and 18 with an agreement of .7, else the k that agrees most.

    References
    ----------
    Lange, Roth, Braun and Buhmann (2004), Stability-based validation of clustering solutions, Neural Computation 16.
    """
    order = rng.permutation(len(points))[: 2 * MOST_ROWS + AGREED_ON]
    other = points[order[: min(AGREED_ON, len(order) // 5)]]
    rest = order[len(other) :]
    halves = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    seed = int(rng.integers(2**31 - 1))
    found: list[tuple[float, int]] = []
    for k in reversed(NUMBERS):
        if k * 20 > len(halves[0]):
            continue
        labels = [_fit(points[half], k, seed + at).predict(other) for at, half in enumerate(halves)]
        found.append((float(adjusted_rand_score(*labels)), k))
        if found[-1][0] >= STABLE:
            break
    if not found:
        return points.mean(axis=0, keepdims=True), 1.0
    agreement, k = max(found)
    return _fit(points[order[: 2 * MOST_ROWS]], k, seed).cluster_centers_, agreement


def nearest_centre(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Give the nearest centre of each point, shape (rows,).

    Examples
    --------
    >>> nearest_centre(np.array([[0.1], [4.0]]), np.array([[0.0], [5.0]])).tolist()
    [0, 1]
    """
    return (np.einsum("ij,ij->i", centres, centres) - 2.0 * (points @ centres.T)).argmin(axis=1)


def _fit(points: np.ndarray, k: int, seed: int) -> KMeans:
    make: Any = KMeans
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than centres: some centres coincide
        return make(k, n_init=1, max_iter=20, random_state=seed).fit(points)
