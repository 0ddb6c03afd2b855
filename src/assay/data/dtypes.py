"""Arrow types: from text and back, and which of them a column of a table may have."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

_FIXED = {
    str(kind): kind
    for kind in (
        *(pa.bool_(), pa.string(), pa.date32(), pa.float32(), pa.float64()),
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
        *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
        *(pa.duration(unit) for unit in ("s", "ms", "us", "ns")),
    )
}


def arrow_type(text: str) -> pa.DataType:
    """Read an Arrow type from the text that ``str(type)`` gives.

    Raises
    ------
    ValueError
        If no supported type reads so.

    Examples
    --------
    >>> arrow_type("decimal128(10, 2)")
    Decimal128Type(decimal128(10, 2))
    >>> arrow_type("timestamp[us, tz=UTC]")
    TimestampType(timestamp[us, tz=UTC])
    """
    if text in _FIXED:
        return _FIXED[text]
    if found := re.fullmatch(r"timestamp\[(s|ms|us|ns), tz=(.+)\]", text):
        return pa.timestamp(found[1], tz=found[2])
    if found := re.fullmatch(r"decimal(128|256)\((\d+), (-?\d+)\)", text):
        return (pa.decimal128 if found[1] == "128" else pa.decimal256)(int(found[2]), int(found[3]))
    raise ValueError(f"No column type reads {text!r}.")


def is_number(kind: pa.DataType) -> bool:
    """Whether values are integers, floats or decimals."""
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def is_text(kind: pa.DataType) -> bool:
    """Whether values are strings of any layout."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def plain_type(kind: pa.DataType) -> pa.DataType | None:
    """Give the one type that stands for all layouts of the same values, or None where a cell is no single value.

    Dictionaries and runs become their values, every string layout ``string``, half floats ``float``, ``date64`` becomes
    ``date32``, a column of nothing but nulls ``string``. Lists, structs, maps, unions and raw bytes have no such type.
    """
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if is_text(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_date64(kind):
        return pa.date32()
    if pa.types.is_decimal(kind) and kind.bit_width < 128:
        return pa.decimal128(kind.precision, kind.scale)
    if isinstance(kind, pa.BaseExtensionType) or pa.types.is_interval(kind):
        return None
    if pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind):
        return kind
    return None


def _taken(entries: pa.Array, indices: pa.Array) -> list[pa.Array]:
    """Look entries up, in several chunks where one would hold more text than its offsets can count (2 GB)."""
    try:
        return [entries.take(indices)]
    except pa.ArrowInvalid:
        if len(indices) < 2:
            raise
    middle = len(indices) // 2
    return _taken(entries, indices[:middle]) + _taken(entries, indices[middle:])


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cast a column to its plain type, values unchanged."""
    target = plain_type(column.type)
    if target is not None and pa.types.is_dictionary(column.type):
        chunks = [part for chunk in column.chunks for part in _taken(chunk.dictionary.cast(target), chunk.indices)]
        return pa.chunked_array(chunks, type=target)
    if target is None or target == column.type:
        return column
    if pa.types.is_run_end_encoded(column.type):
        column = pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], type=column.type.value_type)
    return column.cast(target)
