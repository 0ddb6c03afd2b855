"""Repair one feature of the synthetic rows, by weights, dropped rows or a line through a column, and measure again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from assay.checking.cells import Cells
from assay.checking.digits import CLASSES, EXTRA, FEWEST, classes
from assay.checking.suspects import Suspects, suspects
from assay.core.evidence import Item
from assay.data.dataset import Dataset
from assay.stats.reshape import Columns, Reshape, exact, reshape

MOST_ROWS = 20_000
GONE = 0.05
RAKES = 10
LACKING, LEAST_CELL = 0.6, 10


@dataclass(frozen=True)
class Repair:
    """What to do to the synthetic rows.

    Parameters
    ----------
    weights : ndarray of shape (synthetic rows,)
        Weight of each row, 1 = as it is, 0 = dropped.
    refill : ndarray of shape (real rows,), optional
        Weight of real rows that stand in where the synthetic table has none to weigh up.
    moved : dict of str to ndarray
        New cells of columns that are mapped by a line.
    cells : (str, ndarray), optional
        A column and the factor of each of its cells, for rows of other tables.
    apart : ndarray of shape (synthetic rows,), optional
        Weights for scores of classifiers, where they differ: a repeat also taught the classifier its twin.
    """

    weights: np.ndarray
    refill: np.ndarray | None = None
    moved: dict[str, np.ndarray] = field(default_factory=dict)
    cells: tuple[tuple[str, ...], np.ndarray, np.ndarray] | None = None
    apart: np.ndarray | None = None


class Repairs:
    """Repairs of one check's synthetic table, measured again with point effects only.

    Parameters
    ----------
    context : CheckContext
        After its measures ran.

    Notes
    -----
    Tables above 20,000 rows are sampled. Count measures are taken again on weighted counts; the two-sample AUC is that of the
    scores at hand, reweighted (no refit: weights that restore the real distribution make any score's AUC one half). What it
    cannot see: utility and attacks, which only new fits would show.
    """

    def __init__(self, context: Any) -> None:
        self.context = context
        self.layout = context.real_profile.layout
        self.rows = tuple(
            _drawn(len(table), context.rng("repairs", at)) for at, table in enumerate((context.real, context.synthetic))
        )
        self._codes: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._reshaped: dict[str, tuple[Reshape, Repair]] = {}
        self._digits: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._spiked: dict[str, np.ndarray] = {}
        self._suspects: dict[tuple[str, int], Suspects | None] = {}
        self.before: dict[tuple[str, int], float | None] = {}

    @cached_property
    def nothing(self) -> Repair:
        """No repair."""
        return Repair(np.ones(len(self.rows[1])))

    def knows(self, name: str) -> bool:
        """Whether a column is counted."""
        return name in self.layout.by_name

    def codes(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Give each real and each synthetic row's fine cell."""
        if name not in self._codes:
            real, synthetic = (
                code_rows(table, self.layout.by_name[name])[rows]
                for table, rows in zip((self.context.real, self.context.synthetic), self.rows, strict=True)
            )
            self._codes[name] = real, synthetic
        return self._codes[name]

    # -- repairs ---------------------------------------------------------------------------------------------------------

    def column(self, name: str) -> tuple[Reshape, Repair]:
        """Find the smallest change that explains a column's difference, and undo it."""
        if name not in self._reshaped:
            cells = self.layout.by_name[name]
            real, synthetic = self.codes(name)
            counts = [np.bincount(codes, minlength=cells.count) for codes in (real, synthetic)]
            if cells.edges is None:
                change = reshape(Columns(counts[0], counts[1]))
            else:
                edges = cells.edges
                change = reshape(
                    Columns(
                        counts[0],
                        counts[1],
                        *self._numbers(name),
                        code=lambda numbers: np.searchsorted(edges, numbers, side="right"),
                    )
                )
            shares = change.shares
            repair = self._by_cells((name,), real, synthetic, shares, cells.count)
            if change.line is not None:
                repair = self._moved(name, change, repair)
            self._reshaped[name] = change, repair
        return self._reshaped[name]

    def _moved(self, name: str, change: Reshape, coarse: Repair) -> Repair:
        cells = self.layout.by_name[name]
        real, synthetic = self.codes(name)
        # the cells a mapped row falls in: by rank, so that the counts are those the change was chosen by
        order = np.argsort(self.context.synthetic.numbers(name)[self.rows[1]], kind="stable")
        order = order[synthetic[order] != cells.null]
        codes = synthetic.copy()
        body = change.shares[:-1]
        bounds = np.cumsum(body) / max(body.sum(), 1e-12)
        codes[order] = np.minimum(np.searchsorted(bounds, (np.arange(len(order)) + 0.5) / max(len(order), 1)), cells.count - 2)
        counts = np.bincount(real, minlength=cells.count)
        alike = self._by_cells((name,), real, synthetic, counts / counts.sum(), cells.count)
        return Repair(np.ones(len(synthetic)), None, {name: codes}, alike.cells, alike.weights)

    def joint(self, names: Sequence[str], *, nulls: str | None = None) -> Repair:
        """Let the columns' coarse groups go together as in reality; of `nulls` only whether it is missing.

        Each column keeps its own shares (Deming and Stephan 1940).
        """
        flat, shape = self._coarse(names, nulls)
        size = int(np.prod(shape))
        wanted, have = ((np.bincount(part, minlength=size) / len(part)).reshape(shape) for part in flat)
        for _ in range(RAKES):
            for axis in range(len(shape)):
                over = tuple(other for other in range(len(shape)) if other != axis)
                own, target = wanted.sum(axis=over, keepdims=True), have.sum(axis=over, keepdims=True)
                # a group that reality lacks stays as it is
                wanted = np.where(own > 0, wanted * np.divide(target, own, out=np.ones_like(own), where=own > 0), have)
        repair = self._by_cells(tuple(names), flat[0], flat[1], wanted.ravel() / wanted.sum(), size)
        return Repair(repair.weights, repair.refill, cells=((), np.empty(0), np.empty(0)))

    def margins(self, names: Sequence[str]) -> Repair:
        """Give the columns' coarse groups their real shares, each column by itself and all at once, by weights of rows.

        Where a group has next to no synthetic rows, real ones stand in.
        """
        n_real, n_synthetic = len(self.rows[0]), len(self.rows[1])
        parts = [self._coarse((name,)) for name in names]
        refill = np.zeros(n_real)
        for (real, synthetic), shape in parts:
            p, q = np.bincount(real, minlength=shape[0]) / n_real, np.bincount(synthetic, minlength=shape[0]) / n_synthetic
            refill[(q < GONE * p)[real]] = n_synthetic / n_real
        weights = np.concatenate([refill, np.ones(n_synthetic)])
        for _ in range(RAKES):
            for flat, shape in parts:
                p = np.bincount(flat[0], minlength=shape[0]) / n_real
                both = np.concatenate(flat)
                q = np.bincount(both, weights=weights, minlength=shape[0]) / weights.sum()
                weights = weights * np.divide(p, q, out=np.ones_like(p), where=q > 0)[both]
        weights *= n_synthetic / weights.sum()
        stand_in = weights[:n_real] if refill.any() else None
        return Repair(weights[n_real:], stand_in, cells=((), np.empty(0), np.empty(0)))

    def region(self, names: Sequence[str]) -> Repair:
        """Refill the columns' joint groups that lack rows; all others keep their proportions."""
        flat, shape = self._coarse(names)
        size = int(np.prod(shape))
        p, q = (np.bincount(part, minlength=size) / len(part) for part in flat)
        repair = self._by_cells(tuple(names), flat[0], flat[1], exact(p, q, lacking(p, q, len(flat[0]))), size)
        return Repair(repair.weights, repair.refill, cells=((), np.empty(0), np.empty(0)))

    def _coarse(self, names: Sequence[str], nulls: str | None = None) -> tuple[list[np.ndarray], list[int]]:
        """Give the number of each row's joint coarse group, of both tables, and the groups of each column."""
        flat: list[np.ndarray] = [np.zeros(len(rows), dtype=np.int64) for rows in self.rows]
        shape: list[int] = []
        for name in names:
            cells = self.layout.by_name[name]
            groups = (np.arange(cells.count) == cells.null).astype(np.int64) if name == nulls else cells.groups
            shape.append(int(groups.max()) + 1)
            flat = [part * shape[-1] + groups[codes] for part, codes in zip(flat, self.codes(name), strict=True)]
        return flat, shape

    def _by_cells(self, names: tuple[str, ...], real: np.ndarray, synthetic: np.ndarray, shares: np.ndarray, size: int) -> Repair:
        """Weigh rows so that cells get these shares; where too few synthetic rows are, real ones stand in."""
        p, q = np.bincount(real, minlength=size) / len(real), np.bincount(synthetic, minlength=size) / len(synthetic)
        empty = (q < GONE * shares) & (p > 0)
        factor = np.where(empty, 0.0, np.divide(shares, q, out=np.zeros(size), where=q > 0))
        refill = np.where(empty, np.divide(shares, p, out=np.zeros(size), where=p > 0), 0.0)
        weights = factor[synthetic]
        other = refill[real] * (len(synthetic) / len(real)) if empty.any() else None
        return Repair(weights, other, {}, (names, factor, refill))

    def without(self, measure: str, item: Item) -> Repair | None:
        """Drop the rows that a finding names."""
        found = self.suspects(measure, item)
        if found is None:
            return None
        asked = np.ones(len(self.rows[1])) if found.asked is None else found.asked[self.rows[1]].astype(float)
        if not asked.any():
            return None
        asked *= len(asked) / asked.sum()
        weights = asked * ~found.named[self.rows[1]]
        return Repair(weights, apart=asked * ~found.alike[self.rows[1]])

    # -- what is looked up once ------------------------------------------------------------------------------------------

    def suspects(self, measure: str, item: Item) -> Suspects | None:
        """Give the rows that a finding names."""
        key = (measure, id(item))
        if key not in self._suspects:
            self._suspects[key] = suspects(self.context, measure, item)
        return self._suspects[key]

    def digits(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Give each real and each synthetic row's digit class, nulls in one of their own."""
        if name not in self._digits:
            grid = self.layout.by_name[name].grid
            real, synthetic = (
                np.where(np.isnan(numbers), CLASSES, classes(np.nan_to_num(numbers), grid)) for numbers in self._numbers(name)
            )
            self._digits[name] = real, synthetic
        return self._digits[name]

    def spiked(self, name: str) -> np.ndarray:
        """Tell which synthetic rows stand at a value that is heavy in the synthetic table alone."""
        if name not in self._spiked:
            spikes = self.context.synthetic_profile.spikes[self.layout.ordered.index(name)]
            n = self.context.synthetic_profile.total
            often = spikes[:, 1] - 4.0 * np.sqrt(spikes[:, 1]) > max(FEWEST, EXTRA * n)
            self._spiked[name] = np.isin(self._numbers(name)[1], spikes[often, 0])
        return self._spiked[name]

    def level(self, name: str, group: str) -> int | None:
        """Find the fine cell of a group that is one level of a column, or its nulls."""
        cells = self.layout.by_name[name]
        if group == f"{name} is null":
            return cells.null
        if cells.levels is None:
            return None
        titles = [f"{name} = {level}" for level in cells.levels.to_pylist()]
        return titles.index(group) if group in titles else None

    def _numbers(self, name: str) -> list[np.ndarray]:
        pairs = zip((self.context.real, self.context.synthetic), self.rows, strict=True)
        return [table.numbers(name)[rows] for table, rows in pairs]


def lacking(p: np.ndarray, q: np.ndarray, rows: int) -> np.ndarray:
    """Tell which cells have far fewer synthetic rows than real ones, and enough of these to say so."""
    return (q < LACKING * p) & (p * rows >= LEAST_CELL)


def code_rows(table: Dataset, cells: Cells) -> np.ndarray:
    """Give each row's fine cell."""
    if cells.edges is not None:
        numbers = table.numbers(cells.name)
        codes = np.searchsorted(cells.edges, numbers, side="right")
        codes[np.isnan(numbers)] = cells.null
        return codes.astype(np.int64)
    column = table.table.column(cells.name)
    return cells.code(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)


def _drawn(rows: int, rng: np.random.Generator) -> np.ndarray:
    return np.arange(rows) if rows <= MOST_ROWS else np.sort(rng.choice(rows, MOST_ROWS, replace=False))
