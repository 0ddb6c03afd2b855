"""Files that are no files, and files that unpack to more than they should: told before they are read."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.core.errors import InputError, UsageError
from assay.data.validate import short

VARIABLE = "ASSAY_UNPACKED_LIMIT"
ENVIRONMENT: dict[str, str] = {VARIABLE: "How large a compressed table may become when it is unpacked, such as 20GB."}
USUAL_LIMIT, USUAL_RATIO = 1 << 30, 200
CHUNK = 1 << 24
LONGEST_LINE = 1 << 24
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
ARCHIVES = {
    b"PK\x03\x04": "a spreadsheet or a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
    b"ARROW1": "an Arrow file",
    b"%PDF": "a PDF",
}


def require_readable(path: Path) -> None:
    """Refuse what has no end or no size: devices, pipes, sockets.

    Raises
    ------
    InputError
        If the path is there and is neither a file nor a folder.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        fix = "Write the rows to a file and give its path."
        raise InputError("This is a device or a pipe, not a file.", file=str(path), fix=fix)


def require_text(path: Path, head: bytes) -> None:
    """Refuse archives by their first bytes, and text that would not fit in half of the memory.

    Raises
    ------
    InputError
        With what the file is.
    """
    for magic, words in ARCHIVES.items():
        if head.startswith(magic):
            fix = "Unpack it, or save it as CSV." if "spreadsheet" not in words else "Save it as CSV."
            raise InputError(f"This is {words}, not a table of text.", file=str(path), fix=fix)
    size, memory = path.stat().st_size, _memory()
    if size > memory // 2:
        message = f"The file has {_size(size)}; text is read whole and this machine has {_size(memory)} of memory."
        raise InputError(message, file=str(path), fix="Write it as Parquet, or give fewer rows.")


def gunzip(data: bytes, file: str) -> bytes:
    """Unpack gzip, but no bomb.

    Parameters
    ----------
    data : bytes
        The packed file, of one member or several.
    file : str
        For messages.

    Raises
    ------
    InputError
        A cut or broken file; one that unpacks to over 1 GiB at over 200 times its size, or to over half of the memory.

    Notes
    -----
    A packed table of text is rarely a fiftieth of its size; a thousandth is the most that gzip can do. Unpacking stops as soon
    as the limit is sure to be passed, and the size is then reckoned from the ratio so far.
    """
    limit = min(_limit(len(data)), _memory() // 2)
    parts: list[bytes] = []
    unpacked, at = 0, 0
    unpacker = zlib.decompressobj(wbits=31)
    rest = data
    try:
        while True:
            part = unpacker.decompress(rest, CHUNK)
            parts.append(part)
            unpacked += len(part)
            rest = unpacker.unconsumed_tail
            at = len(data) - len(rest) - len(unpacker.unused_data)
            reckoned = int(unpacked / max(at, 1) * len(data))
            if unpacked > limit or (unpacked > 4 * CHUNK and reckoned > 1.2 * limit):
                raise _bomb("The gzip file", len(data), max(reckoned, unpacked), file)
            if unpacker.eof:
                rest = unpacker.unused_data.lstrip(b"\0")
                if not rest:
                    return b"".join(parts)
                unpacker = zlib.decompressobj(wbits=31)
            elif not rest and not part:
                raise EOFError("its end is missing")
    except (EOFError, zlib.error) as error:
        raise InputError(f"The gzip file is cut or broken ({error}).", file=file, fix="Copy it again.") from error


def require_no_bomb_so_far(packed: int, unpacked: int, file: str) -> None:
    """Refuse a packed file as soon as what it has given is more than a table of its size holds."""
    if unpacked > _limit(packed):
        raise _bomb("The gzip file", packed, unpacked, file)


def require_no_bomb(file: pq.ParquetFile, path: Path) -> None:
    """Reckon what the columns of a Parquet file hold once decoded, before they are.

    Raises
    ------
    InputError
        If that is over 1 GiB and over 200 times the file.

    Notes
    -----
    Runs and dictionaries are a few bytes for any number of rows: numbers take rows times width. For text the longest entry of a
    suspicious column's dictionary is looked up first, and only if that many of it were too much, the entries' lengths are summed.
    """
    metadata, size = file.metadata, path.stat().st_size
    limit = _limit(size)
    total = 0
    for position, field in enumerate(file.schema_arrow):
        if position >= metadata.num_columns:
            break
        chunks = [metadata.row_group(group).column(position) for group in range(metadata.num_row_groups)]
        rows = sum(chunk.num_values for chunk in chunks)
        total += rows * _width(field.type)
        if total > limit:
            raise _bomb("The Parquet file", size, total, str(path))
        if _width(field.type) == 4 and sum(chunk.num_values * chunk.total_uncompressed_size for chunk in chunks) > limit:
            total += _text_size(path, metadata, field.name, limit - total)
            if total > limit:
                raise _bomb(f"Column {short(field.name)} of the Parquet file", size, total, str(path), column=field.name)


def _longest(entries: pa.Array) -> int:
    return pc.max(pc.binary_length(entries)).as_py() or 0


def _text_size(path: Path, metadata: pq.FileMetaData, name: str, enough: int) -> int:
    """Give the bytes of a column of text once decoded, or a number over `enough`."""
    total = 0
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=[name]) as file:
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group).num_rows
            few = next(file.iter_batches(batch_size=64, row_groups=[group], columns=[name], use_threads=False), None)
            if few is None:
                continue
            if not pa.types.is_dictionary(few.schema.field(0).type):
                return total
            if total + _longest(few.column(0).dictionary) * rows <= enough:
                continue  # even if all of them were the longest
            for batch in file.iter_batches(batch_size=1 << 16, row_groups=[group], columns=[name], use_threads=False):
                column = batch.column(0)
                lengths = pc.fill_null(pc.binary_length(column.dictionary), 0)
                if total + _longest(column.dictionary) * rows <= enough:
                    break
                total += pc.sum(lengths.take(column.indices).cast(pa.int64()), min_count=0).as_py()
                rows -= len(column)
                if total > enough:
                    return total
    return total


def _width(kind: pa.DataType) -> int:
    try:
        return max(kind.bit_width // 8, 1)
    except ValueError:  # text: an offset a row, and the letters, which are reckoned apart
        return 4


def _limit(packed: int) -> int:
    text = os.environ.get(VARIABLE, "")
    if not text:
        return max(USUAL_LIMIT, USUAL_RATIO * packed)
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    if found is None:
        raise UsageError(f"{VARIABLE} must be a size such as 20GB. Got {text!r}.")
    return int(float(found[1]) * UNITS[found[2].upper()])


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not told on this system
        return 1 << 36


def _bomb(what: str, packed: int, unpacked: int, file: str, column: str | None = None) -> InputError:
    message = f"{what} has {_size(packed)} and would unpack to about {_size(unpacked)}."
    fix = f"If it is yours and meant so, set {VARIABLE}={(unpacked * 5 // 4 >> 30) + 1}GB and run again."
    if what.startswith("The gzip") and unpacked > _memory() // 2:
        fix = (
            f"This machine has {_size(_memory())} of memory, half of which it may take. Write it as Parquet, or give fewer rows."
        )
    return InputError(message, file=file, column=column, fix=fix)


def long_line(data: bytes) -> int | None:
    """Give the number of the first line of over 16 MiB, or None."""
    line, start = 1, 0
    while len(data) - start > LONGEST_LINE:
        end = data.rfind(b"\n", start, start + LONGEST_LINE)
        if end < 0:
            return line
        line += data.count(b"\n", start, end + 1)
        start = end + 1
    return None


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    power = min((len(str(count)) - 1) // 3, 3)
    return f"{count / 1000**power:,.3g} {('', 'KB', 'MB', 'GB')[power]}" if count < 10**12 else f"{count // 10**9:,} GB"
