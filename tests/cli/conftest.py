"""Small tables as files, and policies that are decided in a moment."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

POLICY = """
name = "quick"
purpose = "Tests."
error = 0.05
needs = []

[checks.schema_match]
material = 0.001
blind = 0.02
reason = "It must fit."

[checks.ks_distance]
material = 0.05
mean = 0.05
blind = 0.5
reason = "It must lie where reality lies."
"""


@pytest.fixture
def tables(tmp_path, monkeypatch, make_table) -> Path:
    """Folder, made the current one: real, a second real sample, a shifted one, a tiny one, a holdout, and a quick policy."""
    monkeypatch.chdir(tmp_path)
    real = make_table(2000, 1)
    shifted = real.set_column(0, "age", pc.add(real.column("age"), pa.scalar(40)))
    parts = {
        "real": real,
        "alike": make_table(2000, 2),
        "shifted": shifted,
        "tiny": make_table(15, 3),
        "holdout": make_table(800, 4),
    }
    for name, table in parts.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    (tmp_path / "quick.toml").write_text(POLICY, encoding="utf-8")
    return tmp_path
