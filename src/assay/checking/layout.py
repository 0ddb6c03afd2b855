"""A layout: which cells a profile counts, fixed from the real table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from assay.checking.cells import (
    FINE_QUANTILES,
    MAX_HEAVY,
    MAX_LEVELS,
    Cells,
    coarse_levels,
    coarse_numbers,
    level_groups,
    ordered_edges,
    ordered_groups,
    spreads,
)
from assay.checking.digits import CLASSES, find_grid
from assay.checking.disclosure import LEAST, ROWS_PER_BLOCK, backed_edges, rounded
from assay.checking.encoded import counted_values
from assay.checking.triples import Triples, choose_triples
from assay.data.schema import Schema
from assay.engines.protocol import Engine

PAIR_MEMORY = 256 * 2**20
# Errors drawn from B blocks span B - 1 dimensions: a distance over many cells then seems to vary by 1 / sqrt(2 B) of itself.
LEAST_BLOCKS, MOST_BLOCKS = 16, 512
COLUMN_MEMORY = 64 * 2**20
MOST_SORTED = 4_000_000
CHUNK_BYTES = 48 * 2**20


@dataclass(frozen=True)
class Layout:
    """Which cells a profile counts, and where they stand in its arrays; fixed from the real table.

    Parameters
    ----------
    columns : tuple of Cells
        Modelled columns, in schema order.
    blocks : int
        Number of blocks of rows.
    distinct : dict of str to int
        Exact number of distinct levels in the real table, by levelled column.
    triples : Triples
        Which triples of columns are counted.
    """

    columns: tuple[Cells, ...]
    blocks: int
    distinct: dict[str, int]
    triples: Triples

    @cached_property
    def by_name(self) -> dict[str, Cells]:
        """Cells by column name."""
        return {cells.name: cells for cells in self.columns}

    @cached_property
    def places(self) -> dict[str, int]:
        """Position of each column."""
        return {cells.name: at for at, cells in enumerate(self.columns)}

    @cached_property
    def offsets(self) -> np.ndarray:
        """Start of each column's fine cells, and the end of the last, shape (columns + 1,)."""
        return np.concatenate([[0], np.cumsum([cells.count for cells in self.columns])]).astype(np.int64)

    @cached_property
    def group_offsets(self) -> np.ndarray:
        """Start of each column's coarse groups, and the end of the last, shape (columns + 1,)."""
        return np.concatenate([[0], np.cumsum([cells.group_count for cells in self.columns])]).astype(np.int64)

    @cached_property
    def digit_offsets(self) -> np.ndarray:
        """Start of each ordered column's digit classes by coarse group, and the end of the last."""
        widths = [self.by_name[name].coarse_count * CLASSES for name in self.ordered]
        return np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """Names of the ordered columns."""
        return tuple(cells.name for cells in self.columns if cells.ordered)

    @property
    def chunk(self) -> int:
        """Rows that are counted at a time."""
        return int(np.clip(CHUNK_BYTES // (10 * max(len(self.columns), 1)), 2_048, 262_144))

    def index(self, name: str) -> int:
        """Position of a column."""
        return self.places[name]

    def span(self, name: str) -> slice:
        """Fine cells of a column."""
        at = self.index(name)
        return slice(int(self.offsets[at]), int(self.offsets[at + 1]))

    def group_span(self, name: str) -> slice:
        """Coarse groups of a column."""
        at = self.index(name)
        return slice(int(self.group_offsets[at]), int(self.group_offsets[at + 1]))


def lay_out(engine: Engine, source: Any, schema: Schema, *, rows: int, private: bool = False) -> Layout:
    """Fix the cells from the real table.

    Parameters
    ----------
    engine : Engine
        Where the table is read.
    source : pyarrow.Table or Parquet path
        The real table.
    schema : Schema
        Its schema; ids and free text are not counted.
    rows : int
        Its number of rows.
    private : bool
        Whether the layout may be shown: then no edge or level is one that fewer than ten rows back (`checking.disclosure`).

    Notes
    -----
    Quantiles and heavy values are exact up to four million rows; of more, every k-th row is sorted. Columns are sorted one
    group at a time, so that memory is bounded whatever the number of columns.
    """
    names = schema.modelled
    most = _groups_per_column(len(names))
    coarse = Triples.groups_per_column(len(names), schema.target in names)
    cells: dict[str, Cells] = {}
    distinct: dict[str, int] = {}
    every = -(-rows // MOST_SORTED)
    ordered = [name for name in names if schema.column(name).ordered]
    width = max(1, COLUMN_MEMORY // (8 * max(rows // every, 1)))
    if isinstance(source, pa.Table):  # no pass over files to be saved
        width = min(width, engine.threads)
    with ThreadPoolExecutor(engine.threads) as pool:
        for first in range(0, len(ordered), width):
            part = ordered[first : first + width]
            numbers = engine.numbers(source, part, every=every)
            dates = [schema.column(name).kind == "datetime" for name in part]
            count = len(part)
            found = pool.map(_ordered, part, numbers, [most] * count, [coarse] * count, [every] * count, dates, [private] * count)
            cells |= {made.name: made for made in found}
    for name in names:
        if name not in cells:
            cells[name], distinct[name] = _levelled(engine, source, name, rows, most, coarse, private)
    columns = tuple(cells[name] for name in names)
    groups = sum(made.group_count for made in columns)
    blocks = int(np.clip(PAIR_MEMORY // (4 * groups**2), LEAST_BLOCKS, MOST_BLOCKS)) if groups else LEAST_BLOCKS
    blocks = int(np.clip(rows // ROWS_PER_BLOCK, LEAST_BLOCKS, blocks)) if private else blocks
    draft = Layout(columns, blocks, distinct, Triples.none())
    target = None if schema.target not in names else draft.index(str(schema.target))
    return replace(draft, triples=choose_triples(engine, source, columns, target, blocks, draft.chunk))


def _ordered(name: str, numbers: np.ndarray, most: int, coarse: int, every: int, date: bool, private: bool) -> Cells:
    """Make the cells of an ordered column from its values, NaN where null."""
    rows = len(numbers)
    distinct, times = counted_values(numbers)
    upto = np.cumsum(times)
    present = int(upto[-1]) if len(upto) else 0
    if not present:
        nothing = np.array([0.0, 1.0])
        return Cells(name, distinct, None, 2, np.array([0, 1]), spreads(distinct, 0.0), np.zeros(2, np.int64), shares=nothing)
    ranks = np.maximum(np.ceil(np.array(FINE_QUANTILES) * present).astype(np.int64) - 1, 0)
    quantiles = distinct[np.searchsorted(upto, ranks, side="right")]
    quantiles = rounded(quantiles) if private else quantiles
    often = np.flatnonzero(times >= max(20 / every, rows // 1000))
    often = often[np.argsort(-times[often], kind="stable")][:MAX_HEAVY]
    edges = ordered_edges(quantiles, distinct[often])
    edges = backed_edges(edges, np.repeat(distinct, times), every) if private else edges
    low, centre, high = (float(quantiles[FINE_QUANTILES.index(point)]) for point in (0.01, 0.5, 0.99))
    ends = low, centre, high
    below = np.append(0, upto)[np.searchsorted(distinct, edges, side="left")]
    shares = np.diff(np.concatenate([[0], below, [present, rows]])) / rows
    at_zero = np.searchsorted(edges, 0.0, side="right")
    alone = at_zero > 0 and edges[at_zero - 1] == 0.0
    zero_share = float(shares[at_zero]) / max(1.0 - shares[-1], 1e-12) if alone else 0.0
    return Cells(
        name,
        edges,
        None,
        len(edges) + 2,
        ordered_groups(shares, most),
        spreads(quantiles, zero_share),
        coarse_numbers(shares, coarse),
        find_grid(distinct, times, ends[0], ends[2], date=date),
        shares,
        ends,
    )


def _levelled(engine: Engine, source: Any, name: str, rows: int, most: int, coarse: int, private: bool) -> tuple[Cells, int]:
    """Make the cells of a levelled column, and count its levels."""
    levels, counts, distinct, present = engine.levels(source, name, limit=MAX_LEVELS)
    if private:
        levels, counts = levels.filter(pa.array(counts >= LEAST)), counts[counts >= LEAST]
    shares = np.concatenate([counts, [present - counts.sum(), rows - present]]) / max(rows, 1)
    groups = level_groups(shares, most)
    return Cells(name, None, levels, len(levels) + 2, groups, None, coarse_levels(shares, coarse)), distinct


def _groups_per_column(columns: int) -> int:
    """Choose the number of coarse groups so that all pairs fit the memory set aside."""
    return int(np.clip(np.sqrt(PAIR_MEMORY / (4 * LEAST_BLOCKS)) / max(columns, 1), 4, 9))
