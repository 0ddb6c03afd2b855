"""Cells of every kind: which are refused, which are kept exactly, and which make a check fail."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from bad_input.made import failing, patients, warned, with_column


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values(refused, file, value):
    table = with_column(patients(), "lab", [value if row == 6 else 1.0 * row for row in range(80)])
    error = refused(file(table, "real.parquet"))
    assert (error.column, error.row) == ("lab", 7)


def test_infinite_values_in_text(refused, file):
    assert refused(file("a\n1.5\n1e999\n")).column == "a"
    assert refused(file('{"a": 1.5}\n{"a": Infinity}\n', "rows.jsonl")).column == "a"


def test_infinite_values_in_the_synthetic_table(refused, file):
    made = with_column(patients(80, 1), "lab", [np.inf] * 80)
    error = refused(file(patients(), "real.parquet"), file(made, "made.parquet"))
    assert error.file.endswith("made.parquet")


def test_null_nan_empty_and_na_are_kept_apart(tmp_path, handled):
    frame = pl.DataFrame({"f": [1.0, None, float("nan"), 2.0], "s": ["", None, "NA", "x"]})
    frame.write_parquet(tmp_path / "four.parquet")
    for source in (frame, tmp_path / "four.parquet"):
        data = assay.load(source)
        assert data.table.column("s").to_pylist() == ["", None, "NA", "x"]
        assert data.nulls("f").tolist() == [False, True, True, False]
        assert data.nans("f").tolist() == [False, False, True, False]
    frames = [pl.concat([frame] * 20) for _ in range(2)]
    handled(*frames)


def test_null_token_of_text(file):
    path = file('a,b\n1,x\nNA,NA\n3,""\n')
    assert assay.load(path).table.column("a").to_pylist() == ["1", "NA", "3"]
    table = assay.load(path, null="NA").table
    assert table.column("a").to_pylist() == [1, None, 3]
    assert table.column("b").to_pylist() == ["x", None, ""]


def test_question_mark_is_a_level_with_a_hint(file, handled):
    text = "a,b\n" + "".join(f"{row % 50},x{row % 3}\n" for row in range(80)) + "?,?\n" * 12
    document = handled(file(text), file(text, "made.csv"))
    assert warned(document).count("--null '?'") == 2
    assert assay.load(file(text)).table.column("b").to_pylist()[-1] == "?"


def test_mixed_types(refused, file):
    error = refused(pd.DataFrame({"a": [1, "x", None], "b": [True, 2, 3]}, dtype=object))
    assert [fault.column for fault in error.errors] == ["a", "b"] * 2  # of the real and the synthetic frame
    assert "In the real table" in error.errors[0].message
    assert "In the synthetic table" in error.errors[2].message
    assert "number, text" in error.errors[0].message
    assert refused(file('{"a": 1}\n{"a": "x"}\n', "rows.jsonl")).column == "a"


def test_dict_and_list_cells(refused, file):
    error = refused(pd.DataFrame({"a": [[1], [2]], "b": [{"k": 1}, {"k": 2}], "c": [1, 2]}))
    assert [fault.column for fault in error.errors] == ["a", "b"] * 2
    assert refused(file('{"a": [1]}\n{"a": [2]}\n', "rows.jsonl")).column == "a"


def test_nested_parquet(refused, file):
    error = refused(file(pa.table({"a": [{"x": 1}, {"x": 2}], "b": [[1], [2]]}), "nested.parquet"))
    assert [fault.column for fault in error.errors] == ["a", "b"]


def test_nullable_integers_stay_integers(handled):
    cells = pd.array([2**60 + row if row % 3 else None for row in range(60)], dtype="Int64")
    frame = pd.DataFrame({"a": cells, "b": range(60)})
    column = assay.load(frame).table.column("a")
    assert column.type == pa.int64()
    assert column.to_pylist()[:2] == [None, 2**60 + 1]
    handled(frame, frame[::-1])


def test_integers_beyond_floats_are_exact(file):
    table = assay.load(file(f"a,b,c\n{2**53 + 1},{2**64 - 1},{10**30 + 1}\n1,2,3\n")).table
    assert [column[0].as_py() for column in table.columns] == [2**53 + 1, 2**64 - 1, Decimal(10**30 + 1)]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([Decimal(row * 101 - 999) / 100 for row in range(60)], pa.decimal128(12, 2)),
        pa.array([Decimal(10) ** 60 * row for row in range(60)], pa.decimal256(70, 0)),
        pa.array([2**64 - 1 - row for row in range(60)], pa.uint64()),
        pa.array([(-1) ** row * 1e308 for row in range(60)]),
        pa.array([(-1) ** row * 1.7e308 / (row + 1) for row in range(60)]),
        pa.array([5e-324 * (row % 4) for row in range(60)]),
        pa.array([-0.0, 0.0] * 30),
        pa.array([10**11, -(10**11)] * 30, pa.duration("s")),
    ],
    ids=["decimal", "decimal of 70 digits", "uint64", "1e308", "ends of doubles", "denormal", "negative zero", "long spans"],
)
def test_numbers_at_the_ends(handled, cells):
    table = pa.table({"n": cells, "x": np.arange(60) % 7})
    assert assay.load(table).table.column("n").combine_chunks().equals(cells)
    other = table.take(pa.array(range(59, -1, -1)))
    handled(table, other, holdout=table.slice(0, 30), target="n", policy="test")


def test_negative_zero_is_kept(file):
    assert np.signbit(assay.load(file("a,b\n1,-0.0\n2,1.5\n")).table.column("b")[0].as_py())


def test_booleans_as_objects(handled):
    frame = pd.DataFrame({"a": np.array([True, None, False] * 20, dtype=object), "b": range(60)})
    assert assay.load(frame).schema.column("a").kind == "boolean"
    handled(frame, frame)


def test_unique_key_is_flagged(handled):
    real, made = (with_column(patients(80, seed), "key", [f"{seed}-{row}" for row in range(80)]) for seed in (0, 1))
    assert "Taken as ids, without a distribution of their own: 'key'" in warned(handled(real, made))


def test_free_text(handled):
    note = [f"the patient number {row} came in and was seen" for row in range(80)]
    real, made = (with_column(patients(80, seed), "note", note) for seed in (0, 1))
    assert assay.load(real).schema.column("note").kind == "text"
    handled(real, made)


def test_far_dates(file, handled):
    path = file("d,t\n1500-01-01,0001-01-01 00:00:00\n9999-12-31,9999-12-31 23:59:59.999999\n" * 1)
    table = assay.load(path).table
    assert table.column("d").to_pylist() == [datetime.date(1500, 1, 1), datetime.date(9999, 12, 31)]
    assert table.column("t")[1].as_py() == datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
    years = [datetime.date(1 + 166 * row, 3, 3) for row in range(60)]
    real = pa.table({"d": years, "x": range(60)})
    handled(real, real.slice(10))


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.duration("s"), pa.timestamp("ms", tz="UTC")])
def test_moments_that_no_calendar_has(refused, file, kind):
    cells = pa.array([2**61 if row == 4 else row for row in range(60)]).cast(kind)
    table = pa.table({"t": cells, "x": range(60)})
    error = refused(table if kind == pa.timestamp("s") else file(table, "far.parquet"))  # which Parquet cannot hold
    assert (error.column, error.row) == ("t", 5)
    assert "999" in error.message
    for end in (pa.array([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]),):
        assert len(assay.load(pa.table({"t": end, "x": [1, 2]}))) == 2


def test_mixed_time_zones(file):
    path = file("t\n2024-01-01T12:00:00+02:00\n2024-01-01T10:00:00Z\n")
    column = assay.load(path).table.column("t")
    assert column.type == pa.timestamp("us", tz="UTC")
    assert column[0] == column[1]


def test_times_with_and_without_zone(refused, file):
    assert "without a time zone" in refused(file("t\n2024-01-01T12:00:00Z\n2024-01-01T12:00:00\n")).message
    hour = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
    assert "without a time zone" in refused(pd.DataFrame({"t": [hour, hour.replace(tzinfo=None)]}, dtype=object)).message


@pytest.mark.parametrize("dates", ["2024-01-31,31.01.2024", "2024-01-31,2024/02/01", "31/01/2024,01/31/2024"])
def test_two_date_formats(refused, file, dates):
    error = refused(file("when\n" + dates.replace(",", "\n") + "\n"))
    assert error.column == "when"
    assert "2 formats" in error.message


def test_duplicate_index(handled):
    frame = patients().to_pandas().set_axis([5] * 80, axis=0)
    assert assay.load(frame).table.equals(assay.load(patients()).table)
    handled(frame, patients(80, 1).to_pandas())


def test_half_characters(refused, file):
    assert refused(file('{"a": "x"}\n{"a": "\\ud800"}\n', "rows.jsonl")).row == 2
    assert refused(file('{"a\\udfff": 1}\n{"a\\udfff": 2}\n', "rows.jsonl")).column == "a\udfff"


def test_row_groups_of_other_dictionaries(folder):
    path = folder / "groups.parquet"
    parts = [pa.table({"c": pa.array([f"{at}a", f"{at}b"]).dictionary_encode()}) for at in range(3)]
    with pq.ParquetWriter(path, parts[0].schema) as writer:
        for part in parts:
            writer.write_table(part)
    assert assay.load(path).table.column("c").to_pylist() == ["0a", "0b", "1a", "1b", "2a", "2b"]


def test_new_level_fails(handled):
    real, made = patients(300), patients(300, 1)
    made = with_column(made, "ward", ["attic" if row % 3 else cell for row, cell in enumerate(made.column("ward").to_pylist())])
    assert failing(handled(real, made)) & {"schema_match", "category_gap"}
