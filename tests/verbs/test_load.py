"""Loading: any source, any description of it."""

from __future__ import annotations

import json

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.data.schema_files import schema_to_toml
from assay.data.writers import write_table
from assay.verbs.load import load


def test_sources_agree(tmp_path, make_table):
    table = make_table(100)
    path = write_table(load(table), tmp_path / "table.parquet")
    loaded = [load(source, target="default") for source in (table, path, str(path), pl.DataFrame(table), load(table))]
    assert len({data.sha256 for data in loaded}) == 1
    assert len({data.schema for data in loaded}) == 1
    assert loaded[1].name == "table.parquet"
    assert loaded[0].schema.task == "binary"
    assert pd.DataFrame.from_arrow(loaded[0]).shape == (100, 5) if hasattr(pd.DataFrame, "from_arrow") else True


def test_schema_file_and_options(tmp_path, make_table):
    table = make_table(100)
    path = tmp_path / "schema.toml"
    path.write_text(schema_to_toml(load(table, target="default", sensitive="city", time="since").schema))
    data = load(table, schema=path)
    assert (data.schema.target, data.schema.sensitive, data.schema.time) == ("default", ("city",), "since")
    assert load(table, schema=path, positive=0).schema.positive == "0"


def test_sdv_metadata(tmp_path, make_table):
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps({"columns": {"age": {"sdtype": "categorical"}}}))
    schema = load(make_table(100), schema=path).schema
    assert schema.column("age").kind == "categorical"
    assert schema.column("income").kind == "numeric"


def test_a_dataset_keeps_its_schema(make_dataset):
    data = make_dataset(100)
    again = load(data)
    assert again.schema == data.schema
    assert load(data, target="city", name="other").schema.task == "multiclass"


def test_null_token(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n?\n3\n")
    assert load(path, null="?").table.column("a").to_pylist() == [1, None, 3]


def test_faults_name_the_file_or_the_column(tmp_path):
    with pytest.raises(InputError, match=r"absent\.csv"):
        load(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="Did you mean 'a1'"):
        load(pa.table({"a1": [1, 2], "b": [1, 2]}), target="a")


def test_columns_may_be_named_by_integers():
    data = load(pa.table({"0": [1.5, 2.5, 4.5] * 20, "1": ["a", "b", "a"] * 20}), target=1)
    assert data.schema.target == "1"


@pytest.mark.parametrize("role", ["target", "entity", "time"])
@pytest.mark.parametrize("value", ["3", "true", "2020-01-01"])
def test_a_role_that_is_no_name_is_no_column(tmp_path, make_table, role, value):
    path = tmp_path / "schema.toml"
    path.write_text(f"{role} = {value}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"{role} must be the name of a column"):
        load(make_table(50, 1), schema=path)
