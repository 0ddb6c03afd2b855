"""One test for each fault that a user meets first: a typed error with file, column or row and the fix, or handled."""

from __future__ import annotations

import datetime
import gzip
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError, InputErrors
from assay.data.dataset import Dataset
from assay.data.hints import hints
from assay.data.infer import impose, infer_schema
from assay.data.readers import read_table
from assay.data.writers import write_table


@pytest.fixture
def csv(tmp_path: Path):
    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refused(source, **options) -> InputError:
    with pytest.raises(InputError) as caught:
        read_table(source, **options)
    assert all(error.fix and error.message for error in caught.value.errors)
    if isinstance(source, Path):
        assert all(error.file == str(source) for error in caught.value.errors)
    return caught.value


def test_no_rows(tmp_path):
    path = tmp_path / "empty.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    assert "no rows" in refused(path).message


def test_no_columns():
    assert "no columns" in refused(pd.DataFrame(index=[0, 1])).message


def test_header_only(csv):
    assert "no rows" in refused(csv("a,b\n")).message


def test_empty_file(csv):
    assert "empty" in refused(csv("")).message


def test_one_row(csv):
    assert "only 1 row" in refused(csv("a,b\n1,2\n")).message


def test_one_column(csv):
    table = read_table(csv("a\n1\n\n3\n"))
    assert table.column("a").to_pylist() == [1, None, 3]


def test_constant_column():
    table = pa.table({"a": [7, 7, 7], "b": [1, 2, 3]})
    assert "one value only" in " ".join(hints(Dataset(table, infer_schema(table))))


def test_all_null_column_is_named_as_uncovered(csv):
    table = read_table(csv("a,b\n1,\n2,\n3,\n"))
    assert table.column("b").null_count == 3
    assert "'b' has no values; it is not covered" in " ".join(hints(Dataset(table, infer_schema(table))))


def test_all_null_datetime_keeps_its_type():
    table = read_table(pa.table({"when": pa.nulls(3, pa.timestamp("us")), "a": [1, 2, 3]}))
    assert infer_schema(table).column("when").kind == "datetime"


def test_nulls_only_in_synthetic_are_kept():
    real = pa.table({"a": [1, 2, 3]})
    out = impose(pa.table({"a": [1, None, 3]}), infer_schema(real), name="synthetic")
    assert out.nulls("a").tolist() == [False, True, False]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values(value):
    error = refused(pd.DataFrame({"a": [1.0, value, 2.0]}))
    assert (error.column, error.row) == ("a", 2)


def test_infinite_values_in_text(csv):
    assert refused(csv("a\n1.5\n1e999\n")).column == "a"


def test_null_nan_empty_and_na_are_kept_apart():
    frame = pl.DataFrame({"f": [1.0, None, float("nan"), 2.0], "s": ["", None, "NA", "x"]})
    table = read_table(frame)
    data = Dataset(table, infer_schema(table))
    assert table.column("s").to_pylist() == ["", None, "NA", "x"]
    assert data.nulls("f").tolist() == [False, True, True, False]
    assert data.nans("f").tolist() == [False, False, True, False]


def test_null_token_of_text(csv):
    path = csv('a,b\n1,x\nNA,NA\n3,""\n')
    assert read_table(path).column("a").to_pylist() == ["1", "NA", "3"]
    table = read_table(path, null="NA")
    assert table.column("a").to_pylist() == [1, None, 3]
    assert table.column("b").to_pylist() == ["x", None, ""]


def test_question_mark_is_a_level_with_a_hint(csv):
    table = read_table(csv("a,b\n" + "".join(f"{row},x{row}\n" for row in range(30)) + "?,?\n" * 12))
    said = hints(Dataset(table, infer_schema(table)))
    assert len(said) == 2
    assert all("--null '?'" in hint for hint in said)
    assert table.column("b").to_pylist()[-1] == "?"


def test_mixed_types():
    error = refused(pd.DataFrame({"a": [1, "x", None], "b": [True, 2, 3]}, dtype=object))
    assert [fault.column for fault in error.errors] == ["a", "b"]
    assert "number, text" in error.errors[0].message


def test_dict_and_list_cells():
    error = refused(pd.DataFrame({"a": [[1], [2]], "b": [{"k": 1}, {"k": 2}], "c": [1, 2]}))
    assert [fault.column for fault in error.errors] == ["a", "b"]


def test_nested_parquet(tmp_path):
    path = tmp_path / "nested.parquet"
    pq.write_table(pa.table({"a": [{"x": 1}, {"x": 2}], "b": [[1], [2]]}), path)
    assert isinstance(refused(path), InputErrors)


def test_nullable_integers_stay_integers():
    table = read_table(pd.DataFrame({"a": pd.array([1, None, 2**60 + 1], dtype="Int64")}))
    assert table.column("a").type == pa.int64()
    assert table.column("a").to_pylist() == [1, None, 2**60 + 1]


def test_integers_beyond_floats_are_exact(csv):
    table = read_table(csv(f"a,b,c\n{2**53 + 1},{2**64 - 1},{10**30 + 1}\n1,2,3\n"))
    assert [str(kind) for kind in table.schema.types] == ["int64", "uint64", "decimal128(31, 0)"]
    assert [column[0].as_py() for column in table.columns] == [2**53 + 1, 2**64 - 1, Decimal(10**30 + 1)]


def test_decimals_and_unsigned():
    cells = [Decimal("1.10"), None, Decimal("-99999999999999.99")]
    table = read_table(pa.table({"d": cells, "u": pa.array([2**64 - 1, 0, None], pa.uint64())}))
    assert table.column("d").to_pylist() == cells
    assert table.column("u").to_pylist() == [2**64 - 1, 0, None]


def test_huge_numbers_and_negative_zero(csv):
    table = read_table(csv("a,b\n1e308,-0.0\n-1e308,1.5\n"))
    assert table.column("a").to_pylist() == [1e308, -1e308]
    assert np.signbit(table.column("b")[0].as_py())


def test_booleans_as_objects():
    table = read_table(pd.DataFrame({"a": np.array([True, None, False], dtype=object)}))
    assert table.column("a").type == pa.bool_()
    assert infer_schema(table).column("a").kind == "boolean"


def test_unique_id_is_flagged(csv):
    table = read_table(csv("id,x\n" + "".join(f"{row},{row % 7}\n" for row in range(100))))
    data = Dataset(table, infer_schema(table))
    assert data.schema.column("id").kind == "id"
    assert data.schema.modelled == ("x",)
    assert "Taken as ids" in " ".join(hints(data))


def test_free_text():
    table = pa.table({"note": [f"the patient number {row} came in and was seen" for row in range(50)]})
    assert infer_schema(table).column("note").kind == "text"


def test_duplicate_names(csv):
    error = refused(csv("a,b,a\n1,2,3\n4,5,6\n"))
    assert error.column == "a"
    assert "2 times" in error.message


def test_duplicate_names_in_a_frame():
    assert "2 times" in refused(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])).message


def test_integer_names():
    assert read_table(pd.DataFrame([[1, 2], [3, 4]])).column_names == ["0", "1"]


def test_blank_names(csv):
    assert "blank name" in refused(csv("a,,c\n1,2,3\n4,5,6\n")).message


@pytest.mark.parametrize("other", ["age", "\uff21ge", "A\u200bge"])
def test_names_equal_but_for_case_or_unicode_form(other):
    assert "case or Unicode form" in refused(pa.table({"Age": [1, 2], other: [1, 2]})).message


@pytest.mark.parametrize("name", ["two words", "a\nb", "<script>alert(1)</script>", "=cmd", "../up", "x" * 5000, "שלום", "a`b-c"])
def test_strange_names(name, csv):
    quoted = '"' + name.replace('"', '""') + '"'
    table = read_table(csv(f"{quoted},b\n1,2\n3,4\n"))
    assert table.column_names == [name, "b"]
    with pytest.raises(InputError) as caught:
        infer_schema(table, target=name + "?")
    assert len(str(caught.value)) < 6000


def test_column_sets_differ():
    schema = infer_schema(pa.table({"age": [1, 2], "income": [3, 4]}))
    with pytest.raises(InputErrors) as caught:
        impose(pa.table({"age": [1, 2], "incme": [3, 4]}), schema, name="synthetic")
    assert [error.column for error in caught.value.errors] == ["income", "incme"]
    assert "Did you mean 'incme'?" in caught.value.errors[0].message


def test_types_differ_is_handled_and_recorded():
    schema = infer_schema(pa.table({"a": [1, 2], "b": ["x", "y"]}))
    out = impose(pa.table({"a": ["1", "many"], "b": [1.5, 2.5]}), schema, name="synthetic")
    assert out.dtype_changes == {"a": "string", "b": "double"}
    assert out.table.column("a").to_pylist() == [1, None]
    assert out.table.column("b").to_pylist() == ["1.5", "2.5"]


def test_whole_floats_for_integers_are_no_difference(csv):
    schema = infer_schema(read_table(csv("age\n39\n50\n", "real.csv")))
    out = impose(read_table(csv("age\n39.0\n50.0\n")), schema, name="synthetic")
    assert out.dtype_changes == {}
    assert out.table.column("age").type == pa.int64()


def test_new_categories_are_kept():
    out = impose(pa.table({"c": ["x", "new"]}), infer_schema(pa.table({"c": ["x", "y"]})), name="synthetic")
    assert out.table.column("c").to_pylist() == ["x", "new"]


def test_target_absent():
    with pytest.raises(InputError, match="Did you mean 'income'"):
        infer_schema(pa.table({"age": [1, 2], "income": [3, 4]}), target="incme")


def test_one_class():
    with pytest.raises(InputError, match="one class only"):
        infer_schema(pa.table({"a": [1, 2], "y": ["no", "no"]}), target="y")


def test_feature_that_copies_the_target_is_warned_of():
    table = pa.table({"y": [0, 1] * 20, "copy": ["no", "yes"] * 20, "x": list(range(40))})
    said = hints(Dataset(table, infer_schema(table, target="y")))
    assert any("'copy' is a copy of the target" in hint for hint in said)
    assert not any("'x' is a copy" in hint for hint in said)


def test_all_rows_duplicates_are_warned_of():
    table = pa.table({"a": [1, 2] * 30, "b": ["x", "y"] * 30})
    assert "repeat an earlier one" in " ".join(hints(Dataset(table, infer_schema(table))))


def test_far_dates(csv):
    table = read_table(csv("d,t\n1500-01-01,0001-01-01 00:00:00\n9999-12-31,9999-12-31 23:59:59.999999\n"))
    assert table.column("d").to_pylist() == [datetime.date(1500, 1, 1), datetime.date(9999, 12, 31)]
    assert table.column("t")[1].as_py() == datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
    assert Dataset(table, infer_schema(table)).numbers("d")[0] == -14831769600.0


def test_mixed_time_zones(csv):
    table = read_table(csv("t\n2024-01-01T12:00:00+02:00\n2024-01-01T10:00:00Z\n"))
    assert table.schema.field("t").type == pa.timestamp("us", tz="UTC")
    assert table.column("t")[0] == table.column("t")[1]


@pytest.mark.parametrize("dates", ["2024-01-31,31.01.2024", "2024-01-31,2024/02/01", "31/01/2024,01/31/2024"])
def test_two_date_formats(dates, csv):
    error = refused(csv("when\n" + dates.replace(",", "\n") + "\n"))
    assert error.column == "when"
    assert "2 formats" in error.message


def test_times_with_and_without_zone(csv):
    assert "without a time zone" in refused(csv("t\n2024-01-01T12:00:00Z\n2024-01-01T12:00:00\n")).message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_byte_order_marks_and_wide_text(encoding, csv):
    table = read_table(csv("näme,b\nü,1\nö,2\n".encode(encoding)))
    assert table.to_pydict() == {"näme": ["ü", "ö"], "b": [1, 2]}


def test_other_encodings(csv):
    assert refused(csv("a,b\n1,x\n2,ü\n".encode("latin-1"))).row == 3


def test_ragged_lines_all_named(csv):
    error = refused(csv('a,b\n1,2\n"x\ny",2\n3\n4,5,6\n'))
    assert [fault.row for fault in error.errors] == [5, 6]


def test_nul(csv):
    assert refused(csv(b"a,b\n1,2\n3,\x00\n")).row == 3


def test_unclosed_quote(csv):
    error = refused(csv('a,b\n1,x\n2,"y\n3,z\n'))
    assert error.row == 3
    assert "never closed" in error.message


def test_decimal_comma(csv):
    error = refused(csv("a;b\n1,5;x\n2,25;y\n"))
    assert error.column == "a"
    assert "1.5" in error.fix


def test_truncated_parquet(tmp_path):
    path = tmp_path / "cut.parquet"
    pq.write_table(pa.table({"a": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:-100])
    assert "Parquet" in refused(path).message


def test_broken_page_of_parquet(tmp_path):
    path = tmp_path / "broken.parquet"
    pq.write_table(pa.table({"a": np.random.default_rng(0).random(5000)}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4:12] = bytes(8)
    path.write_bytes(content)
    assert "broken" in refused(path).message


def test_changed_byte_in_our_own_parquet(tmp_path):
    table = pa.table({"a": np.random.default_rng(0).random(5000)})
    path = write_table(Dataset(table, infer_schema(table)), tmp_path / "real.parquet")
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    assert "broken" in refused(path).message


def test_forged_parquet_counts(tmp_path):
    path = tmp_path / "forged.parquet"
    pq.write_table(pa.table({"a": list(range(100))}), path, compression="none", use_dictionary=False)
    content = path.read_bytes()
    footer = content.rfind(b"\x16\xc8\x01")  # the thrift integer 100: rows, forged to the integer 99
    path.write_bytes(content[:footer] + b"\x16\xc6\x01" + content[footer + 3 :])
    assert "Parquet" in refused(path).message


def test_truncated_gzip(csv):
    content = gzip.compress(("a,b\n" + "1,2\n" * 1000).encode())
    assert "gzip" in refused(csv(content[:-20], "table.csv.gz")).message


def test_duplicate_index():
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=[5, 5, 7])
    assert read_table(frame).to_pydict() == {"a": [1, 2, 3]}


def test_missing_file(tmp_path):
    assert "No such file" in refused(tmp_path / "absent.csv").message


def test_folder_without_tables(tmp_path):
    assert "no .parquet files" in refused(tmp_path).message


def test_spreadsheet(csv):
    assert "spreadsheet" in refused(csv(b"PK\x03\x04rest of it", "table.xlsx")).message


def test_not_a_table():
    assert "int" in refused(7).message


def test_json_lines_faults(csv):
    error = refused(csv('{"a": 1}\n{"a": 1, "a": 2}\n[1]\n{"a"\n', "rows.jsonl"))
    assert [fault.row for fault in error.errors] == [2, 3, 4]


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


@pytest.mark.parametrize("source", [pd.Series([1, 2]), pl.Series([1, 2]), {"a": [1, 2]}, "", pl.LazyFrame({"a": [1, 2]})])
def test_other_sources(source):
    assert "Give a Parquet file" in refused(source).fix


def test_wide_tables_in_good_time():
    table = pa.table({f"x{position}": [1, 2, 3] for position in range(15_000)})
    data = impose(read_table(table), infer_schema(table))
    assert "112,492,500 pairs" in hints(data)[0]
