from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assay.cli.__main__ import main
from assay.data.readers import read_lineage

CLINIC = ["generate", "--with", "rules", "--set", "scenario=clinic", "-n", "5"]


def test_a_draft_is_written_checked_and_made(tables, capsys):
    assert main(["rules", "draft", "real.parquet", "--target", "default", "--out", "s.toml"]) == 0
    assert "assay rules check s.toml" in capsys.readouterr().out
    assert main(["rules", "check", "s.toml"]) == 0
    assert "The scenario can be used" in capsys.readouterr().out
    assert main(["generate", "--with", "rules", "--set", "scenario=s.toml", "-n", "60", "--out", "made.parquet"]) == 0
    made, real = pq.read_table("made.parquet"), pq.read_table("real.parquet")
    assert made.num_rows == 60
    assert made.schema.remove_metadata() == real.schema.remove_metadata()
    assert read_lineage("made.parquet").generator == "rules"


def test_shipped_scenarios_work_by_their_name(tables, capsys):
    assert main(["rules", "check", "payments"]) == 0
    shown = capsys.readouterr().out
    assert "payments: 1,000 rows of cards" in shown
    assert "event card_testing: 0.12% of the rows, burst" in shown
    words = ["generate", "--with", "rules", "--set", "scenario=payments", "-n", "1000", "--save", "kept", "--seed", "4"]
    assert main([*words, "--out", "all/"]) == 0
    assert len(list(Path("all").glob("*.parquet"))) == 4
    assert "values of the real table" not in capsys.readouterr().out
    assert main(["generate", "--load", "kept", "-n", "1000", "--seed", "4", "--out", "p.parquet", "--balance", "fraud"]) == 0
    assert sum(pq.read_table("p.parquet").column("fraud").to_pylist()) == 500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rules", "check", "nothing"], "payments"),
        (["rules", "check", "nothing.toml"], "cannot be read"),
        (["rules", "check", "bad.toml"], "line 2, tables.a.columns.x.mena"),
        (["rules", "draft", "real.parquet", "--out", "real.parquet"], "the real table as well"),
        (["rules", "draft", "real.parquet", "--out", "bad.toml", "--schema", "bad.toml"], "the schema as well"),
        (["rules", "draft", "real.parquet", "--out", "s.json"], ".toml"),
        (["rules", "draft", "real.parquet", "--target", "defualt", "--out", "s.toml"], "default"),
        (["rules", "draft", "tiny.parquet", "--out", "s.toml"], "at least 20 rows"),
        (["rules", "draft", "real.parquet", "--out", "nowhere/s.toml"], "Cannot write"),
        (["generate", "--with", "rules", "-n", "5", "--out", "m.parquet"], "scenario=payments"),
        (["generate", "--with", "rules", "--set", "scenario=bad.toml", "-n", "5", "--out", "m.parquet"], "mena"),
        (
            ["generate", "--with", "rules", "--set", "scenario=clinic", "-n", "5", "--where", "sexx = 'F'", "--out", "m.parquet"],
            "sex",
        ),
        (
            ["generate", "real.parquet", "--with", "rules", "--set", "scenario=clinic", "-n", "5", "--out", "m.parquet"],
            "learns nothing",
        ),
    ],
)
def test_bad_input_exits_2_and_writes_nothing(tables, capsys, arguments, said):
    Path("bad.toml").write_text("[tables.a.columns]\nx = {distribution = 'normal', mena = 3}\n", encoding="utf-8")
    assert main(arguments) == 2
    assert said in capsys.readouterr().err
    assert not Path("m.parquet").exists()
    assert not Path("s.toml").exists()
