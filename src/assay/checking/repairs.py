"""Repair one feature of the synthetic rows, by weights, dropped rows or a line through a column, and measure again."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.checking.cells import Cells
from assay.checking.point_effects import COUNTED, SIGNED, weighted_auc
from assay.core.evidence import Item
from assay.data.constraints import violations
from assay.data.dataset import Dataset
from assay.stats.reshape import Columns, Reshape, reshape

MOST_ROWS = 20_000
GONE = 0.05
RAKES = 10


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
        self._rules: dict[tuple[str, tuple[str, ...]], np.ndarray] = {}
        self._reshaped: dict[str, tuple[Reshape, Repair]] = {}

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
                values = [
                    table.numbers(name)[rows]
                    for table, rows in zip((self.context.real, self.context.synthetic), self.rows, strict=True)
                ]
                change = reshape(
                    Columns(counts[0], counts[1], *values, code=lambda numbers: np.searchsorted(edges, numbers, side="right"))
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

    def joint(self, names: Sequence[str], *, nulls: str | None = None, margins: bool = False) -> Repair:
        """Let the columns' coarse groups go together as in reality; of `nulls` only whether it is missing.

        With `margins` the columns get their real shares as well; without, each keeps its own (Deming and Stephan 1940).
        """
        flat: list[np.ndarray] = [np.zeros(len(rows), dtype=np.int64) for rows in self.rows]
        shape: list[int] = []
        for name in names:
            cells = self.layout.by_name[name]
            groups = (np.arange(cells.count) == cells.null).astype(np.int64) if name == nulls else cells.groups
            shape.append(int(groups.max()) + 1)
            flat = [part * shape[-1] + groups[codes] for part, codes in zip(flat, self.codes(name), strict=True)]
        size = int(np.prod(shape))
        wanted, have = ((np.bincount(part, minlength=size) / len(part)).reshape(shape) for part in flat)
        if not margins:
            for _ in range(RAKES):
                for axis in range(len(shape)):
                    over = tuple(other for other in range(len(shape)) if other != axis)
                    own, target = wanted.sum(axis=over, keepdims=True), have.sum(axis=over, keepdims=True)
                    # a group that reality lacks stays as it is
                    wanted = np.where(own > 0, wanted * np.divide(target, own, out=np.ones_like(own), where=own > 0), have)
        repair = self._by_cells(tuple(names), flat[0], flat[1], wanted.ravel() / wanted.sum(), size)
        return Repair(repair.weights, repair.refill, cells=((), np.empty(0), np.empty(0)))

    def _by_cells(self, names: tuple[str, ...], real: np.ndarray, synthetic: np.ndarray, shares: np.ndarray, size: int) -> Repair:
        """Weigh rows so that cells get these shares; where too few synthetic rows are, real ones stand in."""
        p, q = np.bincount(real, minlength=size) / len(real), np.bincount(synthetic, minlength=size) / len(synthetic)
        empty = (q < GONE * shares) & (p > 0)
        factor = np.where(empty, 0.0, np.divide(shares, q, out=np.zeros(size), where=q > 0))
        refill = np.where(empty, np.divide(shares, p, out=np.zeros(size), where=p > 0), 0.0)
        weights = factor[synthetic]
        other = refill[real] * (len(synthetic) / len(real)) if empty.any() else None
        return Repair(weights, other, {}, (names, factor, refill))

    def without(self, dropped: np.ndarray, apart: np.ndarray | None = None) -> Repair:
        """Drop rows of the synthetic table."""
        return Repair(1.0 - dropped[self.rows[1]], apart=None if apart is None else 1.0 - apart[self.rows[1]])

    def repeats(self, item: Item) -> Repair | None:
        """Drop all but the first of equal rows, within one class where the item is about one."""
        same = self.context.share("rows", lambda: None)
        if same is None:
            return None
        ids = same.synthetic
        _, first, inverse, counts = np.unique(ids, return_index=True, return_inverse=True, return_counts=True)
        within = np.ones(len(ids), dtype=bool)
        if "target" in item.facts:
            column = self.context.synthetic.table.column(str(item.facts["target"]))
            within = np.asarray(pc.fill_null(pc.equal(column, pa.scalar(item.facts["class"]).cast(column.type)), False))
        later = within.copy()
        later[first] = False
        return self.without(later.astype(float), ((counts[inverse] > 1) & within).astype(float))

    def copies(self) -> Repair | None:
        """Drop rows that equal a real row."""
        same = self.context.share("rows", lambda: None)
        return None if same is None else self.without(np.isin(same.synthetic, same.real).astype(float))

    def breakers(self, item: Item) -> Repair | None:
        """Drop rows that break a rule."""
        found = self._broken(item)
        return None if found is None else self.without(found.astype(float))

    def _broken(self, item: Item) -> np.ndarray | None:
        rules = [*self.context.schema.constraints, *(self.context.share("constraints", lambda: None) or [])]
        for rule in rules:
            if rule.columns == item.estimate.columns and rule.kind == item.facts.get("kind"):
                key = (rule.kind, rule.columns)
                if key not in self._rules:
                    self._rules[key] = np.asarray(violations(rule, self.context.synthetic))
                return self._rules[key]
        return None

    # -- measured again --------------------------------------------------------------------------------------------------

    def shares(self, name: str, repair: Repair) -> tuple[np.ndarray, np.ndarray]:
        """Give a column's real shares and its repaired ones."""
        return self._tables([name], repair, coarse=False)

    def _tables(self, names: Sequence[str], repair: Repair, *, coarse: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Give the joint tables of columns: real, and synthetic repaired."""
        flat: list[np.ndarray] = [np.zeros(len(rows), dtype=np.int64) for rows in self.rows]
        shape: list[int] = []
        for name in names:
            cells = self.layout.by_name[name]
            real, synthetic = self.codes(name)
            synthetic = repair.moved.get(name, synthetic)
            if coarse:
                real, synthetic = cells.groups[real], cells.groups[synthetic]
            width = cells.group_count if coarse else cells.count
            flat = [flat[0] * width + real, flat[1] * width + synthetic]
            shape.append(width)
        size = int(np.prod(shape))
        p = np.bincount(flat[0], minlength=size).astype(float)
        q = np.bincount(flat[1], weights=repair.weights, minlength=size)
        if repair.refill is not None:
            q += np.bincount(flat[0], weights=repair.refill, minlength=size)
        return (p / p.sum()).reshape(shape), (q / max(q.sum(), 1e-12)).reshape(shape)

    def left(self, measure: str, item: Item, repair: Repair) -> float | None:
        """Give the share of an item's excess that a repair leaves, None where it cannot be measured again.

        Notes
        -----
        ``sqrt(max(after^2 - floor^2, 0)) / sqrt(max(before^2 - floor^2, 0))``, between 0 and 1.
        """
        before, after = self._value(measure, item, self.nothing), self._value(measure, item, repair)
        if before is None or after is None:
            return None
        e = item.estimate
        signed = measure in SIGNED
        floor = 0.375 * (e.floor_high - e.floor_low) if signed else 0.0 if measure == "two_sample" else e.floor_median
        if measure == "two_sample":
            before, after = max(before, 1e-9), max(after, 0.0)
            return float(np.clip(after / before, 0.0, 1.0))
        if abs(before) <= floor:  # what was seen on all rows, or in finer cells, does not show here
            return None
        whole = np.sqrt(before**2 - floor**2)
        return float(np.clip(np.sqrt(max(after**2 - floor**2, 0.0)) / whole, 0.0, 1.0))

    def _value(self, measure: str, item: Item, repair: Repair) -> float | None:
        if measure == "two_sample":
            return self._auc(item, repair)
        if measure == "constraint_violations":
            broken = self._broken(item)
            if broken is None or repair.moved:
                return None
            return float(repair.weights @ broken[self.rows[1]] / len(self.rows[1]))
        if measure == "duplicate_rows":
            return self._repeated(item, repair)
        names = item.estimate.columns
        if measure not in COUNTED or not names or not all(self.knows(name) for name in names):
            return None
        if measure == "missingness_gap":
            return self._nulls(item, repair)
        p, q = self._tables(names, repair, coarse=len(names) > 1)
        return COUNTED[measure](self, item, p, q)

    def _repeated(self, item: Item, repair: Repair) -> float | None:
        same = self.context.share("rows", lambda: None)
        if same is None or repair.cells is not None or repair.refill is not None:
            return None
        kept = repair.weights > 0
        if "target" in item.facts:
            column = self.context.synthetic.table.column(str(item.facts["target"]))
            own = np.asarray(pc.fill_null(pc.equal(column, pa.scalar(item.facts["class"]).cast(column.type)), False))
            kept &= own[self.rows[1]]
        ids = same.synthetic[self.rows[1]][kept]
        return 1.0 - len(np.unique(ids)) / max(len(ids), 1)

    def _nulls(self, item: Item, repair: Repair) -> float | None:
        if item.facts.get("how") == "null in one class":
            p, q = self._tables(item.estimate.columns, repair)
            return float(np.abs(p[-1] - q[-1]).max())
        names = item.estimate.columns
        p, q = self._tables(names, repair, coarse=len(names) > 1)
        for _ in names:
            p, q = p[-1], q[-1]
        return float(abs(q - p))

    def _auc(self, item: Item, repair: Repair) -> float | None:
        """Reweight the scores that the classifier gave; holdout rows stand in where the synthetic table has none."""
        kept = self.context.share("two_sample scores", lambda: None)
        if kept is None or item.facts.get("learner") not in kept:
            return None
        rows, labels, fold, predicted = kept[item.facts["learner"]]
        if len(self.rows[1]) != int(labels.sum()):
            return None
        weights = repair.weights if repair.apart is None else repair.apart
        weight = np.ones(len(labels))
        synthetic = labels == 1
        weight[synthetic] = weights[rows[synthetic]]
        extra = np.zeros(len(labels))
        if repair.cells is not None and len(repair.cells[0]) == 1 and repair.cells[2].any():
            cells = self.layout.by_name[repair.cells[0][0]]
            codes = code_rows(self.context.holdout, cells)
            factor = repair.cells[2][codes]
            extra[~synthetic] = factor[rows[~synthetic]] * (synthetic.sum() / max((~synthetic).sum(), 1))
        values = []
        for part in range(int(fold.max()) + 1):
            own = fold == part
            values.append(weighted_auc(predicted[own], np.where(synthetic, 0.0, 1.0)[own], (weight * synthetic + extra)[own]))
        return float(np.mean(values)) - 0.5


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
