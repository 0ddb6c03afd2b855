"""Lineages of pilots that ended early: how many, where and why. Those that are left are perhaps the lucky ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from assay.core.trajectory import Descent, Trajectory

SPENT = "the budget was spent"  # what a loop says of a generation that there was no time for
MOST_UNFINISHED = 0.1
REASONS = 3


class End(NamedTuple):
    """The first generation that a lineage lacks, and why."""

    number: int
    reason: str


def ended_early(trajectory: Trajectory) -> dict[tuple[str, str], dict[Descent, End]]:
    """Give the lineages that lack a generation that was asked for, by generator and regime."""
    ends: dict[tuple[str, str], dict[Descent, End]] = {}
    for descent, number, reason in trajectory.unfinished:
        own = ends.setdefault((descent.generator, descent.regime), {})
        if descent not in own or number < own[descent].number:
            own[descent] = End(number, reason)
    return ends


def failed(ends: Mapping[Descent, End]) -> frozenset[Descent]:
    """Give those that broke: all that did not end for want of time, which ends lineages whatever became of them."""
    return frozenset(descent for descent, end in ends.items() if end.reason != SPENT)


def told(ends: Mapping[Descent, End], begun: int) -> str:
    """Say how many ended early, and why.

    Examples
    --------
    >>> told({Descent("g", "replace", 1): End(3, SPENT)}, 5)
    '1 of 5 lineages ended early: 1 before generation 3 (the budget was spent)'
    """
    reasons = Counter(ends.values()).most_common()
    said = [f"{count} before generation {end.number} ({end.reason})" for end, count in reasons[:REASONS]]
    if len(reasons) > REASONS:
        said.append(f"{sum(count for _, count in reasons[REASONS:])} for other reasons")
    return f"{len(ends)} of {begun} lineages ended early: {'; '.join(said)}"
