"""Mechanisms: which cause explains the findings, and which findings another one explains away."""

from __future__ import annotations

from collections import defaultdict

from assay.core.finding import Finding

# What a mechanism also moves: findings of these mechanisms on the same columns (or on the whole table) are its shadows.
SHADOWS: dict[str, frozenset[str]] = {
    "recursive_contamination": frozenset({"evaluation_leakage"}),
    "evaluation_leakage": frozenset(),
    "memorisation": frozenset({"duplication", "evaluation_leakage"}),
    "duplication": frozenset({"covariate_shift", "broken_dependence"}),
    "tail_loss": frozenset({"covariate_shift", "variance_change", "artefact", "broken_dependence"}),
    "rare_level_loss": frozenset({"covariate_shift", "broken_dependence"}),
    "missingness_change": frozenset({"covariate_shift", "broken_dependence"}),
    "variance_change": frozenset({"covariate_shift", "broken_dependence"}),
    "artefact": frozenset({"covariate_shift"}),
    "broken_dependence": frozenset(
        {"constraint_violation", "covariate_shift", "evaluation_leakage", "overconfidence", "label_shift"}
    ),
    "constraint_violation": frozenset(),
    "covariate_shift": frozenset({"evaluation_leakage", "overconfidence"}),
}
SHADE = 0.2
SPREAD = 0.25


def rank(found: list[tuple[Finding, float]]) -> tuple[tuple[Finding, ...], tuple[tuple[str, float], ...]]:
    """Order findings and mechanisms, most important first.

    Parameters
    ----------
    found : list of (Finding, float)
        Findings with their strengths.

    Returns
    -------
    findings : tuple of Finding
        Minor ones last; then by their mechanism's score, those that name columns before consequences for the whole table, and
        by strength.
    mechanisms : tuple of (str, float)
        Scores add up to 1.

    Notes
    -----
    Every finding votes for its mechanism with its strength; further findings of one mechanism add a quarter each. A vote is
    cut to a fifth where a stronger finding of a mechanism that also moves such numbers stands on the same columns (`SHADOWS`).
    """
    votes: dict[str, list[float]] = defaultdict(list)
    weight: list[float] = []
    for finding, strength in found:
        shaded = any(
            finding.mechanism in SHADOWS.get(other.mechanism, frozenset())
            and _overlap(finding, other)
            and power >= 0.5 * strength
            for other, power in found
        )
        vote = strength * (SHADE if shaded else 1.0) * (0.3 if finding.severity == "minor" else 1.0)
        weight.append(vote)
        votes[finding.mechanism].append(vote)
    scores = {name: max(part) + SPREAD * (sum(part) - max(part)) for name, part in votes.items()}
    total = sum(scores.values())
    ordered = sorted(
        range(len(found)),
        key=lambda at: (
            found[at][0].severity == "minor",
            -scores[found[at][0].mechanism],
            not found[at][0].columns,
            -weight[at],
            at,
        ),
    )
    mechanisms = sorted(((name, score / total) for name, score in scores.items()), key=lambda pair: -pair[1])
    return tuple(found[at][0] for at in ordered), tuple(mechanisms)


def _overlap(one: Finding, other: Finding) -> bool:
    return not one.columns or not other.columns or bool(set(one.columns) & set(other.columns))
