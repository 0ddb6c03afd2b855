"""Dependence between two columns: distance of their joint tables, beyond what the columns alone explain."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import Curves, distance_curves
from assay.stats.distances import le_cam, pooled
from assay.stats.items import distance_family
from assay.stats.resample import Draws

SWEEPS = 4


class PairGap(Measure):
    """Compare the joint table of every pair of columns, with what their marginals explain taken out.

    Notes
    -----
    The difference of the two joint tables (coarse groups, nulls a group of their own) is stripped of every part of the
    form ``real share x (row effect + column effect)``, the first-order change that raking the real table to the synthetic
    marginals would make (Deming and Stephan 1940). What remains is dependence; its size is the Le Cam distance over cells,
    those with fewer than 10 rows in both tables taken together. The residual is linear in the counts, so that its noise is
    resampled jointly over all pairs. What it cannot see: interactions of three columns, and structure inside one coarse group.

    References
    ----------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table, Annals of Mathematical
    Statistics 11. Le Cam (1986), Asymptotic Methods in Statistical Decision Theory, section 4.2.
    """

    question = "Do columns go together as they do in reality?"
    family = "dependence"
    reads = "profile"
    cost = 20
    codes = {"PAIR01": "Two columns do not depend on each other as they do in reality."}
    mechanism = "broken_dependence"
    remedy = "Use a generator that models the columns jointly (tree_chain keeps pairs), or weight rows by a density ratio."
    cannot_see = "Interactions that only three or more columns show; structure inside one coarse group."

    def measure(self, context: Context) -> Evidence:
        """Measure every pair of columns, one strip of pairs at a time."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        offsets = layout.group_offsets
        names = [cells.name for cells in layout.columns]
        if len(names) < 2:
            raise NotApplicable("fewer than two columns")
        tasks: list[tuple[Any, ...]] = []
        places: list[dict[str, Any]] = []
        for at in range(len(names) - 1):
            rows = slice(int(offsets[at]), int(offsets[at + 1]))
            rest = slice(int(offsets[at + 1]), int(offsets[-1]))
            starts = (offsets[at + 1 : -1] - offsets[at + 1]).astype(np.int64)
            tasks.append((context.draws, real.pairs[:, rows, rest], synthetic.pairs[:, rows, rest], starts))
            places += [{"columns": (names[at], other)} for other in names[at + 1 :]]
        groups = context.map(_strip, tasks)
        family = distance_family(
            "pair_gap",
            groups,
            places,
            n_real=real.total,
            n_synthetic=synthetic.total,
            method="Le Cam distance of pair tables beyond their marginals; joint block bootstrap, test inversion",
            alpha=context.alpha,
        )
        return Evidence((family,))

    def describe(self, item: Item) -> str:
        """Say how far the dependence is off."""
        e = item.estimate
        if not e.columns:
            return (
                f"Over all {item.facts['items']} pairs of columns, dependence is off by {e.effect:.3f} on average "
                f"({e.low:.3f} to {e.high:.3f}), where two real samples show {e.floor_median:.3f} by chance alone."
            )
        return (
            f"{e.columns[0]} and {e.columns[1]} do not go together as in reality: joint shares are off by {e.effect:.3f} "
            f"({e.low:.3f} to {e.high:.3f}) beyond what each column explains; "
            f"two real samples show {e.floor_median:.3f} by chance."
        )

    def missed(self, item: Item) -> str:
        """Say how large a break could hide."""
        where = " and ".join(item.estimate.columns) or "the average pair"
        return f"a break of up to {item.harm_high:.3f} in the dependence of {where} would not have been seen at this size"


def _strip(draws: Draws, real: np.ndarray, synthetic: np.ndarray, starts: np.ndarray) -> Curves:
    """Trace the curves of one column against all later ones; counts of shape (blocks, groups, later groups)."""
    n_real, n_synthetic = draws.real.rows.sum(), draws.synthetic.rows.sum()
    p = real.sum(axis=0, dtype=np.float64) / n_real
    q = synthetic.sum(axis=0, dtype=np.float64) / n_synthetic
    cells, owner, first = _cells((p + q) * n_real, starts)
    size = len(owner)

    def gathered(table: np.ndarray) -> np.ndarray:
        flat = table.reshape(*table.shape[:-2], -1)
        order = np.argsort(cells, kind="stable")
        bounds = np.searchsorted(cells[order], np.arange(size))
        return np.add.reduceat(flat[..., order], bounds, axis=-1)

    def dependence(table: np.ndarray) -> np.ndarray:
        return gathered(_residual(table, p, starts))

    difference = dependence(q - p)
    # What is linear may be done before or after drawing: to blocks, or to draws, whichever are fewer.
    if len(real) <= len(draws.real.weights):
        real, synthetic = dependence(real), dependence(synthetic)
        noise, null_noise = draws.noise(real, synthetic), draws.null_noise(real)
    else:
        noise, null_noise = dependence(draws.noise(real, synthetic)), dependence(draws.null_noise(real))
    least = 1.0 / n_real
    weights = np.maximum(gathered(p) + gathered(q), least)
    null_weights = np.maximum(2 * gathered(p), least)
    return distance_curves(difference, noise, null_noise, le_cam(weights, first), owner, le_cam(null_weights, first))


def _cells(counts: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each cell of a strip its number, pair by pair, rare ones of a pair together.

    Returns each grid cell's number, each number's pair, and each pair's first number.
    """
    bounds = [*starts.tolist(), counts.shape[1]]
    numbers = np.empty(counts.shape, dtype=np.int64)
    owner: list[np.ndarray] = []
    first: list[int] = []
    used = 0
    for pair in range(len(starts)):
        part = counts[:, bounds[pair] : bounds[pair + 1]]
        own = pooled(part.ravel(), 10)
        numbers[:, bounds[pair] : bounds[pair + 1]] = own.reshape(part.shape) + used
        first.append(used)
        width = int(own.max()) + 1
        owner.append(np.full(width, pair))
        used += width
    return numbers.ravel(), np.concatenate(owner), np.array(first)


def _residual(table: np.ndarray, shares: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Strip row and column effects from differences of shape (..., groups, later groups)."""
    shares = shares.astype(table.dtype)
    widths = np.diff(np.append(starts, shares.shape[1]))
    row_mass = np.add.reduceat(shares, starts, axis=1)
    column_mass = shares.sum(axis=0)
    row_share = shares / np.maximum(np.repeat(row_mass, widths, axis=1), 1e-12)
    column_share = shares / np.maximum(column_mass, 1e-12)
    left = table.copy()
    for _ in range(SWEEPS):
        left -= np.repeat(np.add.reduceat(left, starts, axis=-1), widths, axis=-1) * row_share
        left -= left.sum(axis=-2, keepdims=True) * column_share
    return left
