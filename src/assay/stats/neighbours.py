"""Exact nearest neighbours by blocked matrix products."""

from __future__ import annotations

import numpy as np

QUERY_BLOCK = 256
REFERENCE_BLOCK = 4096
SLACK = 2


def nearest(
    queries: np.ndarray, references: np.ndarray, k: int = 2, exclude: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Find each query's k nearest references by Euclidean distance.

    Parameters
    ----------
    queries : numpy.ndarray of float32, shape (q, d)
        Points that ask.
    references : numpy.ndarray of float32, shape (n, d)
        Points that may be found; all of them are looked at.
    k : int
        Neighbours wanted.
    exclude : numpy.ndarray of int64, shape (q,), optional
        For each query the one reference that may not be found (itself), or -1.

    Returns
    -------
    distances : numpy.ndarray of float64, shape (q, k)
        Ascending; infinite where there are fewer than k references.
    indices : numpy.ndarray of int64, shape (q, k)
        Positions among the references, -1 where there is none.

    Notes
    -----
    ``|r|^2 - 2 q.r`` in float32, block by block (memory 4 MiB whatever the sizes), keeps k + 2 candidates; their
    distances are then computed in float64 from the differences, so that near-zero distances are exact. Bit-for-bit
    repeatable on one BLAS thread; the caller pins it.

    Examples
    --------
    >>> distances, indices = nearest(np.float32([[0.0]]), np.float32([[3.0], [1.0]]), k=2)
    >>> distances.tolist(), indices.tolist()
    ([[1.0, 3.0]], [[1, 0]])
    """
    count = len(references)
    distances, indices = np.full((len(queries), k), np.inf), np.full((len(queries), k), -1, dtype=np.int64)
    if not count or not len(queries):
        return distances, indices
    centre = references.mean(axis=0, dtype=np.float64).astype(np.float32)
    left = np.column_stack([-2.0 * (queries - centre), np.ones(len(queries), dtype=np.float32)]).astype(np.float32)
    moved = references - centre
    right = np.column_stack([moved, np.einsum("ij,ij->i", moved, moved)]).astype(np.float32)
    for start in range(0, len(queries), QUERY_BLOCK):
        rows = slice(start, start + QUERY_BLOCK)
        banned = None if exclude is None else exclude[rows]
        candidates = _candidates(left[rows], right, min(k + SLACK, count), banned)
        exact = _exact(queries[rows], references, candidates)
        order = np.argsort(exact, axis=1, kind="stable")[:, :k]
        found = np.take_along_axis(exact, order, axis=1)
        distances[rows, : found.shape[1]] = found
        indices[rows, : found.shape[1]] = np.where(np.isinf(found), -1, np.take_along_axis(candidates, order, axis=1))
    return distances, indices


def _candidates(left: np.ndarray, right: np.ndarray, k: int, banned: np.ndarray | None) -> np.ndarray:
    """Give the k references of smallest float32 distance, block by block; -1 where there is none."""
    rows = np.arange(len(left))
    best = np.full((len(left), k), np.inf, dtype=np.float32)
    at = np.full((len(left), k), -1, dtype=np.int64)
    for start in range(0, len(right), REFERENCE_BLOCK):
        tile = left @ right[start : start + REFERENCE_BLOCK].T
        if banned is not None:
            inside = np.flatnonzero((banned >= start) & (banned < start + tile.shape[1]))
            tile[inside, banned[inside] - start] = np.inf
        for _ in range(min(k, tile.shape[1])):
            spot = tile.argmin(axis=1)
            value = tile[rows, spot]
            better = value < best[:, -1]
            if not better.any():
                break
            best[better, -1], at[better, -1] = value[better], spot[better] + start
            order = np.argsort(best, axis=1, kind="stable")
            best, at = np.take_along_axis(best, order, axis=1), np.take_along_axis(at, order, axis=1)
            tile[rows, spot] = np.inf
    return at


def _exact(queries: np.ndarray, references: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    exact = np.empty(candidates.shape)
    for place in range(candidates.shape[1]):
        difference = queries.astype(np.float64) - references[candidates[:, place]]
        exact[:, place] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    exact[candidates < 0] = np.inf
    return exact
