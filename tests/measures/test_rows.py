from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core.errors import NotApplicable
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.measures._rows import Rows, rows


def numbered(column: pa.Array, kind: str = "numeric") -> Rows:
    schema = Schema((Column("key", "id", "int64"), Column("x", kind, str(column.type))))
    data = Dataset(pa.table({"key": np.arange(len(column)), "x": column}), schema)
    with CheckContext(data, data, None, seed=0, jobs=1, alpha=0.003) as context:
        return rows(context)


@pytest.mark.parametrize(
    ("column", "kinds"),
    [
        (pa.array([0.0, -0.0, 1.0, None, float("nan"), None], from_pandas=False), [0, 0, 1, 2, 2, 2]),
        (pa.array([2**53, 2**53 + 1, None]), [0, 1, 2]),
        (pa.array([Decimal("1.10"), Decimal("1.1"), Decimal("1.2")], pa.decimal128(5, 2)), [0, 0, 1]),
        (pa.array([True, None, False, True]), [0, 1, 2, 0]),
        (pa.array([datetime.date(1600, 1, 1), datetime.date(9999, 1, 1), None]), [0, 1, 2]),
        (pa.array(["", None, "a", ""]), [0, 1, 2, 0]),
        (pa.nulls(3, pa.string()), [0, 0, 0]),
    ],
)
def test_equal_values_make_equal_rows(column: pa.Array, kinds: list[int]) -> None:
    found = numbered(column)
    assert found.names == ("x",)
    assert np.array_equal(found.real, found.synthetic)
    assert np.array_equal(found.real[:, None] == found.real[None, :], np.array(kinds)[:, None] == np.array(kinds)[None, :])
    assert found.times[found.real].tolist() == [kinds.count(kind) for kind in kinds]


def test_rows_seen_once_and_twice() -> None:
    found = numbered(pa.array([1, 1, 2, 3, 3, 3, 4]))
    assert (found.once, found.twice) == (2, 1)
    assert len(found.holdout) == 0


def test_ids_alone_are_no_rows() -> None:
    data = Dataset(pa.table({"key": [1, 2]}), Schema((Column("key", "id", "int64"),)))
    with CheckContext(data, data, None, seed=0, jobs=1, alpha=0.003) as context, pytest.raises(NotApplicable, match="ids"):
        rows(context)
