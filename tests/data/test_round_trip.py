"""What is written comes back exactly: values, nulls and types, through every format."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.core.lineage import Lineage
from assay.data.dataset import Dataset
from assay.data.infer import impose, infer_schema
from assay.data.readers import read_lineage, read_table
from assay.data.writers import ensure_writable, write_table

FORMATS = ["parquet", "csv", "csv.gz", "jsonl"]
words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8).map("w{}".format)
moments = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31))
columns = st.fixed_dictionaries(
    {
        "whole": st.tuples(st.just(pa.int64()), st.integers(-(2**63), 2**63 - 1)),
        "natural": st.tuples(st.just(pa.uint64()), st.integers(0, 2**64 - 1)),
        "small": st.tuples(st.just(pa.int8()), st.integers(-128, 127)),
        "real": st.tuples(st.just(pa.float64()), st.floats(allow_nan=False, allow_infinity=False)),
        "single": st.tuples(st.just(pa.float32()), st.floats(allow_nan=False, allow_infinity=False, width=32)),
        "money": st.tuples(st.just(pa.decimal128(38, 6)), st.decimals(-(10**30), 10**30, places=6)),
        "word": st.tuples(st.just(pa.string()), words),
        "truth": st.tuples(st.just(pa.bool_()), st.booleans()),
        "day": st.tuples(st.just(pa.date32()), st.dates()),
        "moment": st.tuples(st.just(pa.timestamp("us")), moments),
        "zoned": st.tuples(st.just(pa.timestamp("us", tz="Europe/Berlin")), moments),
        "clock": st.tuples(st.just(pa.time64("us")), st.times()),
        "span": st.tuples(st.just(pa.duration("us")), st.timedeltas(datetime.timedelta(-90_000), datetime.timedelta(90_000))),
    }
)


def table_of(rows: list[dict], holes: list[int]) -> pa.Table:
    out = {}
    for position, name in enumerate(rows[0]):
        cells = [None if (holes[row % len(holes)] >> position) & 1 else record[name][1] for row, record in enumerate(rows)]
        out[name] = pa.array(cells, rows[0][name][0])
    return pa.table(out)


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(columns, min_size=2, max_size=5), holes=st.lists(st.integers(0, 2**13 - 1), min_size=3, max_size=3))
def test_everything_comes_back(tmp_path, ending, rows, holes):
    table = table_of(rows, holes)
    data = Dataset(table, infer_schema(table))
    path = write_table(data, tmp_path / f"table.{ending}")
    back = impose(read_table(path), data.schema, name="back")
    assert back.table.equals(data.table)
    assert back.dtype_changes == {}
    assert back.sha256 == data.sha256


@pytest.mark.parametrize("ending", FORMATS)
def test_nulls_empty_text_and_na(tmp_path, ending):
    table = pa.table({"s": ["", None, "NA", "null", ' "q", \n'], "i": [1, None, 3, 4, 5]})
    path = write_table(Dataset(table, infer_schema(table)), tmp_path / f"t.{ending}")
    assert read_table(path).to_pydict() == table.to_pydict()


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_nan_is_kept_apart_from_null(tmp_path, ending):
    table = pa.table({"f": [1.5, None, float("nan")]})
    path = write_table(Dataset(table, infer_schema(table)), tmp_path / f"t.{ending}")
    back = read_table(path).column("f")
    assert back.null_count == 1
    assert np.isnan(back[2].as_py())


def test_one_column_of_nulls_and_text(tmp_path):
    table = pa.table({"s": ["x", None, "", None, "y"]})
    path = write_table(Dataset(table, infer_schema(table)), tmp_path / "t.csv")
    assert read_table(path).to_pydict() == table.to_pydict()


@pytest.mark.parametrize("digits", ["0.1", "0.30000000000000004", "1.17328461017079", "0.10000000000000001", "1e-07"])
def test_printed_floats_are_floats(tmp_path, digits):
    path = tmp_path / "t.csv"
    path.write_text(f"a\n{digits}\n2.5\n")
    assert read_table(path).column("a").to_pylist() == [float(digits), 2.5]


def test_long_decimals_in_text_are_decimals(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n12345678901234567.89\n0.1\n")
    assert read_table(path).column("a").to_pylist() == [Decimal("12345678901234567.89"), Decimal("0.10")]


def test_codes_with_leading_zeros_stay_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("zip,n\n01067,1\n99999,2\n")
    assert read_table(path).column("zip").to_pylist() == ["01067", "99999"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, mark):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n1,x,2.5\n2,y,3.5\n".replace(",", mark))
    assert read_table(path).to_pydict() == {"a": [1, 2], "b": ["x", "y"], "c": [2.5, 3.5]}


def test_pandas_polars_arrow_and_files_agree(tmp_path, make_table):
    table = make_table(200)
    schema = infer_schema(table)
    digests = {
        impose(read_table(source), schema).sha256
        for source in (table, pl.DataFrame(table), table.to_pandas(types_mapper=pd.ArrowDtype), Dataset(table, schema))
    }
    assert len(digests) == 1
    plain = impose(read_table(table.to_pandas(date_as_object=False)), schema)
    assert plain.dtype_changes == {}
    assert {plain.sha256} == digests


def test_folder_of_parquet(tmp_path, make_table):
    table = make_table(100)
    for part in range(2):
        data = table.slice(50 * part, 50)
        write_table(Dataset(data, infer_schema(data)), tmp_path / f"part-{part}.parquet")
    assert read_table(tmp_path).equals(table)


def test_digest_ignores_chunks_and_slices(make_dataset):
    data = make_dataset(60)
    pieces = pa.concat_tables([data.table.slice(0, 7), data.table.slice(7, 30), data.table.slice(37)])
    assert Dataset(pieces, data.schema).sha256 == data.sha256
    assert data.take(np.arange(59)).sha256 != data.sha256


@pytest.mark.parametrize("ending", FORMATS)
def test_lineage_travels_with_the_file(tmp_path, make_dataset, ending):
    data = make_dataset(20)
    stamp = Lineage("tree_chain", {"leaves": 5}, seed=3, parents=(data.sha256,), depth=2, assay_version="0.1.0")
    made = Dataset(data.table, data.schema, lineage=stamp)
    path = tmp_path / f"made.{ending}"
    assert read_lineage(write_table(made, path)) == stamp
    assert read_lineage(write_table(data, path)) is None


def test_same_dataset_same_bytes(tmp_path, make_dataset):
    data = make_dataset(50)
    for ending in FORMATS:
        first = write_table(data, tmp_path / f"a.{ending}").read_bytes()
        assert write_table(data, tmp_path / f"b.{ending}").read_bytes() == first


def test_output_paths_are_tried(tmp_path):
    assert ensure_writable(tmp_path / "new.csv") == tmp_path / "new.csv"
    assert not (tmp_path / "new.csv").exists()
    with pytest.raises(InputError, match="is a folder"):
        ensure_writable(tmp_path)
    with pytest.raises(InputError, match="existing folder"):
        ensure_writable(tmp_path / "absent" / "new.csv")


def test_unknown_ending(tmp_path, make_dataset):
    with pytest.raises(InputError, match=r"End it in \.parquet"):
        write_table(make_dataset(20), tmp_path / "table.xlsx")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_decimals_of_17_digits_come_back(tmp_path, ending):
    """40055652622.191368 is what a float prints at 17 digits; with six decimals in every cell it is a decimal."""
    money = pa.array([Decimal("0.000000"), Decimal("40055652622.191368"), None, Decimal("1.500000")], pa.decimal128(38, 6))
    table = pa.table({"money": money, "word": ["a", "b", "c", "d"]})
    data = Dataset(table, infer_schema(table))
    back = impose(read_table(write_table(data, tmp_path / f"table.{ending}")), data.schema, name="back")
    assert back.table.equals(data.table)
