"""A profile: counts of every column, every pair and the triples of columns, per block of rows, in a form that adds up."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from assay.checking import crossed
from assay.checking.cells import TRANSFORMS, Batch, Cells, coded, log_excess, transformed
from assay.checking.digits import CLASSES, MOST_SPIKES, classes, frequent, merged
from assay.checking.encoded import Encoded
from assay.checking.layout import Layout, lay_out
from assay.core.threads import one_thread
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
    counter = _Counter(layout)
    first = 0
    with ThreadPoolExecutor(engine.threads) as pool, one_thread():
        for batch in coded(engine, source, layout.columns, layout.chunk, entity=entity, each=pool.map):
            rows = len(batch.codes[0]) if batch.codes else 0
            at = np.arange(first, first + rows, dtype=np.uint64) if batch.hashes is None else batch.hashes
            first += rows
            if rows:
                counter.add(batch, (_mixed(at) % np.uint64(layout.blocks)).astype(np.uint16), pool)
        return counter.finish(pool)


class _Counter:
    """A profile in the making."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.profile = Profile.empty(layout)
        sizes = np.array([cells.group_count for cells in layout.columns], dtype=np.int64)
        self._pairs = crossed.Pairs(sizes, layout.blocks)
        self._triples = crossed.Triples(layout.triples.sizes, layout.triples.stops, layout.triples.blocks)

    def add(self, batch: Batch, block: np.ndarray, pool: ThreadPoolExecutor) -> None:
        """Add one batch of rows; every task of the pool writes to cells of its own."""
        layout, profile = self.layout, self.profile
        order = np.argsort(block, kind="stable")
        sizes = np.bincount(block, minlength=layout.blocks)
        profile.rows[:] += sizes
        rows = _Rows(order, np.repeat(np.arange(layout.blocks), sizes), block, sizes)

        codes = list(batch.codes)

        def column(at: int) -> None:
            cells = layout.columns[at]
            codes[at] = batch.codes[at].take(order)
            profile.cells[:, layout.offsets[at] : layout.offsets[at + 1]] += rows.crossed(codes[at], cells.count)
            if cells.ordered:
                self._ordered(cells, batch.numbers[layout.ordered.index(cells.name)], batch.codes[at], rows)

        for _ in pool.map(column, range(len(layout.columns))):
            pass
        self._cross(self._pairs, sizes, [(codes[at], cells.groups) for at, cells in enumerate(layout.columns)], pool)
        wanted = layout.triples
        if wanted.count:
            joined = np.bincount(_joined(np.arange(layout.blocks), layout), weights=sizes, minlength=wanted.blocks)
            members = [(codes[at], layout.columns[at].coarse) for at in wanted.columns.tolist()]
            self._cross(self._triples, joined.astype(np.int64), members, pool)

    def _cross(
        self,
        counts: crossed.Pairs | crossed.Triples,
        sizes: np.ndarray,
        columns: list[tuple[np.ndarray, np.ndarray]],
        pool: ThreadPoolExecutor,
    ) -> None:
        """Add rows by block to the crossed counts: of each column the cells of its rows and the groups of its cells."""
        segments = crossed.Segments.make(sizes)

        def bits(column: tuple[np.ndarray, np.ndarray], kept: int) -> np.ndarray:
            codes, groups = column
            return segments.bits(groups.astype(np.uint8).take(codes), kept)

        found = list(pool.map(bits, columns, counts.kept))
        if isinstance(counts, crossed.Triples):
            found.append(segments.every)
        every = np.concatenate(found)
        for _ in pool.map(lambda strip: counts.add(every, segments, strip), segments.strips()):
            pass

    def _ordered(self, cells: Cells, numbers: Encoded, codes: np.ndarray, rows: _Rows) -> None:
        """Add digits, spikes, moments and excesses of an ordered column."""
        profile, layout = self.profile, self.layout
        at = layout.ordered.index(cells.name)
        assert cells.scales is not None
        assert cells.shares is not None
        values = numbers.values
        own = cells.code(values) if numbers.places is not None else codes
        begin, end = (int(bound) for bound in layout.digit_offsets[at : at + 2])
        found = np.where(own == cells.null, end - begin, cells.coarse[own] * CLASSES + classes(values, cells.grid))
        sorted_ = numbers.taken(rows.order)

        def spread(table: np.ndarray) -> np.ndarray:
            return table.take(rows.order if sorted_.places is None else sorted_.places)

        profile.digits[:, begin:end] += rows.crossed(spread(found.astype(np.uint16)), end - begin + 1)[:, :-1]
        given = numbers.spread(values)
        profile.spikes[at] = merged(profile.spikes[at], frequent(given, codes, cells.shares, cells.alone))
        filled = np.flatnonzero(rows.sizes)
        starts = (np.cumsum(rows.sizes) - rows.sizes)[filled]
        for t, made in enumerate(transformed(values, cells.scales)):
            if made is None:
                continue
            missing = np.isnan(made)
            some = bool(missing.any())
            weights = spread(np.where(missing, 0.0, made) if some else made)
            profile.moments[filled, at, t, 0] += (
                np.add.reduceat(spread(~missing).astype(float), starts) if some else rows.sizes[filled]
            )
            profile.moments[filled, at, t, 1] += np.add.reduceat(weights, starts)
            profile.moments[filled, at, t, 2] += np.add.reduceat(weights * weights, starts)
        for side in (0, 1):
            beyond, logs = log_excess(given, cells.ends, upper=bool(side))
            if len(beyond):
                blocks = rows.given[beyond]
                profile.excesses[:, at, side, 0] += np.bincount(blocks, minlength=layout.blocks)
                profile.excesses[:, at, side, 1] += np.bincount(blocks, weights=logs, minlength=layout.blocks)

    def finish(self, pool: ThreadPoolExecutor) -> Profile:
        """Give the profile of all rows added."""
        profile, wanted = self.profile, self.layout.triples
        _all(pool, lambda first, last: self._pairs.finish(profile.pairs, first, last), self.layout.blocks)
        for columns, cells in wanted.batches():

            def part(first: int, last: int, places: np.ndarray = wanted.places[columns], cells: np.ndarray = cells) -> None:
                found = self._triples.finish(places, first, last)
                profile.triples[first:last, cells.ravel()] = found.reshape(-1, last - first).T

            _all(pool, part, wanted.blocks, 4)
        return profile


class _Rows(NamedTuple):
    """Rows of a batch by block: their order, the block of each before and after it, and how many each block has."""

    order: np.ndarray
    block: np.ndarray
    given: np.ndarray
    sizes: np.ndarray

    def crossed(self, codes: np.ndarray, count: int) -> np.ndarray:
        """Count codes by block, shape (blocks, count)."""
        flat = self.block * count
        flat += codes
        return np.bincount(flat, minlength=len(self.sizes) * count).reshape(-1, count)


def _all(pool: ThreadPoolExecutor, task: Any, count: int, parts: int = 16) -> None:
    """Run a task for stretches of the numbers below `count`."""
    bounds = np.linspace(0, count, min(parts, count) + 1).astype(int)
    for _ in pool.map(lambda ends: task(*ends), itertools.pairwise(bounds.tolist())):
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
