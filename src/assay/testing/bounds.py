"""Assertions on a report that hold for its bounds: what is not proven fails, and is told apart from what is disproved."""

from __future__ import annotations

import math
from typing import NoReturn

from assay.core import registry
from assay.core.errors import UnknownNameError, UsageError
from assay.core.scorecard import Check
from assay.judging.findings import MOST_PER_FAMILY
from assay.reporting.report import Report
from assay.reporting.text import number, place, title


class Bounds:
    """A report with assertions for tests.

    Parameters
    ----------
    report : Report
        What `assay.check` gave.

    Notes
    -----
    A value moves from seed to seed and from sample to sample; a test on it fails by chance, or passes by chance on too few
    rows. Every assertion here asks whether the 95% bounds settle the question. If they do not, the test fails with 'cannot
    tell' and the number of rows that would settle it, where it is known.
    """

    def __init__(self, report: Report) -> None:
        self.report = report

    def assert_trusted(self) -> None:
        """Fail unless the verdict is 'trusted'.

        Raises
        ------
        AssertionError
            With the reasons; 'not trusted' and 'cannot tell' are told apart.
        """
        __tracebackhide__ = True
        if not self.report.trusted:
            word = self.report.verdict.replace("_", " ").capitalize()
            rows = f" About {self.report.rows_needed:,} rows would settle it." if self.report.rows_needed else ""
            _fail(f"{word}, for policy {self.report.policy['name']!r}: {' '.join(self.report.reasons)}{rows}")

    def assert_check(self, name: str) -> None:
        """Fail unless a check of the policy passes.

        Parameters
        ----------
        name : str
            Name of the check, such as ``tail_mass`` or ``worst_slice``.

        Raises
        ------
        AssertionError
            If it fails, cannot tell or did not run.
        UnknownNameError
            If the report has no such check.
        """
        __tracebackhide__ = True
        check = self._check(name)
        if check.outcome == "fail":
            _fail(f"{title(name)} fails: {check.reason}{_where(check)}")
        if check.outcome != "pass":
            _fail(f"Cannot tell: {_unclear(check)}")

    def assert_at_most(self, name: str, limit: float) -> None:
        """Fail unless the upper bound of a check's harm lies within a limit of your own.

        Parameters
        ----------
        name : str
            Name of the check, such as ``utility``.
        limit : float
            The most harm allowed in any one place, on the scale of the check's margins.

        Raises
        ------
        AssertionError
            'Exceeds' if the lower bound lies above the limit, 'cannot tell' if only the upper bound does.
        UnknownNameError
            If the report has no such check.
        UsageError
            If the limit is not a number >= 0, or the report was read from a file and holds no bounds.

        Notes
        -----
        The upper bound is one-sided, at 95% for each place: to be within the limit all of them must be, so that no correction
        is needed. The lower bound is simultaneous over all places, as for the policy's own margins.
        """
        __tracebackhide__ = True
        if isinstance(limit, bool) or not (math.isfinite(limit) and limit >= 0):
            raise UsageError(f"limit must be a number >= 0. Got {limit!r}.")
        check = self._check(name)
        if check.worst is None:
            _fail(f"Cannot tell: {_unclear(check)}")
        if check.harm_low is None or check.harm_high is None:
            raise UsageError(f"The report holds no bounds of {name}: JSON does not keep them. Check the tables themselves.")
        if check.harm_low > limit:
            _fail(
                f"Exceeds: the harm of {title(name)} is at least {number(check.harm_low)}; {limit:g} is allowed.{_where(check)}"
            )
        if check.harm_high > limit:
            _fail(
                f"Cannot tell: the harm of {title(name)} may be as large as {number(check.harm_high)}; {limit:g} is allowed. "
                f"At least {number(max(check.harm_low, 0.0))} is proven. More rows would tell.{_where(check)}"
            )

    def assert_no_finding(self, code: str) -> None:
        """Fail if there is a finding with this code, or if the checks that would have found it could not tell.

        Parameters
        ----------
        code : str
            Such as ``COPY01``; `assay explain` lists them.

        Raises
        ------
        AssertionError
            With the finding's message; or 'cannot tell' if its measure did not run or came to no conclusion.
        UnknownNameError
            If no measure has this code.
        """
        __tracebackhide__ = True
        measure = _owner(code)
        found = [finding for finding in self.report.findings if finding.code == code]
        if found:
            _fail(f"{code} in {place(found[0].columns, found[0].slice)}: {found[0].message} Remedy: {found[0].remedy}")
        checks = [check for check in self.report.scorecard.checks if check.measure == measure]
        reasons = [entry.reason for entry in self.report.scorecard.not_checked if entry.measure == measure]
        if not checks:
            _fail(f"Cannot tell: policy {self.report.policy['name']!r} runs no {measure}. {' '.join(reasons)}")
        unclear = [check for check in checks if check.outcome in ("cannot_tell", "error", "skipped")]
        needs = registry.get("measure", measure).needs
        lacking = ("holdout" in needs and self.report.inputs.get("holdout") is None) or (
            "target" in needs and self.report.headline is None
        )
        if lacking and all(check.outcome == "not_applicable" for check in checks):
            unclear = checks
        if unclear:
            _fail(f"Cannot tell whether {code} holds: {' '.join(map(_unclear, unclear))}")
        shown = sum(finding.code in registry.get("measure", measure).codes for finding in self.report.findings)
        if shown >= MOST_PER_FAMILY:
            _fail(f"Cannot tell whether {code} holds: {measure} has more findings than a report lists.")

    def _check(self, name: str) -> Check:
        for check in self.report.scorecard.checks:
            if check.family == name:
                return check
        raise UnknownNameError("check in this report", name, [check.family for check in self.report.scorecard.checks])

    def __repr__(self) -> str:
        return f"Bounds({self.report!r})"


def _owner(code: str) -> str:
    owners = {known: name for name in registry.names("measure") for known in registry.get("measure", name).codes}
    if code not in owners:
        raise UnknownNameError("code", code, owners)
    return owners[code]


def _unclear(check: Check) -> str:
    name = title(check.family)
    if check.outcome == "cannot_tell":
        return check.reason or f"{name} came to no conclusion."
    return f"{name} ({check.outcome.replace('_', ' ')}): {check.reason}"


def _where(check: Check) -> str:
    return "" if check.worst is None else f" Worst: {place(check.worst.columns, check.worst.slice)}."


def _fail(message: str) -> NoReturn:
    __tracebackhide__ = True
    raise AssertionError(message)
