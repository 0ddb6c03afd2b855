"""Which sources are too large to be read whole, and how they are opened instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.errors import InputError, raise_all
from assay.data.dtypes import arrow_type, is_text, plain_type
from assay.data.impose import cast, same_columns
from assay.data.large_text import open_large_text
from assay.data.limits import require_no_bomb
from assay.data.readers import check_counts, is_parquet, opened_parquet, parquet_files
from assay.data.schema import Schema
from assay.data.stored import Stored
from assay.data.validate import short, table_faults

LARGE_ROWS = 200_000
LARGE_CELLS = 4_000_000


def open_large(source: Any, *, null: str = "") -> Stored | None:
    """Open Parquet files without reading their rows if they hold many; large CSV by way of a temporary Parquet file.

    Parameters
    ----------
    source : path, frame or Dataset
        Anything that `assay.data.readers.read_table` takes.
    null : str
        In CSV, the cell that means null.

    Returns
    -------
    Stored or None
        None for what is read into memory as a whole: frames, JSON Lines, CSV of up to 256 MiB, Parquet of up to 200,000 rows
        or 4 million cells, and types that an engine would read otherwise than Arrow does (durations, decimals of over 38
        digits, times in nanoseconds).

    Raises
    ------
    InputError
        Broken or forged files, names and types that no table may have.
    """
    if not isinstance(source, str | Path) or not str(source).strip():
        return None
    path = Path(source)
    try:
        files = parquet_files(path) if path.is_dir() else [path] if path.is_file() and is_parquet(path) else []
    except OSError:
        return None
    if not files:
        return open_large_text(path, null=null) if path.is_file() else None
    opened = [(file, opened_parquet(file)) for file in files]
    rows = sum(max(parquet.metadata.num_rows, 0) for _, parquet in opened)
    if rows <= LARGE_ROWS or rows * opened[0][1].metadata.num_columns <= LARGE_CELLS:
        return None
    for file, parquet in opened:
        check_counts(parquet.metadata, file)
        require_no_bomb(parquet, file)
    return _unified(path, opened, rows)


def columns_of(source: Any) -> int | None:
    """Count the columns of a source without reading its rows; None where only reading tells."""
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            if path.is_dir():
                path = parquet_files(path)[0]
            if not path.is_file():
                return None
            if is_parquet(path):
                return int(opened_parquet(path).metadata.num_columns)
            with path.open("rb") as file:
                head = file.read(2**22)
        except OSError:
            return None
        if head[:2] in (b"\x1f\x8b", b"PK") or path.suffix.lower() not in (".csv", ".tsv", ".txt", ".data"):
            return None
        line = head.split(b"\n", 1)[0]
        return max(line.count(mark) for mark in (b",", b";", b"\t", b"|")) + 1
    names = getattr(source, "column_names", None) or getattr(source, "names", None)
    if names is None:
        names = getattr(source, "columns", ())
    return len(names)


def _unified(path: Path, opened: list[tuple[Path, pq.ParquetFile]], rows: int) -> Stored | None:
    schemas = [parquet.schema_arrow.remove_metadata() for _, parquet in opened]
    schemas = [pa.schema([field for field in schema if not _index(field.name)]) for schema in schemas]
    for schema in schemas:
        raise_all([fault for fault in table_faults(schema.empty_table(), str(path)) if fault.column is not None])
    plain = [pa.schema([pa.field(field.name, plain_type(field.type)) for field in schema]) for schema in schemas]
    try:
        types = pa.unify_schemas(plain, promote_options="permissive")
    except pa.ArrowException as error:
        reason = str(error).split("\n")[0]
        raise InputError(
            f"The files of the folder have different columns ({reason}).", file=str(path), fix="Mend them."
        ) from error
    raise_all([fault for fault in table_faults(types.empty_table(), str(path)) if fault.column is not None])
    if any(_foreign(field.type) for field in types) or any(set(schema.names) != set(types.names) for schema in schemas):
        return None
    direct = all(_direct(field.type, types.field(field.name).type) for schema in schemas for field in schema)
    stored = Stored(tuple(file for file, _ in opened), types, rows, plain=direct)
    return stored if direct else stored.rewritten(types, lambda batch: batch)


def _index(name: str) -> bool:
    return name.startswith("__index_level_") and name.endswith("__")


def _foreign(kind: pa.DataType) -> bool:
    """Whether an engine reads values of this type from Parquet otherwise than Arrow does."""
    return (
        pa.types.is_duration(kind)
        or (pa.types.is_decimal(kind) and kind.bit_width > 128)
        or (pa.types.is_time64(kind) and kind.unit == "ns")
    )


def _direct(have: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether a column of the file is read as the plain type that it has in memory."""
    if pa.types.is_dictionary(have):
        have = have.value_type
    return have == wanted or (is_text(have) and is_text(wanted))


def retyped(stored: Stored, types: dict[str, pa.DataType]) -> tuple[Stored, dict[str, bool], dict[str, int]]:
    """Cast columns batch by batch, by the rules of `assay.data.impose.cast`.

    Parameters
    ----------
    stored : Stored
        The rows.
    types : dict of str to pyarrow.DataType
        The types wanted, in the order wanted.

    Returns
    -------
    stored : Stored
        The same files where nothing had to be cast, else a temporary one.
    same : dict of str to bool
        By column, whether the cast kept values and meaning.
    lost : dict of str to int
        By column, how many values became null.
    """
    wanted = pa.schema(list(types.items()))
    same = dict.fromkeys(types, True)
    lost = dict.fromkeys(types, 0)
    if all(stored.types.field(name).type == kind for name, kind in types.items()):
        return replace(stored, types=wanted), same, lost

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = []
        for name, kind in types.items():
            before = pa.chunked_array([batch.column(name)])
            after, kept = cast(before, kind, from_text=stored.from_text)
            same[name] = same[name] and kept
            lost[name] += after.null_count - before.null_count
            columns.append(after.combine_chunks() if after.num_chunks != 1 else after.chunk(0))
        return pa.RecordBatch.from_arrays(columns, schema=wanted)

    return stored.rewritten(wanted, convert), same, lost


def impose_large(stored: Stored, schema: Schema, *, name: str) -> tuple[Stored, dict[str, str]]:
    """Give stored rows the columns, order and types of the real table; tell which types were truly other ones."""
    same_columns(stored.types.names, schema, name)
    fitted, same, _ = retyped(stored, {column.name: arrow_type(column.dtype) for column in schema.columns})
    return fitted, {column: str(stored.types.field(column).type) for column, kept in same.items() if not kept}


def declare_large(stored: Stored, declared: Schema) -> Stored:
    """Give stored real rows the types that a schema declares.

    Raises
    ------
    InputErrors
        Declared columns that the table has not, or whose values the declared type cannot hold.
    """
    faults = [
        InputError(f"No column {short(column.name)} in the real table, the schema has one.", column=column.name, fix="Mend it.")
        for column in declared.columns
        if column.name not in stored.types.names
    ]
    raise_all(faults)
    wanted = {field.name: field.type for field in stored.types}
    wanted |= {column.name: arrow_type(column.dtype) for column in declared.columns if column.dtype}
    fitted, _, lost = retyped(stored, wanted)
    raise_all(
        [
            InputError(
                f"Column {short(name)} does not fit the schema's type {wanted[name]}: it is {stored.types.field(name).type}.",
                column=name,
                fix="Mend the schema or the data.",
            )
            for name, count in lost.items()
            if count
        ]
    )
    return fitted
