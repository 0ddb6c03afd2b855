from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import jsonschema
import pytest

from assay.cli.__main__ import main
from assay.reporting.documents import report_schema

QUICK = ["--policy", "quick.toml", "--jobs", "1"]
STALE = '{"schema": "assay.report/1", "verdict": "trusted"}'


def document(path: str | Path) -> dict:
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    jsonschema.validate(found, report_schema())
    return found


@pytest.mark.parametrize(
    ("synthetic", "code", "verdict"), [("alike", 0, "trusted"), ("shifted", 1, "not_trusted"), ("tiny", 3, "cannot_tell")]
)
def test_exit_code_and_json_say_the_verdict(tables, capsys, synthetic, code, verdict):
    Path("report.json").write_text("stale", encoding="utf-8")
    arguments = ["check", "real.parquet", f"{synthetic}.parquet", "--holdout", "holdout.parquet", *QUICK, "--json", "report.json"]
    assert main(arguments) == code
    found = document("report.json")
    assert found["schema"] == "assay.report/1"
    assert found["verdict"] == verdict
    shown = capsys.readouterr().out
    assert verdict.replace("_", " ").upper() in shown
    assert "report.json" in shown
    assert "Next" in shown


def test_all_outputs_are_written(tables):
    arguments = ["check", "real.parquet", "shifted.parquet", "--holdout", "holdout.parquet", *QUICK]
    assert main([*arguments, "--html", "r.html", "--junit", "r.xml", "--json", "r.json"]) == 1
    assert Path("r.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert "<testsuite" in Path("r.xml").read_text(encoding="utf-8")
    assert not list(Path().glob(".assay-*"))


def test_json_on_standard_output_is_alone_there(tables, capsys):
    code = main(["check", "real.parquet", "alike.parquet", "--holdout", "holdout.parquet", *QUICK, "--json", "-"])
    assert json.loads(capsys.readouterr().out)["verdict"] == "trusted"
    assert code == 0


def test_the_json_depends_on_neither_jobs_nor_output_paths(tables):
    documents = []
    for jobs, name in (("1", "a.json"), ("2", "b.json")):
        arguments = ["check", "real.parquet", "shifted.parquet", "--policy", "quick.toml", "--jobs", jobs, "--json", name]
        assert main(arguments) == 1
        documents.append(document(name))
        documents[-1]["run"].pop("timings")
    assert documents[0] == documents[1]


def test_command_in_the_report_asks_the_same_again(tables):
    arguments = ["check", "real.parquet", "alike.parquet", "--target", "default", "--sensitive", "city", *QUICK, "--seed", "7"]
    main([*arguments, "--json", "r.json"])
    command = document("r.json")["run"]["command"]
    expected = "assay check real.parquet alike.parquet --target default --sensitive city --policy quick.toml --seed 7"
    assert command == expected


BAD = {
    "missing file": (["nowhere.csv", "alike.parquet"], "nowhere.csv"),
    "missing argument": (["real.parquet"], "SYNTHETIC"),
    "unknown option": (["real.parquet", "alike.parquet", "--hodlout", "x"], "--holdout"),
    "unknown policy": (["real.parquet", "alike.parquet", "--policy", "trian"], "train"),
    "unknown task": (["real.parquet", "alike.parquet", "--target", "default", "--task", "binray"], "binary"),
    "unknown target": (["real.parquet", "alike.parquet", "--target", "defualt"], "default"),
    "seed no number": (["real.parquet", "alike.parquet", "--seed", "x"], "--seed"),
    "seed negative": (["real.parquet", "alike.parquet", "--seed", "-1"], "-1"),
    "no jobs": (["real.parquet", "alike.parquet", "--jobs", "0"], "0"),
    "budget negative": (["real.parquet", "alike.parquet", "--budget", "-3"], "-3"),
    "holdout is real": (["real.parquet", "alike.parquet", "--holdout", "real.parquet"], "holdout"),
    "html in no folder": (["real.parquet", "alike.parquet", "--html", "no/where.html"], "no/where.html"),
    "html over input": (["real.parquet", "alike.parquet", "--html", "real.parquet"], "--html"),
    "outputs the same": (["real.parquet", "alike.parquet", "--html", "same", "--junit", "same"], "same"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_exits_2_and_replaces_a_stale_report(tables, capsys, case):
    arguments, said = BAD[case]
    Path("report.json").write_text(STALE, encoding="utf-8")
    before = Path("real.parquet").read_bytes()
    assert main(["check", *arguments, "--json", "report.json"]) == 2
    found = document("report.json")
    assert found["schema"] == "assay.error/1"
    assert set(found["errors"][0]) == {"message", "file", "column", "row", "fix"}
    shown = capsys.readouterr()
    assert said in shown.err
    assert said in json.dumps(found)
    assert "Traceback" not in shown.err
    assert not shown.out
    assert Path("real.parquet").read_bytes() == before


def test_a_poor_encoding_neither_ends_the_command_nor_spoils_the_json(tables):
    Path("alike.parquet").rename("ähnlich.parquet")
    command = [sys.executable, "-m", "assay", "check", "real.parquet", "ähnlich.parquet", "--holdout", "holdout.parquet", *QUICK]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    for extra in ([], ["--json", "-"]):
        ended = subprocess.run([*command, *extra], env=environment, capture_output=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stderr
    assert "ähnlich.parquet" in json.loads(ended.stdout.decode("utf-8"))["run"]["command"]


def test_errors_go_to_standard_output_as_json_when_asked(tables, capsys):
    for arguments in (["nowhere.csv", "alike.parquet"], ["--nonsense"]):
        assert main(["check", *arguments, "--json=-"]) == 2
        assert json.loads(capsys.readouterr().out)["schema"] == "assay.error/1"


def test_all_errors_of_one_input_are_listed(tables):
    assert main(["check", "nowhere.csv", "nothing.csv", "--json", "e.json"]) == 2
    assert [entry["file"] for entry in document("e.json")["errors"]] == ["nowhere.csv", "nothing.csv"]


def test_a_forgotten_path_does_not_cost_the_table(tables, capsys):
    for arguments in (["--json", "real.parquet", "alike.parquet"], ["real.parquet", "alike.parquet", "--json", "real.parquet"]):
        before = Path("real.parquet").read_bytes()
        assert main(["check", *arguments]) == 2
        assert Path("real.parquet").read_bytes() == before


def test_wrong_usage_does_not_write_over_what_may_be_a_table(tables):
    for name, text, kept in (("adult.data", "39, State-gov", True), ("old.txt", STALE, False), ("new.txt", "", False)):
        Path(name).write_text(text, encoding="utf-8")
        assert main(["check", "--json", name, "alike.parquet"]) == 2
        assert (Path(name).read_text(encoding="utf-8") == text) is kept


@pytest.mark.parametrize("option", ["--schema meta.json", "--schema=meta.json", "--holdout ./meta.json", "--set of=meta.json"])
def test_an_error_is_never_written_over_an_input_of_whatever_name(tables, option):
    Path("meta.json").write_text('{"columns": {}}', encoding="utf-8")
    assert main(["check", "real.parquet", "alike.parquet", *option.split(), "--json", "meta.json"]) == 2
    assert Path("meta.json").read_text(encoding="utf-8") == '{"columns": {}}'


def test_two_outputs_of_one_path_leave_no_stale_report(tables):
    for words in (["--html", "r.json"], ["--html=r.json"], ["--junit", "r.json"]):
        Path("r.json").write_text(STALE, encoding="utf-8")
        assert main(["check", "real.parquet", "alike.parquet", *words, "--json", "r.json"]) == 2
        assert document("r.json")["schema"] == "assay.error/1"


@pytest.mark.parametrize("option", ["--holdout", "--json", "--html", "--policy", "--schema"])
def test_a_name_that_is_too_long_is_bad_input(tables, capsys, option):
    assert main(["check", "real.parquet", "alike.parquet", option, "x" * 5000]) == 2
    assert "name" in capsys.readouterr().err.replace("x" * 5000, "")


def test_a_path_that_cannot_be_written_is_named_once(tables, capsys):
    assert main(["check", "real.parquet", "alike.parquet", "--json", "no/where.json"]) == 2
    assert capsys.readouterr().err.count("no/where.json") == 1


@pytest.mark.parametrize("option", ["--json", "--html", "--junit"])
def test_outputs_are_tried_before_work_starts(tables, monkeypatch, option):
    def forbidden(*arguments, **options):
        raise AssertionError("work was started")

    monkeypatch.setattr(import_module("assay.verbs.check"), "check", forbidden)
    assert main(["check", "real.parquet", "alike.parquet", option, "missing/folder/out.x"]) == 2
    assert main(["check", "real.parquet", "alike.parquet", option, "."]) == 2


def test_the_unforeseen_exits_4_with_a_traceback_on_file(tables, monkeypatch, capsys):
    def broken(*arguments, **options):
        raise KeyError("gone")

    monkeypatch.setattr(import_module("assay.verbs.check"), "check", broken)
    Path("report.json").write_text(STALE, encoding="utf-8")
    assert main(["check", "real.parquet", "alike.parquet", "--json", "report.json"]) == 4
    found = document("report.json")
    assert found["schema"] == "assay.error/1"
    shown = capsys.readouterr().err
    assert "Traceback (most recent" not in shown
    named = next(word for word in shown.split() if "assay-traceback-" in word).rstrip(";")
    assert "KeyError: 'gone'" in Path(named).read_text(encoding="utf-8")
    Path(named).unlink()
    assert main(["check", "real.parquet", "alike.parquet", "--debug"]) == 4
    assert "Traceback (most recent" in capsys.readouterr().err


@pytest.mark.parametrize("raised", [EOFError, BrokenPipeError, SystemExit, MemoryError, RecursionError])
def test_nothing_that_is_raised_reads_as_a_verdict(tables, monkeypatch, capsys, tmp_path, raised):
    def broken(*arguments, **options):
        raise raised

    monkeypatch.setattr(import_module("assay.verbs.check"), "check", broken)
    assert main(["check", "real.parquet", "alike.parquet", "--debug"]) == 4


def test_an_error_that_cannot_be_told_is_no_verdict(tables, monkeypatch, capsys):
    def fail(*arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("assay.cli.failure._write_document", fail)
    assert main(["check", "nowhere.csv", "alike.parquet", "--json", "report.json"]) == 4
    assert "Input/output error" in capsys.readouterr().err


def test_an_interruption_exits_130_and_leaves_no_stale_report(tables, monkeypatch, capsys):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("assay.verbs.check"), "check", interrupted)
    Path("report.json").write_text(STALE, encoding="utf-8")
    assert main(["check", "real.parquet", "alike.parquet", "--json", "report.json"]) == 130
    assert document("report.json")["schema"] == "assay.error/1"


def test_a_closed_pipe_does_not_change_the_exit_code(tables):
    arguments = ["real.parquet", "shifted.parquet", *QUICK]
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [sys.executable, "-m", "assay", "check", *arguments], stdout=write, stderr=subprocess.PIPE, timeout=120, check=False
    )
    os.close(write)
    assert ended.returncode == 1
    assert b"BrokenPipe" not in ended.stderr
