"""Parquet files that are read once and held in memory, text as dictionaries, where they are small enough for that."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.data.infer import CellFacts

MOST_BYTES = 256 * 2**20
CODE_BYTES = 4


class Held:
    """Rows of Parquet files, read at the first use and then kept.

    Parameters
    ----------
    files : sequence of Path
        Sound files of one schema.
    types : pyarrow.Schema
        Names and plain types of the columns.
    """

    def __init__(self, files: Sequence[Path], types: pa.Schema) -> None:
        self._files, self._types = tuple(files), types

    @cached_property
    def table(self) -> pa.Table | None:
        """The rows; None where they would take more than 256 MiB, or the types of the files differ."""
        size = 0
        packed: dict[str, bool] = {}
        opened = [pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) for path in self._files]
        for file in opened:
            for name, (whole, short) in _sizes(file, self._types).items():
                packed[name] = packed.get(name, True) and short
                size += CODE_BYTES * file.metadata.num_rows if short else whole
        if size > MOST_BYTES:
            return None
        names = [name for name, short in packed.items() if short]
        few = pa.dictionary(pa.int32(), pa.string())
        wanted = pa.schema([pa.field(field.name, few if field.name in names else field.type) for field in self._types])
        parts: list[pa.Table] = []
        for path in self._files:
            file = pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False, read_dictionary=names)
            for group in range(file.num_row_groups):  # what decoding takes is bounded by a group
                part = file.read_row_group(group, columns=self._types.names, use_threads=True)
                parts.append(part.select(self._types.names).replace_schema_metadata())
                if not parts[-1].schema.equals(wanted):
                    return None
        found = pa.concat_tables(parts).unify_dictionaries() if parts else None
        parts.clear()
        pa.default_memory_pool().release_unused()
        return found


def _sizes(file: pq.ParquetFile, types: pa.Schema) -> dict[str, tuple[int, bool]]:
    """Give by column the bytes it takes as it is, and whether it is text of few different cells."""
    found: dict[str, tuple[int, bool]] = {}
    places = {file.metadata.schema.column(at).path: at for at in range(file.metadata.num_columns)}
    for field in types:
        groups = [file.metadata.row_group(at).column(places[field.name]) for at in range(file.metadata.num_row_groups)]
        if not pa.types.is_string(field.type):
            found[field.name] = -(-field.type.bit_width // 8) * file.metadata.num_rows, False
            continue
        written = sum(group.total_uncompressed_size for group in groups)
        few = all(group.has_dictionary_page and group.total_uncompressed_size < 3 * group.num_values + 4_096 for group in groups)
        found[field.name] = written + 4 * file.metadata.num_rows, few
    return found


def plain(batch: pa.RecordBatch, types: pa.Schema) -> pa.RecordBatch:
    """Give text its cells back."""
    columns = [
        column.dictionary.take(column.indices) if isinstance(column, pa.DictionaryArray) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=types)


def plain_batches(table: pa.Table, types: pa.Schema, rows: int) -> Iterator[pa.RecordBatch]:
    """Stream a table that is held, some columns or all, in plain types."""
    for batch in table.select(types.names).to_batches(max_chunksize=rows):
        yield plain(batch, types)


class HeldFacts(CellFacts):
    """Facts of a column of text that is held as a dictionary."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._held = column
        super().__init__(pa.chunked_array([], type=pa.string()))
        self.nullable = column.null_count > 0

    @property
    def rows(self) -> int:
        """Number of values."""
        return len(self._held) - self._held.null_count

    @cached_property
    def _cells(self) -> pa.ChunkedArray:
        return pc.drop_null(self._held.cast(pa.string()))

    @cached_property
    def distinct(self) -> int:  # type: ignore[override]
        """Number of different values."""
        chunks = [part for part in self._held.chunks if len(part) > part.null_count]
        if not all(part.dictionary.equals(chunks[0].dictionary) for part in chunks[1:]):
            return len(pc.drop_null(self._held.cast(pa.string()).unique()))
        seen = np.zeros(len(chunks[0].dictionary) if chunks else 0, dtype=bool)
        for part in chunks:
            seen |= np.bincount(pc.drop_null(part.indices), minlength=len(seen)) > 0
        return int(seen.sum())

    def levels(self, most: int) -> tuple[pa.Array, np.ndarray]:
        """Give all values with their counts."""
        counted = pc.value_counts(pc.drop_null(self._held))
        return counted.field("values").cast(pa.string()), np.asarray(counted.field("counts"))


def held_facts(table: pa.Table) -> Mapping[str, CellFacts]:
    """Give the facts of every column of a table that is held."""
    return {
        name: HeldFacts(column) if pa.types.is_dictionary(column.type) else CellFacts(column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def infinite_held(table: pa.Table) -> list[str]:
    """List the columns of floats that hold infinite numbers."""
    return [
        name
        for name, column in zip(table.column_names, table.columns, strict=True)
        if pa.types.is_floating(column.type) and pc.any(pc.is_inf(column)).as_py()
    ]
