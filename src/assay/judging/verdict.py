"""The verdict: trusted only if every required check passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assay.checking.repairs import Repairs
from assay.core.verdict import Verdict
from assay.judging.decide import Judgement
from assay.judging.findings import find
from assay.judging.mechanisms import rank
from assay.judging.policy import Policy


def conclude(
    judgement: Judgement, policy: Policy, *, lacking: Sequence[str] = (), repairs: Callable[[], Repairs] | None = None
) -> Verdict:
    """Draw the verdict from all outcomes.

    Parameters
    ----------
    judgement : Judgement
        Families with their outcomes.
    policy : Policy
        What is asked.
    lacking : sequence of str
        Sentences on what the user left out and the policy needs.
    repairs : callable, optional
        Gives the repairs by which causes and consequences are told apart; called only where something was found.

    Notes
    -----
    ``not_trusted`` is a union over families, so the error is shared out among them; ``trusted`` an intersection.
    """
    assert judgement.scorecard is not None
    found = find(judgement.families, judgement.scorecard.estimates, policy.alpha)
    findings, mechanisms = rank(found, repairs() if repairs is not None and len(found) > 1 else None)
    required = [judged for judged in judgement.families if judged.rule.required]
    failed = [judged for judged in required if judged.check.outcome == "fail"]
    unclear = [judged for judged in required if judged.check.outcome == "cannot_tell"]
    if failed:
        reasons = [finding.message for finding in findings if finding.severity != "minor"][:3]
        return Verdict("not_trusted", tuple(dict.fromkeys(reasons)), None, findings, mechanisms)
    if unclear or judgement.blocked or lacking or not required:
        wanted = [judged.rows for judged in unclear]
        settled = (
            None if judgement.blocked or lacking or not wanted or None in wanted else max(n for n in wanted if n is not None)
        )
        reasons = [*lacking, *judgement.blocked, *(judged.check.reason for judged in unclear)]
        return Verdict(
            "cannot_tell", tuple(dict.fromkeys(reasons)) or ("The policy requires no check.",), settled, findings, mechanisms
        )
    passed = len(required)
    count = sum(judged.check.outcome == "pass" for judged in required)
    reason = f"All {count} required checks that apply pass under policy {policy.name!r}" + (
        f"; {passed - count} do not apply to this data." if passed > count else "."
    )
    return Verdict("trusted", (reason,), None, findings, mechanisms)
