from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa

from assay.data.coded import compared, table_codes, value_codes
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema


def test_equal_values_have_equal_codes_in_all_tables() -> None:
    codes = value_codes([pa.chunked_array([["a", "b", None]]), pa.chunked_array([["b"], ["c"]])])
    assert codes[1] == codes[3]
    assert len(set(codes)) == 4
    assert codes[2] == -1


def test_nan_is_null_and_both_zeros_are_one() -> None:
    codes = value_codes([pa.chunked_array([[0.0, -0.0, float("nan"), None]])])
    assert codes[0] == codes[1]
    assert codes[2] == codes[3] == -1


def test_decimals_are_told_apart_exactly() -> None:
    column = pa.chunked_array([pa.array([Decimal("1.10"), Decimal("1.1"), Decimal("1.11")], pa.decimal128(5, 2))])
    codes = value_codes([column])
    assert codes[0] == codes[1] != codes[2]


def test_ids_and_the_entity_do_not_make_a_row() -> None:
    schema = Schema((Column("id", "id", "int64"), Column("who", "categorical", "int64"), Column("x", "numeric", "double")))
    assert compared(schema.with_changes(entity="who")) == ("x",)
    table = Dataset(pa.table({"id": [1, 2], "who": [1, 1], "x": [0.5, 0.5]}), schema)
    assert np.ptp(table_codes([table, table], ["x"])[0]) == 0
