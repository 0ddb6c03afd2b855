"""Which triples of columns a profile counts, and how their counts are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from assay.checking.cells import Cells, coded
from assay.engines.protocol import Engine

ALL_TO = 30
STRONGEST = 24
CELLS = 1_000_000
MEMORY = 64 * 2**20
LEAST_BLOCKS, MOST_BLOCKS = 16, 128
SAMPLE = 20_000


@dataclass(frozen=True)
class Triples:
    """Triples of columns in the order of their counts.

    Parameters
    ----------
    columns : ndarray of shape (members,)
        Positions of the columns that are members of a triple.
    sizes : ndarray of shape (members,)
        Number of coarse groups of each.
    stops : ndarray of shape (anchors,)
        Member k is counted with every pair of members between it and ``stops[k]``.
    blocks : int
        Number of blocks of rows; each holds whole blocks of the pairs.

    Notes
    -----
    Counts of anchor k stand together: for each of its groups, for each pair of later members, their crossed groups.
    """

    columns: np.ndarray
    sizes: np.ndarray
    stops: np.ndarray
    blocks: int

    @classmethod
    def none(cls) -> Triples:
        """Give the triples of a table that has none."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, nothing, nothing, 1)

    @cached_property
    def places(self) -> np.ndarray:
        """Position of each column among the members."""
        places = np.zeros(int(self.columns.max()) + 1, dtype=np.int64)
        places[self.columns] = np.arange(len(self.columns))
        return places

    @staticmethod
    def groups_per_column(columns: int, target: bool) -> int:
        """Choose between 2 and 4 groups, so that the cells of all triples stay in bounds."""
        count = columns * (columns - 1) * (columns - 2) // 6
        if columns > ALL_TO:
            count = STRONGEST**3 // 6 + target * (columns - 1) * (columns - 2) // 2
        return next((groups for groups in (4, 3) if count * groups**3 <= CELLS), 2)

    @cached_property
    def starts(self) -> np.ndarray:
        """Start of each member's groups in a row of indicators, and the end of the last."""
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)

    @cached_property
    def pairs(self) -> tuple[np.ndarray, ...]:
        """Pairs of later members of each anchor, shape (pairs, 2)."""
        found: list[np.ndarray] = []
        for anchor, stop in enumerate(self.stops):
            later = np.arange(anchor + 1, stop)
            left, right = np.triu_indices(len(later), 1)
            found.append(np.stack([later[left], later[right]], axis=1))
        return tuple(found)

    @cached_property
    def picks(self) -> tuple[np.ndarray, ...]:
        """Where the crossed groups of each anchor's pairs stand in its flat matrix of crossed indicators."""
        found: list[np.ndarray] = []
        for anchor, pairs in enumerate(self.pairs):
            starts: list[int] = self.starts.tolist()
            first, width = starts[anchor + 1], starts[int(self.stops[anchor])] - starts[anchor + 1]
            parts = [
                (np.arange(starts[b], starts[b + 1])[:, None] - first) * width + (np.arange(starts[c], starts[c + 1]) - first)
                for b, c in pairs.tolist()
            ]
            found.append(np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0, dtype=np.int64))
        return tuple(found)

    @cached_property
    def offsets(self) -> np.ndarray:
        """Start of each anchor's counts, and the end of the last."""
        widths = [int(self.sizes[anchor]) * len(picks) for anchor, picks in enumerate(self.picks)]
        return np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)

    @property
    def count(self) -> int:
        """Number of triples."""
        return sum(len(pairs) for pairs in self.pairs)

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give triples of one shape at a time.

        Yields
        ------
        columns : ndarray of shape (triples, 3)
            Positions of the columns.
        cells : ndarray of shape (triples, groups, groups, groups)
            Where their counts stand.
        """
        found: dict[tuple[int, int, int], tuple[list[np.ndarray], list[np.ndarray]]] = {}
        for anchor, pairs in enumerate(self.pairs):
            if not len(pairs):
                continue
            own = int(self.sizes[anchor])
            wide = self.sizes[pairs].prod(axis=1)
            first = np.concatenate([[0], np.cumsum(wide)[:-1]])
            stride = int(wide.sum())
            shapes = self.sizes[pairs]
            for b, c in np.unique(shapes, axis=0):
                mine = np.flatnonzero((shapes[:, 0] == b) & (shapes[:, 1] == c))
                cells = (
                    self.offsets[anchor]
                    + np.arange(own)[None, :, None] * stride
                    + first[mine][:, None, None]
                    + np.arange(b * c)[None, None, :]
                ).reshape(len(mine), own, b, c)
                members = np.column_stack([np.full(len(mine), anchor), pairs[mine]])
                parts = found.setdefault((own, int(b), int(c)), ([], []))
                parts[0].append(self.columns[members])
                parts[1].append(cells)
        for columns, cells in found.values():
            yield np.concatenate(columns), np.concatenate(cells)


def indicated(groups: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Give the indicators of each row's groups as float32 of shape (rows, all groups); column k's groups begin at starts[k]."""
    width = int(starts[-1])
    indicators = np.zeros(len(groups) * width, dtype=np.float32)
    indicators[groups + (starts[:-1] + np.arange(len(groups))[:, None] * width)] = 1.0
    return indicators.reshape(len(groups), width)


def choose_triples(engine: Engine, source: Any, columns: Sequence[Cells], target: int | None, blocks: int, chunk: int) -> Triples:
    """Choose all triples of up to 30 columns, and of more those that promise most.

    Notes
    -----
    Beyond 30 columns: every triple with the target, and every triple among the 24 columns of the pairs that depend most on
    each other given the target (mean square contingency within its groups, on at most 20,000 evenly spread rows).
    """
    usable = np.array([at for at, cells in enumerate(columns) if cells.coarse_count > 1], dtype=np.int64)
    if len(usable) < 3:
        return Triples.none()
    anchor = target if target is not None and columns[target].coarse_count > 1 else None
    if len(usable) <= ALL_TO:
        members, stops = usable, np.full(len(usable), len(usable))
    else:
        others = usable[usable != anchor] if anchor is not None else usable
        strong = _strongest(engine, source, columns, others, anchor, chunk)
        rest = np.setdiff1d(others, strong)
        head = [] if anchor is None else [anchor]
        members = np.concatenate([np.array(head, dtype=np.int64), strong, rest])
        stops = np.array([len(members)] * len(head) + [len(head) + len(strong)] * len(strong))
        if anchor is None:
            members = strong
    sizes = np.array([columns[at].coarse_count for at in members], dtype=np.int64)
    draft = Triples(members, sizes, stops, 1)
    most = int(np.clip(MEMORY // (4 * max(int(draft.offsets[-1]), 1)), LEAST_BLOCKS, MOST_BLOCKS))
    return Triples(members, sizes, stops, min(most, blocks))


def _strongest(
    engine: Engine, source: Any, columns: Sequence[Cells], others: np.ndarray, anchor: int | None, chunk: int
) -> np.ndarray:
    """Find the columns of the pairs that depend most on each other, within the groups of the target."""
    sizes = np.array([columns[at].coarse_count for at in others])
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    step = max(1, engine.rows(source) // SAMPLE)
    slices = 1 if anchor is None else columns[anchor].coarse_count
    crossed = np.zeros((slices, int(starts[-1]), int(starts[-1])), dtype=np.float32)
    for batch in coded(engine, source, columns, chunk, every=step):
        own = np.zeros(len(batch.codes[0]), dtype=np.int64) if anchor is None else columns[anchor].coarse[batch.codes[anchor]]
        groups = np.stack([columns[at].coarse[batch.codes[at]] for at in others], axis=1)
        for piece in range(slices):
            indicators = indicated(groups[own == piece], starts)
            crossed[piece] += indicators.T @ indicators
    strength = np.zeros((len(others), len(others)))
    for table in crossed.astype(np.float64):
        single = np.diag(table)
        ratio = table * table / np.maximum(single[:, None] * single, 1e-12)
        strength += np.add.reduceat(np.add.reduceat(ratio, starts[:-1], axis=0), starts[:-1], axis=1) * table[:, : sizes[0]].sum()
    left, right = np.triu_indices(len(others), 1)
    chosen: dict[int, None] = {}
    for at in np.argsort(-strength[left, right], kind="stable"):
        if len(chosen) >= STRONGEST:
            break
        chosen |= {int(others[left[at]]): None, int(others[right[at]]): None}
    return np.sort(np.array(list(chosen)[:STRONGEST], dtype=np.int64))
