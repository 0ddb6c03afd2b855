"""Cost: told for wide tables before anything is read, refused with a way out where memory cannot hold the counts."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.checking import cost
from assay.checking.cost import foresee, require_affordable
from assay.core import memory
from assay.core.errors import InputError
from assay.data.large import columns_of
from assay.verbs import check as verb
from assay.verbs.check import check


def test_more_columns_cost_more() -> None:
    costs = [foresee(columns) for columns in (10, 100, 500, 2_000, 15_000)]
    assert all(a.bytes < b.bytes and a.seconds < b.seconds for a, b in itertools.pairwise(costs))
    assert costs[-1].pairs == 112_492_500


def test_fifteen_thousand_columns_are_refused_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "available", lambda: 16 * 2**30)
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{k}" for k in range(15_000)) + "\n" + ",".join("1" * 15_000) + "\n")
    monkeypatch.setattr(verb, "load", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(InputError, match=r"15,000 columns make 112,492,500 pairs.*GiB of memory") as told:
        check(path, path)
    assert "at most" in told.value.fix
    assert told.value.file == str(path)


def test_what_fits_is_told_and_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "available", lambda: 16 * 2**30)
    told = require_affordable(500)
    assert told is not None
    assert "124,750 pairs" in told
    assert require_affordable(50) is None
    monkeypatch.setattr(cost, "available", lambda: 2**30)
    with pytest.raises(InputError, match="too wide for this machine"):
        require_affordable(500)


def test_wide_tables_tell_before_they_check(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(cost, "TOLD_FROM_COLUMNS", 5)
    rng = np.random.default_rng(0)
    table = pa.table({f"c{k}": rng.normal(size=15) for k in range(6)})
    assert check(table, table, tell=said.append).verdict == "cannot_tell"
    assert said == [foresee(6).told()] or "6 columns make 15 pairs" in said[0]


def test_columns_are_counted_without_reading_rows(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2], "b": [3, 4], "c": ["x", "y"]})
    pq.write_table(table, tmp_path / "t.parquet")
    (tmp_path / "folder").mkdir()
    pq.write_table(table, tmp_path / "folder" / "t.parquet")
    (tmp_path / "t.csv").write_text("a;b;c\n1;2;3\n")
    sources = (tmp_path / "t.parquet", tmp_path / "folder", str(tmp_path / "t.csv"), table, table.to_pandas())
    assert [columns_of(source) for source in sources] == [3, 3, 3, 3, 3]
    assert columns_of(tmp_path / "absent.csv") is None


def test_memory_is_the_least_of_all_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_machine", lambda: 8 * 2**30)
    monkeypatch.setattr(memory, "CGROUPS", ())
    monkeypatch.setattr(memory, "_own", lambda: 3 * 2**30)
    assert memory.available() == 3 * 2**30
    assert memory.engine_memory() == 3 * 2**28
    monkeypatch.setattr(memory, "_own", lambda: -5)
    assert memory.available() == 64 * 2**20
