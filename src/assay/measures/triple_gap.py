"""Dependence that only three columns together show: what is left of their joint table beyond its pairs."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import Curves, distance_curves
from assay.stats.distances import Quadratic
from assay.stats.items import distance_family
from assay.stats.resample import Draws

SWEEPS = 12
AT_ONCE = 4_096
MOST = 150
LEAST_REAL, LEAST_BOTH = 5, 10


class TripleGap(Measure):
    """Compare the three-way interaction of triples of columns, with everything that their pairs explain taken out.

    Notes
    -----
    The real joint table of three columns (two to five coarse groups each, cut at the median) is raked to the three synthetic
    pair tables (Deming and Stephan 1940). The raked table p* has the synthetic pairs and the real three-way interaction of the
    log-linear model (Bishop, Fienberg and Holland 1975), so that ``q - p*`` is interaction alone: a triple whose pairs are
    broken and whose interaction is not scores zero. Its size is the Le Cam distance ``sqrt(1/2 sum (q - p*)^2 / (p + q))``,
    for its square can be debiased whatever the shape of the difference; cells with fewer than 5 real rows (10 in both tables)
    are taken together. To first order q - p* is linear in the counts of both samples: each block of rows is projected on the
    interaction space (those tables whose three pair tables are zero), and blocks are resampled jointly over all triples.

    All triples of up to 30 columns are looked at. Of more columns: every triple with the target, and every triple among the 24
    columns of the pairs that depend most on each other given the target in the real table; groups are then fewer. What it
    cannot see: interactions of four columns, structure inside one coarse group, and beyond 30 columns triples of features
    whose pairs show nothing.

    References
    ----------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table, Annals of Mathematical Statistics
    11. Bishop, Fienberg and Holland (1975), Discrete Multivariate Analysis, chapters 2 and 3. Le Cam (1986), Asymptotic
    Methods in Statistical Decision Theory, section 4.2.
    """

    question = "Do three columns go together as they do in reality, beyond what their pairs show?"
    family = "dependence"
    reads = "profile"
    cost = 21
    codes = {"TRIPLE01": "Three columns do not depend on each other as they do in reality, although their pairs may."}
    mechanism = "broken_dependence"
    remedy = "Use a generator that models interactions (tree_chain or a deep one), or weight rows by a density ratio."
    cannot_see = (
        "Interactions that only four or more columns show; structure inside one coarse group; beyond 30 columns, triples of "
        "features whose pairs show nothing."
    )

    def measure(self, context: Context) -> Evidence:
        """Measure the triples, a stretch of one shape at a time."""
        real, synthetic = context.real_profile, context.synthetic_profile
        names = [cells.name for cells in real.layout.columns]
        triples = real.layout.triples
        if triples.count == 0:
            raise NotApplicable("fewer than three columns that vary")
        draws = context.draws.over(real.triple_rows, synthetic.triple_rows, context.rng("triples"))
        tasks: list[tuple[Any, ...]] = []
        places: list[dict[str, Any]] = []
        for columns, cells in triples.batches():
            step = max(1, AT_ONCE // int(np.prod(np.array(cells.shape[1:]) - 1)))
            for first in range(0, len(columns), step):
                part = cells[first : first + step]
                tasks.append((draws, part.shape[1:], real.triples, synthetic.triples, part.reshape(len(part), -1)))
            places += [{"columns": tuple(names[at] for at in members)} for members in columns]
        groups = context.map(_curves, tasks)
        family = distance_family(
            "triple_gap",
            groups,
            places,
            n_real=real.total,
            n_synthetic=synthetic.total,
            method=f"Le Cam distance of triple tables beyond their pairs ({_chosen(len(names), context.schema.target)}); "
            "joint block bootstrap, test inversion",
            alpha=context.alpha,
            most=MOST,
        )
        return Evidence((family,))

    def describe(self, item: Item) -> str:
        """Say how far the interaction is off."""
        e = item.estimate
        if not e.columns:
            return (
                f"Over all {item.facts['items']} triples of columns, interactions are off by {e.effect:.3f} on average "
                f"({e.low:.3f} to {e.high:.3f}), where two real samples show {e.floor_median:.3f} by chance alone."
            )
        return (
            f"{e.columns[0]}, {e.columns[1]} and {e.columns[2]} do not go together as in reality: joint shares are off by "
            f"{e.effect:.3f} ({e.low:.3f} to {e.high:.3f}) beyond what their pairs explain; "
            f"two real samples show {e.floor_median:.3f} by chance."
        )

    def missed(self, item: Item) -> str:
        """Say how large a break could hide."""
        columns = item.estimate.columns
        where = f"{columns[0]}, {columns[1]} and {columns[2]}" if columns else "the average triple"
        return f"a break of up to {item.harm_high:.3f} in the interaction of {where} would not have been seen at this size"


def _chosen(columns: int, target: str | None) -> str:
    if columns <= 30:
        return "all triples"
    with_target = "" if target is None else "all with the target, and "
    return f"{with_target}those among the 24 columns of the strongest pairs"


def _curves(
    draws: Draws, shape: tuple[int, int, int], counts_real: np.ndarray, counts_synthetic: np.ndarray, cells: np.ndarray
) -> Curves:
    """Trace the curves of triples of one shape; `cells` of shape (triples, cells) says where their counts stand."""
    real = counts_real[:, cells].astype(np.float32)
    synthetic = counts_synthetic[:, cells].astype(np.float32)
    n_real, n_synthetic = draws.real.rows.sum(), draws.synthetic.rows.sum()
    p = real.sum(axis=0, dtype=np.float64) / n_real
    q = synthetic.sum(axis=0, dtype=np.float64) / n_synthetic
    smooth_p, smooth_q = _smoothed(p, shape, n_real), _smoothed(q, shape, n_synthetic)
    raked = _raked(smooth_p, smooth_q, shape)
    pooled = (p * n_real < LEAST_REAL) | ((p + q) * n_real < LEAST_BOTH)
    project = _projection(raked, p + q, pooled, shape, 1.0 / n_real)
    null_project = _projection(smooth_p, 2 * p, pooled, shape, 1.0 / n_real)
    difference = (project @ (smooth_q - raked)[:, :, None]).ravel()
    of_real = project * (raked / smooth_p)[:, None, :]
    noise = draws.synthetic.errors(_blocks(synthetic, project)) - draws.real.errors(_blocks(real, of_real))
    null_noise = draws.null_noise(_blocks(real, null_project))
    width = project.shape[1]
    norm = Quadratic(np.ones(len(difference)), np.arange(0, len(difference), width))
    return distance_curves(difference, noise, null_noise, norm, np.repeat(np.arange(len(cells)), width))


def _blocks(counts: np.ndarray, project: np.ndarray) -> np.ndarray:
    """Project the counts of every block, from (blocks, triples, cells) to (blocks, triples * dimensions)."""
    found = counts.transpose(1, 0, 2) @ project.transpose(0, 2, 1).astype(np.float32)
    return np.ascontiguousarray(found.transpose(1, 0, 2)).reshape(len(counts), -1)


def _smoothed(shares: np.ndarray, shape: tuple[int, int, int], rows: float) -> np.ndarray:
    """Mix in half a row per cell, spread as if the columns were independent, so that no cell is empty."""
    table = shares.reshape(-1, *shape)
    singles = [np.maximum(table.sum(axis=axes), 1e-6) for axes in ((2, 3), (1, 3), (1, 2))]
    product = np.einsum("ta,tb,tc->tabc", *singles).reshape(len(shares), -1)
    product /= product.sum(axis=1, keepdims=True)
    part = min(0.5 * shares.shape[1] / rows, 0.5)
    return (1.0 - part) * shares + part * product


def _raked(table: np.ndarray, other: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Rake tables to the pair tables of others, keeping their three-way interaction."""
    table, other = table.reshape(-1, *shape).copy(), other.reshape(-1, *shape)
    wanted = [other.sum(axis=axis, keepdims=True) for axis in (1, 2, 3)]
    for _ in range(SWEEPS):
        for axis, margin in zip((1, 2, 3), wanted, strict=True):
            table *= margin / table.sum(axis=axis, keepdims=True)
    return table.reshape(len(table), -1)


def _projection(
    base: np.ndarray, weights: np.ndarray, pooled: np.ndarray, shape: tuple[int, int, int], least: float
) -> np.ndarray:
    """Give the maps from tables to coordinates in which the Le Cam distance of their interaction is the Euclidean length.

    Parameters
    ----------
    base : ndarray of shape (triples, cells)
        Table at which the interaction is linearised.
    weights : ndarray of shape (triples, cells)
        p + q of each cell.
    pooled : ndarray of shape (triples, cells)
        Cells that are taken together.
    shape : tuple of int
        Groups of the three columns.
    least : float
        Smallest weight.

    Returns
    -------
    ndarray of shape (triples, dimensions, cells)

    Notes
    -----
    With K a basis of the tables whose pair tables are zero and D the base on the diagonal, ``K (K' D^-1 K)^-1 K' D^-1`` takes
    out ``base * (functions of pairs)``, the first-order change that raking makes.
    """
    basis = _interactions(shape)
    inverse = 1.0 / base
    left = basis.T[None] * inverse[:, None, :]
    coordinates = np.linalg.solve(left @ basis, left)
    alone = np.where(pooled, 0.0, 0.5 / np.maximum(weights, least))
    metric = (basis.T[None] * alone[:, None, :]) @ basis
    together = pooled @ basis
    mass = np.maximum((weights * pooled).sum(axis=1), least)
    metric += (0.5 / mass)[:, None, None] * together[:, :, None] * together[:, None, :]
    size = np.trace(metric, axis1=1, axis2=2) / len(metric[0]) + 1e-300
    metric += (1e-9 * size)[:, None, None] * np.eye(len(metric[0]))
    return np.linalg.cholesky(metric).transpose(0, 2, 1) @ coordinates


@functools.cache
def _interactions(shape: tuple[int, int, int]) -> np.ndarray:
    """Give a basis of the tables whose three pair tables are zero, shape (cells, dimensions)."""
    contrasts = [np.vstack([np.eye(groups - 1), -np.ones(groups - 1)]) for groups in shape]
    return np.kron(np.kron(contrasts[0], contrasts[1]), contrasts[2])
