"""One table in two, rows that belong together on the same side."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError, UsageError
from assay.core.seeds import spawn
from assay.data.dataset import Dataset


def split(dataset: Dataset, *, holdout: float = 0.3, seed: int = 0, entity: str | None = None) -> tuple[Dataset, Dataset]:
    """Split real rows into a part for generators and a sealed holdout.

    Parameters
    ----------
    dataset : Dataset
        Real rows.
    holdout : float
        Share of rows, in (0, 1), that the holdout gets.
    seed : int
        Equal seeds give equal splits.
    entity : str, optional
        Column whose equal values stay together; default the schema's entity. Rows with a null there stand alone.

    Returns
    -------
    real, holdout : Dataset
        Both in the order of the rows given. Without an entity the holdout has ``round(holdout * rows)`` rows; with one, as
        near to that as whole entities allow in a random order.

    Raises
    ------
    UsageError
        A share outside (0, 1).
    InputError
        An entity column that does not exist, or too few rows or entities for two parts.

    Notes
    -----
    The rows of a classification target are drawn class by class, shares rounded by largest remainder, so both parts have its
    class shares to within one row. Entities are drawn whole and not by class.
    """
    if not 0.0 < holdout < 1.0:
        raise UsageError(f"holdout must be a share in (0, 1). Got {holdout}. For 30% pass 0.3.")
    entity = entity or dataset.schema.entity
    if entity is not None:
        dataset.schema.column(entity)
        dataset = dataset.with_schema(dataset.schema.with_changes(entity=entity))
    rng = spawn(seed, "split")
    mask = _by_row(dataset, holdout, rng) if entity is None else _by_entity(dataset, entity, holdout, rng)
    if mask.all() or not mask.any():
        what = "rows" if entity is None else f"entities in {entity!r}"
        raise InputError(f"The table has too few {what} for a holdout of {holdout:.0%}.", column=entity, fix="Give more rows.")
    return dataset.take(np.flatnonzero(~mask), name="real"), dataset.take(np.flatnonzero(mask), name="holdout")


def _by_row(dataset: Dataset, share: float, rng: np.random.Generator) -> np.ndarray:
    rows = len(dataset)
    classes = np.zeros(rows, dtype=np.int64)
    if dataset.schema.target is not None and dataset.schema.task != "regression":
        classes = _positions(dataset.table.column(dataset.schema.target))
    counts = np.bincount(classes)
    exact = counts * share
    wanted = np.floor(exact).astype(np.int64)
    short = round(share * rows) - wanted.sum()
    wanted[np.argsort(-(exact - wanted), kind="stable")[:short]] += 1
    shuffled = rng.permutation(rows)
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    rank = np.arange(rows) - starts
    mask = np.zeros(rows, dtype=bool)
    mask[by_class[rank < np.repeat(wanted, counts)]] = True
    return mask


def _by_entity(dataset: Dataset, entity: str, share: float, rng: np.random.Generator) -> np.ndarray:
    column = dataset.table.column(entity)
    groups = _positions(column)
    nulls = dataset.nulls(entity)
    groups[nulls] = groups.max(initial=0) + 1 + np.arange(nulls.sum())
    _, groups = np.unique(groups, return_inverse=True)
    sizes = np.bincount(groups)
    order = rng.permutation(len(sizes))
    filled = np.cumsum(sizes[order])
    taken = int(np.argmin(np.abs(np.concatenate([[0], filled]) - share * len(dataset))))
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[order[: min(max(taken, 1), len(sizes) - 1)]] = True
    return chosen[groups]


def _positions(column: pa.ChunkedArray) -> np.ndarray:
    """Give equal values equal numbers, shape (rows,), from 0 in order of first sight; null is a value."""
    encoded = pc.dictionary_encode(column, null_encoding="encode").combine_chunks()
    return np.asarray(encoded.indices).astype(np.int64)
