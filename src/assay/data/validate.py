"""What makes a table unusable, all faults named at once."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import unicodedata
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError
from assay.data.dtypes import plain_type

LONGEST_SHOWN = 60
FIRST_DAY, LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31 in days since 1970
SPAN_DAYS = 3_652_059


def short(name: str) -> str:
    """Quote a name for a message: escaped, and cut in the middle where it is very long.

    Examples
    --------
    >>> short("age")
    "'age'"
    """
    if len(name) > LONGEST_SHOWN:
        name = f"{name[: LONGEST_SHOWN // 2]}…{name[-LONGEST_SHOWN // 4 :]}"
    return repr(name)


def name_faults(names: list[str], file: str | None) -> list[InputError]:
    """List duplicate, blank and confusable column names.

    Names are confusable when they are equal but for letter case, Unicode form (NFKC) or invisible format characters.
    """
    faults: list[InputError] = []
    for position, name in enumerate(names, start=1):
        if not _folded(name).strip():
            faults.append(
                InputError(f"Column {position} of {len(names)} has a blank name.", file=file, column=name, fix="Give it a name.")
            )
    for position, name in enumerate(names, start=1):
        if not _is_text(name):
            message = f"The name of column {position} of {len(names)}, {short(name)}, has half a character (a lone surrogate)."
            faults.append(InputError(message, file=file, column=name, fix="Rename it."))
        if "\0" in name:
            message = f"The name of column {position} of {len(names)}, {short(name)}, has a NUL character."
            faults.append(InputError(message, file=file, column=name, fix="Rename it."))
    for name, times in Counter(names).items():
        if times > 1 and _folded(name).strip():
            faults.append(
                InputError(
                    f"The column name {short(name)} appears {times} times.", file=file, column=name, fix="Give each its own name."
                )
            )
    first: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = first.setdefault(_folded(name), name)
        if other != name and _folded(name).strip():
            faults.append(
                InputError(
                    f"The column names {short(other)} and {short(name)} are equal but for case or Unicode form.",
                    file=file,
                    column=name,
                    fix="Rename one of them.",
                )
            )
    return faults


def table_faults(table: pa.Table, file: str | None) -> list[InputError]:
    """List what makes a whole table unusable: names, size, nested or infinite cells."""
    if table.num_columns == 0:
        return [InputError("The table has no columns.", file=file, fix="Give a table with at least one named column.")]
    faults = name_faults(table.column_names, file)
    for position, field in enumerate(table.schema):
        if plain_type(field.type) is None:
            faults.append(
                InputError(
                    f"Column {short(field.name)} holds {_describe(field.type)}; a cell must be one value.",
                    file=file,
                    column=field.name,
                    fix="Spread it over several columns, write it as text or drop it.",
                )
            )
        elif pa.types.is_floating(field.type):
            faults.extend(_infinite(table.column(position), field.name, file))
        elif pa.types.is_timestamp(field.type) or pa.types.is_duration(field.type) or pa.types.is_date(field.type):
            faults.extend(_beyond_calendars(table.column(position), field.name, file))
    if table.num_rows < 2:
        rows = "no rows" if table.num_rows == 0 else "only 1 row"
        faults.append(InputError(f"The table has {rows}.", file=file, fix="Give a table of at least 2 rows."))
    return faults


def _infinite(column: pa.ChunkedArray, name: str, file: str | None) -> list[InputError]:
    infinite = pc.fill_null(pc.is_inf(column), False)
    count = pc.sum(infinite).as_py() or 0
    if not count:
        return []
    row = pc.index(infinite, True).as_py() + 1
    message = f"Column {short(name)} has {count} infinite value{'s' if count > 1 else ''}, the first in data row {row}."
    return [InputError(message, file=file, column=name, row=row, fix="Replace them by nulls or by finite numbers.")]


def _beyond_calendars(column: pa.ChunkedArray, name: str, file: str | None) -> list[InputError]:
    """List moments outside of the years 1 to 9999, and spans longer than those: nothing can name them."""
    kind = column.type
    ticks = 1  # a day
    if not pa.types.is_date32(kind):
        ticks = 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[getattr(kind, "unit", "ms")]
    low, high = (-SPAN_DAYS, SPAN_DAYS) if pa.types.is_duration(kind) else (FIRST_DAY, LAST_DAY)
    counts = column.cast(pa.int32()) if pa.types.is_date32(kind) else column.cast(pa.int64())
    ends = pc.min_max(counts).as_py()
    if ends["min"] is None or (ends["min"] >= low * ticks and ends["max"] < (high + 1) * ticks):
        return []
    wrong = [low * ticks > ends["min"], (high + 1) * ticks <= ends["max"]]
    at = pc.index(counts, ends["min"] if wrong[0] else ends["max"]).as_py() + 1
    what = "spans of over 9,999 years" if pa.types.is_duration(kind) else "moments outside of the years 1 to 9999"
    message = f"Column {short(name)} has {what}, one in data row {at}."
    return [InputError(message, file=file, column=name, row=at, fix="Replace them by nulls or mend their unit.")]


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _folded(name: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def _describe(kind: pa.DataType) -> str:
    if pa.types.is_map(kind) or pa.types.is_struct(kind):
        return "dicts"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return "lists"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return "raw bytes"
    return f"values of type {kind}"
