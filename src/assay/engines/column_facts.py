"""What an engine can tell of one column without holding it: number of values, distinct values, range, wholeness, length."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from assay.engines.duckdb import DuckDBEngine, quoted


class ColumnFacts:
    """Facts of one column, each asked for once and only if it is wanted; they are exact.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the table is read.
    source : pyarrow.Table or Parquet paths
        The table.
    name : str
        The column.
    kind : pyarrow.DataType
        Its plain type.
    first : tuple
        What `column_facts` found out for all columns in one pass: rows, values, whether all are whole, smallest, largest.
    """

    def __init__(self, engine: DuckDBEngine, source: Any, name: str, kind: pa.DataType, first: tuple[Any, ...]) -> None:
        self._engine, self._source, self._name = engine, source, quoted(name)
        self.type = kind
        rows, present, self.rows, whole, self._low, self._high = first
        self.nullable = present < rows
        self.whole = pa.types.is_integer(kind) or bool(whole) or whole is None

    @property
    def ends(self) -> tuple[int, int]:
        """Smallest and largest value of a column of whole numbers."""
        return int(self._low), int(self._high)

    @cached_property
    def distinct(self) -> int:
        """Number of different values."""
        sql = f"SELECT count(*) FROM (SELECT {self._name} FROM source WHERE {_valid(self._name, self.type)} GROUP BY 1)"
        return int(self._engine.ask(self._source, sql).fetchone()[0])

    @cached_property
    def _lengths(self) -> tuple[float, float]:
        runs = rf"sum(len(regexp_extract_all({self._name}, '\s+'))), sum(length({self._name}))"
        words, letters = self._engine.ask(self._source, f"SELECT {runs} FROM source").fetchone()
        return int(words) / self.rows + 1.0, int(letters) / self.rows

    @property
    def words(self) -> float:
        """Words of a cell of text, on average."""
        return self._lengths[0]

    @property
    def letters(self) -> float:
        """Letters of a cell of text, on average."""
        return self._lengths[1]

    def levels(self, most: int) -> tuple[pa.Array, np.ndarray]:
        """Give the most frequent values with their counts; all of them if there are at most `most`."""
        sql = (
            f"SELECT {self._name} AS level, count(*) AS rows FROM source WHERE {_valid(self._name, self.type)} "
            f"GROUP BY 1 ORDER BY rows DESC, CAST({self._name} AS VARCHAR) LIMIT {int(most)}"
        )
        found = self._engine.ask(self._source, sql).to_arrow_table()
        levels = found.column("level").combine_chunks()
        return levels if levels.type == self.type else levels.cast(self.type), found.column("rows").to_numpy()


def column_facts(engine: DuckDBEngine, source: Any, types: pa.Schema) -> Mapping[str, ColumnFacts]:
    """Find out in one pass what every column's kind is told by, and leave the rest to be asked for.

    Parameters
    ----------
    engine : DuckDBEngine
        Where the table is read.
    source : pyarrow.Table or Parquet paths
        The table.
    types : pyarrow.Schema
        Names and plain types of its columns.
    """
    facts: dict[str, ColumnFacts] = {}
    names = list(types.names)
    for start in range(0, len(names), 200):  # a query has room for some thousand expressions
        parts: list[str] = []
        for name in names[start : start + 200]:
            kind, column = types.field(name).type, quoted(name)
            valid = _valid(column, kind)
            number = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
            ends = number or pa.types.is_integer(kind)
            only = f" FILTER ({valid})" if pa.types.is_floating(kind) else ""
            parts += [
                f"count(*) FILTER (NOT isnan({column}))" if only else f"count({column})",
                f"count(*){only}" if only else f"count({column})",
                f"bool_and(floor({column}) = {column}){only}" if number else "NULL",
                *(f"{side}({column}){only}" if ends else "NULL" for side in ("min", "max")),
            ]
        found = engine.ask(source, f"SELECT count(*), {', '.join(parts)} FROM source").fetchone()
        for at, name in enumerate(names[start : start + 200]):
            first = (found[0], *found[1 + 5 * at : 6 + 5 * at])
            facts[name] = ColumnFacts(engine, source, name, types.field(name).type, first)
    return facts


def infinite_columns(engine: DuckDBEngine, source: Any, types: pa.Schema) -> list[str]:
    """List the columns of floats that hold infinite numbers."""
    names = [field.name for field in types if pa.types.is_floating(field.type)]
    if not names:
        return []
    found = engine.ask(source, f"SELECT {', '.join(f'bool_or(isinf({quoted(name)}))' for name in names)} FROM source").fetchone()
    return [name for name, infinite in zip(names, found, strict=True) if infinite]


def _valid(column: str, kind: pa.DataType) -> str:
    return f"isfinite({column})" if pa.types.is_floating(kind) else f"{column} IS NOT NULL"
