"""Models of the target that real rows have a say in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.data.scene import Scene
from assay.remedies._additive import Additive, Basis, fit
from assay.remedies._conditions import inside
from assay.remedies._outcomes import Outcomes

MOST_FITTED = 8_000
RIDGE = 3.0
BEHIND = 10.0  # rows' worth by which intercept and slope are held


def outside_model(
    conditions: Sequence[Mapping[str, Any]], every: Sequence[Any], outcomes: Outcomes, basis: Basis, scene: Scene
) -> Additive:
    """Train on synthetic rows outside of all slices, and fit intercept and slope to the real rows inside of one.

    Notes
    -----
    Intercept and slope are held at 0 and 1 as if by ten rows more; of more than two classes they stay there.
    """
    out = ~scene.rows.anchored & (scene.rows.weights > 0)
    for other in every:
        out &= ~inside(other, scene.synthetic)
    numbers = outcomes.numbers(scene.synthetic)
    at = np.flatnonzero(out & np.isfinite(numbers[:, 0]))[:MOST_FITTED]
    matrix = basis.matrix(scene.synthetic.take(at))
    weights = fit(matrix, numbers[at], outcomes.task, weights=scene.rows.weights[at], ridge=RIDGE)
    if outcomes.task == "multiclass":
        return Additive(basis, weights, outcomes.task)
    own = scene.real.take(np.flatnonzero(inside(conditions, scene.real)))
    truth = outcomes.numbers(own)
    known = np.isfinite(truth[:, 0])
    scores = (basis.matrix(own) @ weights)[known]
    return Additive(basis, recalibrated(weights, scores, truth[known], outcomes.task), outcomes.task)


def recalibrated(weights: np.ndarray, scores: np.ndarray, truth: np.ndarray, task: str) -> np.ndarray:
    """Fit intercept and slope of scores to real rows, and write them into the weights."""
    if not len(scores):
        return weights
    spread = max(float(scores.std()), 1e-3)
    centre = float(scores.mean())
    line = np.column_stack([np.ones(len(scores)), (scores[:, 0] - centre) / spread, np.ones(len(scores))])
    # the third column carries the held intercept: `fit` leaves the first free
    line = line[:, [2, 1]]
    design = np.column_stack([np.zeros(len(line)), line])
    found = fit(design, truth, task, ridge=BEHIND * (0.2 if task == "binary" else 1.0), start=np.array([[0.0], [centre], [spread]]))
    shift, slope = float(found[1, 0]), max(float(found[2, 0]), 0.0) / spread
    out = weights * slope
    out[0] += shift - slope * centre
    return out
