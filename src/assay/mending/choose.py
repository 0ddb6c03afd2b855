"""Greedy forward selection of remedies: what has signs is tried, what helps beyond noise on unseen real rows is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Learned, Plan
from assay.core.processes import share_out
from assay.core.protocols import Remedy
from assay.core.registry import get, names
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.mending.folds import Fold
from assay.mending.judge import Judged, apply, gain, gathered, learn, plan_in_fold
from assay.mending.task import Task

ERROR = 0.01  # chance of a false sign, over all remedies and one round
MOST_STEPS = 6
TIED = 1.0  # standard errors within which the plan of fewer numbers is preferred
WORST = {"values": -1.0, "labels": -1.0, "rows": -0.5, "weights": -0.5}  # standard errors by which use may seem worse
WORST_TOLD = -1.5
HOPELESS = -1.0


@dataclass(frozen=True)
class Step:
    """A remedy that was kept.

    Parameters
    ----------
    learned : Learned
        What it does, learned from all real rows.
    before, after : Judged
        On real rows it did not learn from.
    """

    learned: Learned
    before: Judged
    after: Judged


@dataclass(frozen=True)
class Dropped:
    """A plan that had signs and did not help: by how many standard errors rows are told apart less, and used better."""

    plan: Plan
    told: float
    use: float


@dataclass(frozen=True)
class Chosen:
    """What selection ends with.

    Parameters
    ----------
    steps : tuple of Step
        In the order they are done.
    dropped : tuple of Dropped
        Plans that were tried and left out.
    rows : Amended
        The synthetic table, mended by what was learned from all real rows.
    folds : tuple of Fold
        Each with its synthetic rows mended by what was learned from its training rows.
    first, last : Judged
        Before and after all steps.
    """

    steps: tuple[Step, ...]
    dropped: tuple[Dropped, ...]
    rows: Amended
    folds: tuple[Fold, ...]
    first: Judged
    last: Judged


def choose(
    real: Dataset,
    synthetic: Dataset,
    folds: tuple[Fold, ...],
    codec: Codec,
    task: Task | None,
    *,
    seed: int,
    jobs: int = 1,
    deadline: float | None = None,
    only: tuple[str, ...] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Chosen:
    """Mend step by step.

    Parameters
    ----------
    real, synthetic : Dataset
        Tables of one schema.
    folds : tuple of Fold
        Of the real rows, with synthetic rows that owe nothing to their test rows.
    codec, task : Codec, Task or None
        Encoder, and what the rows are for.
    seed, jobs : int
        Seed, and processes.
    deadline : float, optional
        `time.monotonic` at which no further round is begun.
    only : tuple of str, optional
        Remedies to consider; all by default.
    tell : callable, optional
        Called with a sentence as each step is taken.

    Notes
    -----
    In each round every remedy tests for its signs, at an error of 1% over all remedies. Plans that are facts (rows wrong whatever
    the distribution) are done first. Each other plan is learned on the training rows of every fold and judged on its test rows,
    paired with the rows as they are: z1 by how many standard errors they are told apart less, z2 by how many models trained on
    them do better. A plan may be kept if z1 + z2 > 0, z1 > -1.5, and z2 is above -1 (cells or labels changed), -0.5 (rows or
    weights, which cost effective rows) or 0 (rows made from real ones). The largest sum wins; among those that are within one
    standard error of it in a paired comparison the one that learns the fewest numbers, then the strongest sign.

    What it cannot see: harm for which no remedy has a sign, and what shows only in more real rows than there are.
    """
    groups = entity_codes(real)
    rows = Amended.of(synthetic)
    state = _judged(codec, task, real, folds, (None,), seed, 0, jobs)[0]
    assert state is not None
    folds, first = state
    now = first
    steps: list[Step] = []
    dropped: dict[tuple[object, ...], Dropped] = {}
    while len(steps) < MOST_STEPS and (deadline is None or time.monotonic() < deadline):
        plans = [plan for plan in signs(Scene(real, rows, seed), only) if not _hopeless(dropped.get(_key(plan)))]
        facts = [plan for plan in plans if plan.fact]
        if facts:
            plan = min(facts, key=lambda each: (each.p_value, each.numbers))
            mended = _judged(codec, task, real, folds, (plan,), seed, len(steps), jobs)[0]
            if mended is None:
                dropped[_key(plan)] = Dropped(plan, -math.inf, -math.inf)
                continue
            folds, after = mended
        else:
            tried = list(zip(plans, _judged(codec, task, real, folds, tuple(plans), seed, len(steps), jobs), strict=True))
            best = _best(tried, now, groups, dropped)
            if best is None:
                break
            plan, folds, after = best
        learned = learn(plan, Scene(real, rows, seed))
        rows = apply(learned, rows, real, seed, len(steps))
        steps.append(Step(learned, now, after))
        dropped.pop(_key(plan), None)
        now = after
        if tell is not None:
            tell(f"{plan.remedy}: {plan.sign}")
    return Chosen(tuple(steps), tuple(dropped.values()), rows, folds, first, now)


def signs(scene: Scene, only: tuple[str, ...] | None = None) -> list[Plan]:
    """Ask every remedy for its plans, at an error shared among all."""
    found: list[Plan] = []
    known = names("remedy") if only is None else only
    for name in known:
        remedy: Remedy = get("remedy", name)()
        if remedy.needs_target and scene.schema.target is None:
            continue
        try:
            found += remedy.signs(replace(scene, error=ERROR / len(names("remedy"))))
        except NotApplicable:
            continue
    return found


def _judged(
    codec: Codec,
    task: Task | None,
    real: Dataset,
    folds: tuple[Fold, ...],
    plans: tuple[Plan | None, ...],
    seed: int,
    step: int,
    jobs: int,
) -> list[tuple[tuple[Fold, ...], Judged] | None]:
    """Do every plan in every fold and judge it; None for a plan that could not be done in one of them."""
    tasks = [(codec, task, real, fold, plan, seed, step) for plan in plans for fold in folds]
    done = share_out(plan_in_fold, tasks, jobs)
    found: list[tuple[tuple[Fold, ...], Judged] | None] = []
    for at in range(len(plans)):
        parts = [part for part in done[at * len(folds) : (at + 1) * len(folds)] if part is not None]
        if len(parts) < len(folds):
            found.append(None)
            continue
        own = tuple(replace(fold, rows=rows) for fold, (rows, _, _) in zip(folds, parts, strict=True))
        found.append((own, gathered(task, real, folds, [(told, said) for _, told, said in parts])))
    return found


def _best(
    tried: list[tuple[Plan, tuple[tuple[Fold, ...], Judged] | None]],
    now: Judged,
    groups: np.ndarray | None,
    dropped: dict[tuple[object, ...], Dropped],
) -> tuple[Plan, tuple[Fold, ...], Judged] | None:
    """Pick the plan that helps most, or as much as that with fewer numbers; note all others."""
    good: list[tuple[float, Plan, tuple[Fold, ...], Judged]] = []
    for plan, outcome in tried:
        if outcome is None:
            dropped[_key(plan)] = Dropped(plan, -math.inf, -math.inf)
            continue
        folds, after = outcome
        told, use = gain(after, now, groups)
        dropped[_key(plan)] = Dropped(plan, told, use)
        if told + use > 0 and told > WORST_TOLD and (after.use is None or use > _least(plan)):
            good.append((told + use, plan, folds, after))
    if not good:
        return None
    top = max(good, key=lambda each: each[0])
    ties = [each for each in good if each is top or sum(gain(top[3], each[3], groups)) < TIED * math.sqrt(2.0)]
    _, plan, folds, after = min(ties, key=lambda each: (each[1].numbers, each[1].p_value))
    return plan, folds, after


def _least(plan: Plan) -> float:
    """Give how much worse use may seem: what costs effective rows, or brings real ones in, must rather help."""
    remedy = get("remedy", plan.remedy)
    return 0.0 if remedy.anchors else WORST[remedy.changes]


def _hopeless(tried: Dropped | None) -> bool:
    return tried is not None and tried.told + tried.use < HOPELESS * math.sqrt(2.0)


def _key(plan: Plan) -> tuple[object, ...]:
    return plan.remedy, plan.columns, repr(sorted(plan.options.items()))
