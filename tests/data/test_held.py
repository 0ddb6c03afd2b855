"""Rows held in memory are those of the files, and their facts those of the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.data import held as module
from assay.data import large
from assay.data.dataset import Dataset
from assay.data.held import held_facts
from assay.data.infer import infer_schema
from assay.data.large import open_large
from assay.data.stored import StoredDataset

ROWS = 100_000


def made(rng: np.random.Generator) -> pa.Table:
    null = rng.random(ROWS) < 0.05
    return pa.table(
        {
            "level": pa.array(np.array(["a", "bb", "", "é"])[rng.integers(0, 4, ROWS)], mask=null),
            "key": pa.array([f"k{at}" for at in range(ROWS)]),
            "x": pa.array(rng.normal(size=ROWS), mask=null),
            "n": pa.array(rng.integers(0, 50, ROWS)),
            "yes": pa.array(rng.random(ROWS) < 0.5),
        }
    )


@pytest.fixture(autouse=True)
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE_ROWS", 1_000)
    monkeypatch.setattr(large, "LARGE_CELLS", 1_000)


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return made(np.random.default_rng(0))


@pytest.mark.parametrize("files", [1, 2])
def test_held_rows_are_the_rows(rows: pa.Table, tmp_path: Path, files: int) -> None:
    (tmp_path / "t").mkdir()
    cut = ROWS // 3 if files == 2 else ROWS
    for at, part in enumerate([rows.slice(0, cut), rows.slice(cut)][:files]):
        pq.write_table(part, tmp_path / "t" / f"{at}.parquet", row_group_size=30_000)
    stored = open_large(tmp_path / "t")
    assert stored is not None
    assert stored.held is not None
    assert pa.types.is_dictionary(stored.held.schema.field("level").type)
    assert pa.types.is_string(stored.held.schema.field("key").type)
    assert pa.Table.from_batches(list(stored.batches())).equals(rows)
    schema = infer_schema(rows)
    assert infer_schema(held_facts(stored.held)) == schema
    dataset = StoredDataset(stored, schema)
    assert dataset.sha256 == Dataset(rows, schema).sha256
    some = np.array([5, ROWS - 1, 0, 70_000])
    assert dataset.take(some).table.combine_chunks().equals(rows.take(pa.array(some)).combine_chunks())


def test_facts_of_a_dictionary_are_those_of_its_cells(rows: pa.Table) -> None:
    column = rows.column("level")
    packed = pa.chunked_array(
        [column.slice(0, 1_000).combine_chunks().dictionary_encode(), column.slice(1_000).combine_chunks().dictionary_encode()]
    )
    found = held_facts(pa.table({"level": packed}))["level"]
    assert (found.rows, found.distinct, found.nullable) == (ROWS - column.null_count, 4, True)
    values, counts = found.levels(10)
    assert dict(zip(values.to_pylist(), counts.tolist(), strict=True)) == {
        entry["values"]: entry["counts"] for entry in column.drop_null().value_counts().to_pylist()
    }


def test_large_files_are_not_held(rows: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1_000_000)
    pq.write_table(rows, tmp_path / "t.parquet")
    stored = open_large(tmp_path / "t.parquet")
    assert stored is not None
    assert stored.held is None
    assert sum(len(batch) for batch in stored.batches()) == ROWS
