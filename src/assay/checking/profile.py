"""A profile: counts of every column, every pair and the triples of columns, per block of rows, in a form that adds up."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from assay.checking.cells import TRANSFORMS, Batch, coded, log_excess, transformed
from assay.checking.digits import CLASSES, MOST_SPIKES, classes, frequent, merged
from assay.checking.layout import Layout, lay_out
from assay.checking.triples import indicated
from assay.engines.protocol import Engine


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
    triples : ndarray of shape (blocks of triples, cells of triples)
        Counts of crossed groups of three columns, in the order of `Triples`; its blocks are the others joined.
    excesses : ndarray of shape (blocks, ordered columns, 2, 2)
        Of the lower and the upper tail: number of rows beyond the real 1% or 99% point, and sum of their `cells.log_excess`.
    digits : ndarray of shape (blocks, groups times classes of the ordered columns)
        Counts of the digit classes of each ordered column (`digits.Grid`), by its coarse group.
    spikes : ndarray of shape (ordered columns, most spikes, 2)
        Values, other than those alone in a cell, that come much more often than the real column's cells make one expect, each
        with its count; 0 of them where the count is 0. They are found batch by batch and only the most frequent are kept: a
        value may have been counted too low, never too high, and sums of profiles keep that.
    """

    layout: Layout
    rows: np.ndarray
    cells: np.ndarray
    pairs: np.ndarray
    moments: np.ndarray
    triples: np.ndarray
    excesses: np.ndarray
    digits: np.ndarray
    spikes: np.ndarray

    @classmethod
    def empty(cls, layout: Layout) -> Profile:
        """Make the profile of no rows."""
        blocks, groups = layout.blocks, int(layout.group_offsets[-1])
        return cls(
            layout,
            np.zeros(blocks, dtype=np.int64),
            np.zeros((blocks, int(layout.offsets[-1])), dtype=np.int64),
            np.zeros((blocks, groups, groups), dtype=np.float32),
            np.zeros((blocks, len(layout.ordered), len(TRANSFORMS), 3)),
            np.zeros((layout.triples.blocks, int(layout.triples.offsets[-1])), dtype=np.int32),
            np.zeros((blocks, len(layout.ordered), 2, 2)),
            np.zeros((blocks, int(layout.digit_offsets[-1])), dtype=np.int64),
            np.zeros((len(layout.ordered), MOST_SPIKES, 2)),
        )

    def __add__(self, other: Profile) -> Profile:
        if other.layout is not self.layout:
            raise ValueError("Profiles add up only under one layout. Build both with the same Layout.")
        counts = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name not in ("layout", "spikes")
        }
        spikes = [merged(mine, others) for mine, others in zip(self.spikes, other.spikes, strict=True)]
        return Profile(self.layout, spikes=np.array(spikes).reshape(self.spikes.shape), **counts)

    @cached_property
    def total(self) -> int:
        """Number of rows."""
        return int(self.rows.sum())

    @cached_property
    def triple_rows(self) -> np.ndarray:
        """Rows in each block of the triples, shape (blocks of triples,)."""
        owner = _joined(np.arange(self.layout.blocks), self.layout)
        return np.bincount(owner, weights=self.rows, minlength=self.layout.triples.blocks)

    def counts(self, name: str) -> np.ndarray:
        """Give a column's counts, shape (fine cells,)."""
        return self.cells[:, self.layout.span(name)].sum(axis=0)

    def shares(self, name: str) -> np.ndarray:
        """Give a column's shares of rows, shape (fine cells,)."""
        return self.counts(name) / max(self.total, 1)


def count(engine: Engine, source: Any, layout: Layout, *, entity: str | None = None) -> Profile:
    """Count one table under a layout, in one pass.

    Parameters
    ----------
    engine : Engine
        Where the table is read; counting shares out its threads, and no number depends on how many they are.
    source : pyarrow.Table or Parquet path
        The table.
    layout : Layout
        The cells.
    entity : str, optional
        Column whose rows belong together.
    """
    profile = Profile.empty(layout)
    first = 0
    with ThreadPoolExecutor(engine.threads) as pool, threadpool_limits(1):
        for batch in coded(engine, source, layout.columns, layout.chunk, entity=entity, each=pool.map):
            rows = len(batch.codes[0]) if batch.codes else 0
            at = np.arange(first, first + rows, dtype=np.uint64) if batch.hashes is None else batch.hashes
            first += rows
            _add(profile, batch, (_mixed(at) % np.uint64(layout.blocks)).astype(np.uint16), pool)
    return profile


def _add(profile: Profile, batch: Batch, block: np.ndarray, pool: ThreadPoolExecutor) -> None:
    """Add one batch of rows; every task of the pool writes to cells of its own."""
    layout = profile.layout
    order = np.argsort(block, kind="stable")
    bounds = np.searchsorted(block[order], np.arange(layout.blocks + 1))
    given = block
    block = block[order].astype(np.int64)
    profile.rows[:] += np.diff(bounds)
    filled = np.flatnonzero(np.diff(bounds))
    groups = np.empty((len(order), len(layout.columns)), dtype=np.uint8)
    coarse = np.empty((len(order), len(layout.triples.columns)), dtype=np.uint8)
    members = {int(column): at for at, column in enumerate(layout.triples.columns)}

    def column(at: int) -> None:
        cells = layout.columns[at]
        codes = batch.codes[at][order]
        groups[:, at] = cells.groups[codes]
        if at in members:
            coarse[:, members[at]] = cells.coarse[codes]
        flat = np.bincount(block * cells.count + codes, minlength=layout.blocks * cells.count)
        profile.cells[:, layout.offsets[at] : layout.offsets[at + 1]] += flat.reshape(layout.blocks, cells.count)

    def digits(at: int) -> None:
        cells = layout.by_name[layout.ordered[at]]
        codes = batch.codes[layout.index(cells.name)]
        found = (cells.coarse[codes] * CLASSES + classes(batch.numbers[at], cells.grid))[order]
        begin, end = layout.digit_offsets[at : at + 2]
        kept = codes[order] != cells.null
        flat = np.bincount((block * (end - begin) + found)[kept], minlength=layout.blocks * (end - begin))
        profile.digits[:, begin:end] += flat.reshape(layout.blocks, end - begin)
        assert cells.shares is not None
        new = frequent(batch.numbers[at], codes, cells.shares, cells.alone)
        profile.spikes[at] = merged(profile.spikes[at], new)

    def excesses(at: int) -> None:
        ends = layout.by_name[layout.ordered[at]].ends
        for side in (0, 1):
            rows, logs = log_excess(batch.numbers[at], ends, upper=bool(side))
            if len(rows):
                profile.excesses[:, at, side, 0] += np.bincount(given[rows], minlength=layout.blocks)
                profile.excesses[:, at, side, 1] += np.bincount(given[rows], weights=logs, minlength=layout.blocks)

    def moments(at: int) -> None:
        scales = layout.by_name[layout.ordered[at]].scales
        assert scales is not None
        for t, values in enumerate(transformed(batch.numbers[at], scales)):
            if values is None:
                continue
            values = values[order]
            valid = ~np.isnan(values)
            weights = np.where(valid, values, 0.0)
            for power, summand in enumerate((valid.astype(np.float64), weights, weights * weights)):
                profile.moments[filled, at, t, power] += np.add.reduceat(summand, bounds[filled])

    def pairs(b: int) -> None:
        indicators = indicated(groups[bounds[b] : bounds[b + 1]], layout.group_offsets)
        profile.pairs[b] += indicators.T @ indicators

    joined = _joined(np.arange(layout.blocks), layout)
    edges = np.append(bounds[np.searchsorted(joined, np.arange(layout.triples.blocks))], len(order))

    def triples(b: int) -> None:
        layout.triples.add(profile.triples[b], coarse[edges[b] : edges[b + 1]])

    if not len(order):
        return
    _all(pool, column, len(layout.columns))
    _all(pool, moments, len(layout.ordered))
    _all(pool, digits, len(layout.ordered))
    _all(pool, excesses, len(layout.ordered))
    _all(pool, pairs, layout.blocks)
    _all(pool, triples, layout.triples.blocks)


def _all(pool: ThreadPoolExecutor, task: Any, count: int, parts: int = 16) -> None:
    """Run a task for each number below `count`, a few stretches of them at a time."""
    bounds = np.linspace(0, count, min(parts, count) + 1).astype(int)

    def stretch(begin: int, end: int) -> None:
        for at in range(begin, end):
            task(at)

    for _ in pool.map(lambda ends: stretch(*ends), itertools.pairwise(bounds.tolist())):
        pass


def _joined(blocks: np.ndarray, layout: Layout) -> np.ndarray:
    """Give the block of triples that holds each block."""
    return blocks * layout.triples.blocks // layout.blocks


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Scramble 64-bit integers (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    mixed = (numbers + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


__all__ = ["Layout", "Profile", "count", "lay_out"]
