"""Assertions on a report, case by case; the reports are made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.core.errors import UnknownNameError, UsageError
from assay.core.estimate import Estimate
from assay.core.finding import Finding
from assay.core.scorecard import Check, NotChecked, Scorecard
from assay.core.verdict import Verdict
from assay.reporting.report import Report
from assay.testing.bounds import Bounds

WORST = Estimate("tail_mass", -0.3, -0.1, 0.0, 0.1, -0.3, -0.5, -0.1, 100, 100, "by hand", ("pay",), "upper tail")
TAIL = Check("tail_mass", "tail_mass", True, "pass", None, WORST, 0.693, 1.609, "", "", None, 0.2, 0.6)


def bounds(*checks, verdict="trusted", findings=(), holdout=True, not_checked=(), rows=None):
    table = {"rows": 100, "columns": 1, "sha256": "0" * 64}
    return Bounds(
        Report(
            Scorecard((), checks or (TAIL,), not_checked, None),
            Verdict(verdict, ("So it is.",), rows, findings),
            {"name": "train", "sha256": "0" * 64, "purpose": "Tests."},
            {"real": table, "synthetic": table, "holdout": table if holdout else None},
            {"assay_version": "0", "versions": {}, "command": "none", "seed": 0, "jobs": 1, "timings": {}},
        )
    )


def finding(code, column="pay"):
    return Finding(code, "tail_loss", "major", (column,), "The tail is gone.", (), "Refill it.", 0.99)


def told(call, *arguments):
    with pytest.raises(AssertionError) as caught:
        call(*arguments)
    return str(caught.value)


def test_the_verdict():
    bounds().assert_trusted()
    assert told(bounds(verdict="not_trusted").assert_trusted).startswith("Not trusted, for policy 'train': So it is.")
    unsure = told(bounds(verdict="cannot_tell", rows=9000).assert_trusted)
    assert unsure.startswith("Cannot tell, for policy 'train'")
    assert unsure.endswith("About 9,000 rows would settle it.")


@pytest.mark.parametrize(
    ("outcome", "start"),
    [
        ("fail", "Tail mass fails: Because."),
        ("cannot_tell", "Cannot tell: Because."),
        ("error", "Cannot tell: Tail mass (error): Because."),
        ("skipped", "Cannot tell: Tail mass (skipped): Because."),
        ("not_applicable", "Cannot tell: Tail mass (not applicable): Because."),
    ],
)
def test_only_a_pass_is_a_pass(outcome, start):
    assert told(bounds(replace(TAIL, outcome=outcome, reason="Because.")).assert_check, "tail_mass").startswith(start)


def test_a_limit_is_held_against_the_bounds_and_not_the_value():
    bounds().assert_at_most("tail_mass", 0.6)
    unsure = told(bounds().assert_at_most, "tail_mass", 0.59)
    assert unsure.startswith("Cannot tell: the harm of Tail mass may be as large as 0.6; 0.59 is allowed.")
    assert "At least 0.2 is proven." in unsure
    assert told(bounds().assert_at_most, "tail_mass", 0.2).startswith("Cannot tell")
    beyond = told(bounds().assert_at_most, "tail_mass", 0.19)
    assert beyond == "Exceeds: the harm of Tail mass is at least 0.2; 0.19 is allowed. Worst: pay: upper tail."


def test_a_limit_on_what_did_not_run_cannot_be_told():
    empty = replace(TAIL, outcome="not_applicable", worst=None, harm_low=None, harm_high=None, reason="No tail.")
    assert told(bounds(empty).assert_at_most, "tail_mass", 1e9) == "Cannot tell: Tail mass (not applicable): No tail."


def test_a_report_from_a_file_has_no_bounds():
    read = Bounds(Report.from_dict(bounds().report.to_dict()))
    with pytest.raises(UsageError, match="holds no bounds of tail_mass"):
        read.assert_at_most("tail_mass", 1)


def test_a_finding():
    checked = bounds(replace(TAIL, outcome="fail"), findings=(finding("TAIL01"),))
    assert told(checked.assert_no_finding, "TAIL01") == "TAIL01 in pay: The tail is gone. Remedy: Refill it."
    checked.assert_no_finding("TAIL02")


def test_no_finding_means_nothing_where_nobody_looked():
    bounds().assert_no_finding("TAIL01")
    unclear = bounds(replace(TAIL, outcome="cannot_tell", reason="Few rows."))
    assert told(unclear.assert_no_finding, "TAIL01") == "Cannot tell whether TAIL01 holds: Few rows."
    absent = bounds(not_checked=(NotChecked("membership", "not_applicable", "It needs a holdout."),))
    assert told(absent.assert_no_finding, "MIA01") == "Cannot tell: policy 'train' runs no membership. It needs a holdout."


def test_what_does_not_apply_has_no_finding_but_what_lacks_a_holdout_cannot_tell():
    attack = Check("membership", "membership", True, "not_applicable", None, None, 0.05, 0.1, "", "It needs a holdout.")
    bounds(attack).assert_no_finding("MIA01")
    assert told(bounds(attack, holdout=False).assert_no_finding, "MIA01").startswith("Cannot tell whether MIA01 holds")


def test_a_list_of_findings_that_was_cut_proves_nothing():
    many = tuple(finding("TAIL01", f"c{at}") for at in range(5))
    failing = bounds(replace(TAIL, outcome="fail"), findings=many)
    assert "more findings than a report lists" in told(failing.assert_no_finding, "TAIL02")


@pytest.mark.parametrize(("method", "name"), [("assert_check", "tail_mas"), ("assert_no_finding", "TAIL1")])
def test_an_unknown_name_is_an_error_with_the_nearest(method, name):
    with pytest.raises(UnknownNameError, match="Did you mean"):
        getattr(bounds(), method)(name)


@pytest.mark.parametrize("limit", [True, -0.1, float("nan"), float("inf")])
def test_a_limit_must_be_a_number(limit):
    with pytest.raises(UsageError, match="limit must be a number >= 0"):
        bounds().assert_at_most("tail_mass", limit)
