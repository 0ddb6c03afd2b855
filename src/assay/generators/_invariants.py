"""Inequalities and sums that every real row keeps, kept in every row drawn."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import Dataset
from assay.data.schema import Column, Constraint, Schema
from assay.generators._values import MOST_DECIMALS, ColumnValues, cells_of

CLOSE = 1e-9
KINDS = ("inequality", "sum")


class Invariants:
    """Bounds on a column from the columns drawn before it, and sums that fix it.

    Parameters
    ----------
    order : sequence of str
        Columns in the order they are drawn.
    columns : mapping of str to Column
        What they are.
    values : mapping of str to ColumnValues
        Their real values.
    constraints : iterable of Constraint
        Rules that all real rows keep; kinds other than ``inequality`` and ``sum`` are left to others.

    Attributes
    ----------
    constraints : tuple of Constraint
        The rules that count.
    order : tuple of str
        As given.

    Notes
    -----
    ``a <= b`` bounds whichever is drawn later; what follows from two inequalities counts too. Of the columns of a sum the last
    one drawn is computed from the others, and the last but one is bounded so that the result stays in the column's real range.
    A row with a null in a column of a rule keeps it.
    """

    def __init__(
        self,
        order: Sequence[str],
        columns: Mapping[str, Column],
        values: Mapping[str, ColumnValues],
        constraints: Iterable[Constraint],
    ) -> None:
        at = {name: place for place, name in enumerate(order)}
        self._columns, self._values, self.order = columns, values, tuple(order)
        self.constraints = tuple(rule for rule in constraints if _concerns(rule, values))
        pairs = _closed({(rule.columns[0], rule.columns[1]) for rule in self.constraints if rule.kind == "inequality"})
        self._least: dict[str, list[str]] = {}
        self._most: dict[str, list[str]] = {}
        for low, high in sorted(pairs, key=lambda pair: (at[pair[0]], at[pair[1]])):
            if at[low] < at[high]:
                self._least.setdefault(high, []).append(low)
            else:
                self._most.setdefault(low, []).append(high)
        self._sums: dict[str, dict[str, int]] = {}
        self._ahead: dict[str, list[str]] = {}
        for rule in self.constraints:
            if rule.kind == "sum":
                signs = dict.fromkeys(rule.columns[:-1], 1) | {rule.columns[-1]: -1}
                *_, before, last = sorted(signs, key=lambda name: at[name])
                if last not in self._sums:
                    self._sums[last] = signs
                    self._ahead.setdefault(before, []).append(last)

    @property
    def names(self) -> frozenset[str]:
        """Columns that some rule names."""
        return frozenset(name for rule in self.constraints for name in rule.columns)

    def numbers(self, name: str, cells: pa.Array) -> np.ndarray:
        """Give cells as float64 of shape (rows,), NaN where null."""
        return Dataset(pa.table({name: cells}), Schema((self._columns[name],))).numbers(name)

    def bounds(self, name: str, numbers: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
        """Give the least and the most that a column may be in each row, or None where nothing bounds it.

        Parameters
        ----------
        name : str
            The column.
        numbers : mapping of str to numpy.ndarray of float64, shape (rows,)
            The columns drawn before that rules name.
        """
        bounds: list[tuple[np.ndarray | None, np.ndarray | None]] = [
            *((numbers[other], None) for other in self._least.get(name, ())),
            *((None, numbers[other]) for other in self._most.get(name, ())),
        ]
        for last in self._ahead.get(name, ()):
            signs = self._sums[last]
            rest = sum(sign * numbers[other] for other, sign in signs.items() if other not in (name, last))
            one, two = ((-rest - signs[last] * end) / signs[name] for end in self._range(last))
            bounds.append((np.minimum(one, two), np.maximum(one, two)))
        if not bounds:
            return None
        rows = len(next(part for pair in bounds for part in pair if part is not None))
        low, high = np.full(rows, -np.inf), np.full(rows, np.inf)
        for least, most in bounds:  # fmax and fmin pass over what is not known
            low = low if least is None else np.fmax(low, least)
            high = high if most is None else np.fmin(high, most)
        return low, high

    def nearest(self, name: str, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Give the code of a real value within bounds, the lowest one above where there is a lower bound."""
        known = self.numbers(name, self._values[name].support)
        codes = np.searchsorted(known, low - CLOSE * np.abs(low), side="left")
        below = np.searchsorted(known, high + CLOSE * np.abs(high), side="right") - 1
        codes = np.where(np.isfinite(low), codes, below)
        return np.clip(codes, 0, len(known) - 1)

    def total(self, name: str, cells: pa.Array, numbers: Mapping[str, np.ndarray]) -> pa.Array:
        """Compute a column that a sum fixes, where it was not drawn null."""
        signs = self._sums.get(name)
        if signs is None:
            return cells
        rest = np.zeros(len(cells)) + sum(sign * numbers[other] for other, sign in signs.items() if other != name)
        wanted = -rest / signs[name]
        fixed = ~np.isnan(wanted) & ~np.isnan(self.numbers(name, cells))
        made = _cells(np.where(fixed, wanted, 0.0), cells.type, self._values[name])
        return pc.if_else(pa.array(fixed), made, cells)

    def fixes(self, name: str) -> bool:
        """Whether a sum fixes the column."""
        return name in self._sums

    def _range(self, name: str) -> tuple[float, float]:
        known = self.numbers(name, self._values[name].support)
        return float(known[0]), float(known[-1])


def _concerns(rule: Constraint, values: Mapping[str, ColumnValues]) -> bool:
    return rule.kind in KINDS and all(name in values and values[name].numbers is not None for name in rule.columns)


def _closed(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Add what follows from two inequalities."""
    while True:
        more = {(a, d) for a, b in pairs for c, d in pairs if b == c and a != d} - pairs
        if not more:
            return pairs
        pairs = pairs | more


def _cells(numbers: np.ndarray, kind: pa.DataType, values: ColumnValues) -> pa.Array:
    nothing = np.zeros(len(numbers), dtype=bool)
    if pa.types.is_floating(kind):
        gridded = values.numbers is not None and np.issubdtype(values.numbers.dtype, np.integer)
        return pa.array(np.round(numbers, MOST_DECIMALS) if gridded else numbers).cast(kind, safe=False)
    scale = kind.scale if pa.types.is_decimal(kind) else 0
    return cells_of(np.rint(numbers * 10.0**scale).astype(np.int64), nothing, kind)
