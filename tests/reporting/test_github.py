from __future__ import annotations

import re

import pytest
from hostile_reports import HOSTILE, every_report, hostile, wide
from sample_reports import bad, good, unsure

from assay.reporting.github import MOST, commands, summary

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)")


def parsed(line):
    """Read a workflow command as the runner does."""
    found = COMMAND.fullmatch(line)
    assert found, line
    level, heading, message = found.groups()
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        heading, message = heading.replace(code, character), message.replace(code, character)
    return level, heading, message


@every_report
def test_every_line_is_one_command_or_says_how_many_more(report):
    lines = commands(report)
    assert all(COMMAND.fullmatch(line) or line.startswith("and ") for line in lines)
    for level in ("error", "warning"):
        assert sum(line.startswith(f"::{level} ") for line in lines) <= MOST + 1
    assert not any(character in line for line in lines for character in ("\n", "\r", "\x1b", "\u202e"))


@pytest.mark.parametrize(
    ("make", "level", "heading"),
    [(good, "notice", "Assay: trusted"), (bad, "error", "Assay: not trusted"), (unsure, "error", "Assay: cannot tell")],
)
def test_the_verdict_comes_first_and_only_trusted_is_no_error(make, level, heading):
    found = [parsed(line) for line in commands(make())]
    assert found[0][:2] == (level, heading)
    assert make().reasons[0] in found[0][2]
    assert [entry for entry in found if entry[0] == "error"] == [] or level == "error"


def test_a_finding_says_code_columns_message_and_remedy():
    found = [parsed(line) for line in commands(bad())]
    level, heading, message = found[1]
    assert (level, heading) == ("error", "TAIL01 capital-gain")
    assert message.startswith("0.02% of synthetic rows exceed")
    assert "Remedy: Fit the upper tail" in message
    assert {heading.partition(" ")[0]: level for level, heading, _ in found}["VAR01"] == "warning"


def test_a_required_check_that_could_not_tell_is_not_silent():
    found = [parsed(line) for line in commands(bad())]
    assert ("warning", "Worst slice: cannot tell") in [entry[:2] for entry in found]
    assert ("warning", "Calibration: error") in [entry[:2] for entry in found]


def test_what_is_too_much_for_github_is_counted():
    assert f"and {500 - MOST} more errors; the report holds all of them" in commands(wide())


def test_the_summary_has_verdict_scores_findings_and_checks():
    shown = summary(bad())
    assert shown.startswith("### ✗ Assay: not trusted\n")
    assert "| ROC AUC | Trained | Believed | Actual | Attainable |" in shown
    assert "| `TAIL01` | critical | capital-gain |" in shown
    assert "<summary>9 of 19 checks passed</summary>" in shown
    assert "| ? cannot tell | Worst slice | yes |" in shown


def test_names_in_the_summary_are_read_and_never_rendered():
    shown = summary(hostile())
    tags = re.findall(r"<[a-z/][^>]*>", shown)
    assert set(tags) == {"<details>", "<summary>", "</summary>", "</details>"}
    assert not any(character in shown for character in "\x1b\u202e\u200b")
    assert HOSTILE[5] not in shown
    for line in shown.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (6, 7), line


def test_the_summary_stays_small():
    assert len(summary(wide()).encode()) < 100_000
