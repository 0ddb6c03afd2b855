from __future__ import annotations

import io
import re

import pytest
from hostile_reports import every_report, hostile
from sample_reports import bad, good, unsure

from assay.core.estimate import Estimate
from assay.reporting.report import Report
from assay.reporting.terminal import bar, show


def shown(report: Report, width: int | None = None) -> str:
    file = io.StringIO()
    show(report, file=file, width=width)
    return file.getvalue()


@every_report
def test_a_pipe_gets_plain_lines_of_at_most_80_columns(report: Report):
    text = shown(report)
    assert "\x1b" not in text
    assert all(len(line) <= 80 and line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_verdict_comes_first_at_any_width(width):
    assert shown(bad(), width).split()[:3] == ["✗", "NOT", "TRUSTED"]


def test_everything_that_decides_is_there():
    text = " ".join(shown(bad()).split())
    for part in (
        *(
            "Illusion gap +0.078",
            "Utility gap +0.052",
            "Worth in real rows: 840 (580 to 1,100)",
            "0.961",
            "0.952",
            "0.874",
            "0.926",
        ),
        *("TAIL01 critical", "Remedy: Fit the upper tail", "? cannot tell", "Triple gap (skipped)", "$ assay explain TAIL01"),
        *("Weakest point Constraint violations", "--null '?'", "lower is better"),
    ):
        assert part in text


def test_names_are_never_read_as_markup():
    text = shown(hostile())
    assert "[red]bold[/red]" in text
    assert "safe\\u202egnp.exe" in text
    assert "two\\nlines\\x1b[31m" in text


def test_the_next_command_fits_the_verdict():
    assert "assay split REAL --holdout 0.3" in shown(unsure())
    assert "31,000 rows" in shown(unsure())
    assert "assay policy show train" in shown(good())


def test_a_long_command_can_be_copied_from_the_terminal():
    command = shown(bad()).split("$ assay check")[1]
    assert " \\\n" in command
    assert " ".join(["assay", "check", *command.replace("\\\n", "").split()]) == bad().run["command"]


def test_a_terminal_that_knows_only_ascii_gets_question_marks_instead_of_an_error():
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    show(bad(), file=file)
    assert b"NOT TRUSTED" in raw.getvalue()


def test_the_bar_stands_where_the_numbers_are():
    def one(low, effect, high):
        return Estimate("auc", effect, 0, 0, 0, effect, low, high, 10, 10, "none")

    assert bar(one(0.4, 0.5, 0.6), 0, 1, 11) == "····├●┤····"
    assert bar(one(0.5, 0.5, 0.5), 0.5, 0.5, 5) == "●····"
    assert bar(one(0.0, 1.0, 1.0), 0, 1, 5) == "├───●"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_says_nothing_that_words_do_not(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = Terminal()
    show(bad(), file=file, width=80)
    coloured = file.getvalue()
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == shown(bad(), 80).splitlines()
