"""One round of selection: all plans on half of the folds, the promising ones on all of them, and the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from assay.core.plan import Plan
from assay.core.processes import share_out
from assay.core.registry import get
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.folds import Fold
from assay.mending.judge import Judged, Part, found_in_fold, gain, gathered, plan_in_fold, rows_of
from assay.mending.task import Task

TIED = 1.0  # standard errors within which the plan of fewer numbers is preferred
WORST = {"values": -1.0, "labels": -1.0, "rows": -0.5, "weights": -1.0}  # standard errors by which use may seem worse
WORST_TOLD = -1.5
MOST_TOLD = 15.0  # standard errors of being told apart less, each ten of which let use seem worse by one
FAR = 3.0  # standard errors behind the best on half of the folds, from which a plan is not tried on the others
MOST = 6  # plans that are tried on all folds
HALFWAY = 1.0  # standard errors by which use may seem worse still on half of the folds
LEAST_OF_ANCHORS = 2.0  # standard errors by which use must be better: of many places to refill the best is taken by nothing else
MOST_OF_ANCHORS = 2.0  # what is made from real rows looks real whatever it is good for: being told apart less counts so much


Done = tuple[Amended, Part] | None
"""Rows of a fold after a plan, and what its test rows say; None where the plan could not be done."""


@dataclass(frozen=True)
class Standing:
    """Rows of all folds as they are by now, and what is said of them."""

    folds: tuple[Fold, ...]
    parts: tuple[Part, ...]
    judged: Judged

    def part(self, first: int, last: int) -> Standing:
        """Give some of the folds, judged as they were."""
        return replace(self, folds=self.folds[first:last], parts=self.parts[first:last])


@dataclass(frozen=True)
class Dropped:
    """A plan that had signs and did not help: by how many standard errors rows are told apart less, and used better."""

    plan: Plan
    told: float
    use: float


class Best(NamedTuple):
    """The plan to keep, the rows after it, and what it gains in standard errors."""

    plan: Plan
    standing: Standing
    merit: float


@dataclass(frozen=True)
class Judge:
    """Judges plans on folds.

    Parameters
    ----------
    real : Dataset
        Real rows.
    codec, task : Codec, Task or None
        Encoder, and what the rows are for.
    seed, jobs : int
        Seed and processes.
    error : float
        Chance of a false sign that each remedy may have.
    """

    real: Dataset
    codec: Codec
    task: Task | None
    seed: int
    jobs: int
    error: float

    def as_they_are(self, folds: tuple[Fold, ...]) -> Standing:
        """Judge rows without doing anything."""
        return self._standing(folds, self._done(folds, (None,), 0)[0])

    def do(self, plan: Plan, now: Standing, step: int) -> Standing | None:
        """Do one plan in every fold; None where it could not be learned."""
        done = self._done(now.folds, (plan,), step)[0]
        return None if any(part is None for part in done) else self._standing(now.folds, done)

    def round(self, plans: Sequence[Plan], now: Standing, step: int) -> tuple[Best | None, list[Dropped]]:
        """Try plans and give the best that may be kept, with all others.

        Notes
        -----
        All are tried on the first half of the folds; those that are three standard errors behind the best there, or not among
        the six best, go no further.
        """
        half = (len(now.folds) + 1) // 2
        groups = entity_codes(self.real)
        first, second = now.part(0, half), now.part(half, len(now.folds))
        before = gathered(self.task, self.real, first.folds, first.parts)
        own = None if groups is None else groups[rows_of(first.folds)]
        dropped: list[Dropped] = []
        early: list[tuple[float, Plan, list[Done]]] = []
        for plan, done in zip(plans, self._tried(first, plans, step), strict=True):
            known = [part for part in done if part is not None]
            if len(known) < len(done):
                dropped.append(Dropped(plan, -math.inf, -math.inf))
                continue
            told, use = gain(gathered(self.task, self.real, first.folds, [part for _, part in known]), before, own)
            dropped.append(Dropped(plan, told, use))
            if use > least(plan, told) - HALFWAY and self._may_be(plan):
                early.append((merit(plan, told, use), plan, done))
        early.sort(key=lambda each: -each[0])
        kept = [each for each in early[:MOST] if each[0] > early[0][0] - FAR * math.sqrt(2.0)]
        rest = self._tried(second, [plan for _, plan, _ in kept], step)
        good: list[tuple[float, Plan, Standing]] = []
        for (_, plan, done), further in zip(kept, rest, strict=True):
            dropped = [each for each in dropped if each.plan is not plan]
            if any(part is None for part in further):
                dropped.append(Dropped(plan, -math.inf, -math.inf))
                continue
            standing = self._standing(now.folds, [*done, *further])
            told, use = gain(standing.judged, now.judged, groups)
            dropped.append(Dropped(plan, told, use))
            gained = merit(plan, told, use)
            if gained > 0 and told > WORST_TOLD and (self.task is None or use > least(plan, told)):
                good.append((gained, plan, standing))
        if not good:
            return None, dropped
        top = max(good, key=lambda each: each[0])
        ties = [each for each in good if each is top or self._tied(top, each, groups)]
        _, plan, standing = min(ties, key=lambda each: (each[1].numbers, each[1].p_value, -each[0]))
        gained = next(each[0] for each in ties if each[1] is plan)
        return Best(plan, standing, gained), [each for each in dropped if each.plan is not plan]

    def _may_be(self, plan: Plan) -> bool:
        """Say whether a plan can be kept at all: for rows made from real ones only their use speaks, and that needs a target."""
        return self.task is not None or not get("remedy", plan.remedy).anchors

    def _tied(self, top: tuple[float, Plan, Standing], other: tuple[float, Plan, Standing], groups: np.ndarray | None) -> bool:
        return merit(top[1], *gain(top[2].judged, other[2].judged, groups)) < TIED * math.sqrt(2.0)

    def _tried(self, now: Standing, plans: Sequence[Plan], step: int) -> list[list[Done]]:
        """Find plans again in every fold, and do them there; where one is not found, rows stay as they are."""
        if not plans:
            return []
        asked = [(self.real, fold, tuple(plans), self.seed, self.error) for fold in now.folds]
        found = share_out(found_in_fold, asked, self.jobs)
        places = [(at, k) for at in range(len(plans)) for k in range(len(now.folds)) if found[k][at] is not None]
        tasks = [(self.codec, self.task, self.real, now.folds[k], found[k][at], self.seed, step) for at, k in places]
        done = dict(zip(places, share_out(plan_in_fold, tasks, self.jobs), strict=True))
        as_it_is = [(fold.rows, part) for fold, part in zip(now.folds, now.parts, strict=True)]
        return [[done.get((at, k), as_it_is[k]) for k in range(len(now.folds))] for at in range(len(plans))]

    def _done(self, folds: Sequence[Fold], plans: Sequence[Plan | None], step: int) -> list[list[Done]]:
        tasks = [(self.codec, self.task, self.real, fold, plan, self.seed, step) for plan in plans for fold in folds]
        done = share_out(plan_in_fold, tasks, self.jobs)
        return [list(done[at * len(folds) : (at + 1) * len(folds)]) for at in range(len(plans))]

    def _standing(self, folds: tuple[Fold, ...], done: Sequence[Done]) -> Standing:
        whole = [part for part in done if part is not None]
        mended = tuple(replace(fold, rows=rows) for fold, (rows, _) in zip(folds, whole, strict=True))
        parts = tuple(part for _, part in whole)
        return Standing(mended, parts, gathered(self.task, self.real, folds, parts))


def merit(plan: Plan, told: float, use: float) -> float:
    """Add up what a plan gains, in standard errors."""
    return (min(told, MOST_OF_ANCHORS) if get("remedy", plan.remedy).anchors else told) + use


def least(plan: Plan, told: float) -> float:
    """Give how much worse use may seem: the less, the less is gained otherwise; generic remedies must help, anchors surely."""
    remedy = get("remedy", plan.remedy)
    if remedy.anchors:
        return LEAST_OF_ANCHORS
    return 0.0 if remedy.generic else WORST[remedy.changes] - min(max(told, 0.0), MOST_TOLD) / 10.0
