"""The schedule of a drill: rounds over all kinds of damage, in parallel, severities chosen from that kind's outcomes so far."""

from __future__ import annotations

import heapq
import math
import time as clock
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from assay.core import registry
from assay.core.drilled import Planting
from assay.core.errors import InputError
from assay.lab.journal import Journal
from assay.lab.power import Detection, Trial
from assay.lab.site import Site, Task, plant_here, settle

KINDS_A_SOUND, MOST_SOUND = 6, 5
FUTILE = 3
AIM = 4


@dataclass(frozen=True)
class Plan:
    """What is to be planted.

    Parameters
    ----------
    kinds : tuple of str
        Names in the catalogue.
    rows : int
        Full size: rows of the real and of the synthetic table.
    small : int, optional
        The other size, planted too from the second round on; None where the table is too small for it.
    rounds : int
        In each, one planting of every kind, and sound rows.
    """

    kinds: tuple[str, ...]
    rows: int
    small: int | None
    rounds: int

    @property
    def sound(self) -> int:
        """Checks of sound rows a round: one for six kinds, at least one, at most five."""
        return min(math.ceil(len(self.kinds) / KINDS_A_SOUND), MOST_SOUND)


@dataclass
class Chain:
    """One kind's plantings, each chosen from those before: what is asked next depends on nothing else."""

    kind: str
    plan: Plan
    round: int = 0
    done: list[Planting] = field(default_factory=list)
    open: int = 0

    @property
    def trials(self) -> list[Trial]:
        """What was planted and checked."""
        return [Trial(one.rows, one.severity, one.caught) for one in self.done if one.verdict is not None and one.severity]

    @property
    def left(self) -> int:
        """Plantings still to come, if all can be planted."""
        return sum(self._sizes(at) for at in range(self.round, self.plan.rounds))

    def _sizes(self, round_: int) -> int:
        return 2 if self.plan.small is not None and round_ else 1

    def advance(self) -> list[Task]:
        """Give the tasks of the next round; none where all rounds are done, or nothing can be planted."""
        failed = {size: frozenset(p.severity for p in self.done if p.verdict is None and p.rows == size) for size in self._both()}
        if self.round >= self.plan.rounds or (len(self.done) >= FUTILE and not self.trials):
            self.round = self.plan.rounds
            return []
        damage = registry.get("damage", self.kind)
        detection = Detection(damage.severities, self.plan.rows, self.trials)
        tasks: list[Task] = []
        for size in self._both()[: self._sizes(self.round)]:
            gone = frozenset(severity for severity in failed[size] if severity is not None)
            if self.round == 0:
                severity = damage.material
            else:
                severity = detection.next(size, None if size == self.plan.rows else AIM * self.plan.rows, gone)
            if severity is not None:
                tasks.append(Task(self.kind, size, self.round, severity))
        self.round += 1
        self.open = len(tasks)
        if not tasks:
            self.round = self.plan.rounds
        return tasks

    def _both(self) -> list[int]:
        return [size for size in (self.plan.rows, self.plan.small) if size is not None]


class Drilling:
    """Runs a plan.

    Parameters
    ----------
    site : Site
        Where to plant.
    plan : Plan
        What.
    journal : Journal
        What is done already, and where the rest is kept.
    jobs : int
        Processes.
    deadline : float, optional
        Reading of `now` after which nothing is begun; nor is what would not end before it, going by what has run.
    progress : callable, optional
        Called with (kind or 'sound rows', number of plantings done, number of all).
    now : callable
        Clock, in seconds.

    Notes
    -----
    A kind's severities depend on that kind's outcomes alone, and rounds are begun in order, so the plantings are the same at any
    number of jobs, and whether the run was broken off and gone on with or not; a deadline alone makes them fewer.
    """

    def __init__(
        self,
        site: Site,
        plan: Plan,
        journal: Journal,
        *,
        jobs: int = 1,
        deadline: float | None = None,
        progress: Callable[[str, int, int], None] | None = None,
        now: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.site, self.plan, self.journal, self.jobs = site, plan, journal, jobs
        self.deadline, self.progress, self.now = deadline, progress, now
        self.planted: list[Planting] = []
        self._chains = {kind: Chain(kind, plan) for kind in plan.kinds}
        self._ready: list[tuple[int, float, int, Task]] = []
        self._count = self._sound_left = 0
        self._spent: dict[int, tuple[float, int]] = {}

    @property
    def finished(self) -> bool:
        """Whether all that was planned was done."""
        return not self.left

    @property
    def total(self) -> int:
        """Plantings done and still to come."""
        return len(self.planted) + self.left

    @property
    def left(self) -> int:
        """Plantings still to come."""
        return self._sound_left + sum(chain.left + chain.open for chain in self._chains.values())

    def run(self) -> list[Planting]:
        """Plant until all is planted or the time is spent, and give the plantings in the order of the plan."""
        for at in range(self.plan.rounds * self.plan.sound):
            round_, place = divmod(at, self.plan.sound)  # spread over the round, so that a budget leaves some
            self._queue(round_, place * len(self.plan.kinds) / self.plan.sound, Task(None, self.plan.rows, at, None))
        self._sound_left = len(self._ready)
        for kind in self.plan.kinds:
            self._advance(kind)
        with _hands(self.site, self.jobs) as hand_out:
            running: dict[Future[Planting], tuple[Task, float]] = {}
            while True:
                while len(running) < self.jobs and (task := self._next()) is not None:
                    running[hand_out(task)] = task, self.now()
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task, begun = running.pop(future)
                    planting = _outcome(future)
                    self._note(task.rows, self.now() - begun)
                    self.journal.add(planting)
                    self._settle(planting)
                    if self.progress is not None:
                        self.progress(planting.kind or "sound rows", len(self.planted), self.total)
        order = {kind: at for at, kind in enumerate(self.plan.kinds)}
        return sorted(self.planted, key=lambda one: (order.get(one.kind or "", len(order)), one.round, -one.rows))

    def _queue(self, round_: int, order: float, task: Task) -> None:
        heapq.heappush(self._ready, (round_, order, self._count, task))
        self._count += 1

    def _advance(self, kind: str) -> None:
        chain = self._chains[kind]
        for task in chain.advance():
            self._queue(task.round, self.plan.kinds.index(kind), task)

    def _next(self) -> Task | None:
        """Give the next task that is not done already, if there is one and time for it."""
        while self._ready:
            task = self._ready[0][-1]
            known = self.journal.done.get(task.key)
            if known is None and self._too_late(task.rows):
                return None
            heapq.heappop(self._ready)
            if known is None:
                return task
            self._settle(known)
        return None

    def _settle(self, planting: Planting) -> None:
        self.planted.append(planting)
        if planting.kind is None:
            self._sound_left -= 1
        else:
            chain = self._chains[planting.kind]
            chain.done.append(planting)
            chain.open -= 1
            if not chain.open:
                chain.done.sort(key=lambda one: (one.round, -one.rows))  # sums of floats must not depend on who came first
                self._advance(planting.kind)

    def _note(self, rows: int, seconds: float) -> None:
        before, times = self._spent.get(rows, (0.0, 0))
        self._spent[rows] = before + seconds, times + 1

    def _too_late(self, rows: int) -> bool:
        if self.deadline is None:
            return False
        seconds, times = self._spent.get(rows, (0.0, 0))
        return self.now() + (seconds / times if times else 0.0) > self.deadline


@contextmanager
def _hands(site: Site, jobs: int) -> Generator[Callable[[Task], Future[Planting]]]:
    """Give what runs a task: this process for one job, else as many others, ended at once where the drill is broken off."""
    if jobs == 1:
        yield lambda task: _now(site, task)
        return
    # Not multiprocessing's own spawn: that runs a user's script again in every worker where the script is not guarded.
    from joblib.externals.loky import ProcessPoolExecutor

    pool: Any = ProcessPoolExecutor(jobs, initializer=settle, initargs=(site,))
    whole = False
    try:
        yield lambda task: pool.submit(plant_here, task)
        whole = True
    finally:
        pool.shutdown(wait=True, kill_workers=not whole)


def _outcome(future: Future[Planting]) -> Planting:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise InputError(
            f"A process of the drill was ended from outside ({error}), perhaps for want of memory.",
            fix="Run it again with fewer --jobs; with --out it goes on where it was.",
        ) from error


def _now(site: Site, task: Task) -> Future[Planting]:
    future: Future[Planting] = Future()
    future.set_result(site.plant(task))
    return future
