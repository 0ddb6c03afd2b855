"""Mechanisms: which cause explains the findings, and which findings are its consequences."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from assay.checking.repairs import Repair, Repairs
from assay.core.finding import Finding, Mechanism
from assay.judging.findings import Found

# Shares of a finding that a cause is believed to explain where it cannot be measured again: (cause, consequence).
SHADOWS: dict[str, frozenset[str]] = {
    "recursive_contamination": frozenset({"evaluation_leakage", "memorisation"}),
    "memorisation": frozenset({"duplication", "evaluation_leakage"}),
    "duplication": frozenset({"covariate_shift", "broken_dependence", "evaluation_leakage"}),
    "mode_drop": frozenset({"covariate_shift", "variance_change", "broken_dependence", "tail_loss", "rare_level_loss"}),
    "tail_loss": frozenset({"covariate_shift", "variance_change", "artefact", "broken_dependence"}),
    "rare_level_loss": frozenset({"covariate_shift", "broken_dependence"}),
    "missingness_change": frozenset({"covariate_shift", "broken_dependence", "label_shift"}),
    "variance_change": frozenset({"covariate_shift", "broken_dependence", "tail_loss", "artefact"}),
    "artefact": frozenset(
        {"covariate_shift", "broken_dependence", "variance_change", "tail_loss", "duplication", "memorisation"}
    ),
    "label_shift": frozenset({"covariate_shift", "broken_dependence", "bias_amplification"}),
    "label_noise": frozenset({"broken_dependence", "bias_amplification"}),
    "bias_amplification": frozenset({"broken_dependence"}),
    "broken_dependence": frozenset({"constraint_violation", "covariate_shift", "label_shift", "label_noise"}),
    "covariate_shift": frozenset({"broken_dependence"}),
}
# What a model or an attacker meets follows from whatever is wrong with the rows.
USES = ("USE", "CAL", "C2ST", "WORTH")
SHADE, USE_SHADE = 0.8, 0.7
MARGINAL = frozenset({"ks_distance", "wasserstein_distance", "variance_ratio", "tail_mass", "category_gap", "rare_levels"})
OF_COLUMNS = MARGINAL | {"missingness_gap", "value_spikes"}
KINDS: dict[str, Mechanism] = {
    "nulls": "missingness_change",
    "tail": "tail_loss",
    "levels": "rare_level_loss",
    "unseen": "artefact",
    "spike": "artefact",
    "pattern": "artefact",
    "units": "artefact",
    "scale": "variance_change",
    "shift": "covariate_shift",
    "tilt": "covariate_shift",
    "step": "covariate_shift",
    "smooth": "covariate_shift",
    "free": "covariate_shift",
}
# The smaller the feature that is repaired, the more it says: whole tables and models explain everything and nothing.
SPECIFIC = {"smooth": 0.93, "free": 0.9, "pair": 0.9, "column": 0.92, "use": 0.5, "itself": 0.85}
EXPLAINED = 0.6
MOST = 40


@dataclass
class Cause:
    """A feature that could be to blame: what it explains of each finding, and how specific it is."""

    mechanism: str
    columns: tuple[str, ...]
    explains: np.ndarray
    specific: float
    own: int


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
    causes = _causes(found, repairs)
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
            finding = replace(finding, mechanism=cast(Mechanism, heads[at].mechanism))
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
        places.append(((finding.severity == "minor", cause is not None and not head, last, -one.strength, at), finding))
    return tuple(finding for _, finding in sorted(places, key=lambda pair: pair[0]))


def _causes(found: list[Found], repairs: Repairs | None) -> list[Cause]:
    """List the candidate causes with what each explains."""
    causes = [_itself(found, at, 1.0 if repairs is None else 0.5) for at in range(len(found))]
    if repairs is None:
        return causes
    target = repairs.context.schema.target
    columns = dict.fromkeys(one.finding.columns[0] for one in found if one.measure in OF_COLUMNS and one.finding.columns)
    for name in list(columns)[:MOST]:
        if not repairs.knows(name):
            continue
        change, repair = repairs.column(name)
        if change.kind == "none":
            continue
        mechanism = KINDS[change.kind]
        if name == target and mechanism == "covariate_shift":
            mechanism = "label_shift"
        own = _spokesman(found, name, mechanism)
        causes.append(_repaired(found, repairs, repair, mechanism, (name,), SPECIFIC.get(change.kind, 1.0), own))
    causes += _dependence(found, repairs) + _regions(found, repairs)
    for at, one in enumerate(found):
        repair = _rows(one, repairs)
        if repair is not None:
            specific = 1.0 if one.finding.columns else 0.99
            causes.append(_repaired(found, repairs, repair, one.finding.mechanism, one.finding.columns, specific, at))
    return causes


def _regions(found: list[Found], repairs: Repairs) -> list[Cause]:
    """Give the causes that findings on a region, a group or the labels stand for."""
    target = repairs.context.schema.target
    causes: list[Cause] = []
    for at, one in enumerate(found):
        finding, names = one.finding, tuple(name for name in one.finding.columns if repairs.knows(name))[:3]
        if not names:
            continue
        if finding.code.startswith("LABEL") and target is not None:
            causes.append(_anew(found, target, finding.mechanism, finding.columns, at))
        elif finding.code.startswith(("MODE", "TRIPLE")):
            repair = repairs.joint(names, margins=finding.code.startswith("MODE"))
            causes.append(_repaired(found, repairs, repair, finding.mechanism, finding.columns, 0.97, at))
        elif finding.code.startswith("GROUP") and target is not None and repairs.knows(target):
            with_target = tuple(dict.fromkeys([*names[:1], target]))
            causes.append(_repaired(found, repairs, repairs.joint(with_target), finding.mechanism, finding.columns, 0.97, at))
    return causes


def _anew(found: list[Found], name: str, mechanism: str, columns: tuple[str, ...], own: int) -> Cause:
    """Give the cause that a column made anew from the others removes: right in every pair, rule and score that hangs on it."""
    explains = np.zeros(len(found))
    for at, one in enumerate(found):
        if one.measure in ("pair_gap", "triple_gap", "constraint_violations"):
            explains[at] = name in one.finding.columns
        elif one.measure == "two_sample":
            explains[at] = 0.95 * (name in one.finding.columns)
        else:
            explains[at] = _shade(mechanism, columns, one.finding)
    _means(found, explains)
    explains[own] = 1.0
    return Cause(mechanism, columns, explains, SPECIFIC["column"], own)


def _nulls(found: list[Found], repairs: Repairs, name: str, pairs: list[int]) -> Cause:
    """Give the cause that null flags put into the right rows remove, each pair measured with flags right against its partner."""
    explains = np.zeros(len(found))
    own = [at for at in pairs if name in found[at].finding.columns]
    for at in own:
        (other,) = set(found[at].finding.columns) - {name}
        left = repairs.left("pair_gap", found[at].item, repairs.joint((other, name), nulls=name))
        explains[at] = 0.0 if left is None else _vanished(1.0 - left)
    for at, one in enumerate(found):
        if one.measure == "two_sample" and name in one.finding.columns:
            explains[at] = explains[own].mean()
        elif at not in own:
            explains[at] = _shade("missingness_change", (name,), one.finding)
        if one.measure == "missingness_gap" and name in one.finding.columns:
            explains[at] = 1.0
    head = max(own, key=lambda at: found[at].strength * explains[at])
    return Cause("missingness_change", (name,), explains, 0.97, head)


def _rows(one: Found, repairs: Repairs) -> Repair | None:
    code = one.finding.code
    if code.startswith("DUP"):
        return repairs.repeats(one.item)
    if code in ("COPY01", "COPY02"):
        return repairs.copies()
    if code.startswith("RULE"):
        return repairs.breakers(one.item)
    return None


def _dependence(found: list[Found], repairs: Repairs) -> list[Cause]:
    """Give the causes of failing pairs: the pair's joint table, a column that goes with no other, and misplaced nulls."""
    pairs = [at for at, one in enumerate(found) if one.measure == "pair_gap" and len(one.finding.columns) == 2]
    causes: list[Cause] = []
    degree: dict[str, float] = defaultdict(float)
    target = repairs.context.schema.target
    # Where the target alone goes with several columns as it should not, and these go together, it is the labels.
    labels = len(pairs) > 1 and all(target in found[at].finding.columns for at in pairs)
    mechanism = "label_noise" if labels else "broken_dependence"
    for at in pairs:
        names = found[at].finding.columns
        for name in names:
            degree[name] += found[at].strength
        causes.append(_repaired(found, repairs, repairs.joint(names), mechanism, names, SPECIFIC["pair"], at))
    for name, _ in sorted(degree.items(), key=lambda pair: (-pair[1], pair[0]))[:3]:
        own = [at for at in pairs if name in found[at].finding.columns]
        if repairs.codes(name)[0].max() == repairs.layout.by_name[name].null:
            causes.append(_nulls(found, repairs, name, pairs))
        if len(own) > 1:
            head = max(own, key=lambda at: found[at].strength)
            causes.append(_anew(found, name, mechanism if name == target else "broken_dependence", (name,), head))
    return causes


def _repaired(
    found: list[Found],
    repairs: Repairs,
    repair: Repair,
    mechanism: str,
    columns: tuple[str, ...],
    specific: float,
    own: int,
) -> Cause:
    """Measure every finding again after a repair."""
    explains = np.zeros(len(found))
    for at, one in enumerate(found):
        left = repairs.left(one.measure, one.item, repair)
        explains[at] = _shade(mechanism, columns, one.finding) if left is None else _vanished(1.0 - left)
    explains[own] = max(explains[own], 0.9)
    _means(found, explains)
    return Cause(mechanism, columns, explains, specific, own)


def _means(found: list[Found], explains: np.ndarray) -> None:
    """Let a mean over a family go as far as the family's own findings go."""
    for at, one in enumerate(found):
        if one.item.facts.get("mean"):
            parts = [k for k, other in enumerate(found) if other.measure == one.measure and k != at]
            if parts:
                weights = np.array([found[k].item.harm ** 2 for k in parts])
                explains[at] = 1.0 - np.sqrt(weights @ np.square(1.0 - explains[parts]) / weights.sum())


def _vanished(share: float) -> float:
    """Count a finding that loses three quarters of its excess as gone (the rest is noise of the repair), a tenth as nothing."""
    return float(np.clip((share - 0.1) / 0.65, 0.0, 1.0))


def _spokesman(found: list[Found], name: str, mechanism: str) -> int:
    """Choose the finding that speaks for a column's change: one of that mechanism, else the strongest."""
    own = [
        at for at, one in enumerate(found) if one.finding.columns[:1] == (name,) and one.measure in MARGINAL | {"missingness_gap"}
    ]
    return max(own, key=lambda at: (found[at].finding.mechanism == mechanism, found[at].strength))


def _itself(found: list[Found], at: int, trust: float) -> Cause:
    """Let a finding stand for itself, with what its mechanism is known to move, as far as that is trusted."""
    one = found[at].finding
    explains = np.array([_shade(one.mechanism, one.columns, other.finding) * trust for other in found])
    for k, other in enumerate(found):
        if other.finding.mechanism == one.mechanism and not other.finding.columns and not one.columns:
            explains[k] = max(explains[k], 0.5)
    explains[at] = 1.0
    return Cause(one.mechanism, one.columns, explains, SPECIFIC["use" if one.code.startswith(USES) else "itself"], at)


def _shade(mechanism: str, columns: tuple[str, ...], finding: Finding) -> float:
    """Say how much of a finding a cause is known to move."""
    if finding.code.startswith(USES) and mechanism not in ("sampling_noise",):
        return USE_SHADE
    overlap = not columns or not finding.columns or bool(set(columns) & set(finding.columns))
    return SHADE if overlap and finding.mechanism in SHADOWS.get(mechanism, frozenset()) else 0.0
