"""The type of a column of text cells, judged on every cell and never on a sample."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import re
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError
from assay.data.validate import short

INTEGER = r"^(0|-?[1-9][0-9]*)$"
FLOAT = r"(?i)^(-?(0|[1-9][0-9]*)?\.[0-9]+(e[+-]?[0-9]+)?|-?(0|[1-9][0-9]*)\.?(e[+-]?[0-9]+)?|nan|[+-]?inf(inity)?)$"
BOOLEAN = r"(?i)^(true|false)$"
COMMA_NUMBER = r"^-?[0-9]+(,[0-9]+)+(\.[0-9]+)?$|^-?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$"
PLAIN_NUMBER = r"^-?[0-9]+$|^-?[0-9]*\.[0-9]+$"
CLOCK = r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
ZONE = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
ISO_NAIVE = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({CLOCK})?$"
ISO_ZONED = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{CLOCK}{ZONE}$"
DATE_FORMATS = {
    "YYYY-MM-DD": rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({CLOCK}{ZONE}?)?$",
    "YYYY/MM/DD": r"^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}( [0-9:.]+)?$",
    "with full stops": r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}( [0-9:.]+)?$",
    "with slashes, year last": r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}( [0-9:.]+)?$",
    "with hyphens, year last": r"^[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}( [0-9:.]+)?$",
}


def typed(column: pa.ChunkedArray, name: str, file: str | None) -> tuple[pa.ChunkedArray, list[InputError]]:
    """Give a column of text its exact type, or list why it has none.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Strings and nulls, shape (rows,).
    name, file : str
        For messages.

    Returns
    -------
    column : pyarrow.ChunkedArray
        Booleans (true/false in any case), int64, uint64, decimals (integers longer than 64 bits), float64, dates,
        timestamps (microseconds, or nanoseconds where the cells have them; UTC where they name a zone) or strings.
    faults : list of InputError
        Two date formats, numbers with a decimal comma, times with and without a zone.

    Notes
    -----
    A column has a type only if every cell that is not null reads so: one ``?`` among numbers leaves text. Codes with leading
    zeros (``007``) or a plus sign stay text. Blanks around numbers and dates are ignored, those in text kept. An empty
    quoted cell counts as null unless the column is text.
    """
    cells = pc.drop_null(column)
    if len(cells) == 0:
        return column, []
    cells = pc.unique(pc.utf8_trim_whitespace(cells))
    cells = cells.filter(pc.not_equal(cells, ""))
    if len(cells) == 0:
        return column, []
    if _all(cells, INTEGER):
        return _integers(column, cells), []
    if _all(cells, FLOAT) and not _all(cells, r"(?i)^(nan|[+-]?inf(inity)?)$"):
        return _fractions(column, cells), []
    if _all(cells, BOOLEAN):
        return pc.equal(pc.utf8_lower(clean(column)), "true"), []
    return _moments(column, cells, name, file)


def typed_moments(column: pa.ChunkedArray, name: str, file: str | None) -> tuple[pa.ChunkedArray, list[InputError]]:
    """Give text that is ISO dates or times in every cell its type, and leave any other text alone."""
    cells = pc.unique(pc.drop_null(column))
    return _moments(column, cells, name, file) if len(cells) and _all(cells, ISO_NAIVE + "|" + ISO_ZONED) else (column, [])


def _moments(column: pa.ChunkedArray, cells: pa.Array, name: str, file: str | None) -> tuple[pa.ChunkedArray, list[InputError]]:
    try:
        if _all(cells, ISO_DATE):
            return clean(column).cast(pa.date32()), []
        if _all(cells, ISO_NAIVE):
            return _timestamps(column, cells, None), []
        if _all(cells, ISO_ZONED):
            return _timestamps(column, cells, "UTC"), []
    except pa.ArrowInvalid:  # reads like a date, but is none in the calendar: 2020-02-30
        return column, []
    return column, _format_faults(cells, name, file)


def _format_faults(cells: pa.Array, name: str, file: str | None) -> list[InputError]:
    commas = pc.match_substring_regex(cells, COMMA_NUMBER)
    if pc.any(commas).as_py() and pc.all(pc.or_(commas, pc.match_substring_regex(cells, PLAIN_NUMBER))).as_py():
        message = f"Column {short(name)} has numbers with commas in them."
        return [InputError(message, file=file, column=name, fix="Write 1,5 as 1.5 and 1,234 as 1234.")]
    used: list[str] = []
    either = None
    for words, pattern in DATE_FORMATS.items():
        found = pc.match_substring_regex(cells, pattern)
        if pc.any(found).as_py():
            used += _orders(cells.filter(found), words) if words.endswith("last") else [words]
            either = found if either is None else pc.or_(either, found)
    if either is None or not pc.all(either).as_py():
        return []
    if used == ["YYYY-MM-DD"]:
        message = f"Column {short(name)} mixes times with and without a time zone."
        return [InputError(message, file=file, column=name, fix="Write all of them with a zone, as 2024-01-31T12:00:00Z.")]
    if len(used) > 1:
        message = f"Column {short(name)} has dates in {len(used)} formats ({', '.join(used)})."
        return [InputError(message, file=file, column=name, fix="Write all of them as YYYY-MM-DD.")]
    return []


def _orders(cells: pa.Array, words: str) -> list[str]:
    numbers = [[int(part) for part in re.findall(r"\d+", text)[:2]] for text in cells.to_pylist()]
    day_first, month_first = any(a > 12 for a, _ in numbers), any(b > 12 for _, b in numbers)
    return [f"day first {words}", f"month first {words}"] if day_first and month_first else [words]


def _integers(column: pa.ChunkedArray, cells: pa.Array) -> pa.ChunkedArray:
    column = clean(column)
    for kind in (pa.int64(), pa.uint64()):
        try:
            return column.cast(kind)
        except pa.ArrowInvalid:
            continue
    digits = pc.max(pc.utf8_length(pc.replace_substring(cells, "-", ""))).as_py()
    return column.cast(pa.decimal128(digits, 0) if digits <= 38 else pa.decimal256(digits, 0)) if digits <= 76 else column


def _fractions(column: pa.ChunkedArray, cells: pa.Array) -> pa.ChunkedArray:
    """Floats, or decimals where a cell has more digits than any float prints."""
    column = clean(column)
    long = cells.filter(pc.match_substring_regex(cells, r"[0-9.]{17,}"))
    long = long.filter(pc.not_equal(long.cast(pa.float64()).cast(pa.string()), long))
    decimals = pc.utf8_length(pc.replace_substring_regex(cells, r"^[^.]*\.?", ""))
    scale = pc.max(decimals).as_py()
    # Floats printed at 17 digits have decimals by their size; equally many in every cell are a decimal's.
    fixed = scale > 0 and scale == pc.min(decimals).as_py()
    if all(printed_float(text, shortest=fixed) for text in long.to_pylist()) or not _all(cells, r"^-?[0-9]*\.?[0-9]*$"):
        return column.cast(pa.float64())
    whole = pc.max(pc.utf8_length(pc.replace_substring_regex(cells, r"^-|\..*$", ""))).as_py()
    if whole + scale > 76:
        return column.cast(pa.float64())
    return column.cast((pa.decimal128 if whole + scale <= 38 else pa.decimal256)(whole + scale, scale))


def printed_float(text: str, *, shortest: bool = False) -> bool:
    """Whether a number of many digits is what some float prints, at the shortest or (unless `shortest`) at this many digits."""
    exact, near = Decimal(text), float(text)
    digits = max(len(exact.as_tuple().digits), 1)
    return exact == Decimal(repr(near)) or (not shortest and exact == Decimal(f"{near:.{digits - 1}e}"))


def _timestamps(column: pa.ChunkedArray, cells: pa.Array, zone: str | None) -> pa.ChunkedArray:
    fine = pc.any(pc.match_substring_regex(cells, r"\.[0-9]{7,9}")).as_py()
    return clean(column).cast(pa.timestamp("ns" if fine else "us", tz=zone))


def clean(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Trim cells; empty ones are null."""
    column = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _all(cells: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())
