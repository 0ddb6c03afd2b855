"""The shape of a real tail beyond some value, from blocks of ten rows or more, and draws from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.remedies._ordered import BEHIND

MOST = 10
FARTHEST = 3.0
TWO_TENS = 2.0 * np.log(2.0)  # mean of the ten largest less that of the next ten, in scales of an exponential tail


def tail_of(real: np.ndarray, limit: float, upper: bool) -> dict[str, Any] | None:
    """Learn the tail beyond a limit; JSON. None where the real table has fewer than 20 rows.

    Notes
    -----
    Means of up to ten blocks of the rows beyond, straight between and exponential in the last block, as far as three of its mean
    excesses. Of fewer than 20 rows beyond an exponential tail is left, its scale the mean excess; of fewer than ten, the mean of
    the ten outermost real rows less that of the next ten, over 2 log 2.
    """
    sign = 1.0 if upper else -1.0
    excess = np.sort(sign * (real - limit))
    beyond = excess[excess > 0]
    if len(excess) < 2 * BEHIND:
        return None
    if len(beyond) < 2 * BEHIND:
        far = excess[-BEHIND:].mean() - excess[-2 * BEHIND : -BEHIND].mean()
        scale = float(beyond.mean()) if len(beyond) >= BEHIND else float(far / TWO_TENS)
        blocks, edges = np.array([scale]), np.array([0, 1])
    else:
        count = int(np.clip(len(beyond) // BEHIND, 2, MOST))
        edges = np.linspace(0, len(beyond), count + 1).round().astype(np.int64)
        blocks = np.add.reduceat(beyond, edges[:-1]) / np.diff(edges)
    levels = (edges[:-1] + edges[1:]) / 2.0 / edges[-1]
    start = float((blocks[-1] + blocks[-2]) / 2.0) if len(blocks) > 1 else 0.0
    return {
        "limit": limit,
        "sign": sign,
        "levels": [0.0, *levels.tolist()],
        "excesses": [0.0, *blocks.tolist()],
        "last": 1.0 / len(blocks),
        "start": start,
        "scale": max(float(blocks[-1]) - start, 0.0),
    }


def drawn(tail: dict[str, Any], count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw values beyond the limit."""
    u = rng.random(count)
    out = np.interp(u, tail["levels"], tail["excesses"])
    far = u > 1.0 - tail["last"]
    deep = -np.log(np.maximum(1.0 - u[far], 1e-12) / tail["last"])
    out[far] = tail["start"] + tail["scale"] * np.minimum(deep, FARTHEST)
    return tail["limit"] + tail["sign"] * out
