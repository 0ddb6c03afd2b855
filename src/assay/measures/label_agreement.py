"""Label agreement: slices in which the target follows from the other columns less, or otherwise, than in reality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.measures._slices import axes
from assay.measures._trial import LABEL_REACH, Trials, expected, trials
from assay.stats.classifier import normal_tail, stratified_folds
from assay.stats.disagreement import FOLDS, Disagreement, disagreement

CLASSES = 6  # most frequent classes whose shares are compared
METHOD = "difference of means in slices found on three quarters of the rows and measured on the fourth, four times in turn; t"


class LabelAgreement(Measure):
    """Residuals of a real-trained model on synthetic rows against those on the holdout, in the slice where they differ most.

    Notes
    -----
    With f trained on real rows, and asked about rows it has not seen, two statistics: *shift*, the mean of y - f(x) (for
    several classes, of 1[y = k] - f_k(x) for the class that differs most; for a regression in standard deviations of the
    target), and *noise*, the mean of (y - f(x))^2 (for several classes half the sum over classes; for a regression
    |y - f(x)|). Between two real samples both agree in every slice, whatever f is. The slice, up to three conditions on the
    columns and at least 2% of the rows, is found on three folds and measured on the fourth.

    What it cannot see: slices of fewer than 2% of the rows or of more than three columns, and labels that are wrong where the
    other columns say nothing about them: there they do no harm that could be measured.

    References
    ----------
    Athey and Imbens (2016), Recursive partitioning for heterogeneous causal effects, PNAS 113; Chung et al. (2019), Slice Finder:
    automated data slicing for model validation, ICDE.
    """

    question: ClassVar[str] = "Do the labels of the synthetic rows follow from the other columns as they do in reality?"
    family: ClassVar[str] = "use"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout", "target"})
    cost: ClassVar[int] = 72
    codes: ClassVar[Mapping[str, str]] = {
        "LABEL01": "In a slice of the rows the target agrees less (or more) with what a model learned from the real rows than "
        "it does in sealed real rows: label noise, or labels sharper than reality.",
        "LABEL02": "In a slice of the rows the target is higher or lower, given the other columns, than in sealed real rows.",
    }
    mechanism: ClassVar[str] = "label_noise"
    remedy: ClassVar[str] = (
        "Relabel the rows of the slice named with a model trained on real rows, if that beats the synthetic labels on unseen "
        "real rows; else drop them."
    )
    cannot_see: ClassVar[str] = (
        "Slices under 2% of the rows or of more than three columns; labels that the other columns say nothing about."
    )

    def measure(self, context: Context) -> Evidence:
        """Search the slice for both statistics."""
        trial = trials(context)
        on_synthetic, on_real = _residuals(context, trial)
        synthetic, holdout = trial.synthetic, trial.holdout
        first = np.repeat([True, False], [len(synthetic.target), len(holdout.target)])
        placed = np.concatenate([synthetic.trees, holdout.trees])
        cells = axes(context, context.schema.features, placed, trial.real.trees)
        groups = _groups(trial)
        fold = stratified_folds(first.astype(np.int64), FOLDS, context.rng("label_agreement"), groups)
        residuals = np.concatenate([on_synthetic, on_real], axis=1)
        squares = np.square(residuals).sum(axis=0, keepdims=True) / (2.0 if len(residuals) > 1 else 1.0)
        if trial.rule.task == "regression":
            squares = np.abs(residuals)
        common = np.argsort(-np.bincount(trial.real.target), kind="stable")[:CLASSES] if len(residuals) > 1 else np.array([0])
        items = []
        for statistic, values in (("noise", squares), ("shift", residuals[common])):
            found = disagreement(cells, values, first, fold, groups)
            if found is not None:
                named = _class(context, trial, int(common[found.outcome])) if statistic == "shift" else ""
                items.append(_item(trial, statistic, found, context.alpha / 2, named))
        if not items:
            raise NotApplicable("No slice has 20 rows of both the synthetic table and the holdout. Give more rows.")
        return Evidence((Family("label_agreement", tuple(items)),))

    def describe(self, item: Item) -> str:
        """Say where the labels disagree and by how much."""
        estimate, facts = item.estimate, item.facts
        where = f"In the {facts['share']:.1%} of the real rows with {estimate.slice}"
        size = f"{estimate.effect:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
        if facts["statistic"] == "noise":
            side = "less" if facts["direction"] > 0 else "more"
            return (
                f"{where}, synthetic labels agree {side} with a model trained on real rows than real labels do: its mean "
                f"{facts['residual']} residual is {'higher' if facts['direction'] > 0 else 'lower'} by {size}, on rows not used "
                "to find the slice."
            )
        what = f"the share of {facts['class']}" if facts["class"] else f"the mean of the target (in {facts['unit']})"
        return (
            f"{where}, {what} is {'higher' if facts['direction'] > 0 else 'lower'} by {size} than in sealed real rows, given the "
            "other columns, on rows not used to find the slice."
        )

    def missed(self, item: Item) -> str:
        """Say what disagreement could be there unseen."""
        what = (
            f"label noise that raises the {item.facts['residual']} residual"
            if item.facts["statistic"] == "noise"
            else "a shift of the labels"
        )
        return f"{what} by up to {item.harm_high:.2f} in a slice of 2% of the rows would not have been seen at this size"


def _residuals(context: Context, trial: Trials) -> tuple[np.ndarray, np.ndarray]:
    """Give residuals of the real-trained model on synthetic and holdout rows, shape (classes or 1, rows) each."""
    found = []
    for table, asked in zip((trial.synthetic, trial.holdout), expected(context, trial), strict=True):
        if trial.rule.task == "multiclass":
            found.append(np.eye(trial.rule.classes)[table.target].T - asked.T)
        elif trial.rule.task == "binary":
            found.append((table.target - asked)[None, :])
        else:
            found.append(np.clip(table.target - asked, -LABEL_REACH, LABEL_REACH)[None, :])
    return found[0], found[1]


def _groups(trial: Trials) -> np.ndarray | None:
    if trial.groups is None and trial.synthetic_groups is None:
        return None
    own = np.arange(len(trial.synthetic.target)) if trial.synthetic_groups is None else trial.synthetic_groups
    other = np.arange(len(trial.holdout.target)) if trial.groups is None else trial.groups
    return np.concatenate([own, other + own.max() + 1])


def _class(context: Context, trial: Trials, place: int) -> str:
    """Name the class whose share differs: the positive one, or the one found; none for a regression."""
    if trial.rule.task == "regression":
        return ""
    classes = context.share("codec", lambda: Codec(context.schema).fit(context.real)).classes_
    if trial.rule.task == "binary":
        return f"{context.schema.target} = {classes[-1]}"
    if len(classes) != trial.rule.classes:  # rare classes were merged: places are no longer those of the codec
        return "one class"
    return f"{context.schema.target} = {classes[place]}"


def _item(trial: Trials, statistic: str, found: Disagreement, share: float, named: str) -> Item:
    spread = found.spread
    reach = spread.bound(0.025)
    score = found.effect / max(spread.error, 1e-12)
    estimate = Estimate(
        measure="label_agreement",
        value=found.effect,
        floor_low=-reach,
        floor_median=0.0,
        floor_high=reach,
        effect=found.effect,
        low=found.effect - reach,
        high=found.effect + reach,
        n_real=found.rows[1],
        n_synthetic=found.rows[0],
        method=f"{statistic}: {METHOD}",
        columns=found.where.columns(found.axes),
        slice=found.where.name(found.axes),
        p_value=normal_tail(score),
        sampled=trial.sampled,
    )
    facts: dict[str, Any] = {
        "statistic": statistic,
        "direction": found.direction,
        "share": found.share,
        "class": named,
        "unit": "standard deviations",
        "residual": "absolute" if trial.rule.task == "regression" else "squared",
        "metric": trial.rule.metric,
        "code": "LABEL01",
        "mechanism": "label_noise",
    }
    if statistic == "shift":
        facts["code"] = "LABEL02"
        facts["mechanism"] = "label_shift"
    elif found.direction < 0:
        facts["mechanism"] = "sampling_bias"
        facts["remedy"] = "Draw the target at random from its predicted distribution; do not take the most likely value."
    return Item(
        estimate=estimate,
        harm_low=max(found.effect - spread.bound(share), 0.0),
        harm_high=max(abs(found.effect) + spread.bound(0.05), found.unseen),
        score=score,
        facts=facts,
    )
