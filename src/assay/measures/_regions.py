"""Regions of rows made too rarely or too often, searched once for all measures that ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Context
from assay.data.codec import canonical_order
from assay.data.entities import entity_codes
from assay.measures._slices import axes, shared_codec
from assay.stats.axes import Axis
from assay.stats.classifier import stratified_folds
from assay.stats.regions import FOLDS, Region, region
from assay.stats.subgroups import Counts

LEAST_ROWS = 100
MOST_ROWS = 50_000


class Regions(NamedTuple):
    """The region made most too rarely, and the one made most too often; None where no region has rows enough.

    ``n_real`` counts the real rows, training rows and holdout together: both tell what should be there. ``cells`` holds all
    columns in cells, ``role`` is 0 for synthetic rows, 1 for real training rows and 2 for the holdout, and ``groups`` numbers
    entities.
    """

    cells: list[Axis]
    role: np.ndarray
    groups: np.ndarray | None
    under: Region | None
    over: Region | None
    n_real: int
    n_synthetic: int
    sampled: bool


def regions(context: Context) -> Regions:
    """Search once per check."""
    return context.share("regions", lambda: _search(context))


def _search(context: Context) -> Regions:
    names = context.schema.modelled
    if not names:
        raise NotApplicable("No column carries a distribution: all are ids or free text.")
    codec = shared_codec(context)
    matrices: list[np.ndarray] = []
    groups: list[np.ndarray] = []
    grouped = sampled = False
    for role, table in (("synthetic", context.synthetic), ("real", context.real), ("holdout", context.holdout)):
        if len(table) < LEAST_ROWS:
            raise NotApplicable(f"Regions need at least {LEAST_ROWS} {role} rows. Got {len(table)}. Give more rows.")
        matrix, own = codec.ordinal(table), entity_codes(table)
        order = canonical_order(matrix)
        if len(order) > MOST_ROWS:
            order = order[np.sort(context.rng("regions", role).choice(len(order), MOST_ROWS, replace=False))]
            sampled = True
        matrices.append(matrix[order])
        grouped = grouped or own is not None
        apart = groups[-1].max() + 1 if groups else 0
        groups.append((np.arange(len(order)) if own is None else np.unique(own[order], return_inverse=True)[1]) + apart)
    first = np.repeat([True, False], [len(matrices[0]), len(matrices[1]) + len(matrices[2])])
    entities = np.concatenate(groups) if grouped else None
    fold = stratified_folds(first.astype(np.int64), FOLDS, context.rng("regions"), entities)
    cells = axes(context, names, np.concatenate(matrices), matrices[1])
    counts = Counts(cells, np.stack([first, ~first]).astype(np.float64), fold)
    return Regions(
        cells,
        np.repeat([0, 1, 2], [len(matrix) for matrix in matrices]),
        entities,
        region(counts, first, "under", entities),
        region(counts, first, "over", entities),
        int((~first).sum()),
        int(first.sum()),
        sampled,
    )
