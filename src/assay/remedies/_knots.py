"""A monotone map between two columns' quantiles, with at least ten real rows behind every knot."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.remedies._ordered import BEHIND, Ordered, quantiles
from assay.remedies._steps import spread

MOST = 20
ATOM = 0.04
DRAWS = 40


def knots_of(column: Ordered, rng: np.random.Generator) -> dict[str, Any] | None:
    """Learn the map: JSON lists; None where fewer than 40 real rows are there.

    Notes
    -----
    Sorted real rows are cut into up to 20 blocks, ten rows each at the ends; a knot leads from the mean of the synthetic rows of
    the same ranks to the mean of the block. What a knot moves is shrunk by its bootstrap error e, ``d max(0, 1 - (e / d)^2)``.
    Single values with 4% of a table and ten rows or more are atoms: knots at both their ends, and synthetic rows in one get a
    random rank within it.
    """
    n = len(column.real)
    if n < 4 * BEHIND:
        return None
    known = np.sort(column.real)
    edges = _edges(known)
    level = (edges[:-1] + edges[1:]) / 2.0 / n
    inner = spread(known, column.step if _gridded(column) else 0.0, rng)
    y = _means(np.sort(inner), edges)
    draws = np.sort(inner[rng.integers(0, n, (DRAWS, n))], axis=1)
    error = np.add.reduceat(draws, edges[:-1], axis=1) / np.diff(edges)
    x = _ranked_means(spread(column.synthetic, column.synthetic_step, rng), column.weights, edges / n)
    size = float(column.weights.sum() ** 2 / np.sum(column.weights**2))
    moved = y - x
    noise = error.std(axis=0) * np.sqrt(1.0 + n / size)
    moved *= np.maximum(0.0, 1.0 - (noise / np.where(moved == 0, 1.0, moved)) ** 2)
    y = np.maximum.accumulate(x + moved)
    levels, values = _with_atoms(level, y, known)
    own = _atoms(column.synthetic, column.weights)
    at, ranks = x, level
    for value, low, high in own:
        inside = (at > value) & (ranks < high) | (at < value) & (ranks > low) | (ranks > low) & (ranks < high)
        at, ranks = at[~inside], ranks[~inside]
        place = int(np.searchsorted(ranks, low))
        at, ranks = np.insert(at, place, [value, value]), np.insert(ranks, place, [low, high])
    slopes = [_slope(x, y, 0, 1), _slope(x, y, -2, -1)]
    return {
        "synthetic": np.maximum.accumulate(at).tolist(),
        "ranks": ranks.tolist(),
        "levels": levels.tolist(),
        "values": values.tolist(),
        "ends": [[float(x[0]), float(y[0]), slopes[0]], [float(x[-1]), float(y[-1]), slopes[1]]],
        "atoms": [[value, low, high] for value, low, high in own],
        "knots": len(edges) - 1,
    }


def mapped(knots: dict[str, Any], values: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """Map values; those on a grid of some step are spread over it before."""
    draws = rng.random(len(values))
    atoms = [(values == value, low, high) for value, low, high in knots["atoms"]]
    smooth = values + step * (draws - 0.5)
    rank = np.interp(smooth, knots["synthetic"], knots["ranks"])
    for inside, low, high in atoms:
        rank = np.where(inside, low + (high - low) * draws, rank)
    out = np.interp(rank, knots["levels"], knots["values"])
    anywhere = np.any([inside for inside, _, _ in atoms], axis=0) if atoms else np.zeros(len(values), dtype=bool)
    (low_x, low_y, low_slope), (high_x, high_y, high_slope) = knots["ends"]
    out = np.where((smooth < low_x) & ~anywhere, low_y + low_slope * (smooth - low_x), out)
    return np.where((smooth > high_x) & ~anywhere, high_y + high_slope * (smooth - high_x), out)


def _edges(known: np.ndarray) -> np.ndarray:
    """Cut n sorted rows into blocks: ten rows at each end, evenly between."""
    n = len(known)
    count = int(np.clip(n // BEHIND, 4, MOST))
    inner = np.linspace(BEHIND, n - BEHIND, count - 1).round().astype(np.int64)
    return np.concatenate([[0], inner, [n]])


def _means(ordered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.add.reduceat(ordered, edges[:-1]) / np.diff(edges)


def _ranked_means(values: np.ndarray, weights: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Give the weighted means of the rows between ranks."""
    order = np.argsort(values, kind="stable")
    mass = weights[order]
    middle = (np.cumsum(mass) - mass / 2.0) / float(mass.sum())
    block = np.clip(np.searchsorted(edges, middle, side="right") - 1, 0, len(edges) - 2)
    total = np.bincount(block, weights=mass, minlength=len(edges) - 1)
    sums = np.bincount(block, weights=mass * values[order], minlength=len(edges) - 1)
    empty = total == 0
    means = sums / np.where(empty, 1.0, total)
    if empty.any():
        means[empty] = quantiles(values, weights, (edges[:-1] + edges[1:])[empty] / 2.0)
    return np.maximum.accumulate(means)


def _atoms(values: np.ndarray, weights: np.ndarray) -> list[tuple[float, float, float]]:
    """Give single values that hold 4% of the rows, and the ranks they begin and end at."""
    found, place, times = np.unique(values, return_inverse=True, return_counts=True)
    share = np.bincount(place, weights=weights) / float(weights.sum())
    after = np.cumsum(share)
    chosen = np.flatnonzero((share >= ATOM) & (times >= BEHIND))
    return [(float(found[at]), float(after[at] - share[at]), float(min(after[at], 1.0))) for at in chosen]


def _with_atoms(level: np.ndarray, y: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put the flat pieces of real atoms among the knots."""
    for value, low, high in _atoms(known, np.ones(len(known))):
        kept = ((level < low) & (y <= value)) | ((level > high) & (y >= value))
        level, y = level[kept], y[kept]
        place = int(np.searchsorted(level, low))
        level, y = np.insert(level, place, [low, high]), np.insert(y, place, [value, value])
    return level, np.maximum.accumulate(y)


def _gridded(column: Ordered) -> bool:
    """Whether real values meet so often that a value on the grid stands for its whole step."""
    return len(np.unique(column.real)) < 0.7 * len(column.real)


def _slope(x: np.ndarray, y: np.ndarray, first: int, second: int) -> float:
    """Give the slope of the map at an end, within a factor of four of that of the whole."""
    whole = (y[-1] - y[0]) / (x[-1] - x[0]) if x[-1] > x[0] else 1.0
    own = (y[second] - y[first]) / (x[second] - x[first]) if x[second] > x[first] else whole
    return float(np.clip(own, whole / 4.0, 4.0 * whole)) if whole > 0 else 1.0
