from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.cli.__main__ import main

BASE = ["check", "real.parquet", "shifted.parquet", "--holdout", "holdout.parquet", "--policy", "quick.toml", "--jobs", "1"]


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("set_", "option", "shown"),
    [("true", [], True), (None, [], False), (None, ["--github"], True), ("true", ["--no-github"], False), ("false", [], False)],
)
def test_annotations_where_github_runs_or_the_user_says_so(tables, capsys, monkeypatch, set_, option, shown):
    if set_:
        monkeypatch.setenv("GITHUB_ACTIONS", set_)
    assert main([*BASE, *option]) == 1
    printed = capsys.readouterr()
    assert ("::error title=Assay%3A not trusted::" in printed.err) is shown
    assert "::error" not in printed.out


def test_json_on_standard_output_stays_alone_there(tables, capsys):
    assert main([*BASE, "--github", "--json", "-"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["verdict"] == "not_trusted"
    assert "::error title=DIST01 age::" in printed.err


def test_the_summary_is_appended_to(tables, capsys, monkeypatch):
    Path("summary.md").write_text("of another step\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert main([*BASE, "--github"]) == 1
    written = Path("summary.md").read_text(encoding="utf-8")
    assert written.startswith("of another step\n### ✗ Assay: not trusted\n")
    assert main([*BASE, "--no-github"]) == 1
    assert Path("summary.md").read_text(encoding="utf-8") == written


@pytest.mark.parametrize("arguments", [["check", "nowhere.csv", "real.parquet"], ["check", "--nonsense"], ["chekc"]])
def test_a_fault_is_annotated_too(tables, capsys, monkeypatch, arguments):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(arguments) == 2
    assert "\n::error title=Assay%3A no result::" in capsys.readouterr().err
    assert main([*arguments, "--no-github"]) == 2
    assert "::error" not in capsys.readouterr().err


def test_a_summary_that_cannot_be_written_changes_no_verdict(tables, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/where.md")
    assert main([*BASE, "--github"]) == 1
    assert "could not be written" in capsys.readouterr().err
