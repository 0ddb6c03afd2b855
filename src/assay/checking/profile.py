"""A profile: counts of every column and every pair of columns, per block of rows, in a form that adds up."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from assay.checking.cells import (
    FINE_QUANTILES,
    MAX_HEAVY,
    MAX_LEVELS,
    TRANSFORMS,
    Cells,
    level_groups,
    ordered_edges,
    ordered_groups,
    spreads,
    transformed,
)
from assay.data.schema import Schema
from assay.engines.protocol import Engine

log = logging.getLogger(__name__)

PAIR_MEMORY = 256 * 2**20
# Errors drawn from B blocks span B - 1 dimensions: a distance over many cells then seems to vary by 1 / sqrt(2 B) of itself.
LEAST_BLOCKS, MOST_BLOCKS = 16, 512
BATCH_ROWS = 65_536


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
    """

    columns: tuple[Cells, ...]
    blocks: int
    distinct: dict[str, int]

    @cached_property
    def by_name(self) -> dict[str, Cells]:
        """Cells by column name."""
        return {cells.name: cells for cells in self.columns}

    @cached_property
    def offsets(self) -> np.ndarray:
        """Start of each column's fine cells, and the end of the last, shape (columns + 1,)."""
        return np.concatenate([[0], np.cumsum([cells.count for cells in self.columns])]).astype(np.int64)

    @cached_property
    def group_offsets(self) -> np.ndarray:
        """Start of each column's coarse groups, and the end of the last, shape (columns + 1,)."""
        return np.concatenate([[0], np.cumsum([cells.group_count for cells in self.columns])]).astype(np.int64)

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """Names of the ordered columns."""
        return tuple(cells.name for cells in self.columns if cells.ordered)

    def index(self, name: str) -> int:
        """Position of a column."""
        return next(at for at, cells in enumerate(self.columns) if cells.name == name)

    def span(self, name: str) -> slice:
        """Fine cells of a column."""
        at = self.index(name)
        return slice(int(self.offsets[at]), int(self.offsets[at + 1]))

    def group_span(self, name: str) -> slice:
        """Coarse groups of a column."""
        at = self.index(name)
        return slice(int(self.group_offsets[at]), int(self.group_offsets[at + 1]))


@dataclass(frozen=True)
class Profile:
    """Counts of one table under a layout.

    Parameters
    ----------
    layout : Layout
        What is counted; profiles of one layout add up and compare.
    rows : ndarray of shape (blocks,)
        Rows in each block. Rows go to blocks by a hash of their position, or of their entity, so that the spread between
        blocks is the sampling error of rows (of entities).
    cells : ndarray of shape (blocks, fine cells)
        Counts of every column's fine cells.
    pairs : ndarray of shape (blocks, groups, groups)
        Counts of every pair of coarse groups of every pair of columns; block-diagonal parts hold single columns.
    moments : ndarray of shape (blocks, ordered columns, transforms, 3)
        Number, sum and sum of squares of the standardised transforms of `cells.transformed`.
    """

    layout: Layout
    rows: np.ndarray
    cells: np.ndarray
    pairs: np.ndarray
    moments: np.ndarray

    def __add__(self, other: Profile) -> Profile:
        if other.layout is not self.layout:
            raise ValueError("Profiles add up only under one layout. Build both with the same Layout.")
        return Profile(
            self.layout,
            self.rows + other.rows,
            self.cells + other.cells,
            self.pairs + other.pairs,
            self.moments + other.moments,
        )

    @cached_property
    def total(self) -> int:
        """Number of rows."""
        return int(self.rows.sum())

    def counts(self, name: str) -> np.ndarray:
        """Give a column's counts, shape (fine cells,)."""
        return self.cells[:, self.layout.span(name)].sum(axis=0)

    def shares(self, name: str) -> np.ndarray:
        """Give a column's shares of rows, shape (fine cells,)."""
        return self.counts(name) / max(self.total, 1)


def lay_out(engine: Engine, source: Any, schema: Schema, *, rows: int) -> Layout:
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
    """
    columns: list[Cells] = []
    distinct: dict[str, int] = {}
    quantiles: dict[str, np.ndarray] = {}
    for name in schema.modelled:
        if schema.column(name).ordered:
            quantiles[name] = engine.quantiles(source, name, FINE_QUANTILES)
            heavy = engine.heavy_values(source, name, least=max(20, rows // 1000), limit=MAX_HEAVY)
            edges = ordered_edges(quantiles[name], heavy)
            columns.append(Cells(name, edges, None, len(edges) + 2, np.zeros(len(edges) + 2, np.int64)))
        else:
            levels, _, distinct[name] = engine.levels(source, name, limit=MAX_LEVELS)
            columns.append(Cells(name, None, levels, len(levels) + 2, np.zeros(len(levels) + 2, np.int64)))
    draft = Layout(tuple(columns), 1, distinct)
    counts = np.zeros(int(draft.offsets[-1]))
    for codes, _, _ in _coded(engine, source, draft, None):
        counts += np.bincount((codes + draft.offsets[:-1, None]).ravel(), minlength=len(counts))
    most = _groups_per_column(len(columns))
    done = []
    for cells in columns:
        shares = counts[draft.span(cells.name)] / max(rows, 1)
        groups = ordered_groups(shares, most) if cells.ordered else level_groups(shares, most)
        scales = None
        if cells.edges is not None:
            zero = np.searchsorted(cells.edges, 0.0, side="right")
            alone = zero > 0 and cells.edges[zero - 1] == 0.0
            present = max(1.0 - shares[-1], 1e-12)
            scales = spreads(quantiles[cells.name], float(shares[zero]) / present if alone else 0.0)
        done.append(replace(cells, groups=groups, scales=scales))
    width = sum(cells.group_count for cells in done)
    return Layout(tuple(done), int(np.clip(PAIR_MEMORY // (4 * max(width, 1) ** 2), LEAST_BLOCKS, MOST_BLOCKS)), distinct)


def count(engine: Engine, source: Any, layout: Layout, *, entity: str | None = None) -> Profile:
    """Count one table under a layout, in one pass.

    Parameters
    ----------
    engine : Engine
        Where the table is read.
    source : pyarrow.Table or Parquet path
        The table.
    layout : Layout
        The cells.
    entity : str, optional
        Column whose rows belong together.
    """
    blocks, fine, groups = layout.blocks, int(layout.offsets[-1]), int(layout.group_offsets[-1])
    rows = np.zeros(blocks, dtype=np.int64)
    cells = np.zeros((blocks, fine), dtype=np.int64)
    pairs = np.zeros((blocks, groups, groups), dtype=np.float32)
    moments = np.zeros((blocks, len(layout.ordered), len(TRANSFORMS), 3))
    first = 0
    for codes, numbers, hashes in _coded(engine, source, layout, entity):
        n = codes.shape[1]
        block = _mixed(np.arange(first, first + n, dtype=np.uint64) if hashes is None else hashes) % np.uint64(blocks)
        block = block.astype(np.int64)
        first += n
        order = np.argsort(block, kind="stable")
        bounds = np.searchsorted(block[order], np.arange(blocks + 1))
        rows += np.diff(bounds)
        if not layout.columns:
            continue
        for at in range(len(layout.columns)):
            span = slice(layout.offsets[at], layout.offsets[at + 1])
            size = layout.columns[at].count
            cells[:, span] += np.bincount(block * size + codes[at], minlength=blocks * size).reshape(blocks, size)
        group = np.stack([c.groups[codes[at]] + layout.group_offsets[at] for at, c in enumerate(layout.columns)], axis=1)
        group = group[order]
        for b in range(blocks):
            part = group[bounds[b] : bounds[b + 1]]
            onehot = np.zeros((len(part), groups), dtype=np.float32)
            np.put_along_axis(onehot, part, 1.0, axis=1)
            pairs[b] += onehot.T @ onehot
        for at, name in enumerate(layout.ordered):
            scales = layout.by_name[name].scales
            assert scales is not None
            for t, values in enumerate(transformed(numbers[at], scales)):
                valid = ~np.isnan(values)
                weights = np.where(valid, values, 0.0)
                for power, summand in enumerate((valid.astype(np.float64), weights, weights * weights)):
                    moments[:, at, t, power] += np.bincount(block, weights=summand, minlength=blocks)
    return Profile(layout, rows, cells, pairs, moments)


def _coded(
    engine: Engine, source: Any, layout: Layout, entity: str | None
) -> Iterator[tuple[np.ndarray, list[np.ndarray], np.ndarray | None]]:
    """Stream fine cells (columns, rows), ordered columns as numbers, and the entity's hash."""
    ordered = list(layout.ordered)
    other = [cells.name for cells in layout.columns if not cells.ordered]
    place = {name: at for at, name in enumerate([*ordered, *other])}
    for batch in engine.batches(source, ordered, other, rows=BATCH_ROWS, hashed=entity):
        columns: list[pa.Array] = list(batch.columns)
        parts = [cells.code(columns[place[cells.name]]) for cells in layout.columns]
        codes = np.array(parts, dtype=np.int64).reshape(len(parts), len(columns[0]))
        numbers = [np.asarray(columns[place[name]].to_numpy(zero_copy_only=False), dtype=np.float64) for name in ordered]
        yield codes, numbers, None if entity is None else columns[-1].to_numpy(zero_copy_only=False).astype(np.uint64)


def _groups_per_column(columns: int) -> int:
    """Choose the number of coarse groups so that all pairs fit the memory set aside."""
    return int(np.clip(np.sqrt(PAIR_MEMORY / (4 * 16)) / max(columns, 1), 4, 9))


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Scramble 64-bit integers (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    mixed = (numbers + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
