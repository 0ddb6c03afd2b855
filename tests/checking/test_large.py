"""Tables that stay in their files: the same schema, digest and numbers as in memory, and samples that say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.checking import large
from assay.checking.large import know, sample
from assay.core.errors import InputError
from assay.data import large as opening
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.large import open_large
from assay.data.readers import read_table
from assay.data.stored import StoredDataset
from assay.verbs.check import check
from assay.verbs.load import load

COUNTS = """
name = "counts"
needs = []
[checks.ks_distance]
material = 0.05
mean = 0.025
blind = 0.2
[checks.pair_gap]
material = 0.06
mean = 0.025
blind = 0.25
[checks.variance_ratio]
material = 0.095
mean = 0.175
blind = 0.69
[checks.two_sample]
required = false
material = 0.05
blind = 0.05
[checks.exact_copies]
material = 0.005
blind = 0.01
"""


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LARGE_ROWS", 500)
    monkeypatch.setattr(opening, "LARGE_CELLS", 1_000)
    monkeypatch.setattr(large, "SAMPLE_ROWS", 400)


def mixed(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    number = rng.normal(size=rows)
    number[::17] = np.nan
    words = np.array(["a few words that say little", "other words that say as little", "and again some more words here"])
    return pa.table(
        {
            "number": pa.array(number, mask=np.arange(rows) % 29 == 0),
            "whole": pa.array(rng.integers(0, 50, rows), mask=rng.random(rows) < 0.1),
            "flag": pa.array(rng.integers(0, 2, rows)),
            "sure": pa.array(rng.random(rows) < 0.3),
            "city": pa.array(np.array(["Bonn", "Ulm", "Jena", ""])[rng.integers(0, 4, rows)]),
            "note": pa.array([f"{words[k % 3]} {k}" for k in range(rows)]),
            "patient_id": pa.array(rng.permutation(rows)),
            "type": pa.array(rng.integers(1, 6, rows)),
            "whole float": pa.array(rng.integers(0, 9, rows).astype(float)),
            "day": pa.array(rng.integers(0, 9_000, rows).astype(np.int32), pa.int32()).cast(pa.date32()),
            "price": pa.array([f"{k % 977}.25" for k in range(rows)]).cast(pa.decimal128(12, 2)),
            "nothing": pa.nulls(rows, pa.float64()),
            "code": pa.array([f"k{k}" for k in range(rows)]),
        }
    )


def folder(path: Path, table: pa.Table, cuts: tuple[int, ...]) -> Path:
    path.mkdir()
    bounds = [0, *cuts, len(table)]
    for at in range(len(bounds) - 1):
        pq.write_table(table.slice(bounds[at], bounds[at + 1] - bounds[at]), path / f"{at}.parquet", row_group_size=97)
    return path


def test_schema_and_digest_equal_those_in_memory(tmp_path: Path) -> None:
    table = mixed(2_000)
    pq.write_table(table, tmp_path / "one.parquet")
    files = folder(tmp_path / "many", table, (13, 700, 1_999))
    whole = Dataset(read_table(table), infer_schema(read_table(table), target="flag", sensitive=("city",)))
    for path in (tmp_path / "one.parquet", files):
        stored = load(path, target="flag", sensitive="city")
        assert isinstance(stored, StoredDataset)
        assert stored.schema == whole.schema
        assert stored.sha256 == whole.sha256
        assert len(stored) == 2_000
        assert stored.table.drop_columns("number").equals(whole.table.drop_columns("number"))  # NaN equals no NaN


def test_small_tables_and_foreign_types_are_read_whole(tmp_path: Path) -> None:
    pq.write_table(mixed(300), tmp_path / "small.parquet")
    assert open_large(tmp_path / "small.parquet") is None
    pq.write_table(pa.table({"a": pa.array(range(1_000), pa.duration("s")), "b": range(1_000)}), tmp_path / "span.parquet")
    assert open_large(tmp_path / "span.parquet") is None
    assert open_large(mixed(1_000)) is None


def test_layouts_that_an_engine_reads_otherwise_are_rewritten(tmp_path: Path) -> None:
    table = mixed(1_000)
    other = table.set_column(1, "whole", table.column("whole").cast(pa.int16()))
    (tmp_path / "many").mkdir()
    pq.write_table(table, tmp_path / "many" / "0.parquet")
    pq.write_table(other, tmp_path / "many" / "1.parquet")
    stored = load(tmp_path / "many")
    assert isinstance(stored, StoredDataset)
    assert len(stored.stored.files) == 1
    assert stored.sha256 == Dataset(read_table(tmp_path / "many"), stored.schema).sha256


def test_infinite_numbers_are_refused_with_their_first_row(tmp_path: Path) -> None:
    table = mixed(1_000)
    numbers = np.zeros(1_000)
    numbers[[700, 900]] = np.inf
    pq.write_table(table.append_column("wild", pa.array(numbers)), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"'wild' has 2 infinite values, the first in data row 701"):
        load(tmp_path / "t.parquet")


def test_counts_are_the_same_from_memory_one_file_and_a_folder(tmp_path: Path) -> None:
    real, synthetic = mixed(3_000).drop_columns(["note", "code"]), mixed(2_500, seed=1).drop_columns(["note", "code"])
    (tmp_path / "counts.toml").write_text(COUNTS)
    for role, table in (("real", real), ("synthetic", synthetic)):
        pq.write_table(table, tmp_path / f"{role}.parquet")
        folder(tmp_path / role, table, (1_111,))
    reports = [
        check(*sources, policy=tmp_path / "counts.toml", seed=3, jobs=jobs)
        for sources, jobs in (
            ((real, synthetic), 1),
            ((tmp_path / "real.parquet", tmp_path / "synthetic.parquet"), 2),
            ((tmp_path / "real", tmp_path / "synthetic"), 1),
            ((real, tmp_path / "synthetic"), 1),
        )
    ]
    counted = [
        [part.to_dict() for part in report.scorecard.estimates if part.measure in ("ks_distance", "pair_gap", "variance_ratio")]
        for report in reports
    ]
    assert counted[0]
    assert counted[1] == counted[0]
    assert counted[2] == counted[0]
    assert counted[3] == counted[0]
    assert len({str(report.inputs) for report in reports}) == 1
    of_rows = [part for part in reports[1].scorecard.estimates if part.measure == "two_sample"]
    assert all(part.sampled and "400 of 3,000 real rows" in part.method for part in of_rows)
    assert any("stratified sample: 400 of 3,000 real rows" in warning for warning in reports[1].scorecard.warnings)
    assert reports[1].verdict != "trusted"


def test_a_sample_keeps_the_shares_of_classes_exactly(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    label = np.repeat(["common", "rare", "rarest"], [9_000, 950, 50])
    rng.shuffle(label)
    pq.write_table(pa.table({"x": rng.normal(size=10_000), "label": label}), tmp_path / "t.parquet")
    data = load(tmp_path / "t.parquet", target="label")
    part = sample(data, seed=1, most=400)
    assert len(part) == 400
    counts = {entry["values"]: entry["counts"] for entry in part.table.column("label").value_counts().to_pylist()}
    assert counts == {"common": 360, "rare": 38, "rarest": 2}
    assert sample(data, seed=1, most=400).table.equals(part.table)
    assert not sample(data, seed=2, most=400).table.equals(part.table)


def test_a_sample_keeps_entities_whole(tmp_path: Path) -> None:
    who = np.repeat(np.arange(1_000), 5)
    pq.write_table(pa.table({"who": who, "x": np.arange(5_000.0)}), tmp_path / "t.parquet")
    part = sample(load(tmp_path / "t.parquet", entity="who"), seed=0, most=1_000)
    counts = part.table.column("who").value_counts().field("counts").to_pylist()
    assert set(counts) == {5}
    assert 700 < len(part) < 1_300


def test_rows_are_taken_in_the_order_asked_for(tmp_path: Path) -> None:
    pq.write_table(mixed(1_500).select(["whole", "city", "day"]), tmp_path / "t.parquet", row_group_size=100)
    data = load(tmp_path / "t.parquet")
    rows = np.array([1_499, 3, 3, 700])
    assert data.take(rows).table.equals(data.table.take(pa.array(rows)))


def test_declared_kinds_and_types_hold(tmp_path: Path) -> None:
    table = mixed(1_000)
    pq.write_table(table, tmp_path / "t.parquet")
    (tmp_path / "s.toml").write_text(
        '[[columns]]\nname = "type"\nkind = "numeric"\ndtype = "double"\n[[columns]]\nname = "whole"\nkind = "categorical"\n'
    )
    stored, whole = load(tmp_path / "t.parquet", schema=tmp_path / "s.toml"), load(table, schema=tmp_path / "s.toml")
    assert stored.schema == whole.schema
    assert stored.sha256 == whole.sha256
    (tmp_path / "bad.toml").write_text('[[columns]]\nname = "city"\nkind = "numeric"\ndtype = "double"\n')
    with pytest.raises(InputError, match="does not fit"):
        load(tmp_path / "t.parquet", schema=tmp_path / "bad.toml")


def test_synthetic_rows_of_another_type_are_cast_as_in_memory(tmp_path: Path) -> None:
    real, synthetic = mixed(1_000), mixed(1_000, seed=1)
    synthetic = synthetic.set_column(1, "whole", synthetic.column("whole").cast(pa.float64()))
    synthetic = synthetic.set_column(7, "type", synthetic.column("type").cast(pa.string()))
    pq.write_table(synthetic, tmp_path / "s.parquet")
    stored = open_large(tmp_path / "s.parquet")
    assert stored is not None
    known = load(real)
    fitted = large.fit(stored, known.schema, name="synthetic", file="s")
    from assay.data.impose import impose

    whole = impose(read_table(synthetic), known.schema, name="synthetic")
    assert fitted.dtype_changes == whole.dtype_changes == {"type": "string"}
    assert fitted.sha256 == whole.sha256


def test_know_reads_no_more_than_batches(tmp_path: Path) -> None:
    pq.write_table(mixed(1_000), tmp_path / "t.parquet")
    stored = open_large(tmp_path / "t.parquet")
    assert stored is not None
    data = know(stored, schema=None, roles={}, name="t", file="t")
    assert "table" not in data.__dict__


def test_copies_and_repeats_keep_their_shares_in_a_sample(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    real = pa.table({"x": rng.normal(size=8_000), "y": rng.normal(size=8_000)})
    fresh = pa.table({"x": rng.normal(size=4_000), "y": rng.normal(size=4_000)})
    copied = real.take(pa.array(rng.permutation(8_000)[:1_000]))
    synthetic = pa.concat_tables([fresh.slice(0, 3_000), copied, fresh.slice(0, 1_000)])
    pq.write_table(real, tmp_path / "real.parquet")
    pq.write_table(synthetic, tmp_path / "synthetic.parquet")
    (tmp_path / "policy.toml").write_text(
        'name = "rows"\nneeds = []\n[checks.exact_copies]\nmaterial = 0.005\nblind = 0.01\n'
        "[checks.duplicate_rows]\nmaterial = 0.005\nblind = 0.03\n[checks.near_copies]\nmaterial = 0.005\nblind = 0.02\n"
    )
    report = check(tmp_path / "real.parquet", tmp_path / "synthetic.parquet", policy=tmp_path / "policy.toml")
    worst = {entry.family: entry.worst for entry in report.scorecard.checks}
    assert worst["exact_copies"].value == pytest.approx(0.2, abs=0.1)
    assert worst["duplicate_rows"].value == pytest.approx(0.2, abs=0.1)
    assert worst["exact_copies"].sampled
    assert "a copy always with its original" in worst["exact_copies"].method
    reasons = {part.measure: part.reason for part in report.scorecard.not_checked}
    assert "compares with every real row" in reasons["near_copies"]
    assert report.verdict == "not_trusted"
