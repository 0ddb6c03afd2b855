"""Cells of a rounded column, and draws from the real distribution within each."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.remedies._ordered import BEHIND, Ordered
from assay.remedies._steps import even_step

SIDES = {"nearest": (-0.5, 0.5), "down": (0.0, 1.0), "up": (-1.0, 0.0)}
MOST = 40
BETTER = 4.0


def cells_of(column: Ordered) -> dict[str, Any] | None:
    """Learn step, offset and sides of the cells, and the real distribution function; JSON.

    Notes
    -----
    Of rounding to the nearest, down and up that one is taken under which the shares of the cells differ least in chi-square, the
    nearest unless another is better by 4. The distribution function has knots at the means of blocks of ten real rows or more.
    """
    step, offset = even_step(column.synthetic)
    if not step or len(column.real) < 4 * BEHIND:
        return None
    left = {name: _chi_square(column, step, offset, low) for name, (low, _) in SIDES.items()}
    best = min(left, key=lambda name: left[name] - (BETTER if name == "nearest" else 0.0))
    known = np.sort(column.real)
    count = int(np.clip(len(known) // BEHIND, 4, MOST))
    edges = np.linspace(0, len(known), count + 1).round().astype(np.int64)
    values = np.add.reduceat(known, edges[:-1]) / np.diff(edges)
    return {
        "step": step,
        "offset": offset,
        "low": SIDES[best][0],
        "high": SIDES[best][1],
        "levels": ((edges[:-1] + edges[1:]) / 2.0 / len(known)).tolist(),
        "values": values.tolist(),
    }


def within(cells: dict[str, Any], values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw each value anew from the real distribution within its cell, evenly where the real table tells nothing of it."""
    step, offset = cells["step"], cells["offset"]
    centre = np.round((values - offset) / step) * step + offset
    low, high = centre + cells["low"] * step, centre + cells["high"] * step
    at, levels = _rising(np.array(cells["values"]), np.array(cells["levels"]), step)
    draws = rng.random(len(values))
    from_level, to_level = np.interp(low, at, levels), np.interp(high, at, levels)
    flat = to_level - from_level < 1e-9
    drawn = np.interp(from_level + draws * (to_level - from_level), levels, at)
    drawn = np.where(flat, low + draws * (high - low), drawn)
    return np.clip(drawn, low, high)


def _rising(values: np.ndarray, levels: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Extend the distribution function to both ends, and make it rise everywhere by a little."""
    first, last = values[1] - values[0], values[-1] - values[-2]
    at = np.concatenate([[values[0] - max(first, step)], values, [values[-1] + max(last, step)]])
    levels = np.concatenate([[0.0], levels, [1.0]])
    tiny = 1e-9 * max(float(np.ptp(at)), 1e-300)
    return at + tiny * np.arange(len(at)), levels


def _chi_square(column: Ordered, step: float, offset: float, low: float) -> float:
    """Compare the shares of cells in both tables, cells of few expected rows pooled."""
    n = float(len(column.real))
    real = np.floor((column.real - offset) / step - low + 1e-9)
    synthetic = np.round((column.synthetic - offset) / step)
    kinds, place = np.unique(np.concatenate([real, synthetic]), return_inverse=True)
    p = np.bincount(place[: len(real)], minlength=len(kinds)) / n
    q = np.bincount(place[len(real) :], weights=column.weights, minlength=len(kinds)) / float(column.weights.sum())
    few = (p + q) * n < 10.0
    p, q = (np.append(share[~few], share[few].sum()) for share in (p, q))
    return float(2.0 * n * np.sum((p - q) ** 2 / np.maximum(p + q, 1e-12)))
