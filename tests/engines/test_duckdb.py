from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.engines.duckdb import DuckDBEngine


@pytest.fixture
def table() -> pa.Table:
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "x": pa.array([None if k % 10 == 0 else float(k) for k in range(1000)]),
            'odd "name"': pa.array(rng.choice(np.array(["a", "b", "c"]), 1000, p=[0.6, 0.3, 0.1]).tolist()),
            "when": pa.array(
                [datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)] * 999 + [None], pa.timestamp("us", tz="Europe/Berlin")
            ),
        }
    )


def test_levels_are_exact_and_ordered(table: pa.Table) -> None:
    with DuckDBEngine() as engine:
        levels, counts, distinct, present = engine.levels(table, 'odd "name"', limit=2)
    assert levels.to_pylist() == ["a", "b"]
    assert distinct == 3
    assert present == 1000
    column = table.column('odd "name"').to_pylist()
    assert counts.tolist() == [column.count("a"), column.count("b")]


def test_numbers_come_in_row_order_with_nan_for_null(table: pa.Table) -> None:
    with DuckDBEngine() as engine:
        (whole,), (third,) = engine.numbers(table, ["x"]), engine.numbers(table, ["x"], every=3)
        (empty,) = engine.numbers(pa.table({"n": pa.array([None], pa.float64())}), ["n"])
    assert np.array_equal(whole, [np.nan if k % 10 == 0 else k for k in range(1000)], equal_nan=True)
    assert np.array_equal(third, whole[::3], equal_nan=True)
    assert np.isnan(empty).all()


def test_every_so_many_rows_are_counted_over_batches() -> None:
    table = pa.table({"x": np.arange(300_000.0)})
    with DuckDBEngine() as engine:
        (taken,) = engine.numbers(table, ["x"], every=7)
    assert np.array_equal(taken, np.arange(0.0, 300_000.0, 7))


def test_dates_are_seconds_since_1970_in_utc(table: pa.Table) -> None:
    with DuckDBEngine() as engine:
        assert np.unique(engine.numbers(table, ["when"])[0][:-1]).tolist() == [-1.0]
        batch = next(iter(engine.batches(table, ["when"], [], rows=2048)))
    assert batch.column(0)[0].as_py() == -1.0
    assert batch.column(0).null_count == 1


def test_a_folder_is_its_files(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table.slice(0, 400), tmp_path / "0.parquet")
    pq.write_table(table.slice(400), tmp_path / "1.parquet")
    with DuckDBEngine() as engine:
        assert engine.rows(tmp_path) == 1000
        assert np.array_equal(engine.numbers(tmp_path, ["x"])[0], engine.numbers(table, ["x"])[0], equal_nan=True)


def test_parquet_files_and_tables_stream_alike_in_row_order(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table.slice(0, 400), tmp_path / "0.parquet")
    pq.write_table(table.slice(400), tmp_path / "1.parquet")
    files = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    with DuckDBEngine(threads=2) as engine:
        streams = [
            pa.concat_tables([pa.table(b) for b in engine.batches(s, ["x"], ['odd "name"'], rows=300)]) for s in (table, files)
        ]
        assert engine.rows(files) == 1000
    assert streams[0].equals(streams[1])
    assert streams[0].column(0).to_pylist() == table.column("x").to_pylist()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations_and_times_of_day_are_seconds(unit: str) -> None:
    spans = pa.array([90, 86_400 * 40], pa.int64()).cast(pa.duration("s")).cast(pa.duration(unit))
    clock = pa.array([90, 3_600], pa.int32()).cast(pa.time32("s"))
    with DuckDBEngine() as engine:
        assert engine.numbers(pa.table({"span": spans}), ["span"])[0].tolist() == [90.0, 86_400.0 * 40]
        assert engine.numbers(pa.table({"clock": clock}), ["clock"])[0].tolist() == [90.0, 3_600.0]


def test_nan_is_missing() -> None:
    table = pa.table({"x": pa.array([float("nan")] * 30 + [1.0, 2.0])})
    with DuckDBEngine() as engine:
        assert np.isnan(engine.numbers(table, ["x"])[0]).sum() == 30
        assert next(iter(engine.batches(table, ["x"], [], rows=2048))).column(0).null_count == 30


def test_what_needs_no_query_is_what_a_query_gives(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    level = np.array(["b", "a", "é", "", "B"])[rng.integers(0, 5, 5_000)]
    null = rng.random(5_000) < 0.1
    table = pa.table(
        {
            "level": pa.array(level, mask=null),
            "packed": pa.chunked_array(
                [
                    pa.array(part, mask=hidden).dictionary_encode()
                    for part, hidden in ((level[:2_000], null[:2_000]), (level[2_000:], null[2_000:]))
                ]
            ),
            "yes": pa.array(rng.random(5_000) < 0.3, mask=null),
            "whole": pa.array(rng.integers(-(2**62), 2**62, 5_000), mask=null),
            "small": pa.array(rng.integers(0, 200, 5_000).astype(np.uint8)),
            "single": pa.array(np.where(null, np.nan, rng.normal(size=5_000)).astype(np.float32)),
            "day": pa.array(rng.integers(-9_000, 9_000, 5_000).astype(np.int32), pa.date32(), mask=null),
            "moment": pa.array(rng.integers(-(2**50), 2**50, 5_000), pa.timestamp("us", tz="Europe/Berlin"), mask=null),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    ordered, other = ["whole", "small", "single", "day", "moment"], ["level", "yes"]
    with DuckDBEngine() as engine:
        for name in ("level", "packed", "yes"):
            for limit in (2, 100):
                mine, asked = engine.levels(table, name, limit=limit), engine.levels(tmp_path / "t.parquet", name, limit=limit)
                assert mine.levels.to_pylist() == asked.levels.to_pylist()
                assert mine.counts.tolist() == asked.counts.tolist()
                assert mine[2:] == asked[2:]
        for mine, asked in zip(engine.numbers(table, ordered), engine.numbers(tmp_path / "t.parquet", ordered), strict=True):
            assert np.array_equal(mine, asked, equal_nan=True)
        batches = list(engine.batches(table, ordered, other, rows=2_048))
        assert [len(part) for part in batches] == [2_048, 2_048, 904]
        for mine, asked in zip(batches, engine.batches(tmp_path / "t.parquet", ordered, other, rows=2_048), strict=True):
            assert mine.to_pydict() == asked.to_pydict()
