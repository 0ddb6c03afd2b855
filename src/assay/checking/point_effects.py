"""Point effects of count measures on two tables of shares, without intervals: what a repair leaves of a finding."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.core.evidence import Item


def weighted_auc(scores: np.ndarray, real: np.ndarray, synthetic: np.ndarray) -> float:
    """Chance that a synthetic row scores higher than a real one, both weighted, ties one half."""
    _, place = np.unique(scores, return_inverse=True)
    low = np.bincount(place, weights=real)
    high = np.bincount(place, weights=synthetic)
    below = np.cumsum(low) - low / 2
    return float(high @ below / max(low.sum() * high.sum(), 1e-12))


def digits_apart(p: np.ndarray, q: np.ndarray) -> float:
    """Total variation of digit classes among values that are not null, the last class."""
    one, other = (part[:-1] / max(float(part[:-1].sum()), 1e-12) for part in (p, q))
    return float(0.5 * np.abs(one - other).sum())


def _ks(repairs: Any, item: Item, p: np.ndarray, q: np.ndarray) -> float:
    return float(np.abs(np.cumsum(q - p)).max())


def _area(repairs: Any, item: Item, p: np.ndarray, q: np.ndarray) -> float:
    return float(np.abs(np.cumsum(q - p)).mean())


def _shares(repairs: Any, item: Item, p: np.ndarray, q: np.ndarray) -> float:
    total = p + q
    return float(np.sqrt(0.5 * np.sum(np.square(p - q)[total > 0] / total[total > 0])))


def _spread(repairs: Any, item: Item, p: np.ndarray, q: np.ndarray) -> float:
    """Log ratio of the variances of the cells' clipped middles."""
    edges = repairs.layout.by_name[item.estimate.columns[0]].edges
    middles = np.concatenate([[edges[0]], edges[1:] / 2 + edges[:-1] / 2, [edges[-1]]])
    low, high = np.searchsorted(np.cumsum(p[:-1]), (0.005, 0.995))
    middles = np.clip(middles, middles[low], middles[min(high, len(middles) - 1)])
    middles = middles / max(float(np.abs(middles).max()), 1e-300)  # squares of the largest doubles are none
    out = []
    for shares in (p[:-1], q[:-1]):
        total = max(shares.sum(), 1e-12)
        mean = shares @ middles / total
        out.append(shares @ np.square(middles - mean) / total)
    return float(np.log(max(out[1], 1e-300)) - np.log(max(out[0], 1e-300)))


def _tail(repairs: Any, item: Item, p: np.ndarray, q: np.ndarray) -> float:
    """Log ratio of the rows beyond the real 1% or 99% point."""
    upper = item.facts.get("side") == "upper"
    body = p[:-1][::-1] if upper else p[:-1]
    width = max(int((np.cumsum(body) <= 0.0102).sum()), 1)
    other = q[:-1][::-1] if upper else q[:-1]
    return float(np.log((other[:width].sum() + 1e-5) / (body[:width].sum() + 1e-5)))


def _rare(repairs: Any, item: Item, p: np.ndarray, q: np.ndarray) -> float:
    """Missing share of the rare levels' rows, or of the level's that is gone."""
    rare = p[:-2] < 0.02
    if item.estimate.slice is not None:
        rare &= q[:-2] == 0
    return float(max(1.0 - q[:-2][rare].sum() / max(p[:-2][rare].sum(), 1e-12), 0.0))


def _joint(repairs: Any, item: Item, p: np.ndarray, q: np.ndarray) -> float:
    """Le Cam distance of joint tables with what every smaller margin explains taken out, as `pair_gap` does."""
    gap = q - p
    for _ in range(4):
        for axis in range(p.ndim):
            over = axis if p.ndim > 2 else 1 - axis
            gap = gap - gap.sum(axis=over, keepdims=True) / np.maximum(p.sum(axis=over, keepdims=True), 1e-12) * p
    total = p + q
    thin = total * len(repairs.rows[0]) < 10
    whole = np.append(total[~thin], total[thin].sum())
    parts = np.append(gap[~thin], gap[thin].sum())
    return float(np.sqrt(0.5 * np.sum(np.square(parts)[whole > 0] / whole[whole > 0])))


SIGNED = frozenset({"variance_ratio", "tail_mass", "missingness_gap", "rare_levels", "constraint_violations"})
COUNTED: dict[str, Any] = {
    "ks_distance": _ks,
    "wasserstein_distance": _area,
    "category_gap": _shares,
    "variance_ratio": _spread,
    "tail_mass": _tail,
    "rare_levels": _rare,
    "pair_gap": _joint,
    "triple_gap": _joint,
    "missingness_gap": None,
}
