"""Choosing where a damage goes: columns that can take it, drawn at random."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.data.dataset import Dataset
from assay.data.ground import Ground

DISTINCT = 50
HEAVIEST = 0.3


def drawn(names: list[str], what: str, rng: np.random.Generator) -> str:
    """Draw one of the columns that would do.

    Raises
    ------
    NotApplicable
        If none does; `what` completes 'no column has ...'.
    """
    if not names:
        raise NotApplicable(f"no column has {what}")
    return str(rng.choice(names))


def numeric(ground: Ground, *, distinct: int = DISTINCT, heaviest: float = HEAVIEST, nulls: float = 0.5) -> list[str]:
    """Give the numeric features with many values, none of them in a great share of the rows.

    Parameters
    ----------
    ground : Ground
        Looked at are the spare rows.
    distinct : int
        Least number of different values.
    heaviest : float
        Largest share of the rows, in (0, 1], that one value may hold.
    nulls : float
        Largest share of missing values.
    """
    found: list[str] = []
    for name in ground.schema.of_kind("numeric"):
        if name == ground.schema.target or name not in ground.schema.modelled:
            continue
        values = ground.spare.numbers(name)
        known = values[~np.isnan(values)]
        if len(known) < (1 - nulls) * len(values):
            continue
        times = np.unique(known, return_counts=True)[1]
        if len(times) >= distinct and times.max() <= heaviest * len(values):
            found.append(name)
    return found


def levelled(ground: Ground, *, least: int = 2, most: int = 60) -> list[str]:
    """Give the features of any kind with `least` to `most` different values."""
    return [
        name
        for name in ground.schema.modelled
        if name != ground.schema.target and least <= len(ground.spare.table.column(name).unique()) <= most
    ]


def codes(dataset: Dataset, name: str) -> np.ndarray:
    """Give the values of a column numbers, int64 of shape (rows,), from 0 in order of first sight; -1 where null."""
    column = dataset.table.column(name).combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return np.asarray(column.indices.fill_null(-1)).astype(np.int64)


def ranks(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give ranks in (0, 1), ties broken at random, nulls at .5."""
    known = np.flatnonzero(~np.isnan(values))
    out = np.full(len(values), 0.5)
    order = known[np.lexsort((rng.random(len(known)), values[known]))]
    out[order] = (np.arange(len(known)) + 0.5) / max(len(known), 1)
    return out


def smallest_class(dataset: Dataset) -> np.ndarray:
    """Give the rows of the rarest class of the target, bool of shape (rows,).

    Raises
    ------
    NotApplicable
        If the target has no classes.
    """
    if dataset.schema.target is None or dataset.schema.task == "regression":
        raise NotApplicable("the target has no classes")
    own = codes(dataset, dataset.schema.target)
    counts = np.bincount(own[own >= 0])
    return own == int(np.argmin(counts))
