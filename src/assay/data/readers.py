"""Any accepted source to an Arrow table: files and folders of Parquet, CSV, JSON Lines, and frames."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.errors import InputError, raise_all
from assay.core.lineage import METADATA_KEY, Lineage
from assay.data.dataset import Dataset
from assay.data.delimited import parse
from assay.data.dtypes import plain_column
from assay.data.json_lines import parse_lines
from assay.data.limits import gunzip, require_no_bomb, require_readable, require_text
from assay.data.stamps import read_stamp
from assay.data.validate import name_faults, short, table_faults
from assay.data.values import column_of

SOURCES = "a Parquet file or folder, .csv, .csv.gz, .jsonl, a pandas, polars or Arrow frame, or a Dataset"
FORMATS = (".parquet", ".pq", ".csv", ".tsv", ".txt", ".data", ".jsonl", ".ndjson")


def read_table(source: Any, *, null: str = "") -> pa.Table:
    """Read a table with its exact types.

    Parameters
    ----------
    source : path, frame or Dataset
        A Parquet file or folder, CSV, CSV.gz or JSON Lines; anything with ``__arrow_c_stream__`` (pandas, polars, Arrow).
    null : str, default ""
        In CSV, the unquoted cell that means null.

    Returns
    -------
    pyarrow.Table
        At least 2 rows and one column; every column of a plain type (`assay.data.dtypes.plain_type`).

    Raises
    ------
    InputError
        With file, line or column, and the next step. All faults of one source come together as `InputErrors`.

    Notes
    -----
    Nulls, NaN, ``""`` and ``"NA"`` are kept apart wherever the source does: Parquet, Arrow and polars keep NaN and null apart,
    pandas holds NaN for null in its own float columns. `Dataset.nulls` counts both, as no measure can tell what a NaN says.
    Unnamed pandas indices are dropped.
    """
    if isinstance(source, Dataset):
        return source.table
    if isinstance(source, str) and not source.strip():
        raise InputError("The path is empty.", fix=f"Give {SOURCES}.")
    if isinstance(source, str | Path):
        table, file = _from_path(Path(source), null), str(source)
    elif hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__"):
        table, file = _from_frame(source), None
    else:
        raise InputError(f"A table cannot be read from a {type(source).__name__}.", fix=f"Give {SOURCES}.")
    table = _without_unnamed_index(table)
    raise_all(table_faults(table, file))
    columns = [plain_column(column) for column in table.columns]
    return pa.table(columns, names=table.column_names).replace_schema_metadata(table.schema.metadata)


def read_lineage(path: str | Path) -> Lineage | None:
    """Read the lineage stamp of a file that Assay wrote, or None where there is none.

    Raises
    ------
    InputError
        If the stamp is there but cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        return None
    if not is_parquet(path):
        return read_stamp(path)
    text = (opened_parquet(path).schema_arrow.metadata or {}).get(METADATA_KEY)
    if text is None:
        return None
    try:
        return Lineage.from_json(text)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError("The lineage stamp cannot be read.", file=str(path), fix="Generate the data again.") from error


def _from_path(path: Path, null: str) -> pa.Table:
    try:
        if path.is_dir():
            return _from_folder(path)
        if not path.exists():
            raise InputError("No such file.", file=str(path), fix=f"Give {SOURCES}.")
        require_readable(path)
        if is_parquet(path):
            return _from_parquet(path)
        with path.open("rb") as file:
            require_text(path, file.read(8))
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The file cannot be read ({error.strerror or error}).", file=str(path), fix="Check its rights."
        ) from error
    if data[:2] == b"\x1f\x8b":
        data = gunzip(data, str(path))
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    if suffixes and suffixes[-1] in (".jsonl", ".ndjson"):
        return parse_lines(data, file=str(path))
    if suffixes and suffixes[-1] == ".json":
        raise InputError("JSON documents are not read.", file=str(path), fix="Write one object a line, as .jsonl.")
    return parse(data, null=null, file=str(path))


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its name or its first bytes."""
    if path.suffix.lower() in (".parquet", ".pq"):
        return True
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def opened_parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file, or say that it is none."""
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError, MemoryError, OverflowError, ValueError) as error:
        reason = str(error).split("\n")[0].split(". ")[0]
        raise InputError(f"This is no whole Parquet file ({reason}).", file=str(path), fix="Copy or write it again.") from error


def _from_parquet(path: Path) -> pa.Table:
    file = opened_parquet(path)
    check_counts(file.metadata, path)
    raise_all(name_faults(file.schema_arrow.names, str(path)))
    nested = table_faults(file.schema_arrow.empty_table(), str(path))
    raise_all([fault for fault in nested if fault.column is not None])
    require_no_bomb(file, path)
    try:
        table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, MemoryError, OverflowError, ValueError) as error:
        reason = str(error).split("\n")[0].split(". ")[0]
        raise InputError(f"The Parquet file is broken ({reason}).", file=str(path), fix="Copy or write it again.") from error
    if table.num_rows != file.metadata.num_rows:
        raise _forged(path)
    return table


def check_counts(metadata: pq.FileMetaData, path: Path) -> None:
    """Refuse a Parquet file whose footer contradicts itself."""
    rows, size = 0, path.stat().st_size
    for position in range(metadata.num_row_groups):
        group = metadata.row_group(position)
        rows += group.num_rows
        for column in range(group.num_columns):
            chunk = group.column(column)
            if group.num_rows < 0 or chunk.total_compressed_size < 0 or chunk.total_compressed_size > size:
                raise _forged(path)
            if metadata.schema.column(column).max_repetition_level == 0 and chunk.num_values != group.num_rows:
                raise _forged(path)
    if rows != metadata.num_rows:
        raise _forged(path)


def _forged(path: Path) -> InputError:
    return InputError("The row counts in the Parquet footer contradict its content.", file=str(path), fix="Write the file again.")


def parquet_files(path: Path) -> list[Path]:
    """List the Parquet files of a folder, in the order in which their rows follow each other."""
    files = sorted(file for file in path.rglob("*.parquet") if not file.name.startswith((".", "_")))
    if not files:
        raise InputError("The folder has no .parquet files.", file=str(path), fix=f"Give {SOURCES}.")
    return files


def _from_folder(path: Path) -> pa.Table:
    files = parquet_files(path)
    tables = [_from_parquet(file) for file in files]
    for file, table in zip(files, tables, strict=True):
        if other := sorted(set(table.column_names) ^ set(tables[0].column_names)):
            message = f"The files of the folder have other columns: {short(other[0])} is not in both this and {files[0].name}."
            raise InputError(message, file=str(file), column=other[0], fix="Give all files the same columns.")
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        reason = str(error).split("\n")[0]
        raise InputError(
            f"The files of the folder have different columns ({reason}).", file=str(path), fix="Mend them."
        ) from error


def _from_frame(source: Any) -> pa.Table:
    if not hasattr(source, "columns"):
        raise InputError(f"A table cannot be read from a {type(source).__name__}.", fix=f"Give {SOURCES}.")
    # Polars ends the whole process where a name has a NUL: it must not get to hand its columns over.
    steering = [name for name in getattr(source, "column_names", source.columns) if "\0" in str(name)]
    raise_all(name_faults([str(name) for name in steering], None))
    try:
        if any(str(kind) == "object" for kind in getattr(source, "dtypes", ())):  # pandas: Arrow would guess from the first cells
            return _by_column(source, TypeError("columns of objects"))
        return pa.table(source)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError) as error:
        return _by_column(source, error)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of libraries in Rust, and no Exception
            raise
        return _by_column(source, TypeError(str(error)))


def _by_column(source: Any, reason: Exception) -> pa.Table:
    """Convert column by column, to say which ones cannot be."""
    names = [str(name) for name in source.columns]
    raise_all(name_faults(names, None))
    try:
        frame = nw.from_native(source, eager_only=True)
    except TypeError:
        raise InputError(f"The frame cannot be read ({reason}).", fix=f"Give {SOURCES}.") from reason
    faults: list[InputError] = []
    columns: list[pa.Array] = []
    for name, series in zip(names, frame.iter_columns(), strict=True):
        try:
            columns.append(column_of(series.to_list(), name))
        except InputError as error:
            faults.append(error)
    raise_all(faults)
    return pa.table(columns, names=names)


def _without_unnamed_index(table: pa.Table) -> pa.Table:
    names = [name for name in table.column_names if not re.fullmatch(r"__index_level_\d+__", name)]
    if len(names) == table.num_columns:
        return table
    return table.select(names)
