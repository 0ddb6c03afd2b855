# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

"""What a user should know of a table before trusting any number about it."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import Dataset
from assay.data.dtypes import is_text
from assay.data.text_types import FLOAT
from assay.data.validate import short

FEWEST_ROWS_SHOWN = 10
TOKENS = ("?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "none", "-", ".", "unknown", "Unknown", "missing")
CERTAIN_TOKENS = frozenset(("?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"))
MOSTLY = 0.5
MANY_COLUMNS = 1_000
DATE_LIKE = r"^[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}( .*)?$"


def hints(dataset: Dataset) -> tuple[str, ...]:
    """List what may be meant otherwise than it was read.

    Parameters
    ----------
    dataset : Dataset
        Real rows.

    Returns
    -------
    tuple of str
        One sentence each, with the next step: tokens that look like nulls, text that is mostly numbers, dates that are not
        written as YYYY-MM-DD, columns without values or with one value only, ids, a header that looks like data, features
        that copy the target, repeated rows, very many columns. Counts under 10 are not told.

    Examples
    --------
    >>> from assay.data.infer import infer_schema
    >>> table = pa.table({"age": [31, 45, 52], "site": ["A", "A", "A"]})
    >>> hints(Dataset(table, infer_schema(table)))
    ("Column 'site' has one value only; it carries nothing.",)
    """
    out: list[str] = []
    if dataset.names and sum(bool(re.fullmatch(r"\s*-?[0-9.]+\s*", name)) for name in dataset.names) * 2 > len(dataset.names):
        out.append("The header looks like data: most column names are numbers. If the file has no header, add one.")
    if len(dataset.names) >= MANY_COLUMNS:
        pairs = len(dataset.names) * (len(dataset.names) - 1) // 2
        out.append(f"{len(dataset.names):,} columns make {pairs:,} pairs; leave out what you do not need or set a time budget.")
    ids: list[str] = []
    for column in dataset.schema.columns:
        cells = pc.drop_null(dataset.table.column(column.name))
        if len(cells) == 0:
            out.append(f"Column {short(column.name)} has no values; it is not covered.")
        elif column.kind == "id":
            ids.append(short(column.name))
        elif is_text(cells.type):
            out += _of_text(cells, column.name)
        elif column.kind != "text" and len(pc.unique(cells)) == 1:
            out.append(f"Column {short(column.name)} has one value only; it carries nothing.")
    if ids:
        shown = ", ".join(ids[:10]) + (f" and {len(ids) - 10} more" if len(ids) > 10 else "")
        out.append(f"Taken as ids, without a distribution of their own: {shown}. Give another kind in a schema if they are none.")
    return (*out, *_of_target(dataset), *_of_rows(dataset))


def _of_text(cells: pa.ChunkedArray, name: str) -> list[str]:
    counted = pc.value_counts(cells)
    levels, counts = counted.field("values"), counted.field("counts")
    if len(levels) == 1:
        return [f"Column {short(name)} has one value only; it carries nothing."]
    rows = len(cells)
    found = {token: count for token, count in zip(levels.to_pylist(), counts.to_pylist(), strict=True) if token.strip() in TOKENS}
    numbers = pc.match_substring_regex(pc.utf8_trim_whitespace(levels), FLOAT)
    numeric = pc.sum(pc.if_else(numbers, counts, 0)).as_py() / rows
    if MOSTLY < numeric < 1.0:
        odd = f" but for {_counted(found)}" if found else ""
        token = max(found, key=lambda token: found[token], default="TOKEN")
        message = f"Column {short(name)} is text though {numeric:.1%} of it are numbers{odd}."
        return [f"{message} If the rest means null, read with --null '{token}'."]
    certain = {token: count for token, count in found.items() if token.strip() in CERTAIN_TOKENS}
    if certain:
        token = max(certain, key=lambda token: certain[token])
        return [f"Column {short(name)} has {_counted(certain)} as a level. If it means null, read with --null '{token}'."]
    if pc.all(pc.match_substring_regex(levels, DATE_LIKE)).as_py():
        return [f"Column {short(name)} looks like dates, but is read as text. Write them as YYYY-MM-DD."]
    return []


def _counted(found: dict[str, int]) -> str:
    return ", ".join(
        f"{token!r} ({f'{count:,}' if count >= FEWEST_ROWS_SHOWN else 'fewer than 10'} rows)" for token, count in found.items()
    )


def _of_target(dataset: Dataset) -> list[str]:
    target = dataset.schema.target
    if target is None:
        return []
    truth = _codes(dataset, target)
    out: list[str] = []
    for name in dataset.schema.features:
        codes = _codes(dataset, name)
        if codes.max(initial=0) == truth.max(initial=0) and len(np.unique(codes * (truth.max() + 1) + truth)) == truth.max() + 1:
            out.append(
                f"Column {short(name)} is a copy of the target {short(target)}; leave it out if it is known only afterwards."
            )
    return out


def _codes(dataset: Dataset, name: str) -> np.ndarray:
    encoded = pc.dictionary_encode(dataset.table.column(name), null_encoding="encode").combine_chunks()
    return np.asarray(encoded.indices).astype(np.int64)


def _of_rows(dataset: Dataset) -> list[str]:
    names = [f"column{position}" for position in range(len(dataset.names))]
    table = dataset.table.replace_schema_metadata().rename_columns(names)
    distinct = table.group_by(names).aggregate([]).num_rows if names else 0
    repeated = 1.0 - distinct / max(len(dataset), 1)
    if repeated <= MOSTLY:
        return []
    return [f"{repeated:.1%} of the rows repeat an earlier one; no split of such rows tells memory from skill."]
