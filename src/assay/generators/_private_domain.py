"""What a table's columns hold, from declarations and noised counts alone."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError, raise_all
from assay.data.schema import Column, Schema
from assay.generators._declared import Declared
from assay.generators._encoded import ColumnCode
from assay.generators._identifiers import FreshIds
from assay.generators._private_budget import Budget
from assay.generators._private_numbers import FEW, LEVELS, Noisy, SpanValues, outer, refined, scale_of, simplex
from assay.generators._private_scale import Scale, plain, supported, told
from assay.generators._values import ColumnValues, sorting

Source = Callable[..., np.random.Generator]
FIRST_ID = 2**62  # integers from here on are ids that hardly any table has


class Domain:
    """Columns' domains, paid for by a budget where nobody declared them.

    Parameters
    ----------
    schema : Schema
        The table's schema.
    kinds : mapping of str to pyarrow.DataType
        Types of its columns.
    declared : mapping of str to Declared
        Domains that are public.

    Attributes
    ----------
    touches : int
        Noised counts that a row is part of at most, in all columns.
    open_columns : int
        Columns of levels that nobody declared.

    Notes
    -----
    A column of levels costs one count a row. Levels that nobody declared are named where their noised count passes the
    threshold of the budget. A column of numbers costs five: how fine its steps are and how many cells are null, in which
    octaves it lies, and three rounds of finer intervals; a declared range saves one, and the octaves. Intervals and steps are
    fixed before any row is seen, or follow from noised counts.

    References
    ----------
    Hay, M. et al. (2010). Boosting the accuracy of differentially private histograms through consistency. VLDB 3(1).
    Zhang, J., Xiao, X., Xie, X. (2016). PrivTree: a differentially private algorithm for hierarchical decompositions. SIGMOD.
    """

    def __init__(self, schema: Schema, kinds: Mapping[str, pa.DataType], declared: Mapping[str, Declared]) -> None:
        self.columns = [schema.column(name) for name in schema.modelled]
        self.kinds = {name: kind.value_type if pa.types.is_dictionary(kind) else kind for name, kind in kinds.items()}
        self.declared = dict(declared)
        for column in self.columns:
            known = _levels_of(column, self.kinds[column.name])
            if known is not None:
                self.declared.setdefault(column.name, Declared(levels=known))
        raise_all(
            [
                InputError(
                    f"Column {column.name!r} is of type {self.kinds[column.name]}, whose range is too wide for epsilon.",
                    column=column.name,
                    fix="Make it int64, double or a decimal of at most 18 digits.",
                )
                for column in self.columns
                if column.ordered and not supported(self.kinds[column.name])
            ]
        )
        self.touches = sum(self._touches(column) for column in self.columns)
        self.open_columns = sum(not column.ordered and column.name not in self.declared for column in self.columns)

    def _touches(self, column: Column) -> int:
        return 1 if not column.ordered else LEVELS + (1 if column.name in self.declared else 2)

    def learn(
        self, table: pa.Table, budget: Budget, bins: int, source: Source
    ) -> dict[str, tuple[ColumnValues, ColumnCode, np.ndarray]]:
        """Learn every column.

        Returns
        -------
        dict of str to (ColumnValues, ColumnCode, numpy.ndarray of int32)
            Values, their states, and the code of each row's cell. A cell of a level that is not named takes one at random.
        """
        return {column.name: self._column(column, table, budget, bins, source) for column in self.columns}

    def _column(
        self, column: Column, table: pa.Table, budget: Budget, bins: int, source: Source
    ) -> tuple[ColumnValues, ColumnCode, np.ndarray]:
        cells, declared = table.column(column.name), self.declared.get(column.name)
        rng = source("counts", column.name)

        def noisy(cell: np.ndarray, many: int) -> np.ndarray:
            noise = np.rint(rng.normal(0.0, budget.count_noise, many))  # whole, so that sums have no last bits that tell
            return np.bincount(cell, minlength=many)[:many] + noise

        if column.ordered:
            values, code = _ordered(plain(cells), self.kinds[column.name], declared, noisy, budget.count_noise, bins)
        else:
            values, code = _levelled(cells, declared, noisy, budget)
        codes, strange = values.codes_of(cells)
        present = np.flatnonzero(values.counts)
        shares = values.counts[present] / values.counts.sum()
        codes[strange] = source("strangers", column.name).choice(present, size=int(strange.sum()), p=shares) - 2
        return values, code, codes


def fresh_ids(name: str, kind: pa.DataType) -> FreshIds:
    """Give identifiers made from the column's type alone: they are unlike real ones by their range or prefix, not by looking."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_integer(kind):
        most = int(np.iinfo(kind.to_pandas_dtype()).max)
        start = pa.array([min(FIRST_ID, most // 2)], type=kind)
    elif pa.types.is_floating(kind):
        start = pa.array([1e15, 2e15] if kind == pa.float64() else [0.0, 1.0]).cast(kind)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        start = pa.array(["synthetic-000000000"], type=kind)
    else:
        start = Scale.ladder(kind)[0].cells(np.zeros(1, dtype=np.int64)) if supported(kind) else pa.array([], type=kind)
    return FreshIds(name, start, np.ones(len(start), dtype=np.int64), 0, False)


def _levels_of(column: Column, kind: pa.DataType) -> pa.Array | None:
    """Give the levels that the schema alone tells: those of a boolean column."""
    if column.kind != "boolean" or not (pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    return pa.array([False, True]) if pa.types.is_boolean(kind) else pa.array([0, 1]).cast(kind)


def _nothing(kind: pa.DataType, ordered: bool) -> tuple[ColumnValues, ColumnCode]:
    """Give a column of nulls, for one of which nothing could be told."""
    return ColumnValues(pa.array([], type=kind), np.array([0.0, 1.0]), ordered), ColumnCode(np.array([-1, 0], np.int32), False)


def _empty(counts: np.ndarray, kind: pa.DataType, deviation: float) -> np.ndarray:
    """Leave noised counts of NaN and null where they stand out of the noise, 0 elsewhere; of NaN in columns of floats alone.

    Noise stands out once in 700 times: a type that has no NaN, which is public, would then get one.
    """
    possible = np.array([pa.types.is_floating(kind), True])
    return np.where(possible & (counts > max(3 * deviation, FEW)), counts, 0.0)


def _levelled(cells: pa.ChunkedArray, declared: Declared | None, noisy: Noisy, budget: Budget) -> tuple[ColumnValues, ColumnCode]:
    real, codes = ColumnValues.learn(cells, ordered=False)
    if declared is not None and declared.levels is not None:
        support = declared.levels.take(pa.array(sorting(declared.levels)))
        place = pc.fill_null(pc.index_in(real.support, value_set=support), len(support)).to_numpy(zero_copy_only=False)
        place = np.concatenate([[0, 1], place.astype(np.int64) + 2])
        counts = noisy(place[codes + 2], len(support) + 2)
        counts[:2] = _empty(counts[:2], real.support.type, budget.count_noise)
        masses = np.maximum(simplex(counts[2:], max(float(counts[2:].sum()), 1.0)), 0.5)
    else:
        counts = noisy(codes + 2, real.levels + 2)
        counts[:2] = _empty(counts[:2], real.support.type, budget.count_noise)
        # 0.5: the noise was rounded
        named = np.flatnonzero(counts[2:] > max(budget.threshold + 0.5, FEW + 3 * budget.count_noise))
        if not len(named) and not counts[:2].any():
            return _nothing(real.support.type, False)
        support, masses = real.support.take(pa.array(named)), counts[2:][named]
    counts = np.concatenate([counts[:2], masses])
    states = np.full(len(counts), -1, dtype=np.int32)
    states[counts > 0] = np.arange(int((counts > 0).sum()))
    return ColumnValues(support, counts, False), ColumnCode(states, False)


def _ordered(
    cells: pa.Array, kind: pa.DataType, declared: Declared | None, noisy: Noisy, deviation: float, bins: int
) -> tuple[ColumnValues, ColumnCode]:
    codes = told(cells)
    there = cells.filter(pa.array(codes >= 0))
    scale = declared.scale(kind) if declared is not None else None
    ladder = [scale] if scale is not None else Scale.ladder(kind)
    finest = codes.astype(np.int64) + 2
    finest[codes >= 0] = 2 + _coarsest(ladder, there)
    counts = noisy(finest, 2 + len(ladder))
    empty = _empty(counts[:2], kind, deviation)
    if scale is None:
        scale = scale_of(ladder, counts[2:], deviation, len(cells))
    positions = scale.positions(there)
    if declared is not None and declared.low is not None and declared.high is not None:
        low, high = (scale.positions(end)[0] for end in (declared.low, declared.high))
        end = np.nextafter(high, np.inf) if scale.step == 0 else high + 1
        found = np.array([low, end], dtype=positions.dtype), np.array([np.nan])
    else:
        found = outer(scale.octaves(), positions, noisy, deviation)
    if found is not None:
        return SpanValues.of(refined(*found, positions, noisy, deviation, bins), empty, scale)
    if not empty.any():
        return _nothing(kind, True)
    states = np.where(empty > 0, np.cumsum(empty > 0) - 1, -1).astype(np.int32)
    return ColumnValues(pa.array([], type=kind), empty, True), ColumnCode(states, False)


def _coarsest(ladder: list[Scale], cells: pa.Array) -> np.ndarray:
    """Give the coarsest scale that each cell lies on, as positions in the ladder; each lies on the first."""
    found = np.zeros(len(cells), dtype=np.int64)
    for at, scale in enumerate(ladder[1:], 1):
        found[scale.on(cells)] = at
    return found
