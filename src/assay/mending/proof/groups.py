"""What mending gains for each group of the sensitive columns, on sealed real rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assay.checking.inputs import LEAST_ROWS as LEAST_ENTITIES
from assay.core.mended import GroupGain
from assay.data.dataset import Dataset
from assay.mending.proof.cuts import cut_rows
from assay.mending.proof.refits import Answers, measure
from assay.mending.task import Task
from assay.stats.scores import Score


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
    Groups are levels, values and ranges (see `assay.mending.proof.cuts.cut_rows`); a column that makes none has an entry without
    rows, which says why. A group of fewer than ten sealed rows of two classes (of a regression: ten rows that differ) cannot be
    told of, nor, where rows belong to entities, one of fewer than 20. The intervals hold all at once: their error is shared out
    among the groups that are told of (Bonferroni).

    What it cannot see: groups made by several columns, and single dates, which are cut into quarters alone.
    """
    cuts = cut_rows(task.codec, real, sealed)
    told = [task.tells(target[cut.rows]) and _independent(entities, cut.rows) for cut in cuts]
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


def _independent(entities: np.ndarray | None, rows: np.ndarray) -> bool:
    """Whether rows are of entities enough to know how far others would differ."""
    return entities is None or len(np.unique(entities[rows])) >= LEAST_ENTITIES


def _of(said: Answers, rows: np.ndarray) -> Answers:
    return Answers(said.whole[rows], tuple((first[rows], second[rows]) for first, second in said.halves))
