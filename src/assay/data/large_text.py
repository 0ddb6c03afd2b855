"""Large comma-separated files, turned into a temporary Parquet file block by block: bounded memory, the same exact types."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from assay.core.errors import InputError, raise_all
from assay.data.delimited import delimiter_of, header_of
from assay.data.limits import ARCHIVES, require_no_bomb_so_far
from assay.data.stored import Folder, Stored, write_batches
from assay.data.text_types import clean, typed
from assay.data.validate import name_faults, short

LARGE_TEXT = 256 * 2**20
PACKED = 6  # gzip packs tables of text by about this factor
BLOCK = 8 * 2**20
HEAD = 2**22
SUFFIXES = (".csv", ".tsv", ".txt", ".data")


def open_large_text(path: Path, *, null: str = "") -> Stored | None:
    """Convert a large CSV or CSV.gz to Parquet, never holding more than a block and the different cells of one column.

    Parameters
    ----------
    path : Path
        The file.
    null : str
        The unquoted cell that means null.

    Returns
    -------
    Stored or None
        None for small files, other formats, and text in UTF-16 or UTF-32, which are read whole.

    Raises
    ------
    InputError
        As `assay.data.delimited.parse`; of a ragged line Arrow's count of the row is given.

    Notes
    -----
    First all cells are written as text; then the type of each column is judged on its different cells, as in memory; then
    the text is cast. Columns whose cells nearly all differ are the dearest: their different cells are held, one column's at
    a time.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    plain = suffixes[-2:-1] if packed else suffixes[-1:]
    size = path.stat().st_size * (PACKED if packed else 1)
    if size <= LARGE_TEXT or not plain or plain[0] not in SUFFIXES:
        return None
    file = str(path)
    with path.open("rb") as raw:
        start = raw.read(8)
    if not packed and any(start.startswith(magic) for magic in ARCHIVES):
        return None
    try:
        with pa.input_stream(file, compression="gzip" if packed else None) as stream:
            head = bytes(stream.read(HEAD))
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
            return None
        if (at := head.find(b"\0")) >= 0:
            line = head.count(b"\n", 0, at) + 1
            raise InputError(f"Line {line} has a NUL character.", file=file, row=line, fix="Write the file again as plain text.")
        text = _as_text(path, head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"), packed, null)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).split("\n")[0]
        if "straddling object" in reason:
            reason = f"a line or a quoted cell is longer than {BLOCK >> 20} MB"
        raise InputError(f"The file is no comma-separated text ({reason}).", file=file, fix="Write it again as CSV.") from error
    types: dict[str, pa.DataType] = {}
    faults: list[InputError] = []
    for name in text.types.names:
        column, wrong = typed(_different(text, name), name, file)
        types[name] = column.type
        faults += wrong
        if pa.types.is_floating(column.type) and pc.any(pc.is_inf(column)).as_py():
            faults.append(InputError(f"Column {short(name)} has infinite values.", file=file, column=name, fix="Replace them."))
    raise_all(faults)
    wanted = pa.schema(list(types.items()))

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [_cast(batch.column(field.name), field.type) for field in wanted]
        return pa.RecordBatch.from_arrays(columns, schema=wanted)

    return text.rewritten(wanted, convert)


def _as_text(path: Path, head: bytes, packed: bool, null: str) -> Stored:
    delimiter = delimiter_of(head)
    names = header_of(head, delimiter, str(path))
    raise_all(name_faults(names, str(path)))
    types = pa.schema([(name, pa.string()) for name in names])
    keys = [str(at) for at in range(len(names))]
    size = path.stat().st_size

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.input_stream(str(path), compression="gzip" if packed else None) as stream:
            reader = pv.open_csv(
                stream,
                read_options=pv.ReadOptions(column_names=keys, skip_rows_after_names=1, block_size=BLOCK),
                parse_options=pv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=len(names) > 1),
                convert_options=pv.ConvertOptions(
                    column_types=dict.fromkeys(keys, pa.string()),
                    null_values=[null],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            unpacked = 0
            for batch in reader:
                unpacked += batch.nbytes
                if packed:
                    require_no_bomb_so_far(size, unpacked, str(path))
                yield pa.RecordBatch.from_arrays(batch.columns, schema=types)

    folder = Folder()
    file = folder.path / "text.parquet"
    rows = write_batches(file, types, batches())
    if rows < 2:
        few = "no rows" if rows == 0 else "only 1 row"
        raise InputError(f"The table has {few}.", file=str(path), fix="Give a table of at least 2 rows.")
    return Stored((file,), types, rows, from_text=True, folder=folder)


def _different(stored: Stored, name: str) -> pa.ChunkedArray:
    """Give the different cells of a column."""
    held = pa.array([], pa.string())
    parts: list[pa.Array] = []
    waiting = 0
    for batch in stored.batches([name]):
        parts.append(pc.unique(batch.column(0)))
        waiting += len(parts[-1])
        if waiting > 2_000_000:
            held, parts, waiting = pc.unique(pa.chunked_array([held, *parts])), [], 0
    return pa.chunked_array([pc.unique(pa.chunked_array([held, *parts]))])


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return column
    cells = clean(column)
    return pc.equal(pc.utf8_lower(cells), "true") if pa.types.is_boolean(kind) else cells.cast(kind)
