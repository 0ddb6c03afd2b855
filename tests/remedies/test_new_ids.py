"""Ids of rows that are made: new ones, of any type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.remedies._new_ids import new_ids

DAY = dt.date(2020, 2, 28)
NOON = dt.datetime(2020, 2, 28, 12, tzinfo=dt.UTC)
COUNTED: list[tuple[pa.DataType, list[Any], list[Any]]] = [
    (pa.int64(), [3, None, -5], [4, 5, 6]),
    (pa.int64(), [None], [1, 2, 3]),
    (pa.int64(), [2**63 - 2, 2, 1], [3, 4, 5]),
    (pa.int64(), [2**60 + 1], [2**60 + 2, 2**60 + 3, 2**60 + 4]),
    (pa.uint64(), [2**64 - 1, 2], [1, 3, 4]),
    (pa.uint64(), [2**63 + 1], [2**63 + 2, 2**63 + 3, 2**63 + 4]),
    (pa.int8(), [*range(1, 128)], [0, -1, -2]),
    (pa.uint8(), [at for at in range(256) if at != 9], [9, None, None]),
    (pa.float64(), [3.5, float("nan"), float("inf")], [4.0, 5.0, 6.0]),
    (pa.float64(), [1e17, 1.0], [2.0, 3.0, 4.0]),
    (pa.float32(), [2.0**24, 1.0, 2.0], [3.0, 4.0, 5.0]),
    (pa.decimal128(5, 2), [Decimal("3.50")], [Decimal("4.00"), Decimal("5.00"), Decimal("6.00")]),
    (pa.decimal128(3, 2), [Decimal("9.00"), Decimal("2.00")], [Decimal("1.00"), Decimal("3.00"), Decimal("4.00")]),
    (pa.date32(), [DAY, None], [DAY + dt.timedelta(days=at) for at in (1, 2, 3)]),
    (pa.timestamp("s", "UTC"), [NOON], [NOON + dt.timedelta(seconds=at) for at in (1, 2, 3)]),
    (pa.time32("s"), [dt.time(23, 59, 58), dt.time(0, 0, 1)], [dt.time(0, 0, at) for at in (2, 3, 4)]),
    (pa.duration("ms"), [dt.timedelta(seconds=1)], [dt.timedelta(milliseconds=at) for at in (1001, 1002, 1003)]),
    (pa.string(), ["a", "b"], ["mended-2", "mended-3", "mended-4"]),
    (pa.large_string(), ["a", None, "mended-7", "mended-x", "mended-3"], ["mended-8", "mended-9", "mended-10"]),
    (pa.dictionary(pa.int32(), pa.string()), ["a", "a", "mended-5"], ["mended-6", "mended-7", "mended-8"]),
    (pa.bool_(), [True, False], [None, None, None]),
]


@pytest.mark.parametrize(("kind", "known", "wanted"), COUNTED, ids=[f"{kind} {known[:2]}" for kind, known, _ in COUNTED])
def test_ids_go_on_from_the_largest_or_fill_gaps(kind: pa.DataType, known: list[Any], wanted: list[Any]) -> None:
    values = pa.array(known, kind.value_type).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(known, kind)
    found = new_ids(pa.chunked_array([values]), 3)
    assert found.type == kind
    assert found.to_pylist() == wanted


def test_gaps_are_not_filled_with_ids_to_be_avoided() -> None:
    known, avoided = pa.chunked_array([pa.array([1, 127], pa.int8())]), pa.chunked_array([pa.array([2, 4])])
    assert new_ids(known, 3, avoided).to_pylist() == [3, 5, 6]


def test_many_ids_of_a_full_type_differ() -> None:
    known = np.random.default_rng(0).integers(0, 2**64 - 1, 5_000, dtype=np.uint64)
    known[7] = 2**64 - 3
    found = new_ids(pa.chunked_array([pa.array(known)]), 20_000).to_pylist()
    assert len({*found, *known.tolist()}) == 25_000
