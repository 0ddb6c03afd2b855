"""Calibration: whether the probabilities of a model trained on synthetic rows mean on real rows what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures._gap_items import gap_item, null_error, refit_variance
from assay.measures._trial import SPLITS, Fitted, Trials, trials
from assay.stats import reliability, scores
from assay.stats.refits import combine
from assay.stats.scores import Score, standard_error


class Calibration(Measure):
    """Compare how far predictions are off on the holdout: trained on synthetic rows against trained on real rows.

    Notes
    -----
    For each learner that gives probabilities, with S and R for training on synthetic and on real rows:

    - ``ece``: sign(D) sqrt(abs(D)) with D = E2(S) - E2(R), E2 the debiased squared calibration error over bins of equal count.
      The plug-in error is biased upward (a calibrated model on 5,000 rows seems .015 off); E2 takes that noise out of every bin,
      so that a calibrated model scores nothing on average. Being a root of mean squares it is at least the mean distance.
    - ``brier``: difference of the Brier scores (strictly proper: calibration and sharpness together).
    - ``slope``, for a regression: share of variance that a straight line through the predictions would win back, S - R.

    Two classes: probability of the positive one. More: that of the class predicted (top label). Overconfident means that
    confidence exceeds accuracy, or for a regression a slope below one.

    Standard errors as in ``utility``: influences over holdout rows, and refits on complementary halves of the training rows.
    Those of E2 overstate the noise by up to a root of two where both models are calibrated, and are right where one is not.

    What it cannot see: errors within one bin that cancel, errors in subgroups that cancel (see ``group_gap``), and learners
    without probabilities.

    References
    ----------
    Kumar, Liang and Ma (2019), Verified uncertainty calibration, NeurIPS, section 4; Brier (1950), Monthly Weather Review 78.
    """

    question: ClassVar[str] = "Do the probabilities of a model trained on the synthetic rows mean on real rows what they say?"
    family: ClassVar[str] = "use"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout", "target"})
    cost: ClassVar[int] = 71
    codes: ClassVar[Mapping[str, str]] = {
        "CAL01": "The probabilities (or predictions) of the model trained on synthetic rows are further off on real rows than "
        "those of one trained on real rows."
    }
    mechanism: ClassVar[str] = "overconfidence"
    remedy: ClassVar[str] = (
        "Recalibrate the model on a few hundred real rows (isotonic or Platt), or mend the target's share and noise in the data."
    )
    cannot_see: ClassVar[str] = "Errors that cancel within a bin of probabilities or a subgroup; learners without probabilities."

    def measure(self, context: Context) -> Evidence:
        """Compare both models of every learner that gives probabilities."""
        trial = trials(context)
        asked = [fitted for fitted in trial.fitted if fitted.probabilities or trial.rule.task == "regression"]
        if not asked:
            raise NotApplicable("None of the learners gives probabilities: there is nothing to calibrate.")
        kinds = ("slope",) if trial.rule.task == "regression" else ("ece", "brier")
        share = context.alpha / (len(asked) * len(kinds))
        items = tuple(_item(trial, fitted, kind, share) for fitted in asked for kind in kinds)
        return Evidence((Family("calibration", items),))

    def describe(self, item: Item) -> str:
        """Say how far predictions are off, and to which side."""
        facts, e = item.facts, item.estimate
        model, between = f"{facts['learner']} model", f"({e.low:.3f} to {e.high:.3f})"
        if facts["metric"] == "slope":
            return (
                f"On real rows, predictions of the {model} trained on synthetic rows are {_side(facts)}: a straight line would "
                f"win back {facts['synthetic']:.3f} of the variance, against {facts['real']:.3f} when trained on real rows: "
                f"{e.effect:.3f} {between} more."
            )
        if facts["metric"] == "brier":
            return (
                f"The {model} trained on synthetic rows has Brier score {facts['synthetic']:.3f} on real rows, the one trained "
                f"on real rows {facts['real']:.3f}: {e.effect:.3f} {between} worse. It is {_side(facts)}."
            )
        return (
            f"Probabilities of the {model} trained on synthetic rows are off by {facts['synthetic']:.3f} on real rows, those of "
            f"the one trained on real rows by {facts['real']:.3f}: {e.effect:.3f} {between} more, in quadrature. "
            f"It is {_side(facts)}."
        )

    def missed(self, item: Item) -> str:
        """Say what miscalibration could have stayed unseen."""
        what = {"ece": "Probabilities further off", "brier": "A Brier score worse", "slope": "Calibration worse"}
        return (
            f"{what[item.facts['metric']]} by up to {item.harm_high:.3f} for {item.facts['learner']} models would not have been "
            "seen at this size."
        )


def _item(trial: Trials, fitted: Fitted, kind: str, share: float) -> Item:
    truth, classes = trial.holdout.target, trial.rule.classes

    def score(predicted: np.ndarray) -> Score:
        if kind == "slope":
            return scores.recalibration_loss(truth, predicted)
        if kind == "brier":
            return scores.brier(truth, predicted)
        return reliability.squared_error(*_binary(truth, predicted, classes))

    real, synthetic = score(fitted.real.predicted), score(fitted.synthetic.predicted)
    gap = synthetic - real
    refits = [refit_variance(halves, lambda p: score(p).value) for halves in (fitted.real_halves, fitted.synthetic_halves)]
    # a clearly worse calibration stands off its optimum, where training noise counts in full: `combine` sees that by the gap
    spread = combine(standard_error(gap.influence, trial.groups) ** 2, refits, SPLITS, gap.value)
    floor = null_error(trial, fitted, lambda first, second: score(first.predicted) - score(second.predicted), refits[0])
    root = kind == "ece"
    facts: dict[str, Any] = {
        "metric": kind,
        "real": reliability.signed_root(max(real.value, 0.0)) if root else real.value,
        "synthetic": reliability.signed_root(max(synthetic.value, 0.0)) if root else synthetic.value,
        **_direction(trial, fitted.synthetic.predicted),
    }
    what = {
        "ece": f"debiased calibration error over {reliability.BINS} bins of equal count, in quadrature",
        "brier": "Brier score",
        "slope": "share of variance that a straight line would win back",
    }[kind]
    return gap_item(
        "calibration",
        trial,
        fitted,
        effect=gap.value,
        spread=spread,
        share=share,
        floor=floor,
        facts=facts,
        what=f"{what}, TSTR - TRTR on real rows, by {fitted.name}",
        scale=reliability.signed_root if root else float,
    )


def _binary(truth: np.ndarray, predicted: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Give outcome and probability: of the positive class of two, of being right with the class predicted for more."""
    if classes == 2:
        return truth.astype(np.float64), predicted
    return (predicted.argmax(axis=1) == truth).astype(np.float64), predicted.max(axis=1)


def _direction(trial: Trials, predicted: np.ndarray) -> dict[str, Any]:
    """Give to which side the synthetic-trained model is off: its confidence against what is true, and its level."""
    truth = trial.holdout.target
    if trial.rule.task == "regression":
        spread = float(np.var(predicted))
        slope = float(np.cov(predicted, truth, bias=True)[0, 1]) / spread if spread > 0 else 0.0
        return {"slope": slope, "level": float(np.mean(predicted) - np.mean(truth))}
    if trial.rule.classes == 2:
        right = np.mean((predicted >= 0.5) == (truth == 1))
        confidence = np.mean(np.maximum(predicted, 1.0 - predicted))
        return {
            "confidence": float(confidence),
            "right": float(right),
            "said": float(predicted.mean()),
            "rate": float(truth.mean()),
        }
    return {"confidence": float(predicted.max(axis=1).mean()), "right": float(np.mean(predicted.argmax(axis=1) == truth))}


def _side(facts: Mapping[str, Any]) -> str:
    if "slope" in facts:
        side = "overconfident" if facts["slope"] < 1.0 else "underconfident"
        level = f"{abs(facts['level']):.2f} standard deviations too {'high' if facts['level'] > 0 else 'low'} on average"
        return f"{side} (slope {facts['slope']:.2f} of truth on prediction, one is right) and {level}"
    side = "overconfident" if facts["confidence"] > facts["right"] else "underconfident"
    said = f"{side}: {facts['confidence']:.1%} sure on average and right {facts['right']:.1%} of the time"
    return said if "said" not in facts else f"{said}; it gives positives {facts['said']:.1%}, where {facts['rate']:.1%} are"
