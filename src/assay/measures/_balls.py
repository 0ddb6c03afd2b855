"""Coverage and density of the synthetic rows beside those of the real ones, counted once for all measures that ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Context
from assay.data.entities import entity_codes
from assay.measures._slices import shared_codec
from assay.stats.balls import balls
from assay.stats.scores import standard_error

NEIGHBOURS = 5
MOST_QUERIES = 1_500
MOST_ROWS = 5_000
LEAST_ROWS = 100
# Efron and Stein's bound on the variance of a coverage is too large: between real samples the difference over its error had a
# standard deviation of .6 on 48 splits of eight tables, so half the bound leaves it below 1
TIGHTER = 0.5
METHOD = (
    f"balls up to the {NEIGHBOURS}th neighbour around holdout rows; as many real as synthetic rows; variance of both samples by "
    "leaving out a row, and of the balls"
)


class Share(NamedTuple):
    """One statistic for the real and for the synthetic rows, and the standard error of their difference."""

    real: float
    synthetic: float
    error: float


class Spread(NamedTuple):
    """Coverage and density, and from how many rows: ``queries`` balls, ``rows`` of each sample."""

    coverage: Share
    density: Share
    queries: int
    rows: int
    sampled: bool


def spread(context: Context) -> Spread:
    """Count once per check."""
    return context.share("balls", lambda: _count(context))


def _count(context: Context) -> Spread:
    if not context.schema.modelled:
        raise NotApplicable("No column carries a distribution: there is no distance between rows.")
    codec = shared_codec(context)
    rows = min(len(context.real), len(context.synthetic), MOST_ROWS)
    kept = {"holdout": min(len(context.holdout), MOST_ROWS), "real": rows, "synthetic": rows}
    if min(kept.values()) < LEAST_ROWS:
        raise NotApplicable(f"Coverage needs at least {LEAST_ROWS} rows of each table. Got {min(kept.values())}. Give more rows.")
    matrices: dict[str, np.ndarray] = {}
    groups: dict[str, np.ndarray | None] = {}
    for role, most in kept.items():
        table = getattr(context, role)
        matrix = context.share(f"distance:{role}", lambda table=table: codec.distance(table))
        order = np.lexsort(matrix.T[::-1])
        if most < len(order):
            order = order[np.sort(context.rng("balls", role).choice(len(order), most, replace=False))]
        own = entity_codes(table)
        matrices[role], groups[role] = matrix[order], None if own is None else own[order]
    centres = kept["holdout"]
    queries = np.arange(centres)
    if centres > MOST_QUERIES:
        queries = np.sort(context.rng("balls", "queries").choice(centres, MOST_QUERIES, replace=False))
    starts = np.array_split(queries, 4)
    references, samples = matrices["holdout"], (matrices["real"], matrices["synthetic"])
    parts = context.map(balls, [(references[part], part, references, samples, NEIGHBOURS) for part in starts])
    inside = np.concatenate([part.inside for part in parts], axis=1)
    hits = [np.sum([part.hits[at] for part in parts], axis=0) for at in (0, 1)]
    alone = [np.sum([part.alone[at] for part in parts], axis=0) for at in (0, 1)]
    covered = (inside > 0).astype(np.float64)
    scale = centres / rows / NEIGHBOURS
    of_holdout = None if groups["holdout"] is None else groups["holdout"][queries]
    pair = [groups["real"], groups["synthetic"]]
    return Spread(
        _share(covered, [TIGHTER * _left_out(a, g) / len(queries) ** 2 for a, g in zip(alone, pair, strict=True)], of_holdout),
        _share(
            inside * scale,
            [rows**2 * standard_error(h * scale / len(queries), g) ** 2 for h, g in zip(hits, pair, strict=True)],
            of_holdout,
        ),
        len(queries),
        rows,
        rows < max(len(context.real), len(context.synthetic)) or len(queries) < len(context.holdout),
    )


def _share(per_ball: np.ndarray, variances: list[float], groups: np.ndarray | None) -> Share:
    """Give means, and the larger of two errors of their difference: that of the samples given the balls, and of the balls."""
    difference = per_ball[1] - per_ball[0]
    real, synthetic = per_ball.mean(axis=1)
    own = standard_error(difference - difference.mean(), groups) ** 2
    return Share(float(real), float(synthetic), float(np.sqrt(max(own, sum(variances)))))


def _left_out(alone: np.ndarray, groups: np.ndarray | None) -> float:
    """Give the sum of the squared losses of covered balls when each row, or each entity, is left out (Efron and Stein)."""
    lost = alone.astype(np.float64)
    if groups is not None:
        lost = np.bincount(np.unique(groups, return_inverse=True)[1], weights=lost)
    return float(np.sum(lost**2))
