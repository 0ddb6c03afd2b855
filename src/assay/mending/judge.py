"""What a plan is worth on real rows that it did not learn from: can rows be told apart, do models trained on them do better?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Learned, Plan
from assay.core.protocols import Remedy
from assay.core.registry import get, names
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.mending.apart import apart
from assay.mending.folds import Fold
from assay.mending.task import Task
from assay.stats.learners import BUILT_IN
from assay.stats.scores import Score, standard_error

LEAST_LEFT = 20  # synthetic rows of a fold that a plan must leave
LOOSE = 0.05  # chance of a false sign at which a fold's training rows are asked for what all real rows have shown
DEPENDENCE = 1.4  # variance of folds that share training rows, over that of independent ones


class Judged(NamedTuple):
    """Rows of all folds, judged.

    ``apart`` is the AUC of real against synthetic rows (0.5: cannot be told apart), ``use`` the mean score of both learners
    trained on the fold's real rows and the synthetic ones (None without a target); both with the influence of every real row.
    """

    apart: Score
    use: Score | None


Part = tuple[Score, list[np.ndarray]]
"""What a fold's test rows say: the AUC on them, and each learner's ranked predictions for them."""


def learn(plan: Plan, scene: Scene) -> Learned:
    """Let a plan's remedy learn."""
    remedy: Remedy = get("remedy", plan.remedy)()
    return Learned(plan, remedy.learn(plan, scene))


def apply(learned: Learned, rows: Amended, real: Dataset, seed: int, step: int) -> Amended:
    """Do what was learned."""
    remedy: Remedy = get("remedy", learned.plan.remedy)()
    return remedy.apply(learned.setting, rows, real, spawn(seed, "mend", "apply", step))


def signs(scene: Scene, error: float, only: Iterable[str] | None = None) -> list[Plan]:
    """Ask remedies, all by default, for their plans, each at such a chance of a false sign."""
    found: list[Plan] = []
    for name in names("remedy") if only is None else only:
        remedy: Remedy = get("remedy", name)()
        if remedy.needs_target and scene.schema.target is None:
            continue
        try:
            found += remedy.signs(replace(scene, error=error))
        except NotApplicable:
            continue
    return found


def found_in_fold(real: Dataset, fold: Fold, plans: Sequence[Plan], seed: int, error: float) -> list[Plan | None]:
    """Find plans again by a fold's training rows alone: columns, slices and tails must owe nothing to the rows that judge them.

    Parameters
    ----------
    real : Dataset
        All real rows.
    fold : Fold
        With its synthetic rows as they are by now.
    plans : sequence of Plan
        Found by all real rows.
    seed : int
        Of the remedies' draws.
    error : float
        Chance of a false sign, as for all real rows; where a remedy says nothing there, it is asked again at `LOOSE`.

    Returns
    -------
    list of Plan or None
        For each the most similar plan of the same remedy: of like options, and of the columns most in common. None where the
        training rows show no such thing: then the rule that is judged leaves their synthetic rows as they are.
    """
    scene = Scene(real.take(fold.train), fold.rows, seed)
    rivals: dict[tuple[str, float], list[Plan]] = {}

    def like(plan: Plan, level: float) -> Plan | None:
        key = plan.remedy, level
        if key not in rivals:
            rivals[key] = signs(scene, level, (plan.remedy,))
        return _like(plan, rivals[key])

    return [like(plan, error) or like(plan, LOOSE) for plan in plans]


def _like(plan: Plan, rivals: Sequence[Plan]) -> Plan | None:
    """Give the plan with the most columns in common, of the same sort; None where there is none."""

    def sort(one: Plan) -> dict[str, Any]:
        return {name: value for name, value in one.options.items() if isinstance(value, str | bool | int | float)}

    def common(one: Plan) -> float:
        either = {*plan.columns, *one.columns}
        return len({*plan.columns} & {*one.columns}) / len(either) if either else 1.0

    of_sort = [one for one in rivals if sort(one) == sort(plan) and common(one) > 0]
    return max(of_sort, key=lambda one: (common(one), -one.p_value), default=None)


def mended(plan: Plan, real: Dataset, fold: Fold, seed: int, step: int) -> Amended | None:
    """Learn a plan from a fold's training rows and do it; None where that cannot be."""
    part = real.take(fold.train)
    try:
        learned = learn(plan, Scene(part, fold.rows, seed))
        return apply(learned, fold.rows, part, seed, step)
    except NotApplicable:
        return None


def judge_fold(codec: Codec, task: Task | None, real: Dataset, fold: Fold, rows: Amended, seed: int) -> Part:
    """Judge one fold's rows: AUC on its test rows, and each learner's ranked predictions for them."""
    told = apart(codec, real, fold, rows, seed)
    if task is None:
        return told, []
    lesson, test = task.lesson(real.take(fold.train)).plus(task.lesson(rows)), task.lesson(real.take(fold.test))
    return told, [task.ranked(task.predict(name, lesson, test, seed)) for name in BUILT_IN]


def plan_in_fold(
    codec: Codec, task: Task | None, real: Dataset, fold: Fold, plan: Plan | None, seed: int, step: int
) -> tuple[Amended, Part] | None:
    """Mend a fold's rows by a plan, or leave them, and judge them."""
    rows = fold.rows if plan is None else mended(plan, real, fold, seed, step)
    if rows is None or len(rows) < LEAST_LEFT or float(rows.weights.sum()) <= 0:
        return None
    return rows, judge_fold(codec, task, real, fold, rows, seed)


def gathered(task: Task | None, real: Dataset, folds: Sequence[Fold], parts: Sequence[Part]) -> Judged:
    """Put folds together: influences in the order of the real rows that are in them."""
    rows = np.concatenate([fold.test for fold in folds])
    order = np.argsort(rows, kind="stable")
    placed = np.concatenate([told.influence + told.value for told, _ in parts])[order]
    told_apart = Score(float(placed.mean()), placed - placed.mean())
    if task is None:
        return Judged(told_apart, None)
    usable = np.concatenate([fold.test[task.usable(real.take(fold.test))] for fold in folds])
    place = np.searchsorted(rows[order], usable)
    truth = np.concatenate([task.lesson(real.take(fold.test)).target for fold in folds])
    scores: list[Score] = []
    for at in range(len(BUILT_IN)):
        found = task.score(truth, np.concatenate([said[at] for _, said in parts]))
        whole = np.zeros(len(rows))
        whole[place] = found.influence * (len(rows) / max(len(usable), 1))
        scores.append(Score(found.value, whole))
    return Judged(told_apart, Score(float(np.mean([s.value for s in scores])), np.mean([s.influence for s in scores], axis=0)))


def rows_of(folds: Sequence[Fold]) -> np.ndarray:
    """Give the places of the real rows that folds test, in order."""
    return np.sort(np.concatenate([fold.test for fold in folds]))


def gain(after: Judged, before: Judged, groups: np.ndarray | None) -> tuple[float, float]:
    """Give by how many standard errors rows are told apart less, and how many models trained on them do better."""
    told = errors(before.apart - after.apart, groups)
    use = 0.0 if after.use is None or before.use is None else errors(after.use - before.use, groups)
    return told, use


def errors(difference: Score, groups: np.ndarray | None) -> float:
    """Give a paired difference in standard errors, folds taken as dependent."""
    error = standard_error(difference.influence, groups) * math.sqrt(DEPENDENCE)
    return difference.value / error if error > 0 else 0.0
