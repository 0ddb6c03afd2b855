"""Labels are flipped in a slice: turn them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.core.threads import one_thread
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._additive import Additive, Basis, text_codes
from assay.remedies._conditions import by_slices, inside
from assay.remedies._outcomes import Outcomes, moved, with_classes
from assay.remedies._slice_plans import slice_plans
from assay.remedies._teacher import outside_model, residual_error
from assay.remedies._wrong_labels import WAYS, confusion, drawn, moved_share, odds, partner, plain, right, two

ALL = 0.85  # share of wrong labels from which all are turned


class TurnLabels(Remedy):
    """Turn labels back in slices in which they run against what real rows say.

    Notes
    -----
    The slices are found by `assay.remedies._label_slices.flipped_slices`, on synthetic rows alone, and real rows are asked about
    at most eight of them. What stands there is taken for the right label y changed with chances C: P(label | x) =
    sum_y p_y(x) C_y, with p an additive model of the rows outside of the slices, drawn towards the real ones inside, and C fitted
    by expectation-maximisation. Of two classes with 85% or more of both changed, every label is turned. Else a label is drawn by
    its chances given the one that stands there, p_y(x) C_y,label / sum: rows whose label is likely right keep it. Numbers are
    exchanged between the upper and the lower half of the slice, in order or mirrored, whichever fits better, all of them or each
    with its chance of having been exchanged.

    References
    ----------
    Tjur (2009), The American Statistician 63; Frénay and Verleysen (2014), IEEE TNNLS 25; Patrini et al. (2017), CVPR.
    """

    question = "Are labels the wrong way round in some part of the rows?"
    mends = frozenset({"label_noise"})
    changes: ClassVar[Literal["rows", "weights", "values", "labels"]] = "labels"
    needs_target = True
    cannot_see = (
        "slices of three columns and more, slices with fewer than ten real rows, labels that follow from no other column, fewer "
        "than half of the labels flipped, and labels flipped anywhere"
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """See `assay.core.protocols.Remedy.signs`."""
        return slice_plans("turn_labels", scene)

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """See `assay.core.protocols.Remedy.learn`."""
        outcomes = Outcomes.of(scene)
        with one_thread():
            basis = Basis.of(scene.synthetic, scene.real)
            slices = [
                {"conditions": conditions, **_learned(conditions, outcomes, basis, plan.options["slices"], scene)}
                for conditions in plan.options["slices"]
            ]
        return {"target": outcomes.target, "task": outcomes.task, "classes": list(outcomes.classes), "slices": slices}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """See `assay.core.protocols.Remedy.apply`."""
        return by_slices(_numbers if setting["task"] == "regression" else _classes, setting, rows, rng)


def _learned(
    conditions: Sequence[Mapping[str, Any]], outcomes: Outcomes, basis: Basis, every: Sequence[Any], scene: Scene
) -> dict[str, Any]:
    """Estimate how the labels of one slice were changed."""
    model = outside_model(conditions, every, outcomes, basis, scene)
    mask = inside(conditions, scene.synthetic) & ~scene.rows.anchored & (scene.rows.weights > 0)
    rows, weights = scene.synthetic.take(np.flatnonzero(mask)), scene.rows.weights[mask]
    numbers = outcomes.numbers(rows)
    known = np.flatnonzero(np.isfinite(numbers[:, 0]))
    if len(known) < 10:
        raise NotApplicable("fewer than ten synthetic rows with a label are in the slice")
    expected = model.expected(rows)[known]
    if outcomes.task != "regression":
        confused = confusion(two(expected), outcomes.codes(rows)[known], weights[known])
        if outcomes.task == "binary" and min(confused[0, 1], confused[1, 0]) >= ALL:
            return {"all": True}
        return {"all": False, "confusion": plain(confused), "model": model.to_json()}
    own = rows.numbers(outcomes.target)[known]
    error = residual_error(model, outcomes, scene)
    best: tuple[float, str, float] = (-np.inf, WAYS[0], 0.0)
    for way in WAYS:
        other = partner(own, way, np.random.default_rng(0))
        share, gain = moved_share(expected[:, 0], numbers[known, 0], numbers[known, 0][other], error, weights[known])
        best = max(best, (gain, way, share))
    _, way, share = best
    if share >= ALL:
        return {"all": True, "way": way}
    return {"all": False, "way": way, "share": share, "error": error, "model": model.to_json(), "grid": outcomes.grid.tolist()}


def _classes(
    table: Dataset, at: np.ndarray, setting: Mapping[str, Any], part: Mapping[str, Any], rng: np.random.Generator
) -> Dataset:
    target, classes = str(setting["target"]), tuple(setting["classes"])
    rows = table.take(at)
    codes = text_codes(rows, target, classes)
    known = np.flatnonzero((codes >= 0) & (codes < len(classes)))
    at, codes = at[known], codes[known]
    if not len(at):
        return table
    if part["all"]:
        return with_classes(table, target, at, 1 - codes, classes)
    chances = two(Additive.from_json(part["model"]).expected(rows))[known]
    return with_classes(table, target, at, drawn(right(chances, codes, np.array(part["confusion"])), rng), classes)


def _numbers(
    table: Dataset, at: np.ndarray, setting: Mapping[str, Any], part: Mapping[str, Any], rng: np.random.Generator
) -> Dataset:
    target = str(setting["target"])
    numbers = table.numbers(target)[at]
    at, numbers = at[np.isfinite(numbers)], numbers[np.isfinite(numbers)]
    if len(at) < 2:
        return table
    other = partner(numbers, part["way"], rng)
    if part["all"]:
        return moved(table, target, at, at[other])
    ranks = Outcomes(target, "regression", (), np.array(part["grid"])).rank(numbers)
    expected = Additive.from_json(part["model"]).expected(table.take(at))[:, 0]
    ratio = part["share"] * odds(expected, ranks, ranks[other], part["error"])
    gone = rng.random(len(at)) < ratio / (ratio + 1.0 - part["share"])
    return moved(table, target, at[gone], at[other][gone])
