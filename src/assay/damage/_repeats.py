"""Rows that are repeats or copies of others, exact or with a little noise."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.damage._columns import numeric
from assay.damage._grid import on_grid, step_of
from assay.data.dataset import Dataset
from assay.data.ground import Ground, replaced, written

LEAST_ROWS = 100


def enough(ground: Ground, least: int = LEAST_ROWS) -> int:
    """Give the number of synthetic rows, or say that they are too few.

    Raises
    ------
    NotApplicable
        If there are fewer than `least`.
    """
    if len(ground.sound) < least:
        raise NotApplicable(f"the table has {len(ground.sound):,} rows; this takes {least:,}")
    return len(ground.sound)


def overwritten(dataset: Dataset, places: np.ndarray, others: Dataset, *, entity: bool = True) -> Dataset:
    """Give a table in which other rows stand in some places.

    Parameters
    ----------
    dataset : Dataset
        The table; stays as it is.
    places : numpy.ndarray of int64, shape (k,)
        Positions, each once.
    others : Dataset
        The k rows that come there.
    entity : bool
        Whether the entity comes with the row; identifiers never do, so that they stay unique.
    """
    at = np.arange(len(dataset))
    at[places] = len(dataset) + np.arange(len(places))
    out = dataset
    for column in dataset.schema.columns:
        is_entity = column.name == dataset.schema.entity
        if (is_entity and not entity) or (column.kind == "id" and not is_entity):
            continue
        both = pa.chunked_array([*dataset.table.column(column.name).chunks, *others.table.column(column.name).chunks])
        out = replaced(out, column.name, both.take(pa.array(at)).combine_chunks())
    return out


def jittered(ground: Ground, rows: Dataset, size: float, rng: np.random.Generator) -> Dataset:
    """Give rows with a little noise on their numbers, levels and zeros as they are.

    Parameters
    ----------
    ground : Ground
        Its spare rows say which columns vary finely enough, on which grid and in which range.
    rows : Dataset
        The rows; stay as they are.
    size : float
        Standard deviation of the noise as a share of half the distance between the 16% and the 84% point.
    rng : numpy.random.Generator
        Source of the noise.

    Raises
    ------
    NotApplicable
        If no column can take noise.

    Notes
    -----
    On whole numbers and fixed decimals the noise has a standard deviation of at least .6 steps and is rounded to the grid, as
    otherwise it would vanish. A value that would leave the column's range stays.
    """
    names = numeric(ground, distinct=30, heaviest=0.5)
    if not names:
        raise NotApplicable("no column has 30 different numbers or more, so that noise on it could go unnoticed")
    out = rows
    for name in names:
        own, values = ground.spare.numbers(name), rows.numbers(name)
        step = step_of(own)
        spread = float(np.diff(np.nanquantile(own, (0.16, 0.84)))[0]) / 2
        noise = rng.normal(0.0, max(size * spread, 0.6 * step), len(values))
        moved = on_grid(values + noise, step)
        inside = (moved >= np.nanmin(own)) & (moved <= np.nanmax(own)) & (values != 0)
        out = written(out, name, np.where(inside, moved, values))
    return out
