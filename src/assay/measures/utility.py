"""Utility: what a model trained on the synthetic rows is worth on reality, beside what one would have believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.measures import _utility_words
from assay.measures._gap_items import gap_item, null_error, refit_variance
from assay.measures._sliced import ranked, sliced_items
from assay.measures._trial import METHOD, SPLITS, Fitted, Trials, mean_score, trials
from assay.stats import scores
from assay.stats.refits import Spread, Trial, combine
from assay.stats.scores import Score, standard_error
from assay.stats.slices import Slice, level_slices, range_slices

SLICED_COLUMNS = 30


class Utility(Measure):
    """TRTR, TSTR and TSTS: train on real or synthetic rows, test on real or synthetic ones.

    Notes
    -----
    Metric, higher being better: average precision where positives are under 10%, else ROC AUC (several classes: mean over
    classes, one against the rest), or R2. *Attainable* is TRTR, *actual* TSTR, *believed* TSTS (five folds), *trained* the
    score on the model's own training rows. Families:

    - ``utility``: attainable - actual for each learner; average precision relative to what is attainable.
    - ``worst_slice``: the same within levels and ranges of single columns, for the learner that does best on real rows: ROC
      AUC, or for a regression the squared error lost as a share of the target's variance.
    - ``illusion_gap``: believed - actual, both from the five models trained on four fifths of the synthetic rows, so that
      training sizes are equal (the value beside it is believed - actual as shown in the headline).

    Standard errors add the holdout's sampling error, paired and without a bootstrap through influence functions, and that
    of the training rows from refits on complementary halves.

    What it cannot see: other targets than the declared one, other learners than those tried, slices of several columns at
    once or of fewer rows than a fiftieth of the holdout.

    References
    ----------
    Esteban, Hyland and Raetsch (2017), Real-valued medical time series generation with recurrent conditional GANs (TSTR);
    DeLong et al. (1988), Biometrics 44; Politis, Romano and Wolf (1999), Subsampling.
    """

    question: ClassVar[str] = "How well does a model trained on the synthetic rows do on real rows?"
    family: ClassVar[str] = "use"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout", "target"})
    cost: ClassVar[int] = 70
    codes: ClassVar[Mapping[str, str]] = {
        "USE01": "A model trained on the synthetic rows does worse on sealed real rows than one trained on the real rows.",
        "USE02": "In one slice of the real rows the model trained on synthetic rows loses more than the policy allows.",
        "USE03": "Tested on synthetic rows, the model trained on synthetic rows looks better than it is on real ones: validating "
        "synthetic data with synthetic data misleads here.",
    }
    mechanism: ClassVar[str] = "broken_dependence"
    remedy: ClassVar[str] = (
        "Mend the columns and pairs that other findings name, above all those that go with the target; then add real rows to the "
        "synthetic ones in training."
    )
    cannot_see: ClassVar[str] = "Other targets, learners far from those tried, slices of several columns or of few rows."

    def measure(self, context: Context) -> Evidence:
        """Fit, score, and bound the three families."""
        trial = trials(context)
        many = len(trial.fitted)
        utility = tuple(self._utility(trial, fitted, context.alpha / many) for fitted in trial.fitted)
        illusion = tuple(self._illusion(trial, fitted, context.alpha / many) for fitted in trial.fitted)
        families = [Family("utility", utility), Family("utility", illusion, name="illusion_gap")]
        slices = self._slices(context, trial)
        if slices:
            facts = {"kind": "worst_slice", "code": "USE02", "own_scorer": False}
            families.append(Family("utility", sliced_items("utility", trial, slices, context.alpha, facts), name="worst_slice"))
        reported = (_recall(trial),) if trial.rule.metric == "average_precision" else ()
        headline = _headline(trial, utility, illusion)
        return Evidence(families=tuple(families), headline=headline, reported=reported, warnings=trial.warnings)

    def describe(self, item: Item) -> str:
        """Say what is lost, where, in numbers."""
        return _utility_words.describe(item)

    def missed(self, item: Item) -> str:
        """Say what loss could have stayed unseen."""
        return _utility_words.missed(item)

    def _utility(self, trial: Trials, fitted: Fitted, share: float) -> Item:
        real, synthetic = fitted.real.score, fitted.synthetic.score
        gap = real - synthetic
        refits = [fitted.real_variance, fitted.synthetic_variance]
        relative = trial.rule.metric == "average_precision" and trial.rule.scorer is None
        effect, influence = gap.value, gap.influence
        null_share = 1.0
        if relative:
            attainable = max(real.value, 1e-9)
            effect = gap.value / attainable
            influence = (gap.influence - effect * real.influence) / attainable
            refits = [refits[0] * (synthetic.value / attainable**2) ** 2, refits[1] / attainable**2]
            null_share = 1.0 / attainable
        spread = combine(standard_error(influence, trial.groups) ** 2, refits, SPLITS, effect)
        floor = _null_error(trial, fitted)
        facts = {
            "kind": "utility",
            "gap": gap.value,
            "actual": synthetic.value,
            "attainable": real.value,
            "relative": relative,
            "null_error": floor * null_share,
        }
        return _item(trial, fitted, effect, spread, share, floor, facts, f"TRTR - TSTR by {fitted.name}", gap.value)

    def _illusion(self, trial: Trials, fitted: Fitted, share: float) -> Item:
        believed, spread, effect = _believed(trial, fitted)
        facts = {
            "kind": "illusion_gap",
            "believed": believed,
            "actual": fitted.synthetic.score.value,
            "code": "USE03",
            "mechanism": "evaluation_leakage",
            "remedy": "Judge every model on sealed real rows; never choose or report one by its score on synthetic rows.",
        }
        value = believed - fitted.synthetic.score.value
        sampling = [standard_error(held_out.score.influence) ** 2 / len(fitted.folds) for held_out, _ in fitted.folds]
        floor = float(np.sqrt(np.mean(sampling) + standard_error(fitted.real.score.influence, trial.groups) ** 2))
        return _item(trial, fitted, effect, spread, share, floor, facts, f"TSTS - TSTR by {fitted.name}, five folds", value)

    def _slices(self, context: Context, trial: Trials) -> list[Slice]:
        codec: Codec = context.share("codec", lambda: Codec(context.schema).fit(context.real))
        kept = context.holdout.take(trial.rows)
        found: list[tuple[float, list[Slice]]] = []
        for name in context.schema.features:
            column = context.schema.column(name)
            if column.ordered:
                parts = range_slices(name, kept.numbers(name), context.real.numbers(name), named=column.kind == "numeric")
            else:
                levels = codec.levels_[name]
                parts = level_slices(name, kept.codes(name, levels), [str(level) for level in levels.slice(0, 100).to_pylist()])
            parts = [part for part in parts if ranked(trial, part)]
            target = trial.holdout.target
            between = float(np.sum([len(part.rows) * (target[part.rows].mean() - target.mean()) ** 2 for part in parts]))
            found.append((between, parts))
        # the columns that go with the target most, whatever the gaps: a choice by the gaps would bias them
        found.sort(key=lambda entry: -entry[0])
        return [part for _, parts in found[:SLICED_COLUMNS] for part in parts]


def _item(
    trial: Trials,
    fitted: Fitted,
    effect: float,
    spread: Spread,
    share: float,
    floor: float,
    facts: dict[str, Any],
    what: str,
    value: float | None = None,
    where: Slice | None = None,
) -> Item:
    own_scorer = trial.rule.scorer is not None and facts["kind"] in ("utility", "illusion_gap")
    return gap_item(
        "utility",
        trial,
        fitted,
        effect=effect,
        spread=spread,
        share=share,
        floor=floor,
        facts={"own_scorer": own_scorer, **facts},
        what=what,
        value=value,
        where=where,
    )


def _null_error(trial: Trials, fitted: Fitted) -> float:
    return null_error(trial, fitted, lambda first, second: first.score - second.score, fitted.real_variance)


def _believed(trial: Trials, fitted: Fitted) -> tuple[float, Spread, float]:
    """TSTS, and believed - actual at equal training size with its spread."""
    folds = [held_out.score for held_out, _ in fitted.folds]
    actual = mean_score([on_real.score for _, on_real in fitted.folds])
    believed = float(np.mean([fold.value for fold in folds]))
    sampling = float(np.sum([standard_error(fold.influence) ** 2 for fold in folds])) / len(folds) ** 2
    sampling += standard_error(actual.influence, trial.groups) ** 2
    return believed, combine(sampling, [fitted.synthetic_variance], SPLITS, believed - actual.value), believed - actual.value


def _recall(trial: Trials) -> Estimate:
    """Give the loss of recall at a false-positive rate of 1%, what a rare event is watched for with."""
    fitted, truth = trial.best, trial.holdout.target
    gap = scores.recall_at(truth, fitted.real.predicted) - scores.recall_at(truth, fitted.synthetic.predicted)

    def value(predicted: np.ndarray) -> float:
        return scores.recall_at(truth, predicted).value

    refits = [refit_variance(halves, value) for halves in (fitted.real_halves, fitted.synthetic_halves)]
    spread = combine(standard_error(gap.influence, trial.groups) ** 2, refits, SPLITS, gap.value)

    def paired(first: Trial, second: Trial) -> Score:
        return scores.recall_at(truth, first.predicted) - scores.recall_at(truth, second.predicted)

    floor = null_error(trial, fitted, paired, refits[0])
    what = f"recall at a false-positive rate of 1%, TRTR - TSTR, by {fitted.name}"
    facts = {"kind": "utility"}
    return _item(trial, fitted, gap.value, spread, 0.025, floor, facts, what).estimate


def _headline(trial: Trials, utility: tuple[Item, ...], illusion: tuple[Item, ...]) -> dict[str, Any]:
    """Give trained, believed, actual and attainable performance of the learner that does best on real rows."""
    at, fitted = trial.best_at, trial.best
    believed, _, _ = _believed(trial, fitted)
    folds = [held_out.score for held_out, _ in fitted.folds]
    real = combine(standard_error(fitted.real.score.influence, trial.groups) ** 2, [fitted.real_variance], SPLITS)
    own = [fitted.synthetic_variance]
    actual = combine(standard_error(fitted.synthetic.score.influence, trial.groups) ** 2, own, SPLITS)
    tested = float(np.sum([standard_error(fold.influence) ** 2 for fold in folds])) / len(folds) ** 2
    on_synthetic = combine(tested, own, SPLITS)
    trained = combine(standard_error(fitted.trained.score.influence) ** 2, own, SPLITS)
    attainable = fitted.real.score.value
    unseen = fitted.real_variance + real.error**2 * len(trial.holdout.target) / len(trial.synthetic.target)

    def estimate(value: float, spread: Spread, centre: float, error: float, what: str) -> Estimate:
        return Estimate(
            measure="utility",
            value=value,
            floor_low=centre - 1.96 * error,
            floor_median=centre,
            floor_high=min(centre + 1.96 * error, 1.0),
            effect=value,
            low=value - spread.bound(0.025),
            high=max(min(value + spread.bound(0.025), 1.0), value),
            n_real=len(trial.holdout.target),
            n_synthetic=len(trial.synthetic.target),
            method=f"{what}, by {fitted.name}, the learner that does best when trained on real rows; {METHOD}",
            sampled=trial.sampled,
        )

    trained_floor = fitted.real_trained.score.value
    return {
        "metric": "score" if trial.rule.scorer is not None else trial.rule.metric,
        "trained": estimate(
            fitted.trained.score.value,
            trained,
            trained_floor,
            float(np.sqrt(unseen)),
            "synthetic-trained model on its own training rows",
        ),
        "believed": estimate(believed, on_synthetic, attainable, float(np.sqrt(unseen + real.error**2)), "TSTS over five folds"),
        "actual": estimate(fitted.synthetic.score.value, actual, attainable, _null_error(trial, fitted), "TSTR"),
        "attainable": estimate(attainable, real, attainable, real.error, "TRTR"),
        "illusion_gap": _as_shown(illusion[at].estimate, 1.0),
        "utility_gap": _as_shown(utility[at].estimate, attainable if utility[at].facts["relative"] else 1.0),
    }


def _as_shown(estimate: Estimate, scale: float) -> Estimate:
    """Centre a gap's interval on the difference of the scores shown, in the metric's own unit; checks keep their own scale."""
    low, high = (estimate.effect - estimate.low) * scale, (estimate.high - estimate.effect) * scale
    return replace(estimate, effect=estimate.value, low=estimate.value - low, high=estimate.value + high)
