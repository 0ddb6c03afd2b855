"""JSON Lines, one object a line, to exact columns."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa

from assay.core.errors import InputError, raise_all
from assay.data.delimited import FAULTS_LISTED, TEXT_SOURCE, decode
from assay.data.text_types import printed_float, typed_moments
from assay.data.validate import name_faults
from assay.data.values import column_of

FIX = "Write one object a line."


def parse_lines(data: bytes, *, file: str | None) -> pa.Table:
    """Parse JSON Lines.

    Parameters
    ----------
    data : bytes
        One JSON object a line; blank lines are skipped; a key that a line lacks is null there.
    file : str
        For messages.

    Returns
    -------
    pyarrow.Table
        Integers exact at any length up to 38 digits; strings that are ISO dates or times in every cell become dates.

    Raises
    ------
    InputError
        A line that is no JSON object, a key twice in one object, a column of mixed types, nested cells.
    """
    faults: list[InputError] = []
    records: list[dict[str, Any]] = []
    for number, line in enumerate(decode(data, file).decode().split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_object, parse_float=_number)
        except (ValueError, RecursionError) as error:
            what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            faults.append(InputError(f"Line {number} is no JSON: {what}.", file=file, row=number, fix=FIX))
        else:
            if isinstance(record, dict):
                records.append(record)
            else:
                faults.append(
                    InputError(f"Line {number} is no JSON object.", file=file, row=number, fix="Write one object a line.")
                )
        if len(faults) == FAULTS_LISTED:
            break
    raise_all(faults)
    names = list(dict.fromkeys(name for record in records for name in record))
    raise_all(name_faults(names, file))
    columns: list[pa.ChunkedArray] = []
    for name in names:
        try:
            column = pa.chunked_array([column_of([record.get(name) for record in records], name, file)])
            if pa.types.is_string(column.type):
                column, wrong = typed_moments(column, name, file)
                faults += wrong
            columns.append(column)
        except InputError as error:
            faults.append(error)
    raise_all(faults)
    return pa.table(columns, names=names).replace_schema_metadata(TEXT_SOURCE)


def _number(text: str) -> float | Decimal:
    # JSON writers print floats at their shortest; a plain number of more digits is a decimal.
    plain = len(text) <= 38 and not text.startswith(("0.0000", "-0.0000")) and "e" not in text.lower()
    return float(text) if len(text) <= 17 or printed_float(text, shortest=plain) else Decimal(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} appears twice")
    return record
