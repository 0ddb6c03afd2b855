"""A table with its schema, digest and lineage."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.lineage import Lineage
from assay.data.digest import TableDigest
from assay.data.schema import Schema


class Dataset:
    """A table that knows what its columns are.

    Parameters
    ----------
    table : pyarrow.Table
        The rows. Columns stand in the schema's order.
    schema : Schema
        What the columns are.
    name : str
        How messages call it.
    lineage : Lineage, optional
        Where it came from, if it was made by a generator.
    dtype_changes : mapping
        Columns whose type had to be changed to fit the schema, each with the type it had.

    Notes
    -----
    Never mutated: `take` and `select` give new datasets. pandas, polars and any Arrow consumer read it through
    ``__arrow_c_stream__``: ``pandas.DataFrame.from_arrow(dataset)``, ``polars.DataFrame(dataset)``.
    """

    def __init__(
        self,
        table: pa.Table,
        schema: Schema,
        *,
        name: str = "table",
        lineage: Lineage | None = None,
        dtype_changes: dict[str, str] | None = None,
    ) -> None:
        self.table = table.select(list(schema.names))
        self.schema = schema
        self.name = name
        self.lineage = lineage
        self.dtype_changes = dict(dtype_changes or {})

    def __len__(self) -> int:
        return self.table.num_rows

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self):,} rows, {len(self.schema.columns)} columns)"

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names."""
        return self.schema.names

    def numbers(self, name: str) -> np.ndarray:
        """Give a numeric, boolean or datetime column as float64 of shape (rows,), NaN where null.

        Dates in seconds since 1970, times of day in seconds since midnight, durations in seconds.
        """
        column = self.table.column(name)
        if not pa.types.is_temporal(column.type):
            return _floats(column)
        if pa.types.is_date(column.type):
            column = column.cast(pa.timestamp("s"))
        kind = column.type
        counts = column.cast(pa.int32()).cast(pa.int64()) if pa.types.is_time32(kind) else column.cast(pa.int64())
        return _floats(counts) / TICKS[kind.unit]

    def codes(self, name: str, levels: pa.Array) -> np.ndarray:
        """Give each row's position in `levels` as int64 of shape (rows,): ``len(levels)`` where unseen, -1 where null."""
        column = self.table.column(name).cast(levels.type)
        found = pc.index_in(column, value_set=levels)
        codes = np.asarray(pc.fill_null(found, len(levels)).combine_chunks()).astype(np.int64)
        if column.null_count:
            codes[np.asarray(pc.is_null(column).combine_chunks())] = -1
        return codes

    def nulls(self, name: str) -> np.ndarray:
        """Give the mask of missing values of shape (rows,): nulls and, in columns of floats, NaN."""
        return np.asarray(pc.is_null(self.table.column(name), nan_is_null=True).combine_chunks())

    def nans(self, name: str) -> np.ndarray:
        """Give the mask of the missing values that are NaN and not null, of shape (rows,)."""
        column = self.table.column(name)
        if not pa.types.is_floating(column.type):
            return np.zeros(len(self), dtype=bool)
        return np.asarray(pc.fill_null(pc.is_nan(column), False).combine_chunks())

    def take(self, rows: np.ndarray, *, name: str | None = None) -> Dataset:
        """Give some rows as a new dataset."""
        return Dataset(
            self.table.take(pa.array(rows)),
            self.schema,
            name=name or self.name,
            lineage=self.lineage,
            dtype_changes=self.dtype_changes,
        )

    def select(self, names: Sequence[str]) -> Dataset:
        """Give some columns as a new dataset; roles of columns that are left out fall away."""
        gone = set(self.names) - set(names)
        schema = self.schema.without(gone)
        kept = {role: None for role in ("target", "entity", "time") if getattr(schema, role) in gone}
        if "target" in kept:
            kept |= {"task": None, "positive": None}
        sensitive = tuple(name for name in schema.sensitive if name not in gone)
        rules = tuple(rule for rule in schema.constraints if not gone & set(rule.columns))
        return self.with_schema(schema.with_changes(sensitive=sensitive, constraints=rules, **kept))

    def with_schema(self, schema: Schema) -> Dataset:
        """Give the same rows under another schema (kinds, roles, or fewer columns)."""
        return Dataset(self.table, schema, name=self.name, lineage=self.lineage, dtype_changes=self.dtype_changes)

    @cached_property
    def sha256(self) -> str:
        """Digest of names, types and values in row order, the same however the table is chunked or was stored."""
        digest = TableDigest(self.table.schema)
        for batch in self.table.to_batches():
            digest.update(batch)
        return digest.hexdigest()

    @property
    def source(self) -> Any:
        """What an engine reads: the table, or the files of one that stays in them."""
        return self.table


TICKS = {"s": 1e0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64(), safe=False)
    if column.null_count == 0:
        return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.asarray(column.cast(pa.float64(), safe=False).combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float64)
