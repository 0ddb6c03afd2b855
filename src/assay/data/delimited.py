"""Comma-separated text to exact columns, faults with their line numbers."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from assay.core.errors import InputError, raise_all
from assay.data.limits import LONGEST_LINE, long_line
from assay.data.text_types import typed
from assay.data.validate import name_faults

TEXT_SOURCE = {b"assay.source": b"text"}
DELIMITERS = ",;\t|"
FAULTS_LISTED = 10
QUOTES = "Close the quote, or double quotes within a cell."
BLOCK = 1 << 24


def parse(data: bytes, *, null: str, file: str | None) -> pa.Table:
    """Parse delimited text with a header line.

    Parameters
    ----------
    data : bytes
        UTF-8, UTF-16 or UTF-32 text, with or without byte order mark.
    null : str
        The cell that means null; unquoted only. ``""`` is the empty cell. A quoted empty cell is an empty string in a
        column of text and null in any other.
    file : str
        For messages.

    Returns
    -------
    pyarrow.Table
        Typed columns. The delimiter is the one of comma, semicolon, tab and bar that the header line has most of.
        Blank lines are skipped, but are nulls where there is one column only.

    Raises
    ------
    InputError
        Bytes that are no text, NUL characters, ragged lines, unclosed quotes, two date formats, decimal commas.
    """
    data = decode(data, file).lstrip(b"\r\n")
    if not data.strip():
        raise InputError("The file is empty.", file=file, fix="Give a file with a header line and at least 2 rows.")
    if (at := data.find(b"\0")) >= 0:
        line = _line(data, at)
        raise InputError(f"Line {line} has a NUL character.", file=file, row=line, fix="Write the file again as plain text.")
    if (line := long_line(data)) is not None:
        message = f"Line {line} is longer than {LONGEST_LINE >> 20} MB."
        raise InputError(message, file=file, row=line, fix="Write one row a line, or leave out what is no table.")
    delimiter = delimiter_of(data)
    names = header_of(data, delimiter, file)
    raise_all(name_faults(names, file))
    if data.count(b'"') % 2:
        raise_all(_line_faults(data, delimiter, len(names), file, only_quotes=True))
    keys = [str(position) for position in range(len(names))]
    block = max(1 << 20, min(len(data), 1 << 26))
    try:
        table = pv.read_csv(
            io.BytesIO(data),
            read_options=pv.ReadOptions(column_names=keys, skip_rows_after_names=1, block_size=block),
            parse_options=pv.ParseOptions(
                delimiter=delimiter, newlines_in_values=b'"' in data, ignore_empty_lines=len(names) > 1
            ),
            convert_options=pv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()),
                null_values=[null],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise_all(_line_faults(data, delimiter, len(names), file, only_quotes=False))
        raise InputError(f"The file is no comma-separated text ({error}).", file=file, fix="Write it again as CSV.") from error
    if data.count(b"\n") > len(table) and any(map(_swallows, table.columns)):
        raise_all(_swallowed(data, delimiter, file))
    columns: list[pa.ChunkedArray] = []
    faults: list[InputError] = []
    for name, column in zip(names, table.columns, strict=True):
        out, wrong = typed(column, name, file)
        columns.append(out)
        faults += wrong
    raise_all(faults)
    return pa.table(columns, names=names).replace_schema_metadata(TEXT_SOURCE)


def decode(data: bytes, file: str | None) -> bytes:
    """Give text in UTF-8, UTF-16 or UTF-32, with or without byte order mark, as UTF-8 without one."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    encoding = "utf-8"
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        encoding = "utf-32"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif len(data) > 3 and data[1] == 0 and data[3] == 0 and data[0] and data[2]:
        encoding = "utf-16-le"
    elif len(data) > 3 and data[0] == 0 and data[2] == 0 and data[1] and data[3]:
        encoding = "utf-16-be"
    decoder = codecs.getincrementaldecoder(encoding)()
    parts: list[bytes] = []
    for start in range(0, max(len(data), 1), BLOCK):
        try:
            text = decoder.decode(data[start : start + BLOCK], start + BLOCK >= len(data))
        except UnicodeDecodeError as error:
            # the decoder may have kept the beginning of a letter from the block before
            line = _line(data, max(start + error.start - (len(error.object) - len(data[start : start + BLOCK])), 0))
            message = f"Line {line} is not {encoding.upper()} text."
            raise InputError(message, file=file, row=line, fix="Save the file as UTF-8.") from error
        if encoding != "utf-8":
            parts.append(text.encode("utf-8", "surrogatepass"))
    return data if encoding == "utf-8" else b"".join(parts)


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def delimiter_of(data: bytes) -> str:
    """Give the delimiter that the header line has most of."""
    head = data.split(b"\n", 1)[0].decode(errors="replace")
    bare = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=lambda mark: (bare.count(mark), -DELIMITERS.index(mark)))


def _rows(data: bytes, delimiter: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")


def header_of(data: bytes, delimiter: str, file: str | None) -> list[str]:
    """Give the names of the header line."""
    try:
        with _long_cells():
            return next(csv.reader(_rows(data, delimiter), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"The header line cannot be read ({error}).", file=file, row=1, fix="Mend its quotes.") from error


def _bounded(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    with _long_cells():
        yield from reader


@contextmanager
def _long_cells() -> Generator[None]:
    """Let cells be as long as a line may be, and no longer: a quote that never closes ends here, not with the memory."""
    usual = csv.field_size_limit(LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _line_faults(data: bytes, delimiter: str, width: int, file: str | None, *, only_quotes: bool) -> list[InputError]:
    reader = csv.reader(_rows(data, delimiter), delimiter=delimiter, strict=True)
    faults: list[InputError] = []
    more, start = 0, 1
    try:
        for cells in _bounded(reader):
            if cells and len(cells) != width:
                message = f"Line {start} has {len(cells)} cell{'s' if len(cells) != 1 else ''}, the header has {width}."
                fix = "Quote cells that hold the delimiter; write decimals with a point."
                if len(faults) < FAULTS_LISTED:
                    faults.append(InputError(message, file=file, row=start, fix=fix))
                else:
                    more += 1
            start = reader.line_num + 1
    except csv.Error as error:
        quote = "unexpected end of data" in str(error) or "field larger than" in str(error) or reader.line_num > start
        if quote:
            return [_never_closed(start, file)]
        if not only_quotes:
            return [InputError(f"Line {start}: {error}.", file=file, row=start, fix=QUOTES)]
        return []
    if only_quotes:
        return []
    if more:
        faults.append(InputError(f"{more} more lines have another number of cells.", file=file, fix="Mend them too."))
    return faults


def _never_closed(line: int, file: str | None) -> InputError:
    return InputError(f"Line {line} opens a quote that is never closed.", file=file, row=line, fix=QUOTES)


def _swallows(column: pa.ChunkedArray) -> bool:
    """Tell whether a cell has both a quote and a line's end, as one has that swallowed the lines up to the next quote."""
    return bool(pc.any(pc.and_(pc.match_substring(column, "\n"), pc.match_substring(column, '"'))).as_py())


def _swallowed(data: bytes, delimiter: str, file: str | None) -> list[InputError]:
    """Find quotes that were closed on a later line, and within a cell: by the opening one of another cell."""
    reader = csv.reader(_rows(data, delimiter), delimiter=delimiter, strict=True)
    faults: list[InputError] = []
    start = 1
    with _long_cells():
        while len(faults) < FAULTS_LISTED:
            try:
                next(reader)
            except StopIteration:
                break
            except csv.Error:
                if reader.line_num > start:
                    faults.append(_never_closed(start, file))
            start = reader.line_num + 1
    return faults
