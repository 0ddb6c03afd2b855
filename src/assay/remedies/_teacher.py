"""Models of the target that real rows have a say in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from assay.core.errors import NotApplicable
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._additive import Additive, Basis, fit
from assay.remedies._conditions import inside
from assay.remedies._outcomes import LEAST, Outcomes
from assay.remedies._wrong_labels import two
from assay.stats.classifier import whole_folds
from assay.stats.learners import predict, utility_learner
from assay.stats.scores import standard_error

MOST_FITTED = 5_000
MOST_WEIGHED = 10_000  # synthetic rows that shares of wrong labels are reckoned from
RIDGE = 3.0
BEHIND = 10.0  # rows' worth by which intercept and slope are held
HELD = 5.0  # the same of every weight
FOLDS = 5
INFLATION = 1.5
LEAST_UNITS = 5  # synthetic entities in a half
SURELY = 0.005  # chances are never taken for smaller


def some(mask: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Give the places of a mask, in order; of more than so many as many drawn, whatever the table is sorted by."""
    at = np.flatnonzero(mask)
    return at if len(at) <= most else np.sort(rng.choice(at, most, replace=False))


def labelled(numbers: np.ndarray, scene: Scene) -> np.ndarray:
    """Mark the synthetic rows with a label and a weight that were not made from real ones."""
    return np.isfinite(numbers[:, 0]) & ~scene.rows.anchored & (scene.rows.weights > 0)


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
    at = some(out & np.isfinite(numbers[:, 0]), MOST_FITTED, scene.rng("teacher", "outside"))
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
    found = fit(
        design, truth, task, ridge=BEHIND * (0.2 if task == "binary" else 1.0), start=np.array([[0.0], [centre], [spread]])
    )
    shift, slope = float(found[1, 0]), max(float(found[2, 0]), 0.0) / spread
    out = weights * slope
    out[0] += shift - slope * centre
    return out


@dataclass(frozen=True)
class Trial:
    """Real rows and held-out synthetic ones as teachers see them, each real row by a teacher that it had no part in.

    Parameters
    ----------
    outcomes : Outcomes
        How targets become numbers.
    truth, own : numpy.ndarray, shape (real rows, outcomes)
        Real labels, and what teachers updated by other real rows expect.
    same : numpy.ndarray, shape (real rows, outcomes)
        What teachers updated by as many synthetic rows expect.
    stands, expected : numpy.ndarray, shape (synthetic rows, outcomes)
        Labels of synthetic rows that nothing was trained on, and what the teachers expect of them, averaged.
    weights : numpy.ndarray, shape (synthetic rows,)
        Their weights.
    groups, others : numpy.ndarray of int64, shape (real rows,) and (synthetic rows,), or None
        Entities.
    numbers : int
        Weights of a teacher.
    """

    outcomes: Outcomes
    truth: np.ndarray
    own: np.ndarray
    same: np.ndarray
    stands: np.ndarray
    expected: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None
    others: np.ndarray | None
    numbers: int


def taught(outcomes: Outcomes, basis: Basis, scene: Scene) -> Additive:
    """Train on synthetic rows, and draw the model towards all real ones."""
    numbers, truth = outcomes.numbers(scene.synthetic), outcomes.numbers(scene.real)
    at = some(labelled(numbers, scene), MOST_FITTED, scene.rng("teacher", "taught"))
    matrix = basis.matrix(scene.synthetic.take(at))
    start = fit(matrix, numbers[at], outcomes.task, weights=scene.rows.weights[at], ridge=RIDGE)
    known = np.flatnonzero(np.isfinite(truth[:, 0]))
    return Additive(basis, update(start, basis.matrix(scene.real.take(known)), truth[known], outcomes.task), outcomes.task)


def residual_error(model: Additive, outcomes: Outcomes, scene: Scene) -> float:
    """Give the standard deviation of real targets from expected ones, of a regression."""
    left = outcomes.numbers(scene.real) - model.expected(scene.real)
    return max(float(np.sqrt(np.nanmean(left**2))), 0.02)


def update(start: np.ndarray, matrix: np.ndarray, truth: np.ndarray, task: str) -> np.ndarray:
    """Draw a model towards real rows: first intercept and slope, then every weight, held by five rows."""
    weights = start if task == "multiclass" else recalibrated(start, matrix @ start, truth, task)
    return fit(matrix, truth, task, ridge=HELD, start=weights)


def trial(scene: Scene, outcomes: Outcomes, *, rivals: bool = True) -> Trial:
    """Train a model on one half of the synthetic rows, entities whole, draw it towards real rows by folds, and let all predict.

    Parameters
    ----------
    scene : Scene
        Rows.
    outcomes : Outcomes
        How targets become numbers.
    rivals : bool
        Whether to train what the teachers are compared with, too.

    Raises
    ------
    NotApplicable
        If there are too few rows with a label.
    """
    rng = scene.rng("teachers")
    basis = Basis.of(scene.synthetic, scene.real)
    truth, stands = outcomes.numbers(scene.real), outcomes.numbers(scene.synthetic)
    mine = np.flatnonzero(np.isfinite(truth[:, 0]))
    theirs = np.flatnonzero(np.isfinite(stands[:, 0]) & (scene.rows.weights > 0) & ~scene.rows.anchored)
    theirs = rng.permutation(theirs)[: 2 * MOST_FITTED]
    if min(len(mine), len(theirs)) < 2 * LEAST:
        raise NotApplicable(f"fewer than {2 * LEAST} rows have a label")
    real, truth = scene.real.take(mine), truth[mine]
    groups = entity_codes(real)
    train, rest = _halves(theirs, entity_codes(scene.synthetic.take(theirs)), rng)
    x_real, x_train = basis.matrix(real), basis.matrix(scene.synthetic.take(train))
    x_rest = basis.matrix(scene.synthetic.take(rest))
    weights = scene.rows.weights
    start = fit(x_train, stands[train], outcomes.task, weights=weights[train], ridge=RIDGE)
    strata = np.argmax(truth, axis=1) if outcomes.task == "multiclass" else (truth[:, 0] > 0).astype(np.int64)
    fold = whole_folds(strata, FOLDS, rng, groups)
    own, same = np.empty_like(truth), np.empty_like(truth)
    expected = np.zeros((len(rest), truth.shape[1]))
    chance = weights[rest] / weights[rest].sum()
    for at in range(FOLDS):
        held = fold == at
        taught = Additive(basis, update(start, x_real[~held], truth[~held], outcomes.task), outcomes.task)
        own[held] = taught.of_matrix(x_real[held])
        expected += taught.of_matrix(x_rest) / FOLDS
        if not rivals:
            continue
        drawn = rng.choice(len(rest), size=min(int((~held).sum()), len(rest)), replace=False, p=chance)
        other = update(start, x_rest[drawn], stands[rest[drawn]], outcomes.task)
        same[held] = Additive(basis, other, outcomes.task).of_matrix(x_real[held])
    others = entity_codes(scene.synthetic.take(rest))
    return Trial(outcomes, truth, own, same, stands[rest], expected, weights[rest], groups, others, start.size)


def _halves(rows: np.ndarray, units: np.ndarray | None, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cut shuffled rows in two: entities by chance to either, until the first half is full."""
    if units is None:
        return rows[: len(rows) // 2], rows[len(rows) // 2 :]
    _, unit, sizes = np.unique(units, return_inverse=True, return_counts=True)
    order = rng.permutation(len(sizes))
    first = np.zeros(len(sizes), dtype=bool)
    first[order] = np.cumsum(sizes[order]) <= len(rows) / 2
    if min(np.count_nonzero(first), np.count_nonzero(~first)) < LEAST_UNITS:
        raise NotApplicable(f"fewer than {LEAST_UNITS} synthetic entities are in a half")
    return rows[first[unit]], rows[~first[unit]]


def boosted(scene: Scene, outcomes: Outcomes) -> np.ndarray:
    """Give what boosting trained on synthetic rows expects of the real rows with a label, shape (rows, outcomes)."""
    rng = scene.rng("boosted")
    stands = outcomes.numbers(scene.synthetic)
    train = np.flatnonzero(np.isfinite(stands[:, 0]) & (scene.rows.weights > 0) & ~scene.rows.anchored)
    train = rng.permutation(train)[:MOST_FITTED]
    features, weights = scene.schema.features, scene.rows.weights[train]
    real = scene.real.take(np.flatnonzero(np.isfinite(outcomes.numbers(scene.real)[:, 0])))
    matrix = scene.codec.ordinal(scene.synthetic.take(train), features)
    varied = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in matrix.T])
    classes = {"regression": 0, "binary": 2}.get(outcomes.task, len(outcomes.classes))
    target = stands[train][:, 0] if classes == 0 else np.argmax(two(stands[train]), axis=1)
    if not varied.any() or np.all(target == target[0]):
        return np.tile(weights @ stands[train] / weights.sum(), (len(real), 1))
    learner = utility_learner("boosting", outcomes.task, int(rng.integers(2**31 - 1)), max(classes, 2))
    learner.fit(matrix[:, varied], target, sample_weight=weights)
    return predict(learner, scene.codec.ordinal(real, features)[:, varied], classes).reshape(len(real), -1)


def losses(truth: np.ndarray, expected: np.ndarray, task: str) -> np.ndarray:
    """Give each row's log-loss, of a regression its squared error."""
    if task == "regression":
        return (truth - expected)[:, 0] ** 2
    return -np.log(np.maximum(np.sum(two(truth) * two(expected), axis=1), SURELY))


def surprise(stands: np.ndarray, expected: np.ndarray, task: str) -> np.ndarray:
    """Give by how much each label surprises a teacher more than the teacher expects to be surprised."""
    if task == "regression":
        return losses(stands, expected, task)
    chances = np.maximum(two(expected), SURELY)
    return losses(stands, expected, task) + np.sum(chances * np.log(chances), axis=1)


def larger(difference: np.ndarray, groups: np.ndarray | None, inflation: float = INFLATION) -> float:
    """Give the p-value of a mean not above zero, the variance of independent rows inflated for folds that share rows."""
    centred = difference - difference.mean()
    error = standard_error(centred, groups) * np.sqrt(inflation)
    return float(stdtr(max(len(difference) - 1, 1), -float(difference.mean()) / max(error, 1e-12)))
