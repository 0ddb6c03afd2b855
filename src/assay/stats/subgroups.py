"""Search slices of up to three columns by counting, on some rows, so that they can be tested on others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from assay.stats.axes import Axis

MOST_AXES = 24
LEAST_SHARE, MOST_SHARE = 0.016, 0.97  # conditions that hold for fewer rows, or for more, make no slice
PARENTS = 16  # pairs that are looked at with a third column
Score = Callable[[np.ndarray], np.ndarray]


class Subgroup(NamedTuple):
    """Rows that meet all conditions: ``where`` holds (axis, condition) pairs, ``score`` what the search gave it."""

    where: tuple[tuple[int, int], ...]
    score: float

    def rows(self, axes: Sequence[Axis]) -> np.ndarray:
        """Give a mask of shape (rows,)."""
        inside = np.ones(len(axes[0].cells), dtype=bool)
        for axis, condition in self.where:
            inside &= axes[axis].member[condition][axes[axis].cells] > 0
        return inside

    def name(self, axes: Sequence[Axis]) -> str:
        """Give the conditions in words."""
        return " and ".join(axes[axis].names[condition] for axis, condition in sorted(self.where))

    def columns(self, axes: Sequence[Axis]) -> tuple[str, ...]:
        """Name the columns."""
        return tuple(axes[axis].column for axis, _ in sorted(self.where))


class Counts:
    """Sums of weights in the cells of every pair of columns, fold by fold.

    Parameters
    ----------
    axes : sequence of Axis
        Columns in cells; the first 24 take part.
    weights : numpy.ndarray, shape (k, rows)
        What is summed.
    fold : numpy.ndarray of int, shape (rows,)
        Fold of each row.
    """

    def __init__(self, axes: Sequence[Axis], weights: np.ndarray, fold: np.ndarray) -> None:
        self.axes = [part for part in (_useful(axis) for axis in axes) if part.names][:MOST_AXES]
        self.weights, self.fold, self.folds = weights, fold, int(fold.max()) + 1
        self._pairs: dict[tuple[int, int], np.ndarray] = {}
        for a, b in itertools.combinations(range(len(self.axes)), 2):
            shape = (self.axes[a].member.shape[1], self.axes[b].member.shape[1])
            flat = (fold * shape[0] + self.axes[a].cells) * shape[1] + self.axes[b].cells
            size = self.folds * shape[0] * shape[1]
            sums = [np.bincount(flat, weights=weight, minlength=size) for weight in weights]
            self._pairs[a, b] = np.stack(sums).reshape(len(weights), self.folds, *shape)

    def search(self, score: Score, final: Score, without: int | None = None) -> Subgroup | None:
        """Find the slice of one to three columns with the highest score.

        Parameters
        ----------
        score : callable
            Gives the promise of slices from their sums, shape (k, ...) -> (...), to choose pairs to look deeper into.
        final : callable
            Gives the score that decides; ``-inf`` where a slice is too small.
        without : int, optional
            Fold whose rows take no part.

        Notes
        -----
        All conditions of single columns and of pairs are tried; the 16 most promising pairs, one for each two columns, are
        tried with every condition of a third.
        """
        best: Subgroup | None = None
        parents: list[tuple[float, tuple[tuple[int, int], ...]]] = []

        def better(found: np.ndarray, parts: Callable[[int], tuple[tuple[int, int], ...]]) -> None:
            nonlocal best
            if found.size == 0:
                return
            at = int(np.argmax(found))
            value = float(found.flat[at])
            if np.isfinite(value) and (best is None or value > best.score):
                best = Subgroup(parts(at), value)

        seen: set[int] = set()
        for (a, b), folds in self._pairs.items():
            table = folds.sum(axis=1) if without is None else folds.sum(axis=1) - folds[:, without]
            first, second = self.axes[a].member, self.axes[b].member
            for axis, member, cells in ((a, first, table.sum(axis=2)), (b, second, table.sum(axis=1))):
                if axis not in seen:
                    seen.add(axis)
                    better(final(cells @ member.T), lambda at, axis=axis: ((axis, at),))
            sums = first @ table @ second.T
            wide = sums.shape[2]
            better(final(sums), lambda at, a=a, b=b, wide=wide: ((a, at // wide), (b, at % wide)))
            promise = score(sums)
            at = int(np.argmax(promise))
            if np.isfinite(promise.flat[at]):
                parents.append((float(promise.flat[at]), ((a, at // wide), (b, at % wide))))
        parents.sort(key=lambda entry: -entry[0])
        kept = np.ones(len(self.fold), dtype=bool) if without is None else self.fold != without
        for _, where in parents[:PARENTS]:
            rows = np.flatnonzero(Subgroup(where, 0.0).rows(self.axes) & kept)
            weights = self.weights[:, rows]
            for c, axis in enumerate(self.axes):
                if c in (where[0][0], where[1][0]):
                    continue
                cells = axis.cells[rows]
                table = np.stack([np.bincount(cells, weights=weight, minlength=axis.member.shape[1]) for weight in weights])
                better(final(table @ axis.member.T), lambda at, c=c, where=where: (*where, (c, at)))
        return best


def _useful(axis: Axis) -> Axis:
    """Drop conditions that hold for next to no row or for nearly all."""
    share = axis.member @ np.bincount(axis.cells, minlength=axis.member.shape[1]) / max(len(axis.cells), 1)
    kept = np.flatnonzero((share >= LEAST_SHARE) & (share <= MOST_SHARE))
    return axis._replace(member=axis.member[kept], names=tuple(axis.names[at] for at in kept))
