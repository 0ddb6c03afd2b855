# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

"""The default engine: DuckDB over Arrow tables in memory and Parquet files larger than memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class DuckDBEngine:
    """Counts and streams through DuckDB.

    Parameters
    ----------
    threads : int
        Threads that DuckDB may use. Results do not depend on it: streams keep the row order and counts are exact.

    Notes
    -----
    A source is a ``pyarrow.Table``, a Parquet file, or a list of them. Nothing that a user typed is pasted into SQL but
    column names, which are quoted.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._connection = duckdb.connect(
            ":memory:", config={"threads": threads, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
        )
        self._connection.execute("SET preserve_insertion_order = true")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._known: tuple[pa.Table, pa.Table] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def rows(self, source: Any) -> int:
        """Count the rows."""
        return int(self._ask(source, "SELECT count(*) FROM source").fetchone()[0])

    def levels(self, source: Any, column: str, *, limit: int) -> tuple[pa.Array, np.ndarray, int]:
        """Give the most frequent levels (ties by their text), their exact counts, and the number of distinct levels."""
        name = _quoted(column)
        found = self._ask(
            source,
            f"SELECT {name} AS level, count(*) AS rows, count(*) OVER () AS distinct_levels FROM source "
            f"WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY rows DESC, CAST({name} AS VARCHAR) LIMIT {int(limit)}",
        ).to_arrow_table()
        counts = found.column("rows").to_numpy().astype(np.int64)
        distinct = int(found.column("distinct_levels")[0].as_py()) if len(counts) else 0
        return found.column("level").combine_chunks(), counts, distinct

    def quantiles(self, source: Any, column: str, probabilities: Sequence[float]) -> np.ndarray:
        """Give exact discrete quantiles of an ordered column; empty where all is null."""
        points = ", ".join(f"{float(p):.6f}" for p in probabilities)
        answer = self._ask(source, f"SELECT quantile_disc({self._number(source, column)}, [{points}]) FROM source").fetchone()[0]
        return np.array([] if answer is None else answer, dtype=np.float64)

    def heavy_values(self, source: Any, column: str, *, least: int, limit: int) -> np.ndarray:
        """Give values that occur at least `least` times, ascending; the most frequent `limit` of them."""
        answer = self._ask(
            source,
            f"SELECT {self._number(source, column)} AS number, count(*) AS rows FROM source "
            f"GROUP BY 1 HAVING number IS NOT NULL AND count(*) >= {int(least)} ORDER BY rows DESC, number LIMIT {int(limit)}",
        ).fetchall()
        return np.sort(np.array([row[0] for row in answer], dtype=np.float64))

    def batches(
        self, source: Any, ordered: Sequence[str], other: Sequence[str], *, rows: int, hashed: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream the table in row order, columns by position.

        Ordered columns come as float64 (dates in seconds since 1970), the others as they are, then the 64-bit hash of the
        column named by `hashed`.
        """
        parts = [self._number(source, name) for name in ordered] + [_quoted(name) for name in other]
        parts += [f"hash({_quoted(hashed)})"] if hashed else []
        parts = [f"{part} AS column_{at}" for at, part in enumerate(parts or ["NULL"])]  # a table of ids alone has rows, too
        yield from self._ask(source, f"SELECT {', '.join(parts)} FROM source").to_arrow_reader(rows)

    def _ask(self, source: Any, sql: str) -> Any:
        if isinstance(source, pa.Table):
            if self._known is None or self._known[0] is not source:
                self._known = (source, _speakable(source))
            self._connection.register("source", self._known[1])
        else:
            files = [str(Path(part)) for part in ([source] if isinstance(source, (str, Path)) else source)]
            self._connection.register("source", self._connection.read_parquet(files))
        return self._connection.execute(sql)

    def _number(self, source: Any, column: str) -> str:
        """Write the SQL for a column as float64."""
        name = _quoted(column)
        kind = str(self._ask(source, f"SELECT typeof({name}) FROM source LIMIT 1").fetchone()[0])
        if kind.startswith(("TIMESTAMP", "DATE")):
            return f"epoch_us(CAST({name} AS TIMESTAMP)) / 1e6"
        if kind.startswith(("TIME", "INTERVAL")):
            return f"epoch_us({name}) / 1e6"
        if kind in ("DOUBLE", "FLOAT"):
            return f"CASE WHEN isnan({name}) THEN NULL ELSE CAST({name} AS DOUBLE) END"
        return f"CAST({name} AS DOUBLE)"


def _speakable(table: pa.Table) -> pa.Table:
    """Give what DuckDB cannot hold as float64: decimals of over 38 digits, and spans (in seconds) beyond its microseconds."""
    for at, field in enumerate(table.schema):
        if pa.types.is_decimal256(field.type):
            column = table.column(at).cast(pa.float64(), safe=False)
        elif pa.types.is_duration(field.type):
            ticks = {"s": 1e0, "ms": 1e3, "us": 1e6, "ns": 1e9}[field.type.unit]
            column = pc.divide(table.column(at).cast(pa.int64()).cast(pa.float64(), safe=False), ticks)
        else:
            continue
        table = table.set_column(at, field.name, column)
    return table


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
