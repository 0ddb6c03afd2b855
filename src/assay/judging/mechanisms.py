"""Mechanisms: which cause explains the findings, and which findings are its consequences."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import cast

import numpy as np

from assay.checking.repairs import Repairs
from assay.core.finding import Finding, Mechanism
from assay.judging.causes import Cause, candidates
from assay.judging.findings import Found

EXPLAINED = 0.6


def rank(found: list[Found], repairs: Repairs | None = None) -> tuple[tuple[Finding, ...], tuple[tuple[str, float], ...]]:
    """Order findings and mechanisms, most important first.

    Parameters
    ----------
    found : list of Found
        Findings with their strengths.
    repairs : Repairs, optional
        Repairs the synthetic rows and measures again; without it a table of what moves what decides.

    Returns
    -------
    findings : tuple of Finding
        Minor ones last; causes before consequences, each by its weight. A consequence ends with what explains it.
    mechanisms : tuple of (str, float)
        Scores add up to 1.

    Notes
    -----
    Every finding is a vote of the root of its strength. Each candidate cause (a column's smallest sufficient change, a pair's
    joint table, a column's dependence on all others, repeated, copied or impossible rows) is repaired and all else is measured
    again: it explains the share of a finding's excess that vanishes. The cause that explains most, times how specific it is,
    comes first and takes those votes; then the next on what is left.
    """
    if not found:
        return (), ()
    # The root lets a cause of many findings count more than a cause of one very large one.
    strength = np.array([one.strength * (0.1 if one.finding.severity == "minor" else 1.0) for one in found])
    strength = strength if repairs is None else np.sqrt(strength)
    causes = candidates(found, repairs)
    left = strength.copy()
    order: list[tuple[Cause, float]] = []
    by: dict[int, Cause] = {}
    while causes and left.sum() > 1e-9:
        gains = [float(left @ cause.explains) * cause.specific for cause in causes]
        at = int(np.argmax(gains))
        cause = causes.pop(at)
        gain = float(left @ cause.explains)
        if gain < 0.02 * strength.sum():
            break
        order.append((cause, gain))
        for place in np.flatnonzero(cause.explains * strength > np.maximum(strength - left, EXPLAINED * strength - 1e-9)):
            by.setdefault(int(place), cause)
        left = left * (1.0 - cause.explains)
    scores: dict[str, float] = defaultdict(float)
    for cause, gain in order:
        scores[cause.mechanism] += gain
    for at in np.flatnonzero(left > 1e-9):
        scores[found[at].finding.mechanism] += float(left[at])
    total = sum(scores.values())
    findings = _ordered(found, order, by)
    mechanisms = sorted(((name, score / total) for name, score in scores.items()), key=lambda pair: -pair[1])
    return findings, tuple(mechanisms)


def _ordered(found: list[Found], order: list[tuple[Cause, float]], by: dict[int, Cause]) -> tuple[Finding, ...]:
    """Put each cause's own finding first, then consequences; say what explains them."""
    places: list[tuple[tuple[float, ...], Finding]] = []
    rank_of = {id(cause): at for at, (cause, _) in enumerate(order)}
    heads = {cause.own: cause for cause, _ in reversed(order)}
    for at, one in enumerate(found):
        finding = one.finding
        cause = by.get(at)
        head = at in heads and (cause is None or cause.own == at)
        if head:
            own = heads[at]
            columns = own.columns if set(finding.columns) < set(own.columns) else finding.columns
            finding = replace(finding, mechanism=cast(Mechanism, own.mechanism), columns=columns)
        elif cause is not None:
            chief = found[cause.own].finding
            place = f" on {' and '.join(chief.columns)}" if chief.columns else ""
            same = chief.columns == finding.columns and chief.code == finding.code
            finding = replace(
                finding,
                confidence=finding.confidence * (1.0 - float(cause.explains[at]) * 0.9),
                message=finding.message if same else f"{finding.message} Explained by {chief.code}{place}.",
            )
        last = len(order) if cause is None else rank_of[id(cause)]
        if head:
            last = rank_of[id(heads[at])]
        # of a cause's consequences those of its own mechanism come first: they say the same in other words
        other = cause is not None and finding.mechanism != cause.mechanism
        places.append(((finding.severity == "minor", cause is not None and not head, last, other, -one.strength, at), finding))
    return tuple(finding for _, finding in sorted(places, key=lambda pair: pair[0]))
