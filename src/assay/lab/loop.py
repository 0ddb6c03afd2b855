"""The schedule of a loop: generations of all lineages, the earliest first, each as soon as what it learns from is there."""

from __future__ import annotations

import heapq
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from assay.core.errors import UsageError
from assay.core.trajectory import Descent, Generation, Trajectory
from assay.lab.executor import Executor, InProcess
from assay.lab.loop_record import Made, Origin
from assay.lab.loop_step import Outcome, Step, Workshop, home
from assay.lab.regime import Regime, regime_of

Keep = Literal["none", "last", "all"]
SPENT = "the budget was spent"


@dataclass(frozen=True)
class LoopPlan:
    """What is to be run: every generator under every regime with every seed.

    Parameters
    ----------
    generators : tuple of str
        Names of the workshop's makers.
    regimes : tuple of Regime
        None twice.
    generations : int
        At least 1.
    seeds : int
        Replicates, numbered from 0.
    """

    generators: tuple[str, ...]
    regimes: tuple[Regime, ...]
    generations: int
    seeds: int

    @classmethod
    def of(cls, generators: tuple[str, ...], regimes: tuple[str, ...], generations: int, seeds: int) -> LoopPlan:
        """Read regimes as they are written, equal ones once."""
        read = {regime.text: regime for regime in map(regime_of, regimes)}
        return cls(tuple(dict.fromkeys(generators)), tuple(read.values()), generations, seeds)

    @property
    def lineages(self) -> tuple[Descent, ...]:
        """All lineages, in the order of generators, regimes and seeds."""
        return tuple(
            Descent(generator, regime.text, seed)
            for generator in self.generators
            for regime in self.regimes
            for seed in range(self.seeds)
        )

    def fresh_rows(self, size: int) -> int:
        """Give the real rows that a replicate takes from its reserve in all its generations, under the greediest regime."""
        return max((regime.fresh_rows(size) for regime in self.regimes), default=0) * (self.generations - 1)


class Looping:
    """Runs a plan.

    Parameters
    ----------
    workshop : Workshop
        Makes generations, and has what is done already.
    plan : LoopPlan
        What.
    executor : Executor, optional
        Where; default this process.
    keep : {'none', 'last', 'all'}
        Rows of which generations stay on disk once a lineage is done. Until then those stay that it still needs.
    deadline : float, optional
        Reading of `now` after which nothing is begun; nor is what would not end before it, going by the lineage's last
        generation, or by its generator's first where there is none.
    progress : callable, optional
        Called with (what was done, generations done, number of all). The first generation, which regimes share, counts once.
    now : callable
        Clock, in seconds.

    Notes
    -----
    Generations are begun in order of their number, so that a budget cuts all lineages at about the same age. A deadline makes
    lineages shorter and changes no number. What is done already is recalled, and no rows are removed that what follows on it
    needs; generations beyond the plan, which a longer loop has made, are left alone.
    """

    def __init__(
        self,
        workshop: Workshop,
        plan: LoopPlan,
        *,
        executor: Executor | None = None,
        keep: Keep = "last",
        deadline: float | None = None,
        progress: Callable[[str, int, int], None] | None = None,
        now: Callable[[], float] = clock.monotonic,
    ) -> None:
        require_keep(keep)
        self.workshop, self.plan, self.executor = workshop, plan, executor or InProcess()
        self.keep, self.deadline, self.progress, self.now = keep, deadline, progress, now
        self.origins: dict[tuple[Descent, int], Origin] = {}
        self._regimes = {regime.text: regime for regime in plan.regimes}
        self._made: dict[Step, Made] = {}
        self._stopped: dict[Step, str] = {}
        self._age = dict.fromkeys(plan.lineages, 0)
        self._closed: set[Descent] = set()
        self._ready: list[tuple[int, int, Step]] = []
        self._count = 0

    @property
    def total(self) -> int:
        """Generations to be made in all, the first ones once for all regimes."""
        return len({home(descent, number) for descent in self.plan.lineages for number in range(1, self.plan.generations + 1)})

    def run(self, *, real: Mapping[str, Any], settings: Mapping[str, Any]) -> Trajectory:
        """Make generations until all are made, none can be, or the time is spent.

        Parameters
        ----------
        real, settings : mapping
            What the trajectory says of the real rows and of what was asked.
        """
        for first in dict.fromkeys(home(descent, 1) for descent in self.plan.lineages):
            self._queue(first)
        for step, outcome in self.executor.each(self.workshop, self._next):
            self._settle(step, outcome)
            if self.progress is not None:
                self.progress(_called(step), len(self._made), self.total)
        return self._trajectory(real, settings)

    def _queue(self, step: Step) -> None:
        heapq.heappush(self._ready, (step.number, self._count, step))
        self._count += 1

    def _next(self) -> Step | None:
        """Give the next step that is not done already, if there is one and time for it."""
        while self._ready:
            _, _, step = heapq.heappop(self._ready)
            known = self.workshop.store.made(*step)
            if known is not None:
                self._settle(step, Outcome(known), recalled=True)
            elif self.deadline is not None and self.now() + self._expected(step) > self.deadline:
                self._stopped[step] = SPENT
            else:
                return step
        return None

    def _expected(self, step: Step) -> float:
        """Give the seconds that a step will take, going by the one before it, or by any other of that generator."""
        before = self._made.get(home(step.descent, step.number - 1))
        if before is None:
            alike = [each for each in self._made.values() if each.generation.descent.generator == step.descent.generator]
            before = alike[-1] if alike else None
        return 0.0 if before is None else sum(before.generation.seconds.values())

    def _settle(self, step: Step, outcome: Outcome, *, recalled: bool = False) -> None:
        concerned = self._concerned(step)
        if outcome.made is None:
            self._stopped[step] = outcome.reason
            self._closed |= set(concerned)
        else:
            self._made[step] = outcome.made
            for descent in concerned:
                self._age[descent] = step.number
                if step.number == self.plan.generations:
                    self._closed.add(descent)
                else:
                    self._queue(Step(descent, step.number + 1))
        if not recalled or step.number == self.plan.generations:
            self._sweep(concerned, step.number)

    def _concerned(self, step: Step) -> tuple[Descent, ...]:
        """Give the lineages that a step belongs to."""
        if step.number > 1:
            return (step.descent,)
        return tuple(descent for descent in self.plan.lineages if home(descent, 1) == step)

    def _sweep(self, concerned: tuple[Descent, ...], number: int) -> None:
        """Remove rows that nobody needs any more, of generations up to the one that was just settled."""
        if self.keep == "all":
            return
        for descent in concerned:
            self.workshop.store.sweep(descent, self._wanted(descent), upto=number)
        for first in {home(descent, 1) for descent in concerned}:
            wanted = frozenset[int]().union(*map(self._wanted, self._concerned(first)))
            self.workshop.store.sweep(first.descent, wanted & {1}, upto=1)

    def _wanted(self, descent: Descent) -> frozenset[int]:
        """Give the generations of a lineage whose rows are still needed, or to be kept."""
        age = self._age[descent]
        if age == self.plan.generations and self.workshop.store.grown_beyond(descent, age):
            return frozenset(range(1, age + 1))
        if descent in self._closed:
            return frozenset({age} if self.keep == "last" else ())
        return frozenset(range(1, age + 1) if self._regimes[descent.regime].reads == "all" else {age})

    def _trajectory(self, real: Mapping[str, Any], settings: Mapping[str, Any]) -> Trajectory:
        generations: list[Generation] = []
        unfinished: list[tuple[Descent, int, str]] = []
        for descent in self.plan.lineages:
            reason = ""
            for number in range(1, self.plan.generations + 1):
                step = home(descent, number)
                made = self._made.get(step)
                if made is not None:
                    generations.append(replace(made.generation, descent=descent))
                    self.origins[descent, number] = made.origin
                else:
                    own = self._stopped.get(step)
                    unfinished.append((descent, number, own or reason))
                    reason = reason or (own if own == SPENT else f"generation {number} is missing")
        return Trajectory(tuple(generations), real, settings, tuple(unfinished))


def require_keep(keep: str) -> None:
    """Refuse a word that does not say whose rows stay."""
    if keep not in get_args(Keep):
        raise UsageError(f"keep must be none, last or all. Got {keep!r}.")


def _called(step: Step) -> str:
    """Give what a step is called in messages."""
    return " ".join(filter(None, (step.descent.generator, step.descent.regime, f"generation {step.number}")))
