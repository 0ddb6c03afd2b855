"""Tables to files, exactly and never by half."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.core.errors import InputError
from assay.core.files import require_writable, write_atomically
from assay.core.lineage import METADATA_KEY
from assay.data.dataset import Dataset
from assay.data.stamps import write_stamped

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl")


def write_table(dataset: Dataset, path: str | Path) -> Path:
    """Write a table whole or not at all, with its lineage.

    Parameters
    ----------
    dataset : Dataset
        What to write.
    path : path
        Ends in ``.parquet`` (types kept, lineage in the metadata), ``.csv``, ``.csv.gz`` or ``.jsonl`` (lineage in a side file
        ``<path>.lineage.json``).

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        An unknown ending, or a folder that cannot be written to.

    Notes
    -----
    In CSV nulls are empty cells and empty strings quoted ones, floats have as many digits as bring the same float back,
    times with a zone are in UTC and durations are counts of their unit. NaN is ``nan`` in CSV and null in JSON Lines.
    The same dataset gives the same bytes.
    """
    path = ensure_writable(path)
    kind = _suffix(path)
    if kind == ".parquet":
        write_atomically(path, _parquet(dataset))
        return path
    data = _json_lines(dataset.table) if kind == ".jsonl" else _csv(dataset.table)
    write_stamped(path, gzip.compress(data, mtime=0) if kind == ".csv.gz" else data, dataset.lineage)
    return path


def ensure_writable(path: str | Path) -> Path:
    """Try an output path before work starts.

    Raises
    ------
    InputError
        If the folder is missing or not writable, or the path is a folder.
    """
    require_writable(path)
    return Path(path)


def is_folder(out: str | Path) -> bool:
    """Tell whether an output path names a folder: one that exists, or any that ends in a slash.

    Examples
    --------
    >>> is_folder("tables/"), is_folder("table.parquet")
    (True, False)
    """
    return str(out).endswith(("/", os.sep)) or Path(out).is_dir()


def _suffix(path: Path) -> str:
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    known = ", ".join(SUFFIXES)
    raise InputError(
        f"No format is written to {path.suffix or 'a path without ending'}.", file=str(path), fix=f"End it in {known}."
    )


def _parquet(dataset: Dataset) -> bytes:
    metadata = {} if dataset.lineage is None else {METADATA_KEY: dataset.lineage.to_json().encode()}
    sink = io.BytesIO()
    pq.write_table(
        dataset.table.replace_schema_metadata(metadata), sink, compression="zstd", version="2.6", write_page_checksum=True
    )
    return sink.getvalue()


def _csv(table: pa.Table) -> bytes:
    header = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in table.column_names)
    rows = _joined([_cells(column) for column in table.columns], ",", "")
    return "\n".join([header, *rows, ""]).encode()


def _json_lines(table: pa.Table) -> bytes:
    keys = [f"{json.dumps(name, ensure_ascii=False)}: " for name in table.column_names]
    pairs = [pc.binary_join_element_wise(key, _json_cells(column), "") for key, column in zip(keys, table.columns, strict=True)]
    return "".join(f"{{{row}}}\n" for row in _joined(pairs, ", ", "")).encode()


def _joined(columns: list[pa.ChunkedArray], mark: str, null: str) -> list[str]:
    return pc.binary_join_element_wise(*columns, mark, null_handling="replace", null_replacement=null).to_pylist()


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(column.type):
        return pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
    return _text(column)


def _json_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_string(kind):
        levels = pc.unique(column)
        texts = [None if level is None else json.dumps(level, ensure_ascii=False) for level in levels.to_pylist()]
        quoted = pa.array(texts, pa.string())
        text = pa.chunked_array([quoted.take(pc.index_in(column, value_set=levels).combine_chunks())])
    elif pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        text = pc.binary_join_element_wise('"', _text(column), '"', "")
    elif pa.types.is_floating(kind):
        text = _text(pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind)))
    else:
        text = _text(column)
    return pc.fill_null(text, "null")


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pc.binary_join_element_wise(column.cast(pa.timestamp(kind.unit)).cast(pa.string()), "Z", "")
    if pa.types.is_duration(kind):
        return column.cast(pa.int64()).cast(pa.string())
    text = column.cast(pa.string())
    if not pa.types.is_floating(kind):
        return text
    whole = pc.match_substring_regex(text, "^-?[0-9]+$")
    return pc.if_else(whole, pc.binary_join_element_wise(text, ".0", ""), text)
