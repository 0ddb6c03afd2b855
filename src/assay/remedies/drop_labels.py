"""Labels are flipped in a slice: leave its synthetic rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._conditions import inside
from assay.remedies._slice_plans import slice_plans


class DropLabels(Remedy):
    """Give synthetic rows of slices with flipped labels the weight 0, so that real rows alone speak there.

    Notes
    -----
    Slices and test are those of `assay.remedies.turn_labels.TurnLabels`. No label is guessed: that is better where the labels
    of the slice say nothing, and worse where they can be turned. Rows made from real ones keep their weight.

    References
    ----------
    Frénay and Verleysen (2014), Classification in the presence of label noise: a survey, IEEE TNNLS 25.
    """

    question = "Are labels the wrong way round in some part of the rows, so that it is better left to real rows?"
    mends = frozenset({"label_noise"})
    changes: ClassVar[Literal["rows", "weights", "values", "labels"]] = "weights"
    needs_target = True
    cannot_see = (
        "slices of three columns and more, slices with fewer than ten real rows, labels that follow from no other column, fewer "
        "than half of the labels flipped, and labels flipped anywhere; and the slice is then missing from the synthetic rows"
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """See `assay.core.protocols.Remedy.signs`."""
        return slice_plans("drop_labels", scene)

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """See `assay.core.protocols.Remedy.learn`."""
        return {"slices": plan.options["slices"]}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """See `assay.core.protocols.Remedy.apply`."""
        gone = np.zeros(len(rows), dtype=bool)
        for conditions in setting["slices"]:
            gone |= inside(conditions, rows.table)
        gone &= ~rows.anchored
        if not (rows.weights[~gone] > 0).any():
            return rows
        return rows.weighed(np.where(gone, 0.0, 1.0))
