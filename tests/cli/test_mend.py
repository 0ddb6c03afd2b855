from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

import assay.verbs.mend
from assay.cli.__main__ import main
from assay.core import registry
from assay.core.errors import UsageError
from assay.data.readers import read_lineage
from assay.mending.recipe import Recipe
from assay.reporting.documents import mend_schema
from assay.reporting.mended import Mended

TOYS = Path(__file__).parents[1] / "testing"
MEND = ["mend", "few.parquet", "many.parquet", "--target", "default", "--policy", "quick.toml", "--jobs", "1"]
SEALED = ["--holdout", "holdout.parquet"]


def plain(text):
    document = json.loads(text)
    Draft202012Validator(mend_schema()).validate(document)
    document.get("run", {}).pop("timings", None)
    return document


@pytest.fixture
def rows(tables, make_table):
    """Folder with 160 real rows, and 400 others in which one class of the target is three times too rare."""
    pq.write_table(make_table(160, 11), "few.parquet")
    pq.write_table(make_table(300, 4), "holdout.parquet")
    for name, seed in (("many", 12), ("more", 13)):
        table = make_table(2000, seed)
        kept = np.random.default_rng(seed).random(2000) < np.where(np.asarray(table.column("default")) == 1, 0.25, 0.8)
        pq.write_table(table.filter(pa.array(kept)).slice(0, 400), f"{name}.parquet")
    return tables


@pytest.fixture
def toy(rows, monkeypatch):
    """A package with one remedy, installed for this test."""
    folder = rows / "site" / "toys-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[assay.remedies]\ntoy_weights = toy_remedies:ToyWeights\n")
    for path in (folder.parent, TOYS):
        monkeypatch.syspath_prepend(str(path))
    monkeypatch.setattr(registry, "_stems", lambda kind: frozenset() if kind == "remedy" else STEMS(kind))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder.parent), str(TOYS), os.environ.get("PYTHONPATH", "")]))
    for cached in (registry.names, registry.get):
        cached.cache_clear()
    yield rows
    for cached in (registry.names, registry.get):
        cached.cache_clear()


STEMS = registry._stems


def test_it_mends_proves_and_writes_what_is_asked_for(toy, capsys):
    written = ["--out", "mended.csv", "--recipe", "recipe.json", "--json", "mend.json", "--html", "mend.html"]
    code = main([*MEND, *SEALED, "--unseen", *written])
    shown = capsys.readouterr().out
    document = plain(Path("mend.json").read_text("utf-8"))
    assert code == {"trusted": 0, "not_trusted": 1, "cannot_tell": 3}[document["verdict"]]
    assert [step["remedy"] for step in document["steps"]] == ["toy_weights"]
    for said in (
        "1. Toy weights, default",
        "told apart",
        "Over baseline",
        "Privacy",
        "Wrote mended.csv (400 rows)",
        "Wrote mended.weights.parquet (the weight of each",
        "Wrote recipe.json",
        "Wrote mend.html",
        "Wrote mend.json",
    ):
        assert said in shown
    assert "Write the mended rows" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert document["run"]["command"] == (
        "assay mend few.parquet many.parquet --holdout holdout.parquet --target default --policy quick.toml --unseen --seed 0"
    )
    assert "Toy weights" in Path("mend.html").read_text("utf-8")
    weights = pq.read_table("mended.weights.parquet").column("weight").to_numpy()
    assert len(weights) == 400
    assert weights.mean() == pytest.approx(1.0)
    assert read_lineage("mended.csv").parameters["remedies"] == ["toy_weights"]
    assert len(Recipe.load("recipe.json").steps) == 1


def test_a_recipe_is_replayed_on_other_rows(toy, capsys):
    main([*MEND, "--unseen", "--recipe", "recipe.json", "--out", "mended.parquet", "--json", "-"])
    capsys.readouterr()
    asked = ["--target", "default", "--replay", "recipe.json"]
    assert main(["mend", "few.parquet", "more.parquet", *asked, "--out", "more.csv"]) == 0
    shown = capsys.readouterr().out
    for said in ("Wrote more.csv (400 rows)", "Wrote more.weights.parquet", "Nothing was learned or proved."):
        assert said in shown
    assert "rows without their weights are other rows" in shown
    assert "Next: assay check" not in shown
    assert read_lineage("more.csv").parameters["remedies"] == ["toy_weights"]
    assert main(["mend", "few.parquet", "many.parquet", *asked, "--out", "again.parquet"]) == 0
    for name in ("", ".weights"):
        assert pq.read_table(f"again{name}.parquet").equals(pq.read_table(f"mended{name}.parquet"))


def test_another_real_table_than_the_recipes_is_warned_of(toy, capsys):
    main([*MEND, "--unseen", "--recipe", "recipe.json", "--json", "-"])
    capsys.readouterr()
    asked = ["--target", "default", "--replay", "recipe.json", "--out", "more.csv"]
    assert main(["mend", "holdout.parquet", "more.parquet", *asked]) == 0
    assert "Warning: the recipe was learned from another real table" in capsys.readouterr().err
    assert main(["mend", "few.parquet", "more.parquet", *asked]) == 0
    assert "Warning" not in capsys.readouterr().err


def test_what_is_logged_while_mending_is_shown(rows, capsys, monkeypatch):
    def warned(*_, **__):
        logging.getLogger("assay.generators").warning("a word of warning")
        raise UsageError("It ends here.")

    monkeypatch.setattr(assay.verbs.mend, "mend_rows", warned)
    assert main(MEND) == 2
    assert "Warning: a word of warning" in capsys.readouterr().err


def test_rows_without_weights_go_on_to_a_check(rows, capsys):
    Path("recipe.json").write_text('{"schema": "assay.recipe/1", "seed": 0, "steps": []}')
    asked = ["--target", "default", "--replay", "recipe.json", "--out", "more.csv"]
    assert main(["mend", "few.parquet", "many.parquet", *asked]) == 0
    shown = capsys.readouterr().out
    assert "Next: assay check few.parquet more.csv --holdout HOLDOUT --target default" in shown
    assert "weight" not in shown


def test_a_sample_of_the_synthetic_rows_is_said_to_be_one(rows, capsys, monkeypatch):
    for cached in (registry.names, registry.get):
        cached.cache_clear()
    monkeypatch.setattr(registry, "_stems", lambda kind: frozenset() if kind == "remedy" else STEMS(kind))
    monkeypatch.setattr(
        assay.verbs.mend, "sample", lambda table, *, seed: table.take(np.arange(200)) if len(table) == 400 else table
    )
    main([*MEND, "--out", "mended.csv", "--json", "mend.json", "--html", "mend.html"])
    shown = " ".join(capsys.readouterr().out.split())
    said = "Of 400 synthetic rows 200 were drawn at random"
    assert said in shown
    assert said in Path("mend.html").read_text("utf-8")
    assert "Wrote mended.csv (200 rows) ! These come of a sample of the 400 synthetic rows." in shown
    assert plain(Path("mend.json").read_text("utf-8"))["sampled"] == {"synthetic": 400}
    registry.names.cache_clear()


ALONE = """
import sys
from assay.cli.__main__ import main
from assay.core import registry
stems = registry._stems
registry._stems = lambda kind: frozenset() if kind == "remedy" else stems(kind)
sys.exit(main(sys.argv[1:]))
"""


def test_the_result_does_not_depend_on_the_jobs(toy):
    found = []
    for jobs in ("1", "2"):
        command = [sys.executable, "-c", ALONE, *MEND[:-1], jobs, *SEALED, "--unseen", "--json", "-"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        found.append(plain(ended.stdout))
    assert [step["remedy"] for step in found[0]["steps"]] == ["toy_weights"]
    assert found[0] == found[1]


def test_without_remedies_that_help_it_says_so_and_writes_the_rows_as_they_came(rows, capsys, monkeypatch):
    for cached in (registry.names, registry.get):
        cached.cache_clear()
    monkeypatch.setattr(registry, "_stems", lambda kind: frozenset() if kind == "remedy" else STEMS(kind))
    assert main([*MEND, "--out", "mended.parquet", "--json", "mend.json"]) == 3
    shown = " ".join(capsys.readouterr().out.split())
    assert "? CANNOT TELL Nothing helped; best without mending:" in shown
    assert "! SELECTION INVALID: ROWS SHARED" in shown
    assert pq.read_table("mended.parquet").equals(pq.read_table("many.parquet"))
    assert not Path("mended.weights.parquet").exists()
    assert plain(Path("mend.json").read_text("utf-8"))["selection"] == "shared"
    registry.names.cache_clear()


def test_with_json_on_standard_output_there_is_nothing_else(rows, capsys):
    assert main([*MEND, "--budget", "1e-9", "--json", "-"]) == 3
    assert plain(capsys.readouterr().out)["proof"] is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--target", "defalt"], "Did you mean 'default'?"),
        (["--task", "guess"], "No task 'guess'"),
        (["--with", "tree_chian"], "Did you mean 'tree_chain'?"),
        (["--with", "tree_chain", "--set", "trees"], "--set must be KEY=VALUE. Got 'trees'."),
        (["--set", "trees=9"], "Name the generator."),
        (["--with", "tree_chain", "--unseen"], "Leave out one."),
        (["--seed", "-1"], "seed"),
        (["--jobs", "0"], "jobs"),
        (["--budget", "0"], "budget"),
        (["--policy", "tarin"], "train"),
        (["--holdout", "few.parquet"], "The holdout is the real table itself."),
        (["--holdout", "none.parquet"], "none.parquet"),
        (["--out", "mended.txt"], "--out needs the name of a table, with one of the endings .parquet, .csv, .csv.gz, .jsonl."),
        (["--out", "no/such/mended.csv"], "no/such"),
        (["--out", "many.parquet"], "--out many.parquet is an input as well"),
        (["--recipe", "recipe.csv"], "the name of a table"),
        (["--recipe", "-"], "--recipe needs the name of a file. Got '-'; only --json writes to standard output."),
        (["--html", "same.out", "--recipe", "same.out"], "another output"),
        (["--replay", "recipe.json"], "so --policy, --jobs, --json would do nothing"),
    ],
)
def test_bad_input_exits_2_with_an_error_document(rows, capsys, monkeypatch, more, said):
    def never(*_, **__):
        raise AssertionError("work began")

    monkeypatch.setattr(assay.verbs.mend, "mend_rows", never)
    assert main([*MEND, *more, "--json", "mend.json"]) == 2
    assert said in capsys.readouterr().err
    document = plain(Path("mend.json").read_text("utf-8"))
    assert document["schema"] == "assay.error/1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["few.parquet", "few.parquet"], "REAL and SYNTHETIC are one file"),
        (["tiny.parquet", "many.parquet"], "mend needs at least 40 real rows. Got 15. Give more real rows."),
        (["none.parquet", "many.parquet"], "none.parquet"),
        (["broken.parquet", "many.parquet"], "broken.parquet"),
        (["few.parquet", "text.csv"], "text.csv"),
        (["few.parquet"], "SYNTHETIC"),
        ([], "REAL"),
    ],
)
def test_wrong_files_exit_2_and_are_named(rows, capsys, words, said):
    Path("broken.parquet").write_bytes(b"PAR1 no more")
    Path("text.csv").write_text("nothing,like,it\n1,2,3\n")
    assert main(["mend", *words]) == 2
    assert said in capsys.readouterr().err


def test_weights_never_go_over_an_input(rows, capsys):
    Path("many.parquet").rename("mended.weights.parquet")
    assert main(["mend", "few.parquet", "mended.weights.parquet", "--out", "mended.csv"]) == 2
    assert "--out, with the weights mended.weights.parquet is an input as well" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recipe", "more", "said"),
    [
        ("{}", [], "a recipe has the schema"),
        ("no json", [], "This is no recipe of Assay"),
        ('{"schema": "assay.recipe/1", "seed": 0, "steps": [{"remedy": "gone"}]}', [], "This is no recipe of Assay"),
        (
            '{"schema": "assay.recipe/1", "seed": 0, "steps": [{"remedy": "toy_weights", "mechanism": "label_shift", "p_value": '
            '0.1, "numbers": 1, "sign": "", "columns": ["defalt"], "options": {}, "fact": false, "setting": {}}]}',
            [],
            "Did you mean 'default'?",
        ),
        ('{"schema": "assay.recipe/1", "seed": 0, "steps": []}', ["--unseen"], "--unseen would do nothing"),
        ('{"schema": "assay.recipe/1", "seed": 0, "steps": []}', ["--html", "mend.html"], "--html would do nothing"),
        ('{"schema": "assay.recipe/1", "seed": 0, "steps": []}', ["--seed", "7"], "--seed would do nothing"),
    ],
)
def test_a_recipe_that_cannot_be_replayed_exits_2(rows, capsys, recipe, more, said):
    Path("recipe.json").write_text(recipe)
    asked = ["mend", "few.parquet", "many.parquet", "--target", "default", "--replay", "recipe.json", "--out", "more.csv"]
    assert main([*asked, *more]) == 2
    assert said.lower() in capsys.readouterr().err.lower()
    assert not Path("more.csv").exists()


def test_a_recipe_that_is_not_there_is_said_to_be_none(rows, capsys):
    assert main(["mend", "few.parquet", "many.parquet", "--target", "default", "--replay", "gone.json", "--out", "more.csv"]) == 2
    assert (
        "Error: gone.json: This is no recipe of Assay: no such file. Give the file that mend wrote with --recipe."
        in capsys.readouterr().err
    )


def test_a_replay_needs_a_place_for_the_rows(rows, capsys):
    Path("recipe.json").write_text('{"schema": "assay.recipe/1", "seed": 0, "steps": []}')
    assert main(["mend", "few.parquet", "many.parquet", "--replay", "recipe.json"]) == 2
    assert "--replay needs a place for the rows. Got no --out." in capsys.readouterr().err


def test_an_interruption_exits_130_and_leaves_an_error_document(rows, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(assay.verbs.mend, "mend_rows", interrupt)
    assert main([*MEND, "--out", "mended.csv", "--json", "mend.json"]) == 130
    assert plain(Path("mend.json").read_text("utf-8"))["schema"] == "assay.error/1"
    assert not Path("mended.csv").exists()


def test_something_unforeseen_exits_4(rows, capsys, monkeypatch):
    def fault(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(assay.verbs.mend, "mend_rows", fault)
    assert main([*MEND, "--json", "mend.json"]) == 4
    assert plain(Path("mend.json").read_text("utf-8"))["schema"] == "assay.error/1"


def test_rows_that_lost_exit_1_and_are_warned_of_beside_their_name(rows, capsys, monkeypatch):
    for cached in (registry.names, registry.get):
        cached.cache_clear()
    monkeypatch.setattr(registry, "_stems", lambda kind: frozenset() if kind == "remedy" else STEMS(kind))
    monkeypatch.setattr(Mended, "outcome", property(lambda _: "lost"))
    assert main([*MEND, "--out", "mended.csv"]) == 1
    shown = capsys.readouterr().out
    warned = "! On sealed rows what was chosen did worse than the baseline."
    assert shown.index("Wrote mended.csv (400 rows)") < shown.index(warned)
    assert main([*MEND, "--out", "mended.csv", "--json", "-"]) == 1
    streams = capsys.readouterr()
    assert plain(streams.out)["verdict"] == "not_trusted"
    assert warned in streams.err
    registry.names.cache_clear()
