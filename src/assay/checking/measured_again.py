"""Measure findings again on repaired rows: which share of a finding's excess a repair leaves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.checking.digits import CLASSES
from assay.checking.point_effects import COUNTED, SIGNED, digits_apart, weighted_auc
from assay.checking.repairs import Repair, Repairs, code_rows, lacking
from assay.checking.suspects import of_class
from assay.core.evidence import Item

ROWS = frozenset({"exact_copies", "near_copies", "near_repeats", "constraint_violations"})
# Here the point effect has next to no floor of its own: cells or rows are those that were off before the repair.
FLOORLESS = frozenset({"two_sample", "value_spikes", "mode_coverage", "label_agreement", *ROWS})
USUAL = 0.41  # mean size of a normal error whose 97.5% point is one
HEAVY, SIDES = 0.003, 4


def left(repairs: Repairs, measure: str, item: Item, repair: Repair) -> float | None:
    """Give the share of an item's excess that a repair leaves, None where it cannot be measured again.

    Parameters
    ----------
    repairs : Repairs
        Both tables as cells.
    measure : str
        Measure of the item.
    item : Item
        What was found.
    repair : Repair
        What to do to the synthetic rows.

    Notes
    -----
    ``sqrt(max(after^2 - floor^2, 0)) / sqrt(max(before^2 - floor^2, 0))``, between 0 and 1.
    """
    before = repairs.before.setdefault((measure, id(item)), _value(repairs, measure, item, repairs.nothing))
    after = None if before is None else _value(repairs, measure, item, repair)
    if before is None or after is None:
        return None
    floor = _floor(measure, item)
    if abs(before) <= floor:  # what was seen on all rows, or in finer cells, does not show here
        return 1.0 if measure == "two_sample" else None
    if measure not in SIGNED:  # fewer than expected is as good as none
        after = max(after, 0.0)
    whole = np.sqrt(before**2 - floor**2)
    return float(np.clip(np.sqrt(max(after**2 - floor**2, 0.0)) / whole, 0.0, 1.0))


def _floor(measure: str, item: Item) -> float:
    e = item.estimate
    if measure in FLOORLESS:
        return 1e-9
    if measure == "group_gap":
        return USUAL * e.floor_high
    return 0.375 * (e.floor_high - e.floor_low) if measure in SIGNED else e.floor_median


def _value(repairs: Repairs, measure: str, item: Item, repair: Repair) -> float | None:
    if measure == "two_sample":
        return _auc(repairs, item, repair)
    if measure in ROWS:
        return _named(repairs, measure, item, repair)
    if measure == "duplicate_rows":
        return _repeated(repairs, item, repair)
    if measure == "label_agreement":
        return _residual(repairs, item, repair)
    names = item.estimate.columns
    if not names or not all(repairs.knows(name) for name in names):
        return None
    if measure == "missingness_gap":
        return _nulls(repairs, item, repair)
    if measure == "value_spikes":
        return _spikes(repairs, names[0], item, repair)
    if measure == "group_gap":
        return _group(repairs, names[0], item, repair)
    if measure == "mode_coverage":
        p, q = tables(repairs, names, repairs.nothing)
        few = lacking(p, q, len(repairs.rows[0]))
        p, q = tables(repairs, names, repair)
        return float((p - q)[few].sum())
    if measure not in COUNTED:
        return None
    p, q = tables(repairs, names, repair, coarse=len(names) > 1)
    return COUNTED[measure](repairs, item, p, q)


def tables(repairs: Repairs, names: Sequence[str], repair: Repair, *, coarse: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Give the joint tables of columns, real and synthetic repaired, in shares."""
    flat: list[np.ndarray] = [np.zeros(len(rows), dtype=np.int64) for rows in repairs.rows]
    shape: list[int] = []
    for name in names:
        cells = repairs.layout.by_name[name]
        real, synthetic = repairs.codes(name)
        synthetic = repair.moved.get(name, synthetic)
        if coarse:
            real, synthetic = cells.groups[real], cells.groups[synthetic]
        width = cells.group_count if coarse else cells.count
        flat = [flat[0] * width + real, flat[1] * width + synthetic]
        shape.append(width)
    p, q = _counted(flat[0], flat[1], int(np.prod(shape)), repair)
    return p.reshape(shape), q.reshape(shape)


def _counted(real: np.ndarray, synthetic: np.ndarray, size: int, repair: Repair) -> tuple[np.ndarray, np.ndarray]:
    p = np.bincount(real, minlength=size).astype(float)
    q = np.bincount(synthetic, weights=repair.weights, minlength=size)
    if repair.refill is not None:
        q += np.bincount(real, weights=repair.refill, minlength=size)
    return p / max(p.sum(), 1.0), q / max(q.sum(), 1e-12)


def _named(repairs: Repairs, measure: str, item: Item, repair: Repair) -> float | None:
    """Give the weight of the rows an item names; by cells of columns it cannot be told whether rows stay equal."""
    if repair.moved or (repair.cells is not None and measure != "constraint_violations"):
        return None
    found = repairs.suspects(measure, item)
    if found is None:
        return None
    return float(repair.weights @ found.named[repairs.rows[1]] / len(repairs.rows[1]))


def _residual(repairs: Repairs, item: Item, repair: Repair) -> float | None:
    """Weigh the residuals in the slice that the labels differ in most; labels that a repair moves cannot be told."""
    found = repairs.context.share(f"label slice:{item.facts['statistic']}", lambda: None)
    if found is None or repair.moved or len(repairs.rows[1]) != len(repairs.context.synthetic):
        return None
    weights = repair.weights[found.rows] * found.inside
    if weights.sum() <= 0:
        return None
    return abs(float(weights @ found.residuals / weights.sum()) - found.honest)


def _repeated(repairs: Repairs, item: Item, repair: Repair) -> float | None:
    same = repairs.context.share("rows", lambda: None)
    if same is None or repair.cells is not None or repair.refill is not None:
        return None
    kept = (repair.weights > 0) & of_class(repairs.context, item)[repairs.rows[1]]
    ids = same.synthetic[repairs.rows[1]][kept]
    return 1.0 - len(np.unique(ids)) / len(ids) if len(ids) else 0.0


def _nulls(repairs: Repairs, item: Item, repair: Repair) -> float:
    names = item.estimate.columns
    one_class = item.facts.get("how") == "null in one class"
    p, q = tables(repairs, names, repair, coarse=one_class or len(names) > 1)
    if one_class:
        return float(np.abs(p[-1] - q[-1]).max())
    for _ in names:
        p, q = p[-1], q[-1]
    return float(abs(q - p))


def _spikes(repairs: Repairs, name: str, item: Item, repair: Repair) -> float | None:
    """Measure digits, heaps or new spikes of a column; those of values that were moved by a line cannot be told."""
    if name in repair.moved:
        return None
    code, cells = item.facts.get("code"), repairs.layout.by_name[name]
    if code == "SPIKE03":
        return digits_apart(*_counted(*repairs.digits(name), CLASSES + 1, repair))
    if code == "SPIKE01":
        return float(repair.weights @ repairs.spiked(name) / max(repair.weights.sum(), 1e-12))
    p, q = tables(repairs, [name], repair, coarse=False)
    heavy = cells.alone[p[cells.alone] >= HEAVY]
    around = cells.groups // SIDES
    near_p, near_q = (np.bincount(around, weights=part)[around[heavy]] for part in (p, q))
    return float(0.5 * np.abs(q[heavy] - p[heavy] * near_q / np.maximum(near_p, 1e-12)).sum())


def _group(repairs: Repairs, name: str, item: Item, repair: Repair) -> float | None:
    """Measure a group's share, or how the target comes out in it; of groups that are no level, over all groups of the column."""
    kind, target = item.facts.get("kind"), repairs.context.schema.target
    if kind not in ("rate", "share") or (kind == "rate" and (target is None or not repairs.knows(target))):
        return None
    at = repairs.level(name, str(item.estimate.slice))
    if kind == "share":
        p, q = tables(repairs, [name], repair, coarse=at is None)
        if at is None:
            return float(0.5 * np.abs(p - q).sum())
        return abs(float(np.log((q[at] + 1e-4) / (p[at] + 1e-4)))) if item.facts.get("metric") == "ratio" else abs(q[at] - p[at])
    real, synthetic = repairs.codes(name)
    cells, outcome = repairs.layout.by_name[name], repairs.layout.by_name[str(target)]
    groups = cells.groups if at is None else (np.arange(cells.count) == at).astype(np.int64)
    y_real, y_synthetic = repairs.codes(str(target))
    y_synthetic = repair.moved.get(str(target), y_synthetic)
    synthetic = repair.moved.get(name, synthetic)
    width = outcome.group_count
    joint = [groups[x] * width + outcome.groups[y] for x, y in ((real, y_real), (synthetic, y_synthetic))]
    p, q = (part.reshape(-1, width) for part in _counted(joint[0], joint[1], (int(groups.max()) + 1) * width, repair))
    apart = 0.5 * np.abs(
        q / np.maximum(q.sum(axis=1, keepdims=True), 1e-12) - p / np.maximum(p.sum(axis=1, keepdims=True), 1e-12)
    )
    return float(p.sum(axis=1) @ apart.sum(axis=1)) if at is None else float(apart[1].sum())


def _auc(repairs: Repairs, item: Item, repair: Repair) -> float | None:
    """Reweight the scores that the classifier gave; holdout rows stand in where the synthetic table has none."""
    kept = repairs.context.share("two_sample scores", lambda: None)
    if kept is None or item.facts.get("learner") not in kept:
        return None
    rows, labels, fold, predicted = kept[item.facts["learner"]]
    if len(repairs.rows[1]) != int(labels.sum()):
        return None
    weights = repair.weights if repair.apart is None else repair.apart
    weight = np.ones(len(labels))
    synthetic = labels == 1
    weight[synthetic] = weights[rows[synthetic]]
    extra = np.zeros(len(labels))
    if repair.cells is not None and len(repair.cells[0]) == 1 and repair.cells[2].any():
        cells = repairs.layout.by_name[repair.cells[0][0]]
        factor = repair.cells[2][code_rows(repairs.context.holdout, cells)]
        extra[~synthetic] = factor[rows[~synthetic]] * (synthetic.sum() / max((~synthetic).sum(), 1))
    values = []
    for part in range(int(fold.max()) + 1):
        own = fold == part
        values.append(weighted_auc(predicted[own], np.where(synthetic, 0.0, 1.0)[own], (weight * synthetic + extra)[own]))
    return float(np.mean(values)) - 0.5
