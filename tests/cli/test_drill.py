from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import assay.verbs.drill
from assay.cli.__main__ import main
from assay.cli.drill import TimeLeft, duration
from assay.reporting.documents import drill_schema

DRILL = [
    "drill",
    "real.parquet",
    "--policy",
    "quick.toml",
    "--kinds",
    "shift_values",
    "--rows",
    "160",
    "--rounds",
    "2",
    "--jobs",
    "1",
]


def plain(text):
    document = json.loads(text)
    Draft202012Validator(drill_schema()).validate(document)
    document.get("run", {}).pop("timings", None)
    return document


def test_it_prints_the_result_and_writes_what_is_asked_for(tables, capsys):
    assert main([*DRILL, "--json", "drill.json", "--html", "drill.html"]) == 0
    shown = capsys.readouterr().out
    for said in (
        "DRILL",
        "shift_values",
        "Material",
        "False alarms",
        "Weakest point",
        "Next",
        "Wrote drill.json",
        "Wrote drill.html",
    ):
        assert said in shown
    assert max(map(len, shown.splitlines())) <= 80
    document = plain(Path("drill.json").read_text("utf-8"))
    assert document["run"]["command"] == (
        "assay drill real.parquet --policy quick.toml --kinds shift_values --rows 160 --rounds 2 --seed 0"
    )
    assert "shift_values" in Path("drill.html").read_text("utf-8")


def test_with_json_on_standard_output_there_is_nothing_else(tables, capsys):
    assert main([*DRILL, "--json", "-"]) == 0
    assert plain(capsys.readouterr().out)["status"] == "drilled"


def test_where_nothing_can_be_said_it_exits_3(tables, capsys):
    assert main([*DRILL, "--budget", "1e-9", "--json", "drill.json"]) == 3
    shown = capsys.readouterr().out
    assert "CANNOT TELL" in shown
    assert "budget" in shown
    assert plain(Path("drill.json").read_text("utf-8"))["status"] == "cannot_tell"
    assert main([*DRILL[:4], "--kinds", "break_order"]) == 3
    assert "no column of time" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--kinds", "nonsense"], "nonsense"),
        (["--kinds", ","], "at least one kind"),
        (["--rows", "900"], "to 800"),
        (["--rounds", "0"], "rounds"),
        (["--task", "guess"], "task"),
        (["--target", "defalt"], "default"),
        (["--html", "no/such/folder.html"], "no/such"),
        (["--html", "real.parquet"], "real.parquet"),
        (["--out", "real.parquet"], "real.parquet"),
    ],
)
def test_bad_input_exits_2_with_an_error_document(tables, capsys, more, said):
    assert main([*DRILL, *more, "--json", "drill.json"]) == 2
    assert said in capsys.readouterr().err
    document = plain(Path("drill.json").read_text("utf-8"))
    assert document["schema"] == "assay.error/1"
    assert said in json.dumps(document)


def test_an_interruption_exits_130_and_what_was_done_is_kept(tables, capsys, monkeypatch):
    whole = ["--json", "whole.json"]
    assert main([*DRILL, *whole]) == 0

    def interrupt(self, kind, done, total):
        if done == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TimeLeft, "__call__", interrupt)
        assert main([*DRILL, "--out", "kept", "--json", "drill.json"]) == 130
    assert plain(Path("drill.json").read_text("utf-8"))["schema"] == "assay.error/1"
    assert len(Path("kept/plantings.jsonl").read_bytes().splitlines()) == 4
    assert main([*DRILL, "--out", "kept", "--json", "drill.json"]) == 0
    assert plain(Path("drill.json").read_text("utf-8")) == plain(Path("whole.json").read_text("utf-8"))


def test_a_killed_run_goes_on_and_ends_with_the_same_result(tables, capsys):
    more = ["--rounds", "6", "--jobs", "2", "--out", "kept", "--json", "drill.json"]
    command = [sys.executable, "-m", "assay.cli", *DRILL, *more]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    kept = Path("kept/plantings.jsonl")
    while running.poll() is None and not (kept.exists() and kept.read_bytes().count(b"\n") >= 3):
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert main([*DRILL, *more]) == 0
    resumed = plain(Path("drill.json").read_text("utf-8"))
    assert main([*DRILL, "--rounds", "6", "--json", "drill.json"]) == 0
    assert resumed == plain(Path("drill.json").read_text("utf-8"))


def test_something_unforeseen_exits_4(tables, capsys, monkeypatch):
    def fault(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(assay.verbs.drill, "Drilling", fault)
    assert main([*DRILL, "--json", "drill.json"]) == 4
    assert plain(Path("drill.json").read_text("utf-8"))["schema"] == "assay.error/1"


def test_the_time_left_goes_by_the_last_plantings(monkeypatch):
    said = []

    class Line:
        def step(self, text):
            said.append(text)

    times = iter((100.0, 110.0))
    monkeypatch.setattr("assay.cli.drill.clock.monotonic", lambda: next(times))
    left = TimeLeft(Line())
    left("shift_values", 5, 25)
    left("sound rows", 10, 25)
    assert said == ["5 of 25 plantings, shift values", "10 of 25 plantings, 31 s left, sound rows"]
    assert [duration(seconds) for seconds in (0, 99, 100, 3599, 7300)] == ["1 s", "100 s", "2 min", "60 min", "2.1 h"]
