"""Python values to an exact Arrow column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from assay.core.errors import InputError
from assay.data.validate import short

REAL: tuple[type, ...] = (Fraction, np.longdouble)  # numbers that Arrow does not know


def column_of(cells: Sequence[Any], name: str, file: str | None = None) -> pa.Array:
    """Make an exact column of Python values.

    Raises
    ------
    InputError
        If the values are of different types, or dicts, lists or anything else that is no single value.
    """
    types = set(map(type, cells))
    if float in types and all(cell != cell for cell in cells if type(cell) is float):
        types.discard(float)  # NaN in a column of objects is no number
    kinds = {word for kind in types if (word := _word(kind))}
    if kinds & {"list", "dict", "set", "tuple", "ndarray"}:
        message = f"Column {short(name)} holds {' and '.join(sorted(kinds))} cells; a cell must be one value."
        raise InputError(message, file=file, column=name, fix="Spread them over columns.")
    if len(kinds) > 1:
        message = f"Column {short(name)} mixes types: {', '.join(sorted(kinds))}."
        raise InputError(message, file=file, column=name, fix="Make all its cells the same type.")
    if kinds == {"datetime"} and len({cell.tzinfo is None for cell in cells if isinstance(cell, datetime) and cell == cell}) > 1:
        message = f"Column {short(name)} mixes times with and without a time zone."
        raise InputError(message, file=file, column=name, fix="Give all of them a zone.")
    if any(isinstance(cell, Decimal) for cell in cells):
        cells = [Decimal(repr(cell)) if isinstance(cell, float) and cell == cell else cell for cell in cells]
    if any(issubclass(kind, REAL) for kind in types):  # which it would cut to whole ones
        cells = [float(cell) if isinstance(cell, REAL) else cell for cell in cells]
    for kind in (None, pa.uint64(), pa.decimal128(38, 0)):
        try:
            return pa.array(cells, type=kind, from_pandas=True)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            continue
    for row, cell in enumerate(cells, start=1):
        if isinstance(cell, str) and any(0xD800 <= ord(letter) < 0xE000 for letter in cell):
            message = f"Column {short(name)} has half a character (a lone surrogate) in data row {row}."
            raise InputError(message, file=file, column=name, row=row, fix="Write the text again as UTF-8.")
    message = f"Column {short(name)} holds values of a kind that cannot be read: {', '.join(sorted(kinds))}."
    raise InputError(message, file=file, column=name, fix="Write them as numbers, dates or text.")


def _word(kind: type) -> str:
    """Name what values of a Python type are, or nothing for those that stand for no value."""
    if issubclass(kind, bool) or kind.__name__ in ("bool_", "bool"):
        return "boolean"
    if kind.__name__ in ("NoneType", "NaTType", "NAType"):
        return ""
    if issubclass(kind, (int, float, Decimal, *REAL)) or re.fullmatch(r"u?int\d+|float\d+", kind.__name__):
        return "number"
    if issubclass(kind, str):
        return "text"
    return "datetime" if issubclass(kind, datetime) else kind.__name__
