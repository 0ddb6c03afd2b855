"""Findings: what is wrong, where, by which mechanism, and what mends it."""

from __future__ import annotations

from assay.core.estimate import Estimate
from assay.core.evidence import Item
from assay.core.finding import Finding, Severity
from assay.judging.decide import Judged

MOST_PER_FAMILY = 5


def find(families: list[Judged], estimates: tuple[Estimate, ...], alpha: float) -> list[tuple[Finding, float]]:
    """Turn failing items into findings, each with its strength.

    Parameters
    ----------
    families : list of Judged
        All families.
    estimates : tuple of Estimate
        The report's estimates, to which findings point.
    alpha : float
        Error of each family's lower bounds.

    Returns
    -------
    list of (Finding, float)
        In the order of the families; strength is the lower bound in units of its margin, at most 20.
    """
    places = {estimate: at for at, estimate in enumerate(estimates)}
    found: list[tuple[Finding, float]] = []
    for judged in families:
        for at, (item, margin) in enumerate(judged.failing[:MOST_PER_FAMILY]):
            more = max(len(judged.failing) - MOST_PER_FAMILY, 0) if at == MOST_PER_FAMILY - 1 else 0
            found.append(_one(judged, item, margin, places, alpha, more))
    return found


def _one(
    judged: Judged, item: Item, margin: float, places: dict[Estimate, int], alpha: float, more: int
) -> tuple[Finding, float]:
    measure, facts = judged.run.measure, item.facts
    strength = min(item.harm_low / max(margin, 1e-3), 20.0)
    message = measure.describe(item)
    finding = Finding(
        code=str(facts.get("code", next(iter(measure.codes)))),
        mechanism=str(facts.get("mechanism", measure.mechanism)),
        severity=_severity(judged, strength),
        columns=tuple(facts.get("columns", item.estimate.columns)),
        message=message if not more else f"{message} ({more} more of this kind)",
        evidence=(places[item.estimate],) if item.estimate in places else (),
        remedy=str(facts.get("remedy", measure.remedy)),
        confidence=1.0 - alpha,
        slice=item.estimate.slice,
    )
    return finding, strength


def _severity(judged: Judged, strength: float) -> Severity:
    if not judged.rule.required:
        return "minor"
    return "critical" if strength >= 2.0 else "major"
