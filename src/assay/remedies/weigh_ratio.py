"""Weigh rows by the estimated ratio of the real to the synthetic density, whatever it is that differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._ratio import Binned, log_ratio
from assay.remedies._ratio_choice import Tried, chosen, ground, setting, told_apart, tried
from assay.remedies._tilts import LEAST_LEFT
from assay.remedies._weights import clipped, effective

LEAST_REAL, LEAST_SYNTHETIC = 100, 200
MODELS = ("logistic", "additive")


class WeighRatio(Remedy):
    """Weigh rows by a cross-validated density ratio.

    Notes
    -----
    Two models tell real from synthetic rows: a logistic regression with a ridge on normal scores, their squares, and indicators
    of levels and nulls; and a boosted sum of tables of single columns and of the six pairs that say most. The one with the
    smaller held-out loss is taken, at its best strength. Of its ratio r the weight is ``r^g``, where g is the slope, at most 1,
    of a logistic regression on held-out log ratios, scaled to mean 1 and clipped where the squared error of the held-out ratio
    is least.

    Sign: held-out real rows have higher ratios than held-out synthetic ones: the mean AUC of four folds against one half, model
    and strength chosen by the other folds. Two plans: features and target together, and features alone (which leaves
    P(y | x) as it is); each p-value is doubled.

    Weights from a general density ratio seldom are the best remedy: in trials on damaged tables they helped in about one of
    fifteen cases and did harm in one of four, as few real rows tell few ratios, and cells that were changed are not brought
    back by weights. Hence a plan counts all numbers that its model may learn, and anything more particular goes before.

    What it cannot see: kinds of rows that the synthetic table lacks, dependence of three columns and more, and whether rows
    were selected or cells changed.

    References
    ----------
    Sugiyama, Suzuki and Kanamori (2012), Density ratio estimation in machine learning. Kanamori, Hido and Sugiyama (2009), A
    least-squares approach to direct importance estimation, JMLR 10. Lou, Caruana, Gehrke and Hooker (2013), Accurate intelligible
    models with pairwise interactions, KDD.
    """

    question = "Can weights make synthetic rows hard to tell from real ones, whatever it is that differs?"
    mends = frozenset({"covariate_shift", "broken_dependence", "sampling_bias"})
    changes = "weights"
    generic = True
    cannot_see = "Rows that are missing, dependence of three columns and more, and whether rows or cells are wrong."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test whether a classifier tells held-out rows apart, with the target and without."""
        if len(scene.real) < LEAST_REAL or len(scene.synthetic) < LEAST_SYNTHETIC:
            return []
        base = ground(scene)
        sets = [True, False] if scene.schema.target in scene.schema.modelled else [True]
        plans: list[Plan] = []
        for target in sets:
            found = [tried(model, scene, _names(scene, target), base) for model in MODELS]
            auc, p_value, model = told_apart(found, base)
            p_value = min(p_value * len(sets), 1.0)
            if p_value >= scene.error:
                continue
            best = found[MODELS.index(model)]
            left = _left(best, scene, base)
            if left < LEAST_LEFT:
                continue
            plans.append(
                Plan(
                    remedy="weigh_ratio",
                    mechanism="covariate_shift" if not target else "sampling_bias",
                    p_value=p_value,
                    numbers=float(_numbers(best)),
                    sign=(
                        f"Held-out real and synthetic rows are told apart {'with' if target else 'without'} the target, with an "
                        f"AUC of {auc:.3f}. Weighted rows are worth {100 * left:.0f}% of their number. Weights of this general "
                        "kind do harm more often than good: only a gain on real rows speaks for them."
                    ),
                    options={"target": target, "model": model},
                )
            )
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn the ratio, its power and its clip."""
        if len(scene.real) < LEAST_REAL // 2 or len(scene.synthetic) < LEAST_SYNTHETIC:
            raise NotApplicable(f"a density ratio takes {LEAST_REAL // 2} real rows and {LEAST_SYNTHETIC} synthetic ones")
        base = ground(scene)
        found = tried(plan.options["model"], scene, _names(scene, plan.options["target"]), base)
        strength, power, most = chosen(found, base)
        if strength == 0 or power <= 0.0:
            raise NotApplicable("rows that were held out do better without weights")
        return {"terms": setting(found, strength, base), "power": power, "most": most}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Weigh rows."""
        if not len(rows):
            return rows
        power = setting["power"] * log_ratio(setting["terms"], rows.table)
        return rows.weighed(clipped(np.exp(np.clip(power - power.max(), -50.0, 0.0)), rows.weights, setting["most"]))


def _names(scene: Scene, target: bool) -> tuple[str, ...]:
    return scene.schema.modelled if target else scene.schema.features


def _numbers(found: Tried) -> int:
    """Count what the model may learn."""
    if isinstance(found.read, Binned):
        return sum(found.read.sizes[: found.read.single]) + 6 * max(found.read.sizes[found.read.single :], default=0)
    return found.read.values.shape[1]


def _left(found: Tried, scene: Scene, base: Any) -> float:
    """Give what the weighted rows would be worth, of their number, by the held-out ratios."""
    strength, power, most = chosen(found, base)
    score = found.held[strength][base.truth == 0] * power
    weights = scene.rows.weights[base.synthetic]
    return effective(weights * clipped(np.exp(score - score.max()), weights, most)) / len(weights)
