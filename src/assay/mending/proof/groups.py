"""What mending gains for each group of the sensitive columns, on sealed real rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from assay.core.mended import GroupGain
from assay.data.dataset import Dataset
from assay.mending.proof.refits import Answers, measure
from assay.mending.task import Task
from assay.stats.scores import Score

RANGES = 4  # of equal count of a number
MOST_GROUPS = 80
LEAST_NAMED = 10  # real or sealed rows of a group whose name is told
SMALL = "all smaller groups"


class Cut(NamedTuple):
    """A group: its column, its name, and the sealed rows that are of it."""

    column: str
    name: str
    rows: np.ndarray


def group_gains(
    task: Task, real: Dataset, sealed: Dataset, target: np.ndarray, one: Answers, other: Answers, entities: np.ndarray | None
) -> tuple[GroupGain, ...]:
    """Compare two forms in every group of every sensitive column.

    Parameters
    ----------
    task : Task
        What the rows are for.
    real, sealed : Dataset
        Real rows, which make the groups, and the sealed ones, of known target.
    target : numpy.ndarray, shape (rows,)
        Of the sealed rows, encoded.
    one, other : Answers
        What is compared, the first minus the second.
    entities : numpy.ndarray of int, optional
        Sealed rows that belong together.

    Notes
    -----
    Groups are levels, and quarters of a number; those of fewer than ten real and ten sealed rows go together, unnamed. A group of
    fewer than ten sealed rows of two classes (of a regression: ten rows that differ) cannot be told of. The intervals hold all at
    once: their error is shared out among the groups that are told of (Bonferroni).

    What it cannot see: groups made by several columns.
    """
    cuts = [cut for name in real.schema.sensitive for cut in _cuts(task, real, sealed, name)][:MOST_GROUPS]
    told = [task.tells(target[cut.rows]) for cut in cuts]
    error = 0.05 / max(sum(told), 1)

    def score_of(rows: np.ndarray) -> Callable[[np.ndarray], Score]:
        return lambda said: task.score(target[rows], said)

    found: list[GroupGain] = []
    for cut, enough in zip(cuts, told, strict=True):
        gain = None
        if enough:
            own = None if entities is None else entities[cut.rows]
            gain = measure(score_of(cut.rows), _of(one, cut.rows), _of(other, cut.rows), groups=own, error=error)
        found.append(GroupGain(cut.column, cut.name, len(cut.rows), gain))
    return tuple(found)


def _of(said: Answers, rows: np.ndarray) -> Answers:
    return Answers(said.whole[rows], tuple((first[rows], second[rows]) for first, second in said.halves))


def _cuts(task: Task, real: Dataset, sealed: Dataset, name: str) -> list[Cut]:
    """Cut the sealed rows by one column, by what the real rows have."""
    schema = real.schema
    if name not in schema.modelled or name == schema.target:
        return []
    if schema.column(name).ordered:
        known = real.numbers(name)
        known = known[np.isfinite(known)]
        numeric = schema.column(name).kind == "numeric"
        cuts = np.quantile(known, np.arange(1, RANGES) / RANGES) if len(known) else np.array([])
        # rounded to three digits, so that a name discloses nobody
        cuts = np.unique([float(f"{cut:.3g}") for cut in cuts]) if numeric else np.unique(cuts)
        titles = [*_ranges(name, cuts, numeric), f"{name} is null"]
        mine, theirs = (_parts(table.numbers(name), cuts) for table in (real, sealed))
    else:
        levels = task.codec.levels_[name]
        titles = [*(f"{name} = {level}" for level in levels.to_pylist()), f"{name} is null"]
        mine, theirs = (_levels(table.codes(name, levels), len(levels)) for table in (real, sealed))
    counts = [np.bincount(part, minlength=len(titles) + 1)[: len(titles)] for part in (mine, theirs)]
    named = np.flatnonzero((np.maximum(*counts) >= LEAST_NAMED) & (counts[1] > 0))
    named = named[np.argsort(-counts[0][named], kind="stable")][: MOST_GROUPS - 1]
    rest = np.flatnonzero(~np.isin(theirs, named))
    found = [Cut(name, titles[at], np.flatnonzero(theirs == at)) for at in np.sort(named)]
    return [*found, Cut(name, f"{name}: {SMALL}", rest)] if len(rest) else found


def _parts(numbers: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(numbers), len(cuts) + 1, np.searchsorted(cuts, numbers, side="right"))


def _levels(codes: np.ndarray, count: int) -> np.ndarray:
    """Put null last, and levels that the real rows lack behind it."""
    return np.where(codes < 0, count, np.where(codes >= count, count + 1, codes))


def _ranges(name: str, cuts: np.ndarray, numeric: bool) -> list[str]:
    if not numeric:
        return [f"{name} in part {at + 1} of {len(cuts) + 1}" for at in range(len(cuts) + 1)]
    if not len(cuts):
        return [f"{name} is given"]
    inner = [f"{low:g} <= {name} < {high:g}" for low, high in itertools.pairwise(cuts)]
    return [f"{name} < {cuts[0]:g}", *inner, f"{name} >= {cuts[-1]:g}"]
