"""Greedy forward selection of remedies: what has signs is tried, what helps beyond noise on unseen real rows is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from assay.core.errors import NotApplicable
from assay.core.plan import Learned, Plan
from assay.core.registry import get, names
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.mending.folds import Fold
from assay.mending.judge import Judged, apply, learn, signs
from assay.mending.rounds import Dropped, Judge, Standing
from assay.mending.task import Task

ERROR = 0.05  # chance of a false sign, over all remedies and one round
MOST_STEPS = 6
HOPELESS = -1.0
DECISIVE = 6.0  # standard errors gained from which a plan goes before the facts about cells and rules
IDENTITY = ("duplication",)


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
    In each round every remedy tests for its signs, at an error of 5% over all remedies. Plans that are facts (rows wrong
    whatever the distribution) are not judged: repeats are dropped first; copies, broken rules and impossible cells come next,
    but for cells or labels that a remedy changes with a gain above six standard errors: columns moved as a whole break rules,
    too. Each other plan is found again and learned by the training rows of every fold and judged on its test rows, paired with
    the rows as they are: z1 by how many standard errors they are told apart less, z2 by how many models trained on these and
    the real rows do better. A plan may be kept if z1 + z2 > 0, z1 > -1.5, and z2 is above -1 (cells, labels or weights changed)
    or -0.5 (rows left out), less a tenth of z1, above 0 (generic remedies), or above 2 (rows made from real ones, which look
    real whatever they are good for: their z1 counts 2 at most). The largest sum wins; among those that are within one standard
    error of it in a paired comparison the one that learns the fewest numbers, then the strongest sign. See
    `assay.mending.rounds.Judge`.

    What it cannot see: harm for which no remedy has a sign, and what shows only in more real rows than there are.
    """
    rows = Amended.of(synthetic)
    judge = Judge(real, codec, task, seed, jobs, ERROR / max(len(names("remedy")), 1))
    now = judge.as_they_are(folds)
    first = now.judged
    steps: list[Step] = []
    dropped: dict[tuple[object, ...], Dropped] = {}
    while len(steps) < MOST_STEPS and (deadline is None or time.monotonic() < deadline):
        scene = Scene(real, rows, seed)
        plans = [plan for plan in signs(scene, judge.error, only) if not _hopeless(dropped.get(_key(plan)))]
        best, tried = _next(plans, judge, now, len(steps))
        dropped |= {_key(each.plan): each for each in tried}
        if best is None:
            break
        plan, after = best
        try:
            learned = learn(plan, scene)
        except NotApplicable:
            dropped[_key(plan)] = Dropped(plan, -math.inf, -math.inf)
            continue
        rows = apply(learned, rows, real, seed, len(steps))
        steps.append(Step(learned, now.judged, after.judged))
        dropped.pop(_key(plan), None)
        now = after
        if tell is not None:
            tell(f"{plan.remedy}: {plan.sign}")
    return Chosen(tuple(steps), tuple(dropped.values()), rows, now.folds, first, now.judged)


def _next(plans: list[Plan], judge: Judge, now: Standing, step: int) -> tuple[tuple[Plan, Standing] | None, list[Dropped]]:
    """Give the plan that comes next, with what was tried in vain.

    Repeats are dropped first: they falsify the size of everything. Then what changes a distribution beyond doubt, as
    cells are impossible and rules broken only because whole columns were moved; then the facts that are left; then the rest.
    """
    facts = sorted((plan for plan in plans if plan.fact), key=lambda each: (each.p_value, each.numbers))
    others = [plan for plan in plans if not plan.fact]
    tried: list[Dropped] = []
    for plan in [each for each in facts if each.mechanism in IDENTITY]:
        after = judge.do(plan, now, step)
        if after is not None:
            return (plan, after), tried
        tried.append(Dropped(plan, -math.inf, -math.inf))
    best, left = judge.round(others, now, step) if others else (None, [])
    tried += left
    moved = best is not None and get("remedy", best.plan.remedy).changes in ("values", "labels")
    if best is None or best.merit < DECISIVE or not moved:
        for plan in [each for each in facts if each.mechanism not in IDENTITY]:
            after = judge.do(plan, now, step)
            if after is not None:
                return (plan, after), tried
            tried.append(Dropped(plan, -math.inf, -math.inf))
    return (None if best is None else (best.plan, best.standing)), tried


def _hopeless(tried: Dropped | None) -> bool:
    return tried is not None and tried.told + tried.use < HOPELESS * math.sqrt(2.0)


def _key(plan: Plan) -> tuple[object, ...]:
    return plan.remedy, plan.columns, repr(sorted(plan.options.items()))
