"""A frame gets its types back where these hold the mended cells, and the table's where they would change one."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from assay.mending.like_frame import like_frame

MOMENT = datetime.datetime(2024, 1, 1, 8, 0, 0, 500_000)


@pytest.mark.parametrize(
    ("cells", "given"),
    [
        (pa.array([1.5, 2.0]), pd.Series([1, 2], dtype="int64")),
        (pa.array([1.5, None]), pd.Series([1, 2], dtype="Int64")),
        (pa.array([1, 300]), pd.Series([1, 2], dtype="int8")),
        (pa.array([1, -3]), pd.Series([1, 2], dtype="uint16")),
        (pa.array([1, 2**53 + 1]), pd.Series([1.0, 2.0])),
        (pa.array([None, 2**53 + 1]), pd.Series([1, 2], dtype="int64")),
        (pa.array([0.1, 2.0]), pd.Series([1.0, 2.0], dtype="float32")),
        (pa.array([0.5, 2.0]), pd.Series([True, False])),
        (pa.array([MOMENT, MOMENT]), pd.Series(np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]"))),
        (pa.array([MOMENT, None]), pd.Series(np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]"))),
    ],
)
def test_no_cell_is_changed_for_the_sake_of_a_type(cells, given):
    found = like_frame(pa.table({"x": cells}), pd.DataFrame({"x": given}), aligned=True)
    assert pa.array(found["x"], from_pandas=True).to_pylist() == cells.to_pylist()
    assert found["x"].dtype != given.dtype


@pytest.mark.parametrize(
    ("cells", "given"),
    [
        (pa.array([1.0, 2.0]), pd.Series([1, 2], dtype="int8")),
        (pa.array([100, 2]), pd.Series([1, 2], dtype="int8")),
        (pa.array([100, None]), pd.Series([1, 2], dtype="Int8")),
        (pa.array([0.5, None]), pd.Series([1.0, 2.0], dtype="float32")),
        (pa.array([0.5, float("nan")]), pd.Series([1.0, 2.0], dtype="float32")),
        (pa.array([Decimal("0.10"), None]), pd.Series([0.2, 0.3])),
        (pa.array([datetime.date(2024, 1, 1)] * 2), pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"]))),
        (pa.array(["a", "c"]), pd.Series(["a", "a"]).astype(pd.CategoricalDtype(["a", "c"]))),
        (pa.array(["7", None]), pd.Series(["a", "b"])),
        (pa.array([True, False]), pd.Series([1, 0], dtype="int64")),
        (pa.array([], type=pa.float64()), pd.Series([], dtype="int64")),
    ],
)
def test_types_that_hold_every_cell_come_back(cells, given):
    found = like_frame(pa.table({"x": cells}), pd.DataFrame({"x": given}), aligned=True)
    assert found["x"].dtype == given.dtype
