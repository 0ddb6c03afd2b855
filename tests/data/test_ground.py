"""Parts cut from a real table, and cells written into columns of every type."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.data.dataset import Dataset
from assay.data.ground import Ground, replaced, written
from assay.data.infer import infer_schema

NOON = dt.datetime(2020, 7, 1, 12, 30, 15, 250_000, tzinfo=dt.UTC)


def numbered(rows: int) -> Dataset:
    """Rows that can be told apart by one column."""
    values = np.random.default_rng(3).normal(size=rows)
    table = pa.table({"row": pa.array([f"R{at:06d}" for at in range(rows)]), "x": pa.array(values)})
    return Dataset(table, infer_schema(table))


def visits(sizes: list[int]) -> Dataset:
    """Patients with so many rows each, mixed with one another."""
    rows = np.random.default_rng(4).permutation(np.repeat(np.arange(len(sizes)), sizes))
    table = pa.table(
        {
            "patient": pa.array([f"P{at:04d}" for at in rows]),
            "row": pa.array([f"R{at:06d}" for at in range(len(rows))]),
            "x": pa.array(np.random.default_rng(5).normal(size=len(rows))),
        }
    )
    return Dataset(table, infer_schema(table, entity="patient"))


def parts(ground: Ground, column: str) -> list[list[str]]:
    return [part.table[column].to_pylist() for part in (ground.real, ground.holdout, ground.spare)]


def test_parts_have_their_sizes_and_share_no_row() -> None:
    ground = Ground.cut(numbered(1_000), rows=200, holdout=100, seed=1)
    rows = parts(ground, "row")
    assert [len(part) for part in rows] == [200, 100, 400]
    assert len(set().union(*rows)) == 700
    assert ground.rows == len(ground.sound) == 200
    assert set(ground.sound.table["row"].to_pylist()) < set(rows[2])
    assert [part.name for part in (ground.real, ground.holdout, ground.spare, ground.sound)] == [
        "real",
        "holdout",
        "spare",
        "synthetic",
    ]
    assert ground.schema == ground.spare.schema == ground.holdout.schema


def test_spare_takes_what_is_left_where_the_table_has_no_more() -> None:
    ground = Ground.cut(numbered(600), rows=200, holdout=100, seed=1)
    assert len(ground.spare) == 300
    assert sorted(itertools.chain(*parts(ground, "row"))) == [f"R{at:06d}" for at in range(600)]


def test_equal_seeds_give_equal_parts_and_others_do_not() -> None:
    first, again, other = (Ground.cut(numbered(800), rows=200, holdout=100, seed=seed) for seed in (7, 7, 8))
    assert parts(first, "row") == parts(again, "row")
    for one, two in zip(parts(first, "row"), parts(other, "row"), strict=True):
        # two draws of a quarter or so of 800 rows, of which chance gives each row the same share
        assert len(set(one) & set(two)) < 0.75 * len(one)


def test_spare_rows_stand_at_random_so_that_the_first_are_a_sample() -> None:
    ground = Ground.cut(numbered(3_000), rows=1_000, holdout=500, seed=2)
    places = np.array([int(row[1:]) for row in parts(ground, "row")[2]])
    # with places in order the first 1,000 of 1,500 would have a mean of about 1,000, not 1,500; its error is below 30
    assert abs(places[:1_000].mean() - 1_499.5) < 120


def test_entities_stay_together() -> None:
    dataset = visits(np.random.default_rng(6).integers(1, 9, 300).tolist())
    ground = Ground.cut(dataset, rows=300, holdout=150, seed=3)
    patients = [set(part) for part in parts(ground, "patient")]
    assert not patients[0] & patients[1]
    assert not patients[0] & patients[2]
    assert not patients[1] & patients[2]
    assert len(set().union(*map(set, parts(ground, "row")))) == sum(len(part) for part in parts(ground, "row"))
    for size, wanted in zip((len(ground.real), len(ground.holdout), len(ground.spare)), (300, 150, 600), strict=True):
        assert abs(size - wanted) < 2 * 8  # a border moves to the end of an entity
    whole = dict(zip(*np.unique(dataset.table["patient"].to_numpy(zero_copy_only=False), return_counts=True), strict=True))
    spare = parts(ground, "patient")[2]
    assert all(spare.count(patient) == whole[patient] for patient in patients[2])
    changes = sum(one != two for one, two in itertools.pairwise(spare))
    assert changes == len(patients[2]) - 1  # rows of one entity lie side by side


def test_too_few_rows_say_how_many_there_may_be() -> None:
    with pytest.raises(InputError, match="Got 499") as told:
        Ground.cut(numbered(499), rows=200, holdout=100, seed=1)
    assert told.value.fix == "Plant on at most 199 rows."
    assert len(Ground.cut(numbered(499), rows=199, holdout=100, seed=1).spare) == 200
    with pytest.raises(InputError) as none:
        Ground.cut(numbered(50), rows=200, holdout=100, seed=1)
    assert none.value.fix == "Plant on at most 0 rows."


@pytest.mark.parametrize("sizes", [[250, 250], [499, 1], [500]])
def test_entities_that_leave_a_part_empty_are_an_input_error(sizes: list[int]) -> None:
    with pytest.raises(InputError, match="'patient' stay together") as told:
        Ground.cut(visits(sizes), rows=200, holdout=100, seed=1)
    assert "fewer rows" in str(told.value.fix)


def test_what_is_gone_is_made_up_for_from_the_spare_rows() -> None:
    ground = Ground.cut(numbered(1_000), rows=200, holdout=100, seed=1)
    gone = np.zeros(400, dtype=bool)
    gone[:50] = True
    spare = parts(ground, "row")[2]
    assert ground.without(gone).table["row"].to_pylist() == spare[50:250]
    gone[:300] = True
    assert len(ground.without(gone)) == 100


def holding(kind: pa.DataType, cells: list[Any]) -> Dataset:
    table = pa.table({"x": pa.array(cells, kind), "other": pa.array(range(len(cells)))})
    return Dataset(table, infer_schema(table))


KEPT: list[tuple[pa.DataType, list[Any]]] = [
    (pa.int8(), [-128, 127, None, 3]),
    (pa.uint8(), [0, 255, None]),
    (pa.int16(), [-(2**15), 2**15 - 1]),
    (pa.int32(), [-(2**31), 2**31 - 1, None]),
    (pa.int64(), [-(2**53), 2**53, None]),
    (pa.uint64(), [0, 2**53, None]),
    (pa.float32(), [0.1, -3.5, float("inf"), None]),
    (pa.float64(), [0.1, -1e300, float("-inf"), None]),
    (pa.decimal128(5, 2), [Decimal("1.25"), Decimal("-999.99"), Decimal("999.99"), None]),
    (pa.decimal128(12, 0), [Decimal("-7"), Decimal("123456789012")]),
    (pa.date32(), [dt.date(2020, 2, 29), dt.date(1899, 12, 31), None]),
    (pa.date64(), [dt.date(2020, 2, 29), None]),
    (pa.timestamp("s"), [dt.datetime(1969, 12, 31, 23, 59, 59), None]),
    (pa.timestamp("us", "Europe/Berlin"), [NOON, None, NOON - dt.timedelta(days=40_000)]),
    (pa.timestamp("ms", "UTC"), [NOON, None]),
    (pa.time32("s"), [dt.time(0), dt.time(23, 59, 59), None]),
    (pa.time64("us"), [dt.time(3, 0, 0, 123_456), None]),
    (pa.duration("ms"), [dt.timedelta(seconds=3.5), None]),
    (pa.bool_(), [True, False, None]),
]


@pytest.mark.parametrize(("kind", "cells"), KEPT, ids=[str(kind) for kind, _ in KEPT])
def test_numbers_written_back_give_the_same_cells(kind: pa.DataType, cells: list[Any]) -> None:
    dataset = holding(kind, cells)
    before = dataset.sha256
    again = written(dataset, "x", dataset.numbers("x"))
    assert again.table.schema == dataset.table.schema
    assert again.table["x"].to_pylist() == dataset.table["x"].to_pylist()
    assert again.table["other"].equals(dataset.table["other"])
    assert again.schema == dataset.schema
    assert dataset.sha256 == before


FAR: list[tuple[pa.DataType, list[Any], float, float]] = [
    (pa.int8(), [1, 2], -128, 127),
    (pa.uint8(), [1, 2], 0, 255),
    (pa.int32(), [1, 2], -(2**31), 2**31 - 1),
    (pa.int64(), [1, 2], -(2.0**63), 2.0**63),
    (pa.uint64(), [1, 2], 0, 2.0**64),
    (pa.float32(), [1.5, 2.5], -float(np.finfo(np.float32).max), float(np.finfo(np.float32).max)),
    (pa.decimal128(5, 2), [Decimal("1.25"), Decimal(2)], -999.99, 999.99),
    (pa.decimal128(20, 2), [Decimal("1.25"), Decimal(2)], -1e18, 1e18),
    (pa.timestamp("ns"), [NOON.replace(tzinfo=None)] * 2, -(2.0**63) / 1e9, 2.0**63 / 1e9),
    (pa.timestamp("us", "UTC"), [NOON, NOON], -(2.0**63) / 1e6, 2.0**63 / 1e6),
    (pa.date32(), [NOON.date()] * 2, -86_400 * 2.0**31, 86_400 * 2.0**31),
    (pa.time32("s"), [dt.time(3)] * 2, 0, 86_399),
    (pa.time64("us"), [dt.time(3)] * 2, 0, 86_400),
]


@pytest.mark.parametrize(("kind", "cells", "low", "high"), FAR, ids=[str(entry[0]) for entry in FAR])
@pytest.mark.parametrize("size", [1e25, 1e300])
def test_numbers_beyond_the_type_stop_at_its_ends(
    kind: pa.DataType, cells: list[Any], low: float, high: float, size: float
) -> None:
    changed = written(holding(kind, cells), "x", np.array([-size, size]))
    if kind != pa.float32() or size > 1e38:
        assert changed.numbers("x") == pytest.approx([low, high], rel=1e-9)
    assert changed.table["x"].null_count == 0
    assert changed.table["x"].type == kind


def test_whole_numbers_round_and_nan_is_null() -> None:
    dataset = holding(pa.int32(), [1, 2, 3])
    assert written(dataset, "x", np.array([1.4, np.nan, 3.6])).table["x"].to_pylist() == [1, None, 4]
    day = holding(pa.date32(), [dt.date(2020, 1, 1)] * 2)
    moved = written(day, "x", day.numbers("x") + np.array([86_400.0, np.nan]))
    assert moved.table["x"].to_pylist() == [dt.date(2020, 1, 2), None]


def test_cells_are_replaced_in_their_place() -> None:
    dataset = holding(pa.int32(), [1, 2, 3])
    changed = replaced(dataset, "x", pa.array([9, None, 7], pa.int32()))
    assert changed.table.column_names == ["x", "other"]
    assert changed.table["x"].to_pylist() == [9, None, 7]
    assert dataset.table["x"].to_pylist() == [1, 2, 3]


EXACT: list[tuple[pa.DataType, list[Any], Any]] = [
    (pa.int64(), [2**60 + 1, 2**62 + 3, None, 5], 6),
    (pa.uint64(), [2**64 - 1, 2**60 + 1, None, 5], 6),
    (pa.decimal128(25, 5), [Decimal("12345678901234567.12345"), Decimal("0.1"), None, Decimal(5)], Decimal(6)),
    (pa.duration("ns"), [2**60 + 1, 2**61 + 1, None, 5_000_000_000], 6_000_000_000),
    (pa.timestamp("ns"), [1_700_000_000_123_456_789, 1_600_000_000_123_456_789, None, 5_000_000_000], 6_000_000_000),
]


@pytest.mark.parametrize(("kind", "cells", "six"), EXACT, ids=[str(entry[0]) for entry in EXACT])
def test_cells_whose_number_stays_keep_all_their_digits(kind: pa.DataType, cells: list[Any], six: Any) -> None:
    dataset = holding(kind, cells)
    assert written(dataset, "x", dataset.numbers("x")).table["x"].equals(dataset.table["x"])
    values = dataset.numbers("x")
    values[3] = 6.0
    assert written(dataset, "x", values).table["x"].equals(pa.chunked_array([pa.array([*cells[:3], six], kind)]))
    values[2:] = 6.0, np.nan
    assert written(dataset, "x", values).table["x"].equals(pa.chunked_array([pa.array([*cells[:2], six, None], kind)]))


def test_a_nan_that_stays_is_no_null() -> None:
    dataset = holding(pa.float64(), [1.0, float("nan"), None, 2.0])
    changed = written(dataset, "x", np.array([1.5, np.nan, np.nan, np.nan]))
    assert dataset.nans("x").tolist() == changed.nans("x").tolist() == [False, True, False, False]
    assert changed.table["x"].null_count == 2
