"""Findings: what is wrong, where, by which mechanism, and what mends it."""

from __future__ import annotations

import math
from typing import NamedTuple

from assay.core.estimate import Estimate
from assay.core.evidence import Item
from assay.core.finding import Finding, Severity
from assay.judging.decide import Judged

MOST_PER_FAMILY = 5


class Found(NamedTuple):
    """A finding, its strength, and the measure and item behind it."""

    finding: Finding
    strength: float
    measure: str
    item: Item


def find(families: list[Judged], estimates: tuple[Estimate, ...], alpha: float) -> list[Found]:
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
    list of Found
        In the order of the families; strength is ``log2(1 + lower bound / margin)``, at most 6, so that a family with a small
        margin does not drown the others.

    Notes
    -----
    Several items of one code on the whole table (two learners, two attacks) say one thing: the strongest speaks for them.
    """
    places = {estimate: at for at, estimate in enumerate(estimates)}
    found: list[Found] = []
    for judged in families:
        failing = _one_voice(judged.failing)
        for at, (item, margin) in enumerate(failing[:MOST_PER_FAMILY]):
            more = max(len(failing) - MOST_PER_FAMILY, 0) if at == MOST_PER_FAMILY - 1 else 0
            found.append(_one(judged, item, margin, places, alpha, more))
    return found


def _one_voice(failing: tuple[tuple[Item, float], ...]) -> list[tuple[Item, float]]:
    """Keep, of the items on the whole table with one code, the first."""
    kept: dict[object, tuple[Item, float]] = {}
    for at, (item, margin) in enumerate(failing):
        whole = not item.estimate.columns and item.estimate.slice is None and not item.facts.get("mean")
        kept.setdefault(("whole", item.facts.get("code")) if whole else at, (item, margin))
    return list(kept.values())


def _one(judged: Judged, item: Item, margin: float, places: dict[Estimate, int], alpha: float, more: int) -> Found:
    measure, facts = judged.run.measure, item.facts
    ratio = item.harm_low / max(margin, 1e-3)
    message = measure.describe(item)
    finding = Finding(
        code=str(facts.get("code", next(iter(measure.codes)))),
        mechanism=str(facts.get("mechanism", measure.mechanism)),
        severity=_severity(judged, ratio),
        columns=tuple(facts.get("columns", item.estimate.columns)),
        message=message if not more else f"{message} ({more} more of this kind)",
        evidence=(places[item.estimate],) if item.estimate in places else (),
        remedy=str(facts.get("remedy", measure.remedy)),
        confidence=1.0 - alpha,
        slice=item.estimate.slice,
    )
    return Found(finding, min(math.log2(1.0 + ratio), 6.0), judged.run.name, item)


def _severity(judged: Judged, ratio: float) -> Severity:
    if not judged.rule.required:
        return "minor"
    return "critical" if ratio >= 2.0 else "major"
