"""Crossed counts of groups: indicators as bits, 64 rows to a word; a cell holds the bits that two or three of them share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MOST_WORDS = 64
STRIP_WORDS = 2_048


class Segments(NamedTuple):
    """Rows by block, padded so that no word holds rows of two blocks.

    Parameters
    ----------
    places : ndarray of shape (words times segments times 64,)
        Row at each bit, words first; the number of rows where there is none.
    words : int
        Words of a segment.
    blocks : ndarray of shape (segments,)
        Block of each segment; those of one block stand together.
    rows : int
        Number of rows.
    """

    places: np.ndarray
    words: int
    blocks: np.ndarray
    rows: int

    @classmethod
    def make(cls, sizes: np.ndarray) -> Segments:
        """Cut the rows of each block, which stand together, to segments of equal length.

        Parameters
        ----------
        sizes : ndarray of shape (blocks,)
            Rows in each block.
        """
        full = -(-int(sizes.max()) // 64)
        lengths = sorted({1, 2, 4, 8, 16, 32, MOST_WORDS, min(full, MOST_WORDS)})
        # Each segment's counts are added up on their own, which is worth some words.
        words = min(lengths, key=lambda length: (length + 6) * int((-(-sizes // (64 * length))).sum()))
        parts = -(-sizes // (64 * words))
        count = int(parts.sum())
        first = np.repeat(np.cumsum(parts) - parts, sizes)
        rows = np.arange(int(sizes.sum()))
        within = rows - np.repeat(np.cumsum(sizes) - sizes, sizes)
        segment, within = first + within // (64 * words), within % (64 * words)
        places = np.full(words * count * 64, len(rows), dtype=np.int64)
        places[(within // 64 * count + segment) * 64 + within % 64] = rows
        return cls(places, words, np.repeat(np.arange(len(sizes)), parts), len(rows))

    def strips(self) -> list[slice]:
        """Cut the segments so that a strip's bits stay in a cache."""
        width = max(1, STRIP_WORDS // self.words)
        return [slice(at, min(at + width, len(self.blocks))) for at in range(0, len(self.blocks), width)]

    @property
    def every(self) -> np.ndarray:
        """The bits of all rows, uint64 of shape (1, words, segments)."""
        return np.packbits(self.places < self.rows, bitorder="little").view(np.uint64).reshape(1, self.words, -1)

    def bits(self, groups: np.ndarray, kept: int) -> np.ndarray:
        """Give the bits of one column's groups, uint64 of shape (kept, words, segments).

        Parameters
        ----------
        groups : ndarray of shape (rows,)
            Group of each row, uint8.
        kept : int
            How many groups, from the first.
        """
        padded = np.append(groups, np.uint8(255)).take(self.places)
        made = [np.packbits(padded == group, bitorder="little").view(np.uint64) for group in range(kept)]
        return np.stack(made).reshape(kept, self.words, -1)


class _Tally:
    """Counts shared bits of a strip, and adds them up by block."""

    def __init__(self, segments: Segments, strip: slice, most: int) -> None:
        blocks = segments.blocks[strip]
        self._words, self._width = segments.words, len(blocks)
        self.length = segments.words * len(blocks)
        self._shared = np.empty((most, self.length), dtype=np.uint64)
        self._ones = np.empty((most, self.length), dtype=np.uint8)
        self._sums = np.empty((most, len(blocks)), dtype=np.uint16)
        self._starts = np.flatnonzero(np.diff(blocks, prepend=-1))
        self._alone = len(self._starts) == len(blocks)
        found = blocks[self._starts]
        run = bool((np.diff(found) == 1).all())
        self._where: slice | np.ndarray = slice(int(found[0]), int(found[-1]) + 1) if run else found

    def add(self, counts: np.ndarray, one: np.ndarray, others: np.ndarray) -> None:
        """Add what one row of bits shares with each of others to their counts, shape (others, blocks)."""
        count = len(others)
        np.bitwise_and(one, others, out=self._shared[:count])
        np.bitwise_count(self._shared[:count], out=self._ones[:count])
        ones = self._ones[:count].reshape(count, self._words, self._width)
        sums = np.add.reduce(ones, axis=1, dtype=np.uint16, out=self._sums[:count]) if self._words > 1 else ones[:, 0]
        counts[:, self._where] += sums if self._alone else np.add.reduceat(sums, self._starts, axis=1, dtype=np.int32)


class Pairs:
    """Counts every pair of groups of every pair of columns, and single groups.

    Parameters
    ----------
    sizes : ndarray of shape (columns,)
        Number of groups of each column.
    blocks : int
        Number of blocks of rows.
    """

    def __init__(self, sizes: np.ndarray, blocks: int) -> None:
        self.kept: list[int] = sizes.tolist()
        groups = int(sizes.sum())
        self._ends = np.repeat(np.cumsum(sizes), sizes).tolist()  # where the groups of later columns begin
        self._starts = np.concatenate([[0], np.cumsum(groups - np.asarray(self._ends, dtype=np.int64))]).tolist()
        self._crossed = np.zeros((self._starts[-1], blocks), dtype=np.int32)
        self._single = np.zeros((groups, blocks), dtype=np.int32)

    def add(self, bits: np.ndarray, segments: Segments, strip: slice) -> None:
        """Add the rows of a strip; bits of shape (groups, words, segments)."""
        tally = _Tally(segments, strip, len(bits))
        rows = np.ascontiguousarray(bits[:, :, strip]).reshape(len(bits), -1)
        tally.add(self._single, np.full(tally.length, 2**64 - 1, dtype=np.uint64), rows)
        for at, end in enumerate(self._ends):
            if end < len(rows):
                tally.add(self._crossed[self._starts[at] : self._starts[at + 1]], rows[at], rows[end:])

    def finish(self, counts: np.ndarray, first: int, last: int) -> None:
        """Write the counts of some blocks, shape (blocks, groups, groups)."""
        for at, end in enumerate(self._ends):
            counts[first:last, at, at] = self._single[at, first:last]
            found = self._crossed[self._starts[at] : self._starts[at + 1], first:last].T
            counts[first:last, at, end:] = found
            counts[first:last, end:, at] = found


class Triples:
    """Counts triples of columns without the last group of each; `finish` derives that from pairs and single columns.

    Parameters
    ----------
    sizes : ndarray of shape (members,)
        Number of groups of each column, at least two.
    stops : ndarray of shape (members,)
        Member k is counted with every pair of members between it and ``stops[k]``; beyond the last stop given, with none.
    blocks : int
        Number of blocks of rows.
    """

    def __init__(self, sizes: np.ndarray, stops: np.ndarray, blocks: int) -> None:
        self.kept: list[int] = (np.asarray(sizes) - 1).tolist()
        self._begins = np.concatenate([[0], np.cumsum(self.kept)]).astype(np.int64)
        width = int(self._begins[-1])
        bounds: list[int] = self._begins.tolist()
        self._stops = [bounds[stop] for stop in stops.tolist()]
        self._pairs = np.concatenate([[0], np.cumsum(width - np.repeat(self._begins[1:], self.kept))]).astype(np.int64)
        self._triples = np.zeros((width, width), dtype=np.int64)
        self._steps: list[tuple[int, int, int, int, int]] = []
        at = 0
        for first, stop in enumerate(self._stops):
            for second in range(first + 1, len(self.kept)):
                behind = bounds[second + 1]
                for one in range(bounds[first], bounds[first + 1]):
                    for other in range(bounds[second], behind):
                        if behind < stop:
                            self._triples[one, other] = at
                            self._steps.append((one, other, behind, stop, at))
                            at += stop - behind
        self._single = np.zeros((width + 1, blocks), dtype=np.int32)
        self._paired = np.zeros((int(self._pairs[-1]), blocks), dtype=np.int32)
        self._crossed = np.zeros((at, blocks), dtype=np.int32)

    def add(self, bits: np.ndarray, segments: Segments, strip: slice) -> None:
        """Add the rows of a strip; bits of shape (groups kept and one for all rows, words, segments)."""
        tally = _Tally(segments, strip, len(bits))
        rows = np.ascontiguousarray(bits[:, :, strip]).reshape(len(bits), -1)
        tally.add(self._single, rows[-1], rows)
        rows = rows[:-1]
        pairs: list[int] = self._pairs.tolist()
        for at, end in enumerate(np.repeat(self._begins[1:], self.kept).tolist()):
            if end < len(rows):
                tally.add(self._paired[pairs[at] : pairs[at + 1]], rows[at], rows[end:])
        both = np.empty(tally.length, dtype=np.uint64)
        for one, other, behind, stop, at in self._steps:
            np.bitwise_and(rows[one], rows[other], out=both)
            tally.add(self._crossed[at : at + stop - behind], both, rows[behind:stop])

    def finish(self, members: np.ndarray, first: int, last: int) -> np.ndarray:
        """Give the counts of triples of one shape in some blocks, shape (triples, groups, groups, groups, blocks).

        Parameters
        ----------
        members : ndarray of shape (triples, 3)
            Positions of their columns, rising.
        first, last : int
            The blocks, the last one excluded.
        """
        a, b, c = (members[:, k, None, None, None] for k in range(3))
        sizes = [self.kept[at] for at in members[0].tolist()]
        begins = self._begins
        g, h, k = (
            begins[column] + np.arange(size).reshape(tuple(-1 if at == axis else 1 for at in range(3)))
            for axis, (column, size) in enumerate(zip((a, b, c), sizes, strict=True))
        )
        found = np.empty((len(members), *(size + 1 for size in sizes), last - first), dtype=np.int32)
        blocks = slice(first, last)
        found[:, :-1, :-1, :-1] = self._crossed[self._triples[g, h] + k - begins[b + 1], blocks]
        found[:, -1:, :-1, :-1] = self._paired[self._pairs[h] + k - begins[b + 1], blocks]
        found[:, :-1, -1:, :-1] = self._paired[self._pairs[g] + k - begins[a + 1], blocks]
        found[:, :-1, :-1, -1:] = self._paired[self._pairs[g] + h - begins[a + 1], blocks]
        found[:, :-1, -1:, -1:] = self._single[g, blocks]
        found[:, -1:, :-1, -1:] = self._single[h, blocks]
        found[:, -1:, -1:, :-1] = self._single[k, blocks]
        found[:, -1, -1, -1] = self._single[-1, blocks]
        for axis in (1, 2, 3):
            moved = np.moveaxis(found, axis, 0)
            for group in range(len(moved) - 1):
                moved[-1] -= moved[group]
        return found


__all__: Sequence[str] = ["Pairs", "Segments", "Triples"]
