"""From computed columns to cells of an exact Arrow type, and which types a form can have."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dtypes import arrow_type
from assay.scenario.cells import Cells, Form

ALIASES = {
    "float64": "double",
    "float32": "float",
    "boolean": "bool",
    "text": "string",
    "date": "date32[day]",
    "date32": "date32[day]",
    "time32": "time32[s]",
    "timestamp": "timestamp[s]",
}


class TypeFault(ValueError):
    """Values that a type cannot hold."""


def column_type(text: str) -> pa.DataType:
    """Read a type from Arrow's name for it, or from a shorter one.

    Raises
    ------
    ValueError
        If no supported type reads so.

    Examples
    --------
    >>> column_type("date32"), column_type("float64"), column_type("decimal128(8,2)")
    (DataType(date32[day]), DataType(double), Decimal128Type(decimal128(8, 2)))
    """
    return arrow_type(ALIASES.get(text, re.sub(r"\s*,\s*", ", ", text)))


def type_fault(dtype: str, form: Form) -> str | None:
    """Say why values of a form cannot have a type, or None.

    Examples
    --------
    >>> type_fault("date32", "number")
    'numbers cannot be date32: take a number type or string.'
    """
    kind = column_type(dtype)
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    moment = pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_time(kind)
    fits = {
        "number": number or pa.types.is_string(kind) or pa.types.is_duration(kind),
        "truth": pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_string(kind),
        "text": pa.types.is_string(kind),
        "time": moment or pa.types.is_string(kind),
        "null": True,
    }
    wanted = {
        "number": "a number type or string",
        "truth": "bool, an integer or string",
        "text": "string",
        "time": "a date, time or timestamp type, or string",
        "null": "any type",
    }
    return None if fits[form] else f"{form}s cannot be {dtype}: take {wanted[form]}."


def to_arrow(cells: Cells, kind: pa.DataType, decimals: int | None) -> pa.Array:
    """Give a column in its exact type.

    Parameters
    ----------
    cells : Cells
        All rows.
    kind : pyarrow.DataType
        The type.
    decimals : int or None
        Digits behind the point of numbers that become text.

    Raises
    ------
    TypeFault
        If the type cannot hold a value.
    """
    if cells.form == "null":
        return pa.nulls(len(cells), type=kind)
    if cells.form == "text":
        return cells.texts().cast(kind)
    if cells.form == "truth":
        array = pa.array(cells.data, mask=cells.null)
        return (
            array.cast(pa.int8()).cast(kind)
            if not pa.types.is_boolean(kind) and not pa.types.is_string(kind)
            else array.cast(kind)
        )
    if cells.form == "time":
        return _moments(cells, kind)
    return _numbers(cells, kind, decimals)


def _moments(cells: Cells, kind: pa.DataType) -> pa.Array:
    moments = pa.array(cells.data, type=pa.timestamp("us"), mask=cells.null)
    if pa.types.is_timestamp(kind):
        unit = pc.floor_temporal(moments, unit="second") if kind.unit == "s" else moments
        unit = pc.floor_temporal(moments, unit="millisecond") if kind.unit == "ms" else unit
        try:
            found = unit.cast(pa.timestamp(kind.unit))
        except pa.ArrowInvalid as error:
            raise TypeFault(f"has moments that {kind} cannot hold") from error
        return found if kind.tz is None else pc.assume_timezone(found, "UTC").cast(kind)
    if pa.types.is_date(kind):
        return pc.floor_temporal(moments, unit="day").cast(kind)
    if pa.types.is_time(kind):
        return moments.cast(pa.time64("us")).cast(kind, safe=False)
    return pc.strftime(pc.floor_temporal(moments, unit="second").cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%S")


def _numbers(cells: Cells, kind: pa.DataType, decimals: int | None) -> pa.Array:
    data = cells.data
    if cells.null is not None:
        data = np.where(cells.null, 0.0, data)
    if pa.types.is_integer(kind) or pa.types.is_duration(kind):
        whole = pa.int64() if pa.types.is_duration(kind) else kind
        least, most = _ends(whole)
        wrong = (data < least) | (data > most)
        if wrong.any():
            raise TypeFault(f"has {int(wrong.sum()):,} values beyond {kind}, such as {data[wrong][0]:g}")
        counts = np.round(data).astype(np.int64) if whole != pa.uint64() else np.round(data).astype(np.uint64)
        return pa.array(counts, mask=cells.null).cast(whole).cast(kind)
    if pa.types.is_string(kind):
        whole = bool((data == np.floor(data)).all()) and bool((np.abs(data) < 2.0**53).all())
        return pa.array(data.astype(np.int64) if whole and not decimals else data, mask=cells.null).cast(pa.string())
    array = pa.array(data, mask=cells.null)
    if pa.types.is_decimal(kind):
        try:
            return array.cast(kind)
        except pa.ArrowInvalid as error:
            raise TypeFault(f"has values that {kind} cannot hold ({error})") from error
    return array.cast(kind, safe=False)


def _ends(kind: pa.DataType) -> tuple[float, float]:
    info = np.iinfo(kind.to_pandas_dtype())
    return float(info.min), float(info.max) if info.max < 2**53 else float(np.nextafter(float(info.max), 0))
