"""Groups: does the outcome move within a group that must not be wronged?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Distance, Point
from assay.lab.axes._scene import Scene, View

LEAST = 30


class GroupGap(Distance):
    """Root mean square change of the outcome's rate within the groups of the declared sensitive columns; and of each column.

    Notes
    -----
    Per group with 30 rows in both tables: rate of the positive class (several classes: half the sum of squares over classes; a
    regression: mean in standard deviations), measured minus sealed; squares debiased by both variances, weighted with the
    sealed rows.
    """

    name = "group_gap"
    question = "Does the outcome stay what it is within each group?"
    unit = "root mean square difference of rates, or of means in standard deviations"
    bounds = (0.0, math.inf)
    margin = 0.05
    margins: ClassVar[Mapping[str, float]] = {"regression": 0.15}
    margin_because = (
        "The policy train's margins (group_gap): five points of a rate, or .15 standard deviations of a mean, within a group are "
        "a wrong that a model learns."
    )
    cannot_see = "Groups that are not declared or smaller than 30 rows; groups that vanish (support does)."
    needs = frozenset({"target", "sensitive"})
    rank = 73

    def measure(self, scene: Scene) -> list[Point]:
        """Compare outcomes within groups."""
        outcomes = [_outcomes(scene, view) for view in (scene.rows, scene.holdout)]
        points, weights = list[Point](), list[float]()
        for name in scene.frame.schema.sensitive:
            if name not in scene.frame.schema.modelled or name == scene.frame.schema.target:
                continue
            (own, count), (real, _) = (scene.frame.group_of(view, name) for view in (scene.rows, scene.holdout))
            square = variance = weight = 0.0
            for group in range(count):
                parts = [
                    each[(cells == group) & ~np.isnan(each[:, 0])] for each, cells in zip(outcomes, (own, real), strict=True)
                ]
                if min(map(len, parts)) < LEAST:
                    continue
                gap = parts[0].mean(axis=0) - parts[1].mean(axis=0)
                noise = sum(part.var(axis=0) / (len(part) - 1) for part in parts)
                rows = len(parts[1])
                square += rows * float((gap**2 - noise).sum()) / 2.0
                variance += 2.0 * rows**2 * float((gap**2 * noise).sum())  # what two classes differ by is the same
                weight += rows
            if weight:
                points.append(Point(square / weight, math.sqrt(variance) / weight, name))
                weights.append(weight)
        if not points:
            raise NotApplicable(f"no sensitive column has a group of {LEAST} rows in both tables")
        table = Point(
            float(np.average([point.work for point in points], weights=weights)),
            float(np.average([point.error for point in points], weights=weights)),
        )
        return [table, *points]


def _outcomes(scene: Scene, view: View) -> np.ndarray:
    """Give the outcome as columns whose half sum of squares is the square of a rate's difference, NaN where null."""
    labels = view.get("labels")
    if scene.frame.schema.task == "regression":
        known = scene.frame.whole.get("labels")
        spread = float(np.nanstd(known))
        return (labels / (spread if spread > 0 else 1.0))[:, None] * np.array([1.0, -1.0])
    shown = (labels[:, None] == np.arange(len(scene.frame.codec.classes_))).astype(np.float64)
    shown[labels < 0] = np.nan
    return shown
