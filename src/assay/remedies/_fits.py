"""Whether what is left of a column looks like the real one."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from assay.data.coded import value_codes
from assay.data.scene import Scene

LEAST = 5.0


def fits(scene: Scene, name: str, kept: np.ndarray, error: float) -> bool:
    """Whether the known values of a column in some synthetic rows could be a sample of the real ones' population.

    Parameters
    ----------
    scene : Scene
        Both tables.
    name : str
        A modelled column.
    kept : numpy.ndarray of bool, shape (rows,)
        Synthetic rows that count.
    error : float
        Chance to say no where they are.

    Notes
    -----
    Numbers: Kolmogorov's distance against its limit ``sqrt(-ln(error / 2) / 2 (1/n + 1/m))``. Levels: Pearson's chi-square of
    two samples, levels of fewer than 5 expected real rows together. Weighted rows with their effective number.
    """
    if scene.schema.column(name).ordered:
        return _numbers_fit(scene, name, kept, error)
    return _levels_fit(scene, name, kept, error)


def _effective(weights: np.ndarray) -> float:
    return float(weights.sum() ** 2 / max(float(np.sum(weights**2)), 1e-300))


def _numbers_fit(scene: Scene, name: str, kept: np.ndarray, error: float) -> bool:
    real, own = scene.real.numbers(name), scene.synthetic.numbers(name)
    kept = kept & ~np.isnan(own)
    real, own, weights = np.sort(real[~np.isnan(real)]), own[kept], scene.rows.weights[kept]
    if not len(real) or not weights.sum():
        return False
    order = np.argsort(own)
    own, heaped = own[order], np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    values = np.unique(real)
    gaps = [
        np.abs(np.searchsorted(real, values, side) / len(real) - heaped[np.searchsorted(own, values, side)])
        for side in ("left", "right")
    ]
    limit = np.sqrt(-np.log(error / 2) / 2 * (1 / len(real) + 1 / _effective(weights)))
    return bool(max(float(gap.max()) for gap in gaps) <= limit)


def _levels_fit(scene: Scene, name: str, kept: np.ndarray, error: float) -> bool:
    codes = value_codes([scene.real.table.column(name), scene.synthetic.table.column(name)])
    n = len(scene.real)
    real, own = codes[:n], codes[n:]
    kept = kept & (own >= 0)
    weights = scene.rows.weights[kept]
    if not weights.sum() or not (real >= 0).any():
        return False
    size = int(codes.max()) + 1
    seen = np.bincount(real[real >= 0], minlength=size).astype(np.float64)
    other = np.bincount(own[kept], weights, minlength=size)
    other *= _effective(weights) / weights.sum()
    rows, others = seen.sum(), other.sum()
    few = (seen + other) * rows / (rows + others) < LEAST
    seen = np.append(seen[~few], seen[few].sum())
    other = np.append(other[~few], other[few].sum())
    both = seen + other
    expected = both * rows / (rows + others)
    used = both > 0
    square = np.sum((seen[used] - expected[used]) ** 2 / expected[used] * (rows + others) / others)
    return bool(used.sum() < 2 or chdtrc(int(used.sum()) - 1, float(square)) >= error)
