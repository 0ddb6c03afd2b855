"""Candidate causes of findings: for each what is left of every finding once it is repaired."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from assay.checking.measured_again import left, tables
from assay.checking.repairs import Repair, Repairs, lacking
from assay.core.finding import Mechanism
from assay.judging.findings import Found
from assay.judging.shades import SHADE, USES, shade

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
SPECIFIC = {"smooth": 0.93, "free": 0.9, "pair": 0.9, "column": 0.92, "use": 0.5, "itself": 0.85, "selection": 0.96}
MEAN = 0.8
OF_MARGINS = 0.4  # share of a region's loss below which its columns' own shares explain it
OTHERWISE = 0.35  # share of a region's lost rows that are lost whatever the label, under which others have their place
MOST = 40
# A column that was shuffled has lost its order in time and its likeness within entities as well.
OF_ORDER = ("sequence_gap", "entity_gap")
ROWS = ("duplicate_rows", "near_repeats", "exact_copies", "near_copies", "constraint_violations")


@dataclass
class Cause:
    """A feature that could be to blame: what it explains of each finding, and how specific it is."""

    mechanism: str
    columns: tuple[str, ...]
    explains: np.ndarray
    specific: float
    own: int


def candidates(found: list[Found], repairs: Repairs | None) -> list[Cause]:
    """List the candidate causes with what each explains.

    Parameters
    ----------
    found : list of Found
        Findings.
    repairs : Repairs, optional
        Repairs the synthetic rows; without it each finding stands for itself, with what its mechanism is known to move.
    """
    target = None if repairs is None else repairs.context.schema.target
    causes = [_itself(found, at, 1.0 if repairs is None else 0.5, target) for at in range(len(found))]
    if repairs is None:
        return causes
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
        if found[own].measure == "value_spikes" and mechanism != "artefact":
            continue  # single values are off and nothing else is: no change of the whole column
        cause = _repaired(found, repairs, repair, mechanism, (name,), SPECIFIC.get(change.kind, 1.0), own)
        if mechanism == "artefact":  # weights of cells do not show that values got their digits back
            for at, one in enumerate(found):
                if one.measure == "value_spikes" and one.finding.columns == (name,):
                    cause.explains[at] = 1.0
        causes.append(cause)
    causes += _dependence(found, repairs) + _regions(found, repairs) + _selection(found, repairs, causes)
    for at, one in enumerate(found):
        repair = repairs.without(one.measure, one.item) if one.measure in ROWS else None
        if repair is not None:
            specific = 1.0 if one.finding.columns else 0.96
            if one.measure == "constraint_violations":  # a rule that most rows break says that its columns do not go together
                specific = 1.0 - one.item.estimate.value
            causes.append(_repaired(found, repairs, repair, one.finding.mechanism, one.finding.columns, specific, at))
    return causes


def _selection(found: list[Found], repairs: Repairs, causes: list[Cause]) -> list[Cause]:
    """Give the cause of rows selected along several columns: all of them shifted, and what lies where they are low is missing."""
    shifted = [
        cause
        for cause in causes
        if cause.mechanism == "covariate_shift" and cause.columns and found[cause.own].measure in MARGINAL
    ]
    regions = [one.finding.columns for one in found if one.finding.code.startswith("MODE")]
    target = repairs.context.schema.target
    names = [cause.columns[0] for cause in shifted] + [name for columns in regions for name in columns]
    names = [name for name in dict.fromkeys(names) if repairs.knows(name) and name != target]
    if not shifted or len(names) < 2:
        return []
    own = max(shifted, key=lambda cause: found[cause.own].strength).own
    return [_repaired(found, repairs, repairs.margins(names), "covariate_shift", tuple(names), SPECIFIC["selection"], own)]


def _of_margins(found: list[Found], repairs: Repairs, at: int, names: tuple[str, ...]) -> bool:
    """Whether a region lacks rows only as its columns, failing by themselves, are shifted there."""
    failing = {one.finding.columns[0] for one in found if one.measure in MARGINAL and one.finding.columns}
    if not failing & set(names):
        return False
    share = left(repairs, found[at].measure, found[at].item, repairs.margins(names))
    return share is not None and share < OF_MARGINS


def _of_labels(repairs: Repairs, names: tuple[str, ...], target: str) -> bool:
    """Whether a region lacks rows of some labels only: without the target it is filled as it should be."""
    p, q = tables(repairs, names, repairs.nothing)
    few = lacking(p, q, len(repairs.rows[0]))
    axis = names.index(target)
    rest = few.any(axis=axis)
    short = float((p - q)[few].sum())
    return float((p.sum(axis=axis) - q.sum(axis=axis))[rest].sum()) < OTHERWISE * short


def _regions(found: list[Found], repairs: Repairs) -> list[Cause]:
    """Give the causes that findings on a region, a group or the labels stand for."""
    target = repairs.context.schema.target
    causes: list[Cause] = []
    for at, one in enumerate(found):
        finding, names = one.finding, tuple(name for name in one.finding.columns if repairs.knows(name))[:3]
        if not names:
            continue
        if finding.code.startswith("LABEL") and target is not None:
            # the slice says where the labels are wrong; what is wrong is the target
            columns = tuple(dict.fromkeys((target, *finding.columns)))
            causes.append(_anew(found, target, finding.mechanism, columns, at, target))
        elif finding.code.startswith(("MODE", "TRIPLE")):
            repair, mechanism = repairs.joint(names), finding.mechanism
            if finding.code.startswith("MODE"):
                if _of_margins(found, repairs, at, names):
                    continue
                repair = repairs.region(names)
                if target in names and len(names) > 1 and _of_labels(repairs, names, target):
                    mechanism = "label_shift"
            causes.append(_repaired(found, repairs, repair, mechanism, finding.columns, 0.97, at))
        elif finding.code.startswith("GROUP") and target is not None and repairs.knows(target):
            with_target = tuple(dict.fromkeys([*names[:1], target]))
            causes.append(_repaired(found, repairs, repairs.joint(with_target), finding.mechanism, finding.columns, 0.97, at))
    return causes


def _anew(found: list[Found], name: str, mechanism: str, columns: tuple[str, ...], own: int, target: str | None) -> Cause:
    """Give the cause that a column made anew from the others removes: right in every pair, rule and score that hangs on it."""
    explains = np.zeros(len(found))
    for at, one in enumerate(found):
        rate = one.finding.code == "GROUP01"
        if rate or one.measure in ("pair_gap", "triple_gap", "constraint_violations", *OF_ORDER):
            explains[at] = name in one.finding.columns or (rate and name == target)
        elif one.finding.code.startswith("LABEL"):  # residuals of the target, wherever the slice lies
            explains[at] = 1.0 if name == target else SHADE
        elif one.measure == "two_sample":
            explains[at] = 0.95 * (name in one.finding.columns)
        else:
            explains[at] = shade(mechanism, columns, one.finding, target)
    _means(found, explains)
    explains[own] = 1.0
    return Cause(mechanism, columns, explains, SPECIFIC["column"], own)


def _nulls(found: list[Found], repairs: Repairs, name: str, pairs: list[int]) -> Cause:
    """Give the cause that null flags put into the right rows remove, each pair measured with flags right against its partner."""
    explains = np.zeros(len(found))
    own = [at for at in pairs if name in found[at].finding.columns]
    for at in own:
        (other,) = set(found[at].finding.columns) - {name}
        share = left(repairs, "pair_gap", found[at].item, repairs.joint((other, name), nulls=name))
        explains[at] = 0.0 if share is None else _vanished(1.0 - share)
    for at, one in enumerate(found):
        if one.measure == "two_sample" and name in one.finding.columns:
            explains[at] = explains[own].mean()
        elif at not in own:
            explains[at] = shade("missingness_change", (name,), one.finding, repairs.context.schema.target)
        if one.measure == "missingness_gap" and name in one.finding.columns:
            explains[at] = 1.0
    head = max(own, key=lambda at: found[at].strength * explains[at])
    return Cause("missingness_change", (name,), explains, 0.97, head)


def _dependence(found: list[Found], repairs: Repairs) -> list[Cause]:
    """Give the causes of failing pairs: the pair's joint table, a column that goes with no other, and misplaced nulls."""
    pairs = [at for at, one in enumerate(found) if one.measure == "pair_gap" and len(one.finding.columns) == 2]
    causes: list[Cause] = []
    degree: dict[str, float] = defaultdict(float)
    target = repairs.context.schema.target
    # Where the target alone goes with several columns as it should not, and these go together, it is the labels.
    others = {name for at in pairs for name in found[at].finding.columns} - {target}
    others |= {one.finding.columns[0] for one in found if one.finding.code == "GROUP01"}
    labels = len(others) > 1 and all(target in found[at].finding.columns for at in pairs)
    sharper = any(one.finding.code == "LABEL04" for one in found)
    mechanism: Mechanism = ("overconfidence" if sharper else "label_noise") if labels else "broken_dependence"
    for at in pairs:
        names = found[at].finding.columns
        for name in names:
            degree[name] += found[at].strength
        cause = _repaired(found, repairs, repairs.joint(names), mechanism, names, SPECIFIC["pair"], at)
        for k, one in enumerate(found):  # groups of values are too coarse for a rule
            if one.measure == "constraint_violations" and set(one.finding.columns) == set(names):
                cause.explains[k] = max(cause.explains[k], SHADE)
        causes.append(cause)
    if pairs and not set.intersection(*(set(found[at].finding.columns) for at in pairs)):
        causes.append(_throughout(found, pairs, target))
    for name, _ in sorted(degree.items(), key=lambda pair: (-pair[1], pair[0]))[:3]:
        own = [at for at in pairs if name in found[at].finding.columns]
        if repairs.codes(name)[0].max() == repairs.layout.by_name[name].null:
            causes.append(_nulls(found, repairs, name, pairs))
        if len(own) > 1 or (labels and name == target):
            head = max(own, key=lambda at: found[at].strength)
            causes.append(_anew(found, name, mechanism if name == target else "broken_dependence", (name,), head, target))
    return causes


def _throughout(found: list[Found], pairs: list[int], target: str | None) -> Cause:
    """Give the cause of a table whose columns do not go together throughout: of everything but single columns."""
    explains = np.zeros(len(found))
    for at, one in enumerate(found):
        if one.measure in ("pair_gap", "triple_gap", "constraint_violations", "missingness_gap"):
            explains[at] = len(one.finding.columns) != 1
        elif one.measure not in OF_COLUMNS:
            explains[at] = shade("broken_dependence", (), one.finding, target)
    means = [at for at, one in enumerate(found) if one.measure == "pair_gap" and one.item.facts.get("mean")]
    own = means[0] if means else max(pairs, key=lambda at: found[at].strength)
    explains[own] = 1.0
    return Cause("broken_dependence", found[own].finding.columns, explains, SPECIFIC["itself"], own)


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
    target = repairs.context.schema.target
    explains = np.zeros(len(found))
    for at, one in enumerate(found):
        share = left(repairs, one.measure, one.item, repair)
        explains[at] = shade(mechanism, columns, one.finding, target) if share is None else _vanished(1.0 - share)
        if repair.moved and one.measure == "near_repeats":  # rows moved away from reality are near each other by comparison
            explains[at] = SHADE
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
    own = [at for at, one in enumerate(found) if one.finding.columns[:1] == (name,) and one.measure in OF_COLUMNS]
    # single values speak only where nothing else does, or where they are to blame
    own = [at for at in own if found[at].measure != "value_spikes" or mechanism == "artefact"] or own
    return max(own, key=lambda at: (found[at].finding.mechanism == mechanism, found[at].strength))


def _itself(found: list[Found], at: int, trust: float, target: str | None) -> Cause:
    """Let a finding stand for itself, with what its mechanism is known to move, as far as that is trusted."""
    one = found[at].finding
    explains = np.array([shade(one.mechanism, one.columns, other.finding, target) * trust for other in found])
    for k, other in enumerate(found):
        if other.finding.mechanism == one.mechanism and not other.finding.columns and not one.columns:
            explains[k] = max(explains[k], 0.5)
    explains[at] = 1.0
    specific = SPECIFIC["use" if one.code.startswith(USES) else "itself"]
    if found[at].item.facts.get("mean") and sum(other.measure == found[at].measure for other in found) > 1:
        specific *= MEAN  # it says less than the places that it is a mean of
    return Cause(one.mechanism, one.columns, explains, specific, at)
