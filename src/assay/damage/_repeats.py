"""Rows that are repeats or copies of others, exact or with a little noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.damage._columns import codes, levelled, numeric
from assay.damage._grid import half_width, on_grid, step_of
from assay.data.dataset import Dataset
from assay.data.ground import Ground, replaced, written

LEAST_ROWS = 100
LEAST_KEPT = 3
SLICE = 0.08
RARE = 0.3


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
        noise = rng.normal(0.0, max(size * half_width(own), 0.6 * step), len(values))
        moved = on_grid(values + noise, step)
        inside = (moved >= np.nanmin(own)) & (moved <= np.nanmax(own)) & (values != 0)
        out = written(out, name, np.where(inside, moved, values))
    return out


class Part(NamedTuple):
    """Rows to be refilled.

    Parameters
    ----------
    rows : numpy.ndarray of int64
        Positions in the synthetic table, in random order.
    columns : tuple of str
        The target where the part is one of its classes.
    words : str
        What it is, without its value.
    """

    rows: np.ndarray
    columns: tuple[str, ...]
    words: str


def rare_part(ground: Ground, rng: np.random.Generator) -> Part:
    """Draw the part of the rows that a generator would find hard to fill.

    The rarest class of those with 100 rows or more; where the target has no classes, or none that holds less than three tenths
    of the rows, a slice of about 8% of them: one level of a column, or a range of a number.

    Raises
    ------
    NotApplicable
        If there is none with 100 rows.
    """
    n = enough(ground, 2 * LEAST_ROWS)
    target = ground.schema.target
    if target is not None and ground.schema.task != "regression":
        own = codes(ground.sound, target)
        counts = np.bincount(own[own >= 0])
        large = np.flatnonzero(counts >= LEAST_ROWS)
        if len(large) < 2:
            raise NotApplicable(f"{target!r} has no two classes with {LEAST_ROWS} rows each")
        chosen = int(large[np.argmin(counts[large])])
        if counts[chosen] <= RARE * n:
            rows = rng.permutation(np.flatnonzero(own == chosen))
            return Part(rows, (target,), f"a rare class of {target!r}")
    slices = [*_levels(ground.sound, levelled(ground)), *((name, -1) for name in numeric(ground))]
    if not slices or n * SLICE < LEAST_ROWS:
        raise NotApplicable(f"no slice of about {SLICE:.0%} of the rows has {LEAST_ROWS} of them")
    name, level = slices[rng.integers(len(slices))]
    if level >= 0:
        return Part(rng.permutation(np.flatnonzero(codes(ground.sound, name) == level)), (), f"one level of {name!r}")
    values, start = ground.sound.numbers(name), rng.uniform(0.0, 1.0 - SLICE)
    low, high = np.nanquantile(values, (start, start + SLICE))
    rows = np.flatnonzero((values >= low) & (values <= high))
    return Part(rng.permutation(rows), (), f"a range of {name!r}")


def _levels(dataset: Dataset, names: list[str]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for name in names:
        own = codes(dataset, name)
        share = np.bincount(own[own >= 0], minlength=1) / len(own)
        wanted = (share > SLICE / 2) & (share < SLICE * 2) & (share * len(own) >= LEAST_ROWS)
        found += [(name, int(level)) for level in np.flatnonzero(wanted)]
    return found


def refilled(part: Part, severity: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Choose which rows of a part become repeats of which others.

    Returns
    -------
    places, sources : numpy.ndarray of int64, shape (k,)
        Positions in the synthetic table. At least three rows of the part are kept.
    """
    n = len(part.rows)
    kept = max(n - round(severity * n), LEAST_KEPT)
    pick = rng.random(n)[: n - kept]
    return part.rows[kept:][::-1], part.rows[(pick * kept).astype(np.int64)]
