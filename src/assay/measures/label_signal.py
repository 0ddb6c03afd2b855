"""Label signal: how strongly labels follow what a model learned from real rows, over the whole table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures._trial import LABEL_REACH, Trials, expected, trials
from assay.stats.classifier import normal_bound, normal_tail
from assay.stats.signal import Slope, slope

METHOD = "slope of labels on the predictions of the real-trained {learner} model, holdout minus synthetic rows; sandwich errors"
LEAST_SPREAD = 1e-4


class LabelSignal(Measure):
    """Slope of the labels on a real-trained model's predictions, in synthetic rows against that in the holdout.

    Notes
    -----
    With f trained on real rows and asked about rows it has not seen, b = cov(y, f) / var(f), summed over classes where there
    are several; in standard deviations of the target for a regression. Between two real samples both slopes are one number,
    near 1, whatever f is and whatever the columns' distribution where f is calibrated. Labels that are wrong at random in a
    share s of the rows take away s times (for two classes exchanged: 2 s times) the signal; labels set to the most likely class
    add to it. Effect: holdout minus synthetic slope, the share of the signal that is lost (gained where negative).

    What it cannot see: labels that are wrong in a small slice only (see label_agreement), a shift of all labels alike (see
    category_gap), and anything about labels that the columns do not predict.

    References
    ----------
    Cox (1958), Two further applications of a model for binary regression, Biometrika 45 (calibration slope). White (1980), A
    heteroskedasticity-consistent covariance matrix estimator, Econometrica 48.
    """

    question: ClassVar[str] = "Do labels follow from the other columns as strongly as in reality, over all rows?"
    family: ClassVar[str] = "use"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout", "target"})
    cost: ClassVar[int] = 73
    codes: ClassVar[Mapping[str, str]] = {
        "LABEL03": "Labels follow what a model learned from real rows less strongly than real labels do: part of what ties them "
        "to the other columns is lost.",
        "LABEL04": "Labels follow what a model learned from real rows more strongly than real labels do: they are sharper than "
        "reality, as where the most likely class is taken for the label.",
    }
    mechanism: ClassVar[str] = "label_noise"
    remedy: ClassVar[str] = (
        "Relabel the rows by a draw from the class probabilities of a model trained on real rows, if that beats the synthetic "
        "labels on unseen real rows."
    )
    cannot_see: ClassVar[str] = "Labels that are wrong in a small slice only, and labels that the columns do not predict."

    def measure(self, context: Context) -> Evidence:
        """Compare the slopes."""
        trial = trials(context)
        predicted = expected(context, trial)
        slopes: list[Slope] = []
        for table, asked, groups in zip(
            (trial.holdout, trial.synthetic), (predicted[1], predicted[0]), (trial.groups, trial.synthetic_groups), strict=True
        ):
            slopes.append(slope(_labels(trial, table.target), _columns(trial, asked), groups))
        if slopes[0].spread < LEAST_SPREAD or slopes[1].spread < LEAST_SPREAD:
            raise NotApplicable("The other columns say nothing about the target: there is no signal to lose.")
        return Evidence(
            (Family("label_signal", (_item(trial, str(context.schema.target), slopes[0], slopes[1], context.alpha),)),)
        )

    def describe(self, item: Item) -> str:
        """Say how much of the signal is lost or added."""
        e, facts = item.estimate, item.facts
        what = "less" if e.effect > 0 else "more"
        size = f"{abs(e.effect):.0%} ({min(abs(e.low), abs(e.high)):.0%} to {max(abs(e.low), abs(e.high)):.0%})"
        return (
            f"Over all rows, synthetic labels follow the predictions of a {facts['learner']} model trained on real rows {size} "
            f"{what} strongly than real labels do (slope {e.value:.2f} against {facts['real']:.2f})."
        )

    def missed(self, item: Item) -> str:
        """Say how much of the signal could be gone."""
        return f"a loss of up to {item.harm_high:.0%} of what ties labels to the other columns would not have been seen"


def _labels(trial: Trials, target: np.ndarray) -> np.ndarray:
    """Give the labels as columns, shape (rows, classes or 1)."""
    if trial.rule.task == "multiclass":
        return np.eye(trial.rule.classes)[target]
    if trial.rule.task == "regression":
        return np.clip(target, -LABEL_REACH, LABEL_REACH)[:, None]
    return target[:, None].astype(np.float64)


def _columns(trial: Trials, predicted: np.ndarray) -> np.ndarray:
    if trial.rule.task == "regression":
        predicted = np.clip(predicted, -LABEL_REACH, LABEL_REACH)
    return predicted if predicted.ndim == 2 else predicted[:, None]


def _item(trial: Trials, target: str, real: Slope, synthetic: Slope, alpha: float) -> Item:
    effect = real.value - synthetic.value
    error = float(np.hypot(real.error, synthetic.error))
    # two real samples: the holdout's own spread, at both sizes
    null = real.error * float(np.sqrt(1.0 + len(trial.holdout.target) / len(trial.synthetic.target)))
    reach = normal_bound(error, 0.025)
    score = abs(effect) / max(error, 1e-12)
    estimate = Estimate(
        "label_signal",
        synthetic.value,
        real.value - 1.96 * null,
        real.value,
        real.value + 1.96 * null,
        effect,
        effect - reach,
        effect + reach,
        len(trial.holdout.target),
        len(trial.synthetic.target),
        METHOD.format(learner=trial.best.name),
        columns=(target,),
        p_value=min(1.0, 2.0 * normal_tail(score)),
        sampled=trial.sampled,
    )
    facts: dict[str, Any] = {"learner": trial.best.name, "metric": trial.rule.metric, "real": real.value, "code": "LABEL03"}
    if effect < 0:
        facts |= {"code": "LABEL04", "mechanism": "overconfidence"}
        facts["remedy"] = "Draw the target at random from its predicted distribution; do not take the most likely value."
    harm_low = max(abs(effect) - normal_bound(error, alpha), 0.0)
    return Item(estimate, harm_low, abs(effect) + normal_bound(error, 0.05), score, facts)
