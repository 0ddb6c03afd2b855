"""Ids that no row has yet, for rows that are made."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import re
from decimal import Decimal
from itertools import chain, islice
from math import floor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import TICKS
from assay.data.dtypes import is_number, is_text

NAMED = re.compile(r"mended-([0-9]{1,18})")
DAY = 86_400


def new_ids(known: pa.ChunkedArray, count: int, avoided: pa.ChunkedArray | None = None) -> pa.Array:
    """Give ids of a column's type that differ from all in it, and from one another.

    Parameters
    ----------
    known : pyarrow.ChunkedArray
        The ids there are.
    count : int
        Ids to give.
    avoided : pyarrow.ChunkedArray, optional
        Ids that no gap is filled with, either.

    Notes
    -----
    Texts are ``mended-N``, N rising from the number of rows, or from above the largest such N there is. Numbers and times rise
    from the largest one by whole numbers and by ticks; where the type ends before, gaps are filled, from 1 upwards, then from 0
    downwards. Where there is no gap left, or the type has nothing to count, ids are null: rows without one are entities of their
    own.

    Examples
    --------
    >>> new_ids(pa.chunked_array([["a", "mended-7"]]), 2).to_pylist()
    ['mended-8', 'mended-9']
    >>> new_ids(pa.chunked_array([pa.array([1, 2, 255], pa.uint8())]), 2).to_pylist()
    [3, 4]
    """
    kind = known.type
    if pa.types.is_dictionary(kind):
        return new_ids(known.cast(kind.value_type), count, avoided).dictionary_encode()
    if is_text(kind):
        return pa.array(_names(known.cast(pa.large_string()), count), kind)
    if pa.types.is_interval(kind) or not (is_number(kind) or pa.types.is_temporal(kind)):
        return pa.nulls(count, kind)
    return _typed(_counted(known, count, avoided), kind)


def _names(known: pa.ChunkedArray, count: int) -> list[str]:
    texts = pc.unique(known.filter(pc.starts_with(known, "mended-"))).to_pylist()
    numbers = [int(found[1]) for found in map(NAMED.fullmatch, texts) if found is not None]
    start = max(len(known), max(numbers, default=-1) + 1)
    return [f"mended-{at}" for at in range(start, start + count)]


def _counted(known: pa.ChunkedArray, count: int, avoided: pa.ChunkedArray | None) -> list[int | None]:
    low, high = _ends(known.type)
    plain = _plain(known)
    largest: Any = pc.max(plain).as_py()
    top = 0 if largest is None else floor(largest)
    if top + count <= high:
        return list(range(top + 1, top + 1 + count))
    taken = set[Any](pc.unique(plain).to_pylist())
    if avoided is not None:
        taken |= set[Any](pc.unique(_plain(avoided.cast(known.type))).to_pylist())
    free: list[int | None] = list(
        islice((at for at in chain(range(1, high + 1), range(0, low - 1, -1)) if at not in taken), count)
    )
    return free + [None] * (count - len(free))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give the numbers that a column is kept as, without those that are infinite or NaN."""
    kind = column.type
    if pa.types.is_temporal(kind):
        return (column.cast(pa.int32()) if kind.bit_width == 32 else column).cast(pa.int64())
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())
        return column.filter(pc.is_finite(column))
    return column


def _ends(kind: pa.DataType) -> tuple[int, int]:
    """Give the least and the largest whole number, or number of ticks, up to which the type holds every one."""
    if pa.types.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        return int(limits.min), int(limits.max)
    if pa.types.is_time(kind):
        return 0, int(DAY * TICKS[kind.unit]) - 1
    if pa.types.is_temporal(kind):
        return 1 - 2 ** (kind.bit_width - 1), 2 ** (kind.bit_width - 1) - 1
    digits = (
        10 ** (kind.precision - kind.scale) if pa.types.is_decimal(kind) else 2 ** (np.finfo(kind.to_pandas_dtype()).nmant + 1)
    )
    return 1 - digits, digits - 1


def _typed(numbers: list[int | None], kind: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(kind):
        return pa.array([None if at is None else Decimal(at) for at in numbers], kind)
    if pa.types.is_floating(kind):
        return pa.array([None if at is None else float(at) for at in numbers], pa.float64()).cast(kind)
    whole = pa.array(numbers, kind if pa.types.is_integer(kind) else pa.int64())
    return (whole.cast(pa.int32()) if kind.bit_width == 32 and pa.types.is_temporal(kind) else whole).cast(kind)
