"""Python values to an exact Arrow column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from assay.core.errors import InputError
from assay.data.validate import short


def column_of(cells: Sequence[Any], name: str, file: str | None = None) -> pa.Array:
    """Make an exact column of Python values.

    Raises
    ------
    InputError
        If the values are of different types, or dicts, lists or anything else that is no single value.
    """
    kinds = {_word(cell) for cell in cells if cell is not None and cell == cell}
    if kinds & {"list", "dict", "set", "tuple", "ndarray"}:
        message = f"Column {short(name)} holds {' and '.join(sorted(kinds))} cells; a cell must be one value."
        raise InputError(message, file=file, column=name, fix="Spread them over columns.")
    if len(kinds - {"number"}) > 1 or ("number" in kinds and len(kinds) > 1):
        message = f"Column {short(name)} mixes types: {', '.join(sorted(kinds))}."
        raise InputError(message, file=file, column=name, fix="Make all its cells the same type.")
    if any(isinstance(cell, Decimal) for cell in cells):
        cells = [Decimal(repr(cell)) if isinstance(cell, float) and cell == cell else cell for cell in cells]
    for kind in (None, pa.uint64(), pa.decimal128(38, 0)):
        try:
            return pa.array(cells, type=kind, from_pandas=True)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            continue
    message = f"Column {short(name)} holds values of a kind that cannot be read: {', '.join(sorted(kinds))}."
    raise InputError(message, file=file, column=name, fix="Write them as numbers, dates or text.")


def _word(cell: Any) -> str:
    if isinstance(cell, bool):
        return "boolean"
    word = type(cell).__name__
    if isinstance(cell, int | float) or re.fullmatch(r"u?int\d+|float\d+|Decimal", word):
        return "number"
    return {"str": "text", "bool_": "boolean", "Timestamp": "date", "datetime": "date"}.get(word, word)
