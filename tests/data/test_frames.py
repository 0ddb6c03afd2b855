"""Frames of other libraries, and one schema put on several tables: what is refused and what is no difference."""

from __future__ import annotations

import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.data.infer import impose, infer_schema
from assay.data.readers import read_table


def refused(source) -> InputError:
    with pytest.raises(InputError) as caught:
        read_table(source)
    assert all(error.fix and error.message for error in caught.value.errors)
    return caught.value


def test_dates_mixed_with_times_in_objects():
    day, hour = datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 12)
    assert "date, datetime" in refused(pd.DataFrame({"t": [day, hour]}, dtype=object)).message


def test_zones_mixed_in_objects():
    hour = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    same = hour.astimezone(datetime.UTC)
    column = read_table(pd.DataFrame({"t": [hour, same]}, dtype=object)).column("t")
    assert column[0].as_py() == column[1].as_py() == same
    naive = pd.DataFrame({"t": [hour, hour.replace(tzinfo=None)]}, dtype=object)
    assert "without a time zone" in refused(naive).message


def test_levels_of_polars_and_pandas():
    frames = [
        pl.DataFrame({"c": pl.Series(["x", None, "y"], dtype=pl.Categorical)}),
        pd.DataFrame({"c": pd.Categorical(["x", None, "y"])}),
        pd.DataFrame({"c": ["x", None, "y"]}, dtype=object),
    ]
    assert [read_table(frame).column("c").to_pylist() for frame in frames] == [["x", None, "y"]] * 3


def test_types_differ_is_handled_and_recorded():
    schema = infer_schema(pa.table({"a": [1, 2], "b": ["x", "y"]}))
    out = impose(pa.table({"a": ["1", "many"], "b": [1.5, 2.5]}), schema, name="synthetic")
    assert out.dtype_changes == {"a": "string", "b": "double"}
    assert out.table.column("a").to_pylist() == [1, None]
    assert out.table.column("b").to_pylist() == ["1.5", "2.5"]


def test_whole_floats_for_integers_are_no_difference(tmp_path):
    def csv(text: str, name: str = "made.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    schema = infer_schema(read_table(csv("age\n39\n50\n", "real.csv")))
    out = impose(read_table(csv("age\n39.0\n50.0\n")), schema, name="synthetic")
    assert out.dtype_changes == {}
    assert out.table.column("age").type == pa.int64()


def test_new_categories_are_kept():
    out = impose(pa.table({"c": ["x", "new"]}), infer_schema(pa.table({"c": ["x", "y"]})), name="synthetic")
    assert out.table.column("c").to_pylist() == ["x", "new"]


@pytest.mark.parametrize("source", [pd.Series([1, 2]), pl.Series([1, 2]), {"a": [1, 2]}, "", pl.LazyFrame({"a": [1, 2]})])
def test_other_sources(source):
    assert "Give a Parquet file" in refused(source).fix


def test_a_library_that_panics_is_a_refusal():
    panic = type("PanicException", (BaseException,), {})

    class Frame:
        columns = ("a",)

        def __arrow_c_stream__(self, requested_schema=None):
            raise panic("assertion failed: precision <= 38")

    assert "precision" in refused(Frame()).message


@pytest.mark.parametrize("cells", [[Fraction(1, 3), Fraction(5, 2), None], np.array([1 / 3, 2.5, np.nan], dtype=np.longdouble)])
def test_numbers_that_arrow_does_not_know_are_not_cut(cells):
    column = read_table(pd.DataFrame({"x": cells, "n": range(3)})).column("x")
    assert column.type == pa.float64()
    assert column.to_pylist()[:2] == [1 / 3, 2.5]
    assert column.null_count == 1
