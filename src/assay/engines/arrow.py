"""What needs no query: numbers and levels of tables in memory, as DuckDB would give them."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.engines.protocol import Levels

DAY = 86_400.0
MICROS = 1e6


def streams(types: pa.Schema, ordered: Sequence[str], other: Sequence[str]) -> bool:
    """Whether these columns are of types whose values are read the same way here."""
    return all(_plain_number(types.field(name).type) for name in ordered) and all(
        _plain_level(types.field(name).type) for name in other
    )


def streamed(table: pa.Table, ordered: Sequence[str], other: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    """Stream columns by position, `rows` rows at a time: ordered ones as float64, others as they are."""
    names = [f"column_{at}" for at in range(len(ordered) + len(other))]
    if not names:
        for first in range(0, table.num_rows, rows):
            yield pa.record_batch([pa.nulls(min(rows, table.num_rows - first))], ["column_0"])
        return
    for first in range(0, table.num_rows, rows):
        part = table.slice(first, rows)
        arrays = [_numbers(_whole(part.column(name))) for name in ordered] + [_whole(part.column(name)) for name in other]
        yield pa.RecordBatch.from_arrays(arrays, names=names)


def numbers_of(column: pa.ChunkedArray, every: int) -> np.ndarray:
    """Give each `every`-th value as float64, NaN where null."""
    out = np.empty(-(-len(column) // every))
    at = first = 0
    for chunk in column.chunks:
        part = _numbers(chunk).to_numpy(zero_copy_only=False)[-first % every :: every]
        out[at : at + len(part)] = part
        at, first = at + len(part), first + len(chunk)
    return out


def levels_of(column: pa.ChunkedArray, limit: int) -> Levels | None:
    """Give the most frequent levels (ties by their text) with their exact counts; None for types that are read otherwise."""
    if not _plain_level(column.type):
        return None
    levels, counts = _counted(column)
    there = levels.is_valid()
    levels, counts = levels.filter(there), counts.filter(there)
    by = pa.table({"rows": counts, "text": levels.cast(pa.string())})
    order = pc.sort_indices(by, sort_keys=[("rows", "descending"), ("text", "ascending")])[:limit]
    taken = counts.take(order).to_numpy(zero_copy_only=False).astype(np.int64)
    return Levels(levels.take(order), taken, len(levels), len(column) - column.null_count)


def _counted(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Give different values, perhaps null among them, and how often each occurs."""
    chunks = column.chunks
    if (
        chunks
        and pa.types.is_dictionary(column.type)
        and all(part.dictionary.equals(chunks[0].dictionary) for part in chunks[1:])
    ):
        entries = chunks[0].dictionary
        counts = np.zeros(len(entries) + 1, dtype=np.int64)
        for part in chunks:
            codes = part.indices if not part.null_count else pc.fill_null(part.indices, len(entries))
            counts += np.bincount(codes.to_numpy(zero_copy_only=False), minlength=len(counts))
        there = np.flatnonzero(counts[:-1])
        return entries.take(pa.array(there)), pa.array(counts[there])
    counted = pc.value_counts(_decoded(column))
    return counted.field("values"), counted.field("counts")


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _whole(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    if isinstance(found, pa.ChunkedArray):
        found = found.chunk(0) if found.num_chunks else pa.array([], found.type)
    return found


def _numbers(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_date32(kind):
        return pc.multiply(column.cast(pa.int32()).cast(pa.float64()), DAY)
    if pa.types.is_timestamp(kind):
        ticks = column.cast(pa.timestamp("us", tz=kind.tz)).cast(pa.int64())
        return pc.divide(ticks.cast(pa.float64(), safe=False), MICROS)
    numbers = column.cast(pa.float64(), safe=False)
    if pa.types.is_floating(kind):
        missing = pc.is_nan(numbers)
        if pc.any(missing).as_py():
            return pc.if_else(missing, None, numbers)
    return numbers


def _plain_number(kind: pa.DataType) -> bool:
    return (
        pa.types.is_integer(kind)
        or pa.types.is_float32(kind)
        or pa.types.is_float64(kind)
        or pa.types.is_date32(kind)
        or (pa.types.is_timestamp(kind) and kind.unit == "us")
    )


def _plain_level(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_boolean(kind)
