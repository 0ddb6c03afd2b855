"""Weigh rows so that the target's classes, or the ranges of its numbers, have their real shares."""

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
from assay.remedies._bases import Basis, Cells, Levels, Ranges, Score
from assay.remedies._tilts import LEAST_LEFT, Both, learned, reading, said, tilted, weighed

RANGES = 5


class WeighClasses(Remedy):
    """Weigh rows by the class of their target.

    Notes
    -----
    Weights are ``p / q``, p the shrunk real share of a class and q its share in the synthetic rows: with k classes
    ``(n p + a q) / (n + a)``, ``a = (1 - sum p^2) / sum (p - q)^2`` (Fienberg and Holland 1973). Classes of fewer than ten real
    rows share one weight. Tested is each class's share, exactly (Fisher); the smallest p-value counts, times the number of
    classes (for two, once).

    A target of numbers is tested twice, and each p-value is doubled: by the mean of its normal score, for weights
    ``exp(t z)``, and by the shares of five ranges of equal counts, for a weight each, where more or other than a tilt happened.

    Within a class rows keep their weights to each other: P(x | y) is taken for right.

    What it cannot see: classes that the synthetic rows lack, and cells of the target that were changed within rows (label
    noise), which can leave shares as they are, or move them while rows are of another class.

    References
    ----------
    Saerens, Latinne and Decaestecker (2002), Adjusting the outputs of a classifier to new a priori probabilities, Neural
    Computation 14. Fienberg and Holland (1973), Simultaneous estimation of multinomial cell probabilities, JASA 68.
    """

    question = "Do the classes of the target have their real shares?"
    mends = frozenset({"label_shift"})
    changes = "weights"
    needs_target = True
    cannot_see = "Classes that the synthetic rows lack; labels changed within rows."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Compare the shares of classes, or the mean score and the ranges of numbers."""
        both = Both(scene)
        target = scene.schema.target
        if target is None or not both.enough:
            return []
        kinds = ("score", "ranges") if scene.schema.task == "regression" else ("classes",)
        plans: list[Plan] = []
        for kind in kinds:
            basis = _basis(kind, scene)
            if basis is None:
                continue
            read = reading(basis, scene)
            gap = both.gap(read, scene.rows.weights)
            log_p = min(gap.log_p + float(np.log(len(kinds))), 0.0)
            if log_p >= np.log(scene.error):
                continue
            left = tilted([read], scene.rows.weights, both)[2] * scene.rows.effective / len(scene.rows)
            if left >= LEAST_LEFT:
                plans.append(
                    Plan(
                        remedy="weigh_classes",
                        mechanism="label_shift",
                        p_value=float(np.exp(log_p)),
                        numbers=float(basis.numbers),
                        sign=f"The target {said(read, gap)}. Weighted rows are worth {100 * left:.0f}% of their number.",
                        columns=(target,),
                        options={"by": kind},
                    )
                )
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn a weight for each class, or a tilt."""
        basis = _basis(plan.options["by"], scene)
        if basis is None:
            raise NotApplicable("the target does not vary in these rows")
        return learned([reading(basis, scene)], scene)

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Weigh rows."""
        return weighed(setting, rows)


def _basis(kind: str, scene: Scene) -> Basis | None:
    target = str(scene.schema.target)
    if kind == "score":
        return Score.of(scene.synthetic, target) if scene.schema.column(target).ordered else None
    if kind == "ranges":
        ranges = Ranges.of(scene.synthetic, target, RANGES)
        return Cells.of((ranges,), scene.real, scene.synthetic) if ranges.cuts else None
    return Cells.of((Levels.of(scene.real, target),), scene.real, scene.synthetic)
