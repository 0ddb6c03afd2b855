"""What models trained on synthetic rows do for groups of real rows, against models trained on real rows."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Family, Item
from assay.core.protocols import Context
from assay.measures._gap_items import gap_item
from assay.measures._groups import Groups
from assay.measures._sliced import ranked, sliced_items
from assay.measures._trial import SPLITS, Trials, trials
from assay.stats.refits import Trial, combine, half_variance
from assay.stats.scores import standard_error
from assay.stats.slices import Slice

LEAST_ROWS = 50  # holdout rows of a group


def families(context: Context, found: list[Groups], *, declared: bool) -> list[Family]:
    """Give the families about models: mean prediction in every group, and utility within those of declared columns."""
    if context.holdout is None or context.schema.target is None:
        return []
    try:
        trial = trials(context)
    except NotApplicable:
        return []  # utility says why
    slices = [part for groups in found for part in _slices(trial, groups)]
    made: list[Family] = []
    if slices and (trial.rule.task == "regression" or (trial.rule.classes == 2 and trial.best.probabilities)):
        made.append(Family("group_gap", _predictions(trial, slices, context.alpha), name="group_prediction"))
    if declared:
        told = [part for part in slices if ranked(trial, part)]
        if told:
            facts = {"kind": "utility", "code": "GROUP04", "mechanism": "broken_dependence"}
            items = sliced_items("group_gap", trial, told, context.alpha, facts)
            made.append(Family("group_gap", items, name="group_utility"))
    return made


def _slices(trial: Trials, groups: Groups) -> list[Slice]:
    assert groups.holdout is not None
    codes = groups.holdout[trial.rows]
    parts = [Slice(groups.column, name, np.flatnonzero(codes == at)) for at, name in enumerate(groups.names)]
    return [part for part in parts if len(part.rows) >= LEAST_ROWS]


def _predictions(trial: Trials, slices: list[Slice], alpha: float) -> tuple[Item, ...]:
    """Bound the difference of mean predictions in every group, harm being its size."""
    fitted = trial.best

    def means(predicted: np.ndarray) -> np.ndarray:
        return np.array([predicted[part.rows].mean() for part in slices])

    def variances(halves: list[tuple[Trial, Trial]]) -> np.ndarray:
        found = np.array([[means(one.predicted) for one in pair] for pair in halves])
        return half_variance(found[:, 0], found[:, 1])

    shift = fitted.synthetic.predicted - fitted.real.predicted
    effects = means(shift)
    real, synthetic = means(fitted.real.predicted), means(fitted.synthetic.predicted)
    truth = means(trial.holdout.target.astype(np.float64))
    sampling = np.array([_sampling(trial, part, shift, effect) for part, effect in zip(slices, effects, strict=True)])
    refits = np.stack([variances(fitted.real_halves), variances(fitted.synthetic_halves)], axis=1)
    # each from few splits: lifted halfway to the groups' common ratio of variance to one over rows
    rows = np.array([len(part.rows) for part in slices], dtype=np.float64)
    common = np.sum(refits, axis=0) / np.sum(1.0 / rows) / rows[:, None]
    refits = np.maximum(refits, (refits + common) / 2.0)
    sizes = 1.0 + len(trial.real.target) / len(trial.synthetic.target)
    items = []
    for at, part in enumerate(slices):
        spread = combine(float(sampling[at]), list(refits[at]), SPLITS, effect=np.inf)
        told = float(truth[at])
        if trial.rule.classes == 2:
            told = float(np.clip(told, 10.0 / rows[at], 1.0 - 10.0 / rows[at]))
        facts = {
            "kind": "prediction",
            "metric": "mean" if trial.rule.task == "regression" else "rate",
            "real": float(real[at]),
            "synthetic": float(synthetic[at]),
            "truth": told,
            "rows": int(rows[at]),
            "code": "GROUP03",
        }
        item = gap_item(
            "group_gap",
            trial,
            fitted,
            effect=float(effects[at]),
            spread=spread,
            share=alpha / (2 * len(slices)),
            floor=float(np.sqrt(refits[at, 0] * sizes + sampling[at])),
            facts=facts,
            what=f"mean difference of predictions, TSTR - TRTR within the group, by {fitted.name}; {len(slices)} groups",
            where=part,
            either_side=True,
        )
        items.append(item)
    return tuple(items)


def _sampling(trial: Trials, part: Slice, shift: np.ndarray, mean: float) -> float:
    groups = None if trial.groups is None else trial.groups[part.rows]
    return standard_error(shift[part.rows] - mean, groups) ** 2
