"""Calibration: do probabilities learned from the rows mean on real ones what they say?"""

from __future__ import annotations

import numpy as np

from assay.lab.axes._axis import Distance, Point
from assay.lab.axes._models import model
from assay.lab.axes._scene import Scene
from assay.stats.reliability import squared_error
from assay.stats.scores import standard_error


class Calibration(Distance):
    """Calibration error on sealed rows of a model trained on the rows, root of a debiased square.

    Notes
    -----
    Ten bins of equal count; over several classes the mean of the classes' squares. The floor is that of a model of real rows:
    what boosting itself is off by.

    References
    ----------
    Kumar, Liang and Ma (2019), Verified uncertainty calibration, NeurIPS.
    """

    name = "calibration"
    question = "Do probabilities learned from the rows mean what they say?"
    unit = "root mean square difference of probability and rate"
    bounds = (0.0, 1.0)
    margin = 0.02
    margin_because = "The policy train's margin (calibration)."
    cannot_see = "Errors that cancel within a bin; regressions."
    needs = frozenset({"target", "classes"})
    rank = 72

    def measure(self, scene: Scene) -> list[Point]:
        """Compare probabilities and outcomes."""
        asked = model(scene).sealed
        if asked.predicted.ndim == 1:
            found = [squared_error(asked.truth, asked.predicted)]
        else:
            found = [squared_error((asked.truth == k).astype(np.int64), p) for k, p in enumerate(asked.predicted.T)]
        influence = np.mean([each.influence for each in found], axis=0)
        return [Point(float(np.mean([each.value for each in found])), standard_error(influence))]
