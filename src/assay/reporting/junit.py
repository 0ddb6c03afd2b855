"""The checks as JUnit XML, for the build server that should stop on them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from assay.core.estimate import Estimate
from assay.core.scorecard import Check
from assay.reporting.text import measured, number, place, visible

if TYPE_CHECKING:
    from assay.reporting.report import Report

_KINDS = {"fail": "failure", "cannot_tell": "error", "error": "error", "skipped": "skipped", "not_applicable": "skipped"}


def junit(report: Report) -> str:
    """Give one test case a check: fail is a failure, cannot_tell and error are errors, what did not run is skipped.

    The first case is the verdict itself, so that a build stops on what no single check could tell.
    """
    cases = [("assay", "verdict", _verdict_outcome(report), " ".join(report.reasons))]
    cases += [("assay." + check.measure, check.family, check.outcome, _message(check)) for check in report.scorecard.checks]
    told = {check.measure for check in report.scorecard.checks}
    cases += [
        ("assay." + entry.measure, entry.measure, entry.outcome, entry.reason)
        for entry in report.scorecard.not_checked
        if entry.measure not in told
    ]
    kinds = [_KINDS.get(outcome) for _, _, outcome, _ in cases]
    counts = {
        "tests": str(len(cases)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }
    root = ElementTree.Element("testsuites", {"name": "assay", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": f"assay check, policy {visible(report.policy['name'])}", **counts})
    for (group, name, outcome, message), kind in zip(cases, kinds, strict=True):
        case = ElementTree.SubElement(suite, "testcase", {"classname": visible(group), "name": visible(name), "time": "0"})
        if kind is not None:
            ElementTree.SubElement(case, kind, {"message": visible(message), "type": outcome})
        elif message:
            ElementTree.SubElement(case, "system-out").text = visible(message)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _verdict_outcome(report: Report) -> str:
    return {"trusted": "pass", "not_trusted": "fail", "cannot_tell": "cannot_tell"}[report.verdict]


def _message(check: Check) -> str:
    if check.outcome == "pass":
        return check.could_have_missed
    parts = [check.reason] if check.reason else []
    if isinstance(check.worst, Estimate):
        where = place(check.worst.columns, check.worst.slice)
        effect, around = measured(check.worst)
        parts.append(f"{where}: {effect} (95% interval {around}), margin {number(check.margin)}.")
    return " ".join(parts)
