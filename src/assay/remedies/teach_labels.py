"""Labels follow from the other columns in another way than in real rows: let a teacher that real rows trained label anew."""

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
from assay.data.ground import written
from assay.data.scene import Scene
from assay.remedies._additive import Additive, Basis, text_codes
from assay.remedies._conditions import by_slices
from assay.remedies._outcomes import Outcomes, with_classes
from assay.remedies._slice_plans import slice_plans
from assay.remedies._teacher import (
    MOST_WEIGHED,
    boosted,
    labelled,
    larger,
    losses,
    outside_model,
    residual_error,
    some,
    taught,
    trial,
)
from assay.remedies._wrong_labels import confusion, drawn, plain, right, stray_chance, stray_share, two


class TeachLabels(Remedy):
    """Draw labels anew from the chances that a teacher gives, where it beats the synthetic labels on unseen real rows.

    Notes
    -----
    The teacher is an additive model (bends of numbers, levels, nulls) trained on synthetic rows and drawn towards real ones, by
    intercept and slope and then by every weight. Two tests, paired row by row on real rows that it did not see (five folds): its
    log-loss must be below that of the same model drawn towards as many synthetic rows, which between samples of one population
    is as likely to be above; and below that of boosting trained on synthetic rows. The larger p-value counts.
    Everywhere, labels are drawn given those that stand there, p_y(x) C_y,label / sum with C the chances of a changed label, so
    that what right labels know beyond the teacher stays (of a regression: numbers too far away to be right are drawn anew). In a
    slice that `assay.remedies._label_slices` found they are drawn from p_y(x) alone. Labels are drawn and not the likeliest
    taken: those would sharpen.

    References
    ----------
    Patrini et al. (2017), Making deep neural networks robust to label noise, CVPR.
    """

    question = "Do labels follow from the other columns in another way than in real rows, and does a teacher know better?"
    mends = frozenset({"label_noise"})
    changes: ClassVar[Literal["rows", "weights", "values", "labels"]] = "labels"
    generic: ClassVar[bool] = True
    needs_target = True
    cannot_see = "labels that hang on two columns together and on neither alone: an additive teacher blurs them"

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """See `assay.core.protocols.Remedy.signs`."""
        plans = [
            Plan("teach_labels", one.mechanism, one.p_value, one.numbers + 40.0, one.sign, one.columns, one.options)
            for one in slice_plans("teach_labels", scene)[-1:]
        ]
        try:
            with one_thread():
                found = trial(scene, Outcomes.of(scene))
        except NotApplicable:
            return plans
        task = found.outcomes.task
        own = losses(found.truth, found.own, task)
        p = larger(losses(found.truth, found.same, task) - own, found.groups)
        if p < scene.error:
            with one_thread():
                rival = losses(found.truth, boosted(scene, found.outcomes), task)
            p = max(p, larger(rival - own, found.groups))
            if p >= scene.error:
                return plans
            what = "squared error of the rank" if task == "regression" else "log-loss"
            sign = (
                f"On unseen real rows a teacher drawn towards {len(own):,} real rows has {what} {own.mean():.3f}, "
                f"boosting trained on the synthetic rows {rival.mean():.3f}."
            )
            numbers = float(found.numbers)
            plans.append(Plan("teach_labels", "label_noise", p, numbers, sign, (found.outcomes.target,), {"slices": [[]]}))
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """See `assay.core.protocols.Remedy.learn`."""
        outcomes = Outcomes.of(scene)
        with one_thread():
            basis = Basis.of(scene.synthetic, scene.real)
            slices = [
                _learned(conditions, outcomes, basis, plan.options["slices"], scene) for conditions in plan.options["slices"]
            ]
        written_down = {"target": outcomes.target, "task": outcomes.task, "classes": list(outcomes.classes)}
        return {**written_down, "grid": outcomes.grid.tolist(), "slices": slices}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """See `assay.core.protocols.Remedy.apply`."""
        return by_slices(_numbers if setting["task"] == "regression" else _classes, setting, rows, rng)


def _learned(
    conditions: Sequence[Mapping[str, Any]], outcomes: Outcomes, basis: Basis, every: Sequence[Any], scene: Scene
) -> dict[str, Any]:
    """Learn what is needed to label one slice, or all rows, anew."""
    model = outside_model(conditions, every, outcomes, basis, scene) if conditions else taught(outcomes, basis, scene)
    found: dict[str, Any] = {"conditions": list(conditions), "model": model.to_json()}
    if outcomes.task == "regression":
        found["error"] = residual_error(model, outcomes, scene)
    if conditions:
        return found
    numbers = outcomes.numbers(scene.synthetic)
    at = some(labelled(numbers, scene), MOST_WEIGHED, scene.rng("teach_labels", "weighed"))
    expected, weights = model.expected(scene.synthetic.take(at)), scene.rows.weights[at]
    if outcomes.task == "regression":
        found["share"] = stray_share(expected[:, 0], numbers[at, 0], found["error"], weights)
    else:
        found["confusion"] = plain(confusion(two(expected), outcomes.codes(scene.synthetic)[at], weights))
    return found


def _classes(
    table: Dataset, at: np.ndarray, setting: Mapping[str, Any], part: Mapping[str, Any], rng: np.random.Generator
) -> Dataset:
    target, classes = str(setting["target"]), tuple(setting["classes"])
    rows = table.take(at)
    codes = text_codes(rows, target, classes)
    known = np.flatnonzero((codes >= 0) & (codes < len(classes)))
    if not len(known):
        return table
    chances = two(Additive.from_json(part["model"]).expected(rows))[known]
    if "confusion" in part:
        chances = right(chances, codes[known], np.array(part["confusion"]))
    return with_classes(table, target, at[known], drawn(chances, rng), classes)


def _numbers(
    table: Dataset, at: np.ndarray, setting: Mapping[str, Any], part: Mapping[str, Any], rng: np.random.Generator
) -> Dataset:
    target = str(setting["target"])
    numbers = table.numbers(target)
    at = at[np.isfinite(numbers[at])]
    if not len(at):
        return table
    outcomes = Outcomes(target, "regression", (), np.array(setting["grid"]))
    expected = Additive.from_json(part["model"]).expected(table.take(at))[:, 0]
    fresh = expected + part["error"] * rng.standard_normal(len(at))
    stray = np.ones(len(at), dtype=bool)
    if "share" in part:
        stray = rng.random(len(at)) < stray_chance(expected, outcomes.rank(numbers[at]), part["error"], part["share"])
    values = np.unique(numbers[np.isfinite(numbers)])  # numbers that occur, so that they stay on the column's grid
    wanted = outcomes.number(fresh[stray])
    place = np.clip(np.searchsorted(values, wanted), 1, max(len(values) - 1, 1))
    low, high = values[place - 1], values[np.minimum(place, len(values) - 1)]
    changed = numbers.copy()
    changed[at[stray]] = np.where(wanted - low <= high - wanted, low, high)
    return written(table, target, changed)
