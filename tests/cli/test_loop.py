from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from typer.main import get_command

import assay.verbs.loop
from assay.cli.__main__ import main
from assay.cli.app import app
from assay.cli.loop import GenerationsLeft
from assay.core.lineage import METADATA_KEY, Lineage
from assay.core.trajectory import Reading
from assay.reporting.documents import ecosystem_schema, loop_schema

LOOP = ["loop", "real.parquet", "--with", "marginals", "--regime", "replace,mix:0.10", "--generations", "2", "--seeds", "2"]
LOOP += ["--size", "60", "--target", "default", "--out", "kept", "--jobs", "1"]


class Gauge:
    def __init__(self, store):
        pass

    def __call__(self, real, holdout, *, size, seed):
        return self

    def measure(self, rows, *, previous, seed):
        value = float(rows.numbers("age").mean())
        return (Reading("mean_age", value, value - 3, value + 3, 0, 1, 2), Reading("step", 0.0, 0.0, 0.0, -1, 0, 1))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(assay.verbs.loop, "Yardsticks", Gauge)


def plain(text):
    document = json.loads(text)
    Draft202012Validator(loop_schema()).validate(document)
    document.get("run", {}).pop("timings", None)
    return document


def test_it_prints_what_left_first_and_writes_what_is_asked_for(tables, capsys):
    assert main([*LOOP, "--json", "result.json"]) == 0
    shown = capsys.readouterr().out
    for said in (
        "LOOP",
        "marginals, replace",
        "marginals, mix:0.1",
        "Before any loop the generator misses 1 axis; the loop takes no other.",
        "Generation 2",
        "Left at",
        "never",
        "Wrote kept/loop.json",
        "Wrote result.json",
    ):
        assert said in shown
    assert max(map(len, shown.splitlines())) <= 80
    document = plain(Path("result.json").read_text("utf-8"))
    assert document == plain(Path("kept/loop.json").read_text("utf-8"))
    assert document["run"]["command"] == (
        "assay loop real.parquet --with marginals --regime replace,mix:0.10 --generations 2 --seeds 2 --size 60 "
        "--target default --seed 0 --out kept"
    )
    assert Path("kept/trajectory.parquet").exists()
    assert Path("kept/marginals/replace/1/2.parquet").exists()


def test_with_json_on_standard_output_there_is_nothing_else(tables, capsys):
    assert main([*LOOP, "--json", "-"]) == 0
    assert plain(capsys.readouterr().out)["status"] == "finished"


def test_a_page_is_written_where_it_is_asked_for_and_tried_before_work_starts(tables, capsys):
    assert main([*LOOP, "--html", "result.html", "--json", "result.json"]) == 0
    assert "Wrote result.html" in capsys.readouterr().out
    page = Path("result.html").read_text("utf-8")
    assert "What remains of the data?" in page
    assert '<h4 class="column">' in page  # rows were counted
    document = plain(Path("result.json").read_text("utf-8"))
    counted = document["lineages"][0]["generations"][0]["portrait"]["columns"]
    assert {len(one["real"]) for one in document["layout"]["columns"] if one["column"] == "age"} == {len(counted["age"])}
    assert main([*LOOP[:-4], "--out", "other", "--html", "nowhere/result.html"]) == 2
    assert not Path("other").exists()


def test_what_is_unfinished_exits_3_and_says_why(tables, capsys):
    assert main([*LOOP, "--budget", "1e-9", "--json", "result.json"]) == 3
    shown = capsys.readouterr().out
    assert "UNFINISHED" in shown
    assert "the budget was spent" in shown
    assert "goes on from where it was" in shown
    assert plain(Path("result.json").read_text("utf-8"))["status"] == "unfinished"


def test_what_failed_is_named_and_the_same_command_is_no_remedy(tables, capsys, monkeypatch):
    measure = Gauge.measure

    def fail(self, rows, *, previous, seed):
        if rows.lineage.depth == 2:
            raise ZeroDivisionError
        return measure(self, rows, previous=previous, seed=seed)

    monkeypatch.setattr(Gauge, "measure", fail)
    assert main([*LOOP, "--generations", "3"]) == 3
    shown = capsys.readouterr().out
    assert "Failed: kept/marginals/replace/0/2.error.txt and 3 more" in shown
    assert "Next: mend what it names, or leave that generator or regime out." in shown
    assert "goes on from where it was" not in shown
    monkeypatch.setattr(Gauge, "measure", measure)
    assert main([*LOOP, "--generations", "3"]) == 0
    assert "Failed" not in capsys.readouterr().out
    assert not list(Path("kept").rglob("*.error.txt"))


def test_a_page_may_lie_in_the_folder_that_the_loop_makes(tables, capsys):
    out = ["--out", "new/kept", "--html", "new/kept/page.html", "--json", "new/kept/result.json"]
    assert main([*LOOP, *out]) == 0
    assert Path("new/kept/page.html").exists()
    assert plain(Path("new/kept/result.json").read_text("utf-8"))["status"] == "finished"
    assert sorted(path.name for path in Path("new").iterdir()) == ["kept"]
    assert main([*LOOP, "--out", "other", "--html", "other/deeper/page.html"]) == 2
    assert not Path("other").exists()


def test_a_loop_that_was_refused_can_be_started_after_all(tables, capsys):
    Path("kept").mkdir()
    assert main([*LOOP, "--target", "defalt", "--json", "kept/result.json"]) == 2
    assert plain_error(Path("kept/result.json"))
    assert main([*LOOP, "--generations", "1", "--json", "kept/result.json"]) == 0


def test_the_error_document_lies_where_the_result_would_have_lain(tables, capsys):
    away = [*LOOP, "--out", "new/kept", "--json", "new/kept/result.json"]
    assert main([*away, "--target", "defalt"]) == 2
    assert plain_error(Path("new/kept/result.json"))
    assert "Cannot write" not in capsys.readouterr().err
    assert main([*away, "--generations", "1"]) == 0


def test_a_loop_that_is_refused_leaves_no_folder(tables, capsys):
    assert main([*LOOP, "--keep", "some"]) == 2
    assert not Path("kept").exists()


def plain_error(path):
    return json.loads(path.read_text("utf-8"))["schema"] == "assay.error/1"


def test_synthetic_rows_given_as_real_are_told_on_standard_error(tables, capsys):
    stamp = Lineage("marginals", depth=3).to_json().encode()
    pq.write_table(pq.read_table("real.parquet").replace_schema_metadata({METADATA_KEY: stamp}), "real.parquet")
    assert main([*LOOP, "--generations", "1", "--json", "-"]) == 0
    shown = capsys.readouterr()
    assert plain(shown.out)["status"] == "finished"
    assert "its stamp says that marginals made it, 3 generations away from real rows" in shown.err


def test_settings_of_several_generators_are_told_apart(tables, capsys):
    more = ["--with", "bootstrap_rows", "--set", "marginals.text=null", "--generations", "1", "--json", "result.json"]
    assert main([*LOOP, *more]) == 0
    assert plain(Path("result.json").read_text("utf-8"))["settings"]["generators"] == {
        "marginals": {"text": "null"},
        "bootstrap_rows": {},
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--with", "nonsense"], "nonsense"),
        (["--regime", "mxi:0.1"], "Did you mean 'mix'"),
        (["--regime", ","], "at least one regime"),
        (["--set", "marginals=3"], "NAME.KEY=VALUE"),
        (["--set", "marginals.trees=3"], "trees"),
        (["--size", "1900"], "1,900 real rows"),
        (["--generations", "0"], "generations"),
        (["--keep", "some"], "none, last or all"),
        (["--task", "guess"], "task"),
        (["--target", "defalt"], "default"),
        (["--holdout", "none.parquet"], "none.parquet"),
        (["--out", "real.parquet"], "real.parquet"),
        (["--out", "."], "other files"),
    ],
)
def test_bad_input_exits_2_with_an_error_document(tables, capsys, more, said):
    assert main([*LOOP, *more, "--json", "result.json"]) == 2
    assert said in capsys.readouterr().err
    document = plain(Path("result.json").read_text("utf-8"))
    assert document["schema"] == "assay.error/1"
    assert said in json.dumps(document)


def test_an_interruption_exits_130_and_what_was_done_is_kept(tables, capsys, monkeypatch):
    assert main([*LOOP[:-4], "--out", "whole", "--jobs", "1", "--json", "whole.json"]) == 0

    def interrupt(self, what, done, total):
        if done == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(GenerationsLeft, "__call__", interrupt)
        assert main([*LOOP, "--json", "result.json"]) == 130
    assert plain(Path("result.json").read_text("utf-8"))["schema"] == "assay.error/1"
    assert not Path("kept/loop.json").exists()
    assert len(list(Path("kept").rglob("*/*/*.json"))) == 3
    assert main([*LOOP, "--json", "result.json"]) == 0
    resumed, whole = (plain(Path(name).read_text("utf-8")) for name in ("result.json", "whole.json"))
    assert {**resumed, "run": None} == {**whole, "run": None}


def test_something_unforeseen_exits_4(tables, capsys, monkeypatch):
    def fault(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(assay.verbs.loop, "Looping", fault)
    assert main([*LOOP, "--json", "result.json"]) == 4
    assert plain(Path("result.json").read_text("utf-8"))["schema"] == "assay.error/1"


def test_the_time_left_goes_by_the_generations_made_so_far(monkeypatch):
    said = []

    class Line:
        def step(self, text):
            said.append(text)

    times = iter((100.0, 110.0))
    monkeypatch.setattr("assay.cli.drill.clock.monotonic", lambda: next(times))
    left = GenerationsLeft(Line())
    left("marginals replace generation 2", 5, 25)
    left("marginals mix:0.1 generation 3", 10, 25)
    assert said == [
        "5 of 25 generations, marginals replace generation 2",
        "10 of 25 generations, 31 s left, marginals mix:0.1 generation 3",
    ]


def test_a_scenario_of_a_shared_corpus_needs_no_table(tmp_path, capsys):
    out, page = tmp_path / "outlook.json", tmp_path / "outlook.html"
    assert main(["loop", "--scenario", "filtering_only", "--seed", "3", "--json", str(out), "--html", str(page)]) == 0
    assert "not a prediction" in " ".join(capsys.readouterr().out.split())
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["settings"]["seed"] == 3
    Draft202012Validator(ecosystem_schema()).validate(document)
    assert page.read_text(encoding="utf-8").count("<svg") == len(document["bands"])
    assert {band["axis"] for band in document["bands"]} >= {"synthetic_share", "log_variance", "tail_mass"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "Got no REAL and no --with and no --out"),
        (["real.csv", "--scenario", "filtering_only"], "takes no REAL. Leave it out"),
        (["--scenario", "nix"], "business_as_usual"),
        (["--scenario", "filtering_only", "--seed", "-1"], "seed must be an integer >= 0. Got -1"),
        (["--scenario", "filtering_only", "--size", "9", "--jobs", "1"], "takes no --size and no --jobs. Leave them out"),
    ],
)
def test_what_is_missing_or_too_much_is_said(given, said, capsys):
    assert main(["loop", *given]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


ALONE = {"--scenario", "--seed", "--html", "--json", "--help"}
OPTIONS = {option.opts[0]: option for option in get_command(app).commands["loop"].params if option.param_type_name == "option"}


@pytest.mark.parametrize("option", sorted(OPTIONS.keys() - ALONE))
def test_a_scenario_passes_over_no_option_in_silence(option, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["loop", "--scenario", "filtering_only", option, "3", "--json", "result.json"]) == 2
    assert f"takes no {option}. Leave it out." in " ".join(capsys.readouterr().err.split())
    assert json.loads(Path("result.json").read_text("utf-8"))["schema"] == "assay.error/1"


def test_the_options_that_a_scenario_takes_are_the_documented_ones():
    assert {*OPTIONS, "--help"} >= ALONE
    assert len(OPTIONS.keys() - ALONE) >= 18
