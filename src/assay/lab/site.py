"""One planting of a drill, wherever it runs: a fresh cut of the real rows, a damage or none, a check."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from assay.core import registry
from assay.core.drilled import Planting
from assay.core.errors import NotApplicable, UsageError
from assay.core.seeds import integer_seed
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted
from assay.data.schema import Schema
from assay.judging.policy import Policy
from assay.lab.planting import checked, damaged

HOLDOUT, SPARE = 0.5, 2.0
PARTS = 1 + HOLDOUT + 1.25  # the spare rows a quarter more than the synthetic table, to make up for what damages take away
MOST, LEAST = 5_000, 40
SMALL = 4


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be planted: everything that tells one planting from another in the same drill."""

    kind: str | None
    rows: int
    round: int
    severity: float | None

    @property
    def key(self) -> tuple[str | None, int, int, float | None]:
        """The task as a key."""
        return self.kind, self.rows, self.round, self.severity


@dataclass(frozen=True)
class Site:
    """Real rows to plant in, and how they are judged.

    Parameters
    ----------
    dataset : Dataset
        Real rows, in memory.
    policy : Policy
        Judges.
    seed : int
        Of the drill.
    declared : Schema, optional
        What the user declared of the columns.
    """

    dataset: Dataset
    policy: Policy
    seed: int
    declared: Schema | None = None

    def plant(self, task: Task) -> Planting:
        """Cut the rows anew, plant, check.

        Notes
        -----
        The cut, the places and the check's own chance depend on the seed, the kind, the size and the round, not on the severity
        nor on what else is planted, so the outcome is the same in any process and any order.
        """
        name = task.kind or "sound"
        own = integer_seed(self.seed, "drill", name, task.rows, task.round)
        ground = Ground.cut(self.dataset, rows=task.rows, holdout=holdout(task.rows), seed=own, spare=SPARE)
        damage = None if task.kind is None else registry.get("damage", task.kind)(task.severity)
        try:
            if task.kind is None:
                planted = Planted(ground.real, ground.sound, ground.holdout, "Nothing.")
            else:
                planted = damaged(task.kind, task.severity, ground, own)
        except NotApplicable as error:
            return Planting(*task.key, None, note=str(error))
        found = checked(planted, damage, self.policy, seed=own, declared=self.declared)
        return Planting(*task.key, found.verdict, found.rank, found.columns, found.findings, found.note)


def holdout(rows: int) -> int:
    """Give the number of sealed rows that go with a number of real ones."""
    return round(HOLDOUT * rows)


def sizes(there: int, rows: int | None = None) -> tuple[int, int | None]:
    """Choose the sizes that are drilled.

    Parameters
    ----------
    there : int
        Rows of the real table.
    rows : int, optional
        Size asked for; default as large as the table allows, at most 5,000.

    Returns
    -------
    rows : int
        Rows of the real and of the synthetic table; the holdout has half as many.
    small : int or None
        A quarter of it, from which what more rows buy is told; None where that would be too few.

    Raises
    ------
    UsageError
        If the table is too small.

    Examples
    --------
    >>> sizes(48_842), sizes(1_100), sizes(150)
    ((5000, 1250), (400, 100), (54, None))
    """
    possible = int(there / (2 + HOLDOUT))
    if possible < LEAST:
        raise UsageError(
            f"A drill cuts the real rows into three parts and needs at least {round(LEAST * (2 + HOLDOUT))} of them. "
            f"Got {there}. Give more real rows."
        )
    if rows is None:
        rows = max(min(MOST, int(there / PARTS)), LEAST)
    if not LEAST <= rows <= possible:
        raise UsageError(
            f"rows must be an integer from {LEAST} to {possible:,} here: a drill takes that many of the {there:,} real rows, as "
            f"many again in the synthetic table's place, and half as many for the holdout. Got {rows!r}."
        )
    small = rows // SMALL
    return rows, small if small >= LEAST else None


_here: list[Site] = []


def settle(site: Site) -> None:
    """Make a worker process ready; an interruption is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here[:] = [site]


def plant_here(task: Task) -> Planting:
    """Plant in a worker process made ready by `settle`."""
    return _here[0].plant(task)
