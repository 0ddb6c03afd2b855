"""The score that models lose within slices of the holdout: shared by utility's worst slice and by declared groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Item
from assay.measures._gap_items import gap_item
from assay.measures._trial import SPLITS, Trials
from assay.stats import scores
from assay.stats.refits import combine, half_variance
from assay.stats.scores import Score, standard_error
from assay.stats.slices import Slice

LEAST_OF_CLASS = 20  # rows of a class that a slice needs


def sliced_score(trial: Trials, part: Slice, predicted: np.ndarray) -> Score | None:
    """Score within a slice, higher being better; None where too few rows of a class stand behind it."""
    truth, own = trial.holdout.target[part.rows], predicted[part.rows]
    if trial.rule.task == "regression":
        loss = (truth - own) ** 2 / max(float(np.var(trial.holdout.target)), 1e-12)
        return Score(-float(loss.mean()), loss.mean() - loss)
    if not ranked(trial, part):
        return None
    return (scores.roc_auc if trial.rule.task == "binary" else scores.macro_auc)(truth, own)


def ranked(trial: Trials, part: Slice) -> bool:
    """Whether a slice has enough rows of the classes to rank them."""
    if trial.rule.task == "regression":
        return True
    counts = np.bincount(trial.holdout.target[part.rows], minlength=trial.rule.classes)
    enough = (counts >= LEAST_OF_CLASS) & (len(part.rows) - counts >= LEAST_OF_CLASS)
    return bool(np.sum(enough) >= (2 if trial.rule.task == "binary" else 1))


def sliced_items(measure: str, trial: Trials, slices: list[Slice], alpha: float, facts: dict[str, Any]) -> tuple[Item, ...]:
    """Bound the gap in every slice; refit variances, each from few splits, are lifted halfway to the slices' common ratio."""
    fitted = trial.best

    def values(halves: list[Any], part: Slice) -> float:
        found = np.array([[_sliced_value(trial, part, one.predicted) for one in pair] for pair in halves])
        return float(half_variance(found[:, 0], found[:, 1]))

    gaps, sampling, refits = [], [], []
    for part in slices:
        real, synthetic = (
            sliced_score(trial, part, fitted.real.predicted),
            sliced_score(trial, part, fitted.synthetic.predicted),
        )
        if real is None or synthetic is None:
            raise NotApplicable(f"The slice {part.name} has too few rows of a class.")
        gap = real - synthetic
        gaps.append(gap.value)
        sampling.append(standard_error(gap.influence, None if trial.groups is None else trial.groups[part.rows]) ** 2)
        refits.append((values(fitted.real_halves, part), values(fitted.synthetic_halves, part)))
    errors = np.array(refits)
    common = errors.sum(axis=0) / max(float(np.sum(sampling)), 1e-12)
    items = []
    for part, gap, own, variances in zip(slices, gaps, sampling, errors, strict=True):
        # no model stands at the optimum of each slice, so training noise counts in full there
        spread = combine(own, list(np.maximum(variances, (variances + common * own) / 2.0)), SPLITS, effect=np.inf)
        items.append(
            gap_item(
                measure,
                trial,
                fitted,
                effect=gap,
                spread=spread,
                share=alpha / len(slices),
                floor=float(np.sqrt(own + variances[0] + common[0] * own)),
                facts={"rows": len(part.rows), **facts},
                what=f"TRTR - TSTR within the slice, by {fitted.name}; {len(slices)} slices",
                where=part,
            )
        )
    return tuple(items)


def _sliced_value(trial: Trials, part: Slice, predicted: np.ndarray) -> float:
    truth, own = trial.holdout.target[part.rows], predicted[part.rows]
    if trial.rule.task == "binary":
        return scores.roc_auc_value(truth, own)
    found = sliced_score(trial, part, predicted)
    return 0.0 if found is None else found.value
