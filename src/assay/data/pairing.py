"""Two tables on top of each other, for a classifier that tells them apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.data.codec import Codec, canonical_order
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes

LEAST_ROWS = 40
MOST_ROWS = 50_000


class Pair(NamedTuple):
    """Rows of two tables: ``matrix`` as `Codec.ordinal` gives, ``labels`` 1 for the second table's rows.

    ``groups`` numbers the entities (None where rows are independent; the tables never share one), ``sampled`` tells whether
    rows were left out, ``rows`` where each row stood in its table.
    """

    matrix: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None
    sampled: bool
    rows: np.ndarray


def stack(codec: Codec, first: Dataset, second: Dataset, rng: np.random.Generator, most: int = MOST_ROWS) -> Pair:
    """Stack two tables, each cut to at most `most` rows drawn at random and sorted, so that row order means nothing.

    Raises
    ------
    NotApplicable
        If no column carries a distribution or a table has fewer than 40 rows.
    """
    if not codec.schema.modelled:
        raise NotApplicable("No column carries a distribution: all are ids or free text.")
    if min(len(first), len(second)) < LEAST_ROWS:
        raise NotApplicable(
            f"A classifier needs at least {LEAST_ROWS} rows of each table. "
            f"Got {len(first)} in {first.name} and {len(second)} in {second.name}. Give more rows."
        )
    matrices: list[np.ndarray] = []
    groups: list[np.ndarray] = []
    places: list[np.ndarray] = []
    grouped = False
    for dataset in (first, second):
        kept = np.sort(rng.choice(len(dataset), most, replace=False)) if len(dataset) > most else np.arange(len(dataset))
        part = dataset.take(kept) if len(kept) < len(dataset) else dataset
        order = canonical_order(codec.ordinal(part))
        part = part.take(order)
        places.append(kept[order])
        codes = entity_codes(part)
        grouped = grouped or codes is not None
        matrices.append(codec.ordinal(part))
        groups.append(np.arange(len(part)) if codes is None else codes)
    labels = np.repeat(np.array([0, 1], dtype=np.int64), [len(matrix) for matrix in matrices])
    apart = np.concatenate([groups[0], groups[1] + groups[0].max() + 1])
    sampled = max(len(first), len(second)) > most
    return Pair(np.concatenate(matrices), labels, apart if grouped else None, sampled, np.concatenate(places))
