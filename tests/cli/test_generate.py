from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assay.cli.__main__ import main
from assay.data.readers import read_lineage

BASE = ["generate", "real.parquet", "--with", "marginals"]


def test_rows_are_written_with_types_and_lineage(tables, capsys):
    assert main([*BASE, "-n", "50", "--target", "default", "--seed", "3", "--out", "made.parquet"]) == 0
    made, real = pq.read_table("made.parquet"), pq.read_table("real.parquet")
    assert made.num_rows == 50
    assert made.schema.remove_metadata() == real.schema.remove_metadata()
    lineage = read_lineage("made.parquet")
    assert (lineage.generator, lineage.seed, lineage.depth) == ("marginals", 3, 1)
    shown = capsys.readouterr().out
    assert "50 rows" in shown
    assert "assay check real.parquet made.parquet" in shown


def test_equal_seeds_give_equal_files(tables):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert main([*BASE, "-n", "40", "--seed", seed, "--out", f"{name}.parquet"]) == 0
    a, b, c = (Path(f"{name}.parquet").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_where_and_balance_hold(tables):
    assert main([*BASE, "-n", "40", "--where", "age >= 60 and city = 'Ulm'", "--out", "old.parquet"]) == 0
    old = pq.read_table("old.parquet").to_pydict()
    assert min(old["age"]) >= 60
    assert set(old["city"]) == {"Ulm"}
    assert main([*BASE, "-n", "40", "--balance", "default", "--out", "even.parquet"]) == 0
    assert sum(pq.read_table("even.parquet").column("default").to_pylist()) == 20


def test_a_saved_generator_draws_the_same_rows(tables):
    assert main([*BASE, "-n", "30", "--seed", "5", "--out", "a.parquet", "--save", "fitted"]) == 0
    assert main(["generate", "--load", "fitted", "-n", "30", "--seed", "5", "--out", "b.parquet"]) == 0
    assert pq.read_table("a.parquet").equals(pq.read_table("b.parquet"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["real.parquet", "-n", "5", "--out", "m.parquet"], "--with"),
        (["real.parquet", "--with", "treechain", "-n", "5", "--out", "m.parquet"], "tree_chain"),
        (["real.parquet", "--with", "marginals", "-n", "0", "--out", "m.parquet"], ">= 1"),
        (["real.parquet", "--with", "marginals", "-n", str(10**12), "--out", "m.parquet"], "GiB are there"),
        (["real.parquet", "--with", "marginals", "-n", str(10**30), "--out", "m.parquet"], "GiB are there"),
        (["real.parquet", "--with", "marginals", "-n", "5"], "--out"),
        (["real.parquet", "--with", "marginals", "-n", "5", "--out", "m.xls"], ".parquet"),
        (["real.parquet", "--with", "marginals", "-n", "5", "--out", "real.parquet"], "--out"),
        (["real.parquet", "--with", "tree_chain", "--set", "trees", "-n", "5", "--out", "m.parquet"], "KEY=VALUE"),
        (["real.parquet", "--with", "tree_chain", "--set", "tres=3", "-n", "5", "--out", "m.parquet"], "tres"),
        (["real.parquet", "--with", "marginals", "--where", "agee > 3", "-n", "5", "--out", "m.parquet"], "age"),
        (["real.parquet", "--with", "marginals", "--where", "", "-n", "5", "--out", "m.parquet"], "expected a column"),
        (["real.parquet", "--with", "marginals", "--seed", "-1", "-n", "5", "--out", "m.parquet"], "integer >= 0"),
        (["real.parquet", "--with", "marginals", "--balance", "ctiy", "-n", "5", "--out", "m.parquet"], "city"),
    ],
)
def test_bad_input_exits_2_and_writes_nothing(tables, capsys, arguments, said):
    before = Path("real.parquet").read_bytes()
    assert main(["generate", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not Path("m.parquet").exists()
    assert Path("real.parquet").read_bytes() == before


@pytest.mark.parametrize(("out", "said"), [("m.xls", "End it in .parquet"), ("m/", "one table"), ("no/m.csv", "no such file")])
def test_where_rows_go_is_tried_before_work_starts(tables, monkeypatch, capsys, out, said):
    assert main([*BASE, "-n", "5", "--out", "m.parquet", "--save", "fitted"]) == 0

    def work(*arguments, **options):
        pytest.fail("work began")

    monkeypatch.setattr("assay.verbs.generate.load_table", work)
    monkeypatch.setattr("assay.generators.marginals.Marginals.sample", work)
    for source in (["real.parquet", "--with", "marginals"], ["--load", "fitted"]):
        assert main(["generate", *source, "-n", "5", "--out", out]) == 2
        assert said in capsys.readouterr().err
    assert not Path("m").exists()


def test_the_next_command_can_be_pasted(tables, capsys):
    assert main([*BASE, "-n", "5", "--out", "made here.csv"]) == 0
    assert "assay check real.parquet 'made here.csv' --holdout HOLDOUT" in capsys.readouterr().out


def test_a_privacy_budget_is_told_with_what_it_does_not_cover(tmp_path, capfd):
    real = tmp_path / "real.csv"
    real.write_text("x,c\n" + "\n".join(f"{row},{'ab'[row % 2]}" for row in range(300)))
    arguments = ["generate", str(real), "--with", "autoregressive", "-n", "20", "--out", str(tmp_path / "made.csv")]
    assert main([*arguments, "--set", "epsilon=3", "--set", "epochs=1", "--set", "width=8"]) == 0
    told = capfd.readouterr()
    assert "Privacy: epsilon 3 at delta" in told.out
    assert "Not covered:\n  - anybody who knows or guesses the seed" in told.out
    assert told.err.count("the noise follows from a seed that can be guessed") == 1
