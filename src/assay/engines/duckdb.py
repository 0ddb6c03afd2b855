# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

"""The default engine: DuckDB over Arrow tables in memory and Parquet files larger than memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.engines.arrow import levels_of, numbers_of, streamed, streams
from assay.engines.protocol import Levels

BATCH_ROWS = 122_880
LEAST_MEMORY = 256 * 2**20


class DuckDBEngine:
    """Counts and streams through DuckDB.

    Parameters
    ----------
    threads : int
        Threads that DuckDB may use. Results do not depend on it: streams keep the row order and counts are exact.
    memory : int, optional
        Bytes that DuckDB may hold; what does not fit goes to a temporary folder. Default: its own, 80% of the machine's.

    Notes
    -----
    A source is a ``pyarrow.Table``, a Parquet file, or a list of them. Nothing that a user typed is pasted into SQL but
    column names, which are quoted.
    """

    def __init__(self, threads: int = 1, memory: int | None = None) -> None:
        self.threads = threads
        self._spill: tempfile.TemporaryDirectory[str] | None = None
        config: dict[str, Any] = {
            "threads": threads,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if memory is not None:
            self._spill = tempfile.TemporaryDirectory(prefix="assay-spill-")
            config |= {"memory_limit": f"{max(memory, LEAST_MEMORY) // 2**20}MiB", "temp_directory": self._spill.name}
        self._connection = duckdb.connect(":memory:", config=config)
        self._connection.execute("SET preserve_insertion_order = true")
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._known: tuple[Any, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()
        if self._spill is not None:
            self._spill.cleanup()

    def rows(self, source: Any) -> int:
        """Count the rows."""
        return int(self.ask(source, "SELECT count(*) FROM source").fetchone()[0])

    def levels(self, source: Any, column: str, *, limit: int) -> Levels:
        """Give the most frequent levels (ties by their text) with their exact counts."""
        if isinstance(source, pa.Table) and (listed := levels_of(source.column(column), limit)) is not None:
            return listed
        name = quoted(column)
        found = self.ask(
            source,
            f"SELECT {name} AS level, count(*) AS rows, count(*) OVER () AS distinct_levels, "
            f"CAST(sum(count(*)) OVER () AS BIGINT) AS present FROM source "
            f"WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY rows DESC, CAST({name} AS VARCHAR) LIMIT {int(limit)}",
        ).to_arrow_table()
        counts = found.column("rows").to_numpy().astype(np.int64)
        distinct, present = (int(found.column(key)[0].as_py()) if len(counts) else 0 for key in ("distinct_levels", "present"))
        return Levels(found.column("level").combine_chunks(), counts, distinct, present)

    def numbers(self, source: Any, columns: Sequence[str], *, every: int = 1) -> list[np.ndarray]:
        """Give ordered columns as float64, NaN where null; each `every`-th row, counted in row order."""
        if isinstance(source, pa.Table) and streams(source.schema, columns, []):
            return [numbers_of(source.column(name), every) for name in columns]
        parts: list[list[np.ndarray]] = [[] for _ in columns]
        first = 0
        for batch in self.batches(source, columns, [], rows=BATCH_ROWS):
            begin = -first % every
            first += len(batch)
            for at, array in enumerate(batch.columns):
                parts[at].append(array.to_numpy(zero_copy_only=False)[begin::every])
        return [np.concatenate([np.zeros(0), *part]).astype(np.float64, copy=False) for part in parts]

    def batches(
        self, source: Any, ordered: Sequence[str], other: Sequence[str], *, rows: int, hashed: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream the table in row order, columns by position.

        Ordered columns come as float64 (dates in seconds since 1970), the others as they are, then the 64-bit hash of the
        column named by `hashed`.
        """
        if hashed is None and isinstance(source, pa.Table) and streams(source.schema, ordered, other):
            yield from streamed(source, ordered, other, rows)
            return
        kinds = self._kinds(source) if ordered else {}
        parts = [_number(name, kinds[name]) for name in ordered] + [quoted(name) for name in other]
        parts += [f"hash({quoted(hashed)})"] if hashed else []
        parts = [f"{part} AS column_{at}" for at, part in enumerate(parts or ["NULL"])]  # a table of ids alone has rows, too
        yield from self.ask(source, f"SELECT {', '.join(parts)} FROM source").to_arrow_reader(rows)

    def row_hashes(self, source: Any, columns: Sequence[str], *, rows: int = BATCH_ROWS) -> Iterator[np.ndarray]:
        """Stream a 64-bit hash of each row's values, in row order: equal rows of equal types have equal hashes."""
        answer = self.ask(source, f"SELECT hash({', '.join(map(quoted, columns))}) AS digest FROM source")
        for batch in answer.to_arrow_reader(rows):
            yield batch.column(0).to_numpy(zero_copy_only=False).astype(np.uint64, copy=False)

    def ask(self, source: Any, sql: str) -> Any:
        """Run a query over the view ``source``; for the rooms of this engine only."""
        self._register(source)
        return self._connection.execute(sql)

    def _register(self, source: Any) -> Any:
        """Make the source known as the table `source`, once."""
        if self._known is not None and self._known[0] is source:
            return self._known[1]
        if isinstance(source, pa.Table):
            relation = self._connection.from_arrow(_speakable(source))
        else:
            paths = [Path(part) for part in ([source] if isinstance(source, (str, Path)) else source)]
            relation = self._connection.read_parquet([str(path / "*.parquet" if path.is_dir() else path) for path in paths])
        self._connection.register("source", relation)
        self._known = source, relation
        return relation

    def _kinds(self, source: Any) -> dict[str, str]:
        """Give the type of every column, as DuckDB calls it."""
        relation = self._register(source)
        return dict(zip(relation.columns, map(str, relation.types), strict=True))


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


def _number(column: str, kind: str) -> str:
    """Write the SQL for a column as float64."""
    name = quoted(column)
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"epoch_us(CAST({name} AS TIMESTAMP)) / 1e6"
    if kind.startswith(("TIME", "INTERVAL")):
        return f"epoch_us({name}) / 1e6"
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isnan({name}) THEN NULL ELSE CAST({name} AS DOUBLE) END"
    return f"CAST({name} AS DOUBLE)"


def quoted(name: str) -> str:
    """Quote a column's name for SQL."""
    return '"' + name.replace('"', '""') + '"'
