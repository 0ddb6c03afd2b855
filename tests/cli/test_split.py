from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.cli.__main__ import main

OUT = ["--out-real", "r.parquet", "--out-holdout", "h.parquet"]


def test_both_parts_together_are_the_table(tables, capsys):
    assert main(["split", "real.parquet", "--holdout", "0.25", *OUT]) == 0
    real, holdout = pq.read_table("r.parquet"), pq.read_table("h.parquet")
    assert holdout.num_rows == 500
    key = [(name, "ascending") for name in real.column_names]
    whole = pa.concat_tables([real, holdout]).replace_schema_metadata().sort_by(key)
    assert whole.equals(pq.read_table("real.parquet").replace_schema_metadata().sort_by(key))
    assert "500 rows" in capsys.readouterr().out


def test_entities_stay_together(tables):
    assert main(["split", "real.parquet", "--entity", "age", *OUT]) == 0
    real, holdout = (set(pq.read_table(name).column("age").to_pylist()) for name in ("r.parquet", "h.parquet"))
    assert not real & holdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv", *OUT], "nowhere.csv"),
        (["real.parquet"], "--out-real"),
        (["real.parquet", "--holdout", "1.5", *OUT], "(0, 1)"),
        (["real.parquet", "--entity", "agee", *OUT], "'age'"),
        (["real.parquet", "--out-real", "a.csv", "--out-holdout", "a.csv"], "different"),
        (["real.parquet", "--out-real", "real.parquet", "--out-holdout", "a.csv"], "different"),
        (["real.parquet", "--out-real", "no/a.csv", "--out-holdout", "a.csv"], "no/a.csv"),
        (["real.parquet", "--out-real", "r.csv", "--out-holdout", "a.xls"], "End it in .parquet"),
        (["real.parquet", "--seed", "-1", *OUT], "seed must be an integer >= 0"),
    ],
)
def test_bad_input_exits_2(tables, capsys, arguments, said):
    assert main(["split", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not Path("r.csv").exists()
