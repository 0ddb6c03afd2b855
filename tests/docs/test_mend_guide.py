"""The example in the guide to mending runs as it stands."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

GUIDE = Path(__file__).parents[2] / "docs" / "mend.md"


def test_the_example_runs(tmp_path, monkeypatch, make_table):
    monkeypatch.chdir(tmp_path)
    for seed, (name, rows) in enumerate({"few": 120, "synthetic": 300, "sealed": 200, "more": 80}.items()):
        table = make_table(rows, seed)
        names = ["outcome" if name == "default" else name for name in table.column_names]
        pq.write_table(pa.table(dict(zip(names, table.columns, strict=True))), f"{name}.parquet")
    example = next(part for part in GUIDE.read_text("utf-8").split("```python\n") if "assay.mend(" in part).partition("```")[0]
    made: dict[str, object] = {}
    exec(example, made)
    assert made["mended"].verdict in ("trusted", "not_trusted", "cannot_tell")
    for name in ("mended.parquet", "mended.html", "recipe.json"):
        assert (tmp_path / name).exists()
    assert len(made["more"].table) <= 80
    assert len(made["more"].weights) == len(made["more"].table)
