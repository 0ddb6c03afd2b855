"""The checks as JUnit XML, for the build server that should stop on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

from assay.core.estimate import Estimate
from assay.core.scorecard import Check
from assay.reporting.text import measured, number, place, visible

if TYPE_CHECKING:
    from assay.reporting.report import Report

_KINDS = {"fail": "failure", "cannot_tell": "error", "error": "error", "skipped": "skipped", "not_applicable": "skipped"}


class _Case(NamedTuple):
    group: str
    name: str
    outcome: str
    message: str
    seconds: float = 0.0
    required: bool = True

    @property
    def kind(self) -> str | None:
        return _KINDS.get(self.outcome) if self.required or self.outcome == "pass" else "skipped"


def junit(report: Report) -> str:
    """Give one test case a check: fail is a failure, cannot_tell and error are errors, what did not run is skipped.

    Notes
    -----
    The first case is the verdict itself, so that a build stops on what no single check could tell. A check that the policy
    does not require cannot stop a build that the verdict lets pass: unless it passes it is skipped, with what it found.
    Elements and attributes are those that JUnit, Ant and Jenkins agree on.
    """
    cases = _cases(report)
    kinds = [case.kind for case in cases]
    seconds = f"{sum(case.seconds for case in cases):.3f}"
    counts = {
        "tests": str(len(cases)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
    }
    root = ElementTree.Element("testsuites", {"name": "assay", **counts, "time": seconds})
    name = f"assay check, policy {visible(report.policy['name'])}"
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": name, **counts, "skipped": str(kinds.count("skipped")), "time": seconds}
    )
    properties = ElementTree.SubElement(suite, "properties")
    for key, content in _properties(report).items():
        ElementTree.SubElement(properties, "property", {"name": key, "value": visible(content)})
    for case in cases:
        attributes = {"classname": visible(case.group), "name": visible(case.name), "time": f"{case.seconds:.3f}"}
        element = ElementTree.SubElement(suite, "testcase", attributes)
        message = visible(case.message)
        if case.kind == "skipped":
            ElementTree.SubElement(element, "skipped", {"message": message})
        elif case.kind is not None:
            found = ElementTree.SubElement(element, case.kind, {"message": message, "type": case.outcome})
            found.text = message  # some servers show the one, some the other
        elif message:
            ElementTree.SubElement(element, "system-out").text = message
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _cases(report: Report) -> list[_Case]:
    outcome = {"trusted": "pass", "not_trusted": "fail", "cannot_tell": "cannot_tell"}[report.verdict]
    cases = [_Case("assay", "verdict", outcome, " ".join(report.reasons))]
    seconds = dict(report.run.get("timings", {}))
    for check in report.scorecard.checks:
        spent = float(seconds.pop(check.measure, 0.0))  # once, though a measure may stand behind several checks
        cases.append(_Case(f"assay.{check.measure}", check.family, check.outcome, _message(check), spent, check.required))
    told = {check.measure for check in report.scorecard.checks}
    cases += [
        _Case(f"assay.{entry.measure}", entry.measure, entry.outcome, entry.reason)
        for entry in report.scorecard.not_checked
        if entry.measure not in told
    ]
    return cases


def _properties(report: Report) -> dict[str, str]:
    found = {"verdict": report.verdict, "policy": str(report.policy["name"]), "policy.sha256": str(report.policy["sha256"])}
    for role in ("real", "synthetic", "holdout"):
        table = report.inputs.get(role)
        if table is not None:
            found[f"{role}.sha256"] = str(table["sha256"])
    return found


def _message(check: Check) -> str:
    if check.outcome == "pass":
        return check.could_have_missed
    parts = [] if check.required else [f"Not required by this policy; outcome {check.outcome.replace('_', ' ')}."]
    parts += [check.reason] if check.reason else []
    if isinstance(check.worst, Estimate):
        where = place(check.worst.columns, check.worst.slice)
        effect, around = measured(check.worst)
        parts.append(f"{where}: {effect} (95% interval {around}), margin {number(check.margin)}.")
    return " ".join(parts)
