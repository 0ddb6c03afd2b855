"""The real table's schema put on another table."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError, did_you_mean, raise_all
from assay.data.dataset import Dataset
from assay.data.delimited import TEXT_SOURCE
from assay.data.dtypes import arrow_type, is_number, is_text
from assay.data.schema import Schema
from assay.data.text_types import FLOAT
from assay.data.validate import short


def impose(table: pa.Table, schema: Schema, *, name: str = "table") -> Dataset:
    """Give a table the columns, order and types of the real one.

    Parameters
    ----------
    table : pyarrow.Table
        As `read_table` gives it.
    schema : Schema
        Of the real table.
    name : str
        How messages call the table: ``synthetic``, ``holdout``.

    Returns
    -------
    Dataset
        Columns of the schema's types. ``dtype_changes`` names each column whose type was truly another, with that type.

    Raises
    ------
    InputErrors
        Each missing and each unexpected column.

    Notes
    -----
    No change of type: another width of the same numbers, whole floats where integers stand (39.0 for 39), integers where
    floats or decimals stand, another time unit or time zone of the same instants, a column of nothing but nulls, and in files
    of text integers, booleans or dates where real has text (one odd cell in real decides that), as well as times of day and
    durations, which text cannot tell from others. Anything else is recorded and `schema_match` fails. What the real type
    cannot hold is rounded (fractions), or null (text that is no number, numbers out of range); new levels are kept.
    """
    same_columns(table.column_names, schema, name)
    from_text = bool(table.schema.metadata) and set(TEXT_SOURCE) <= set(table.schema.metadata)
    columns: list[pa.ChunkedArray] = []
    changes: dict[str, str] = {}
    for described in schema.columns:
        column = table.column(described.name)
        wanted = arrow_type(described.dtype)
        out, same = cast(column, wanted, from_text=from_text)
        columns.append(out)
        if not same:
            changes[described.name] = str(column.type)
    imposed = pa.table(columns, names=list(schema.names)).replace_schema_metadata(table.schema.metadata)
    return Dataset(imposed, schema, name=name, dtype_changes=changes)


def same_columns(column_names: Sequence[str], schema: Schema, name: str) -> None:
    """Refuse a table that lacks columns of the real one or has others."""
    wanted_names, names = set(schema.names), set(column_names)
    missing = [column for column in schema.names if column not in names]
    unexpected = [column for column in column_names if column not in wanted_names]
    faults = [
        InputError(
            f"The {name} table has no column {short(column)}, the real table has.{did_you_mean(column, unexpected)}",
            column=column,
            fix="Give both tables the same columns.",
        )
        for column in missing
    ]
    faults += [
        InputError(
            f"The {name} table has a column {short(column)} that the real table has not.{did_you_mean(column, missing)}",
            column=column,
            fix="Give both tables the same columns.",
        )
        for column in unexpected
    ]
    raise_all(faults)


def cast(column: pa.ChunkedArray, wanted: pa.DataType, *, from_text: bool = False) -> tuple[pa.ChunkedArray, bool]:
    """Cast a column and say whether that keeps both its values and its meaning, by the rules of `impose`."""
    have = column.type
    if have == wanted:
        return column, True
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), wanted)]), True
    if is_number(have) and is_number(wanted):
        return _number(column, wanted)
    if is_text(wanted):
        return column.cast(wanted), from_text and not pa.types.is_floating(have)
    if is_text(have):
        out = _parsed(column, wanted)
        untold = pa.types.is_time(wanted) or pa.types.is_decimal(wanted)
        return out, from_text and untold and out.null_count == column.null_count
    if pa.types.is_duration(wanted) and pa.types.is_integer(have):
        return _forced(column, wanted), from_text
    if pa.types.is_boolean(have) and is_number(wanted):
        return column.cast(pa.int8()).cast(wanted), False
    if pa.types.is_boolean(wanted) and is_number(have):
        numbers = column.cast(pa.float64(), safe=False)
        known = pc.is_in(numbers, value_set=pa.array([0.0, 1.0]))
        return pc.if_else(known, pc.equal(numbers, 1.0), pa.scalar(None, pa.bool_())), False
    if pa.types.is_temporal(have) and pa.types.is_temporal(wanted):
        return _moment(column, wanted)
    return _forced(column, wanted), False


def _number(column: pa.ChunkedArray, wanted: pa.DataType) -> tuple[pa.ChunkedArray, bool]:
    have = column.type
    if pa.types.is_floating(have) and not pa.types.is_floating(wanted):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, have), column)
    try:
        out = column.cast(wanted)
    except pa.ArrowInvalid:
        out = None
    if out is not None and not (pa.types.is_floating(have) and pa.types.is_decimal(wanted)):
        return out, True
    if pa.types.is_floating(wanted):
        return column.cast(wanted, safe=False), pa.types.is_decimal(have)
    if pa.types.is_floating(have) and pa.types.is_decimal(wanted):
        return _fixed_point(column, wanted)
    rounded = pc.round(column, ndigits=0, round_mode="half_to_even")
    out = _forced(rounded, wanted)
    same = pc.all(pc.equal(column, rounded), min_count=0).as_py() and out.null_count == column.null_count
    return out, bool(same)


def _fixed_point(column: pa.ChunkedArray, wanted: pa.DataType) -> tuple[pa.ChunkedArray, bool]:
    """Give floats as the decimals they print; more places than the type has are rounded and are another type."""
    rounded = pc.round(column, ndigits=wanted.scale)
    rounded = pc.if_else(pc.less(pc.abs(column), 2.0**53 / 10.0**wanted.scale), rounded, column)
    out = _forced(rounded.cast(pa.string()), wanted)
    near = pc.less_equal(pc.abs(pc.subtract(column, rounded)), pc.multiply(pc.abs(column), 1e-12))
    return out, bool(pc.all(near, min_count=0).as_py()) and out.null_count == column.null_count


def _parsed(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column)
    nothing = pa.scalar(None, pa.string())
    if pa.types.is_boolean(wanted):
        lower = pc.utf8_lower(text)
        known = pc.is_in(lower, value_set=pa.array(["true", "false", "1", "0"]))
        return pc.if_else(known, pc.is_in(lower, value_set=pa.array(["true", "1"])), pa.scalar(None, pa.bool_()))
    if is_number(wanted):
        numbers = pc.if_else(pc.match_substring_regex(text, FLOAT), text, nothing)
        if pa.types.is_decimal(wanted):
            return _forced(numbers, wanted)
        whole = pc.match_substring_regex(pc.fill_null(numbers, "0"), r"^-?[0-9]{1,38}$")
        if not pa.types.is_floating(wanted) and pc.all(whole).as_py():
            return _forced(numbers, wanted)
        return _number(numbers.cast(pa.float64()), wanted)[0]
    if pa.types.is_time(wanted):
        text = pc.binary_join_element_wise("1970-01-01", text, " ")
        return _forced(_forced(text, pa.timestamp("ns")), wanted)
    return _forced(text, wanted)


def _moment(column: pa.ChunkedArray, wanted: pa.DataType) -> tuple[pa.ChunkedArray, bool]:
    have = column.type
    if pa.types.is_duration(have) != pa.types.is_duration(wanted) or pa.types.is_time(have) != pa.types.is_time(wanted):
        return _forced(column, wanted), False
    zones = [bool(getattr(kind, "tz", None)) for kind in (have, wanted)]
    same = not (pa.types.is_timestamp(have) and pa.types.is_timestamp(wanted)) or zones[0] == zones[1]
    try:
        return column.cast(wanted), same
    except pa.ArrowInvalid:
        out = _forced(column, wanted)
        coarser = pa.types.is_timestamp(wanted) and pa.types.is_timestamp(have) and out.null_count == column.null_count
        return out, same and coarser


def _forced(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """Cast what can be cast; the rest becomes null."""
    try:
        return column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        pass
    values = pc.unique(column)
    out: list[object] = []
    for value in values:
        try:
            out.append(value.cast(wanted).as_py())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            try:
                out.append(value.cast(wanted, safe=False).as_py() if pa.types.is_temporal(value.type) else None)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                out.append(None)
    return pa.chunked_array([pa.array(out, type=wanted).take(pc.index_in(column, value_set=values).combine_chunks())])
