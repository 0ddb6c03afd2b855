"""What models say of sealed rows, and what models of other rows of the same kind would have said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assay.core.mended import Measured
from assay.core.processes import share_out
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.forms import Form, lesson_of
from assay.mending.task import Lesson, Task
from assay.stats.refits import combine, half_variance, halves
from assay.stats.scores import Score, standard_error

SPLITS = 4  # of real and of further rows into halves
FEW_ENTITIES = 40  # fewer know poorly how far others would differ


@dataclass(frozen=True)
class Rows:
    """Rows to train on, and halves of them.

    Parameters
    ----------
    lesson : Lesson
        All of them, encoded.
    halves : tuple of (numpy.ndarray, numpy.ndarray)
        Places of two complementary halves, for each split; the rows of an entity in one of them.
    """

    lesson: Lesson
    halves: tuple[tuple[np.ndarray, np.ndarray], ...]

    @classmethod
    def of(cls, task: Task, rows: Dataset | Amended, seed: int, name: str) -> Rows:
        """Encode and halve; rows of one number are halved alike under one name, so that forms are compared in pairs."""
        table = rows.table if isinstance(rows, Amended) else rows
        lesson, groups = task.lesson(rows), entity_codes(table)
        own = None if groups is None else groups[task.usable(table)]
        if own is not None and len(np.unique(own)) < 2:
            own = None  # one entity has no halves
        return cls(lesson, tuple(halves(len(lesson.target), SPLITS, spawn(seed, "mend", "proof", name), own)))


class Answers(NamedTuple):
    """What models of one form say of the sealed rows.

    Parameters
    ----------
    whole : numpy.ndarray, shape (rows, ...)
        The model of all rows.
    halves : tuple of (numpy.ndarray, numpy.ndarray)
        The models of both halves of the real and of the further rows, for each split.
    """

    whole: np.ndarray
    halves: tuple[tuple[np.ndarray, np.ndarray], ...]


def answers(
    task: Task, forms: tuple[Form, ...], real: Rows, further: dict[str, Rows], sealed: Lesson, *, seed: int, jobs: int
) -> dict[Form, Answers]:
    """Train every form on all rows and on halves of them, and ask about the sealed rows.

    Parameters
    ----------
    task : Task
        What the rows are for.
    forms : tuple of Form
        Ways to train.
    real : Rows
        Real rows.
    further : dict of str to Rows
        Further rows by `Form.rows`.
    sealed : Lesson
        Rows to ask about.
    seed, jobs : int
        Seed and processes.
    """
    parts: list[tuple[int, int] | None] = [None, *((at, side) for at in range(SPLITS) for side in (0, 1))]
    tasks = [(task, form, real, further.get(form.rows, real), part, sealed, seed) for form in forms for part in parts]
    done = iter(share_out(_answer, tasks, jobs))
    found: dict[Form, Answers] = {}
    for form in forms:
        whole, *rest = (next(done) for _ in parts)
        found[form] = Answers(whole, tuple((rest[2 * at], rest[2 * at + 1]) for at in range(SPLITS)))
    return found


def _answer(
    task: Task, form: Form, real: Rows, further: Rows, part: tuple[int, int] | None, sealed: Lesson, seed: int
) -> np.ndarray:
    own, others = real.lesson, further.lesson
    if part is not None:
        at, side = part
        own, others = own.take(real.halves[at][side]), others.take(further.halves[at][side])
    return task.predict(form.learner, lesson_of(form, own, others), sealed, seed)


def measure(
    score: Callable[[np.ndarray], Score],
    one: Answers,
    other: Answers | None = None,
    *,
    groups: np.ndarray | None = None,
    error: float = 0.05,
) -> Measured:
    """Give a score, or the difference of two, with an interval that counts sealed rows and refits.

    Parameters
    ----------
    score : callable
        Scores answers, higher being better.
    one, other : Answers
        Of one form, minus those of another.
    groups : numpy.ndarray of int, optional
        Sealed rows that belong together: two entities at least, as one says nothing of others.
    error : float
        Chance of the interval to err.

    Notes
    -----
    Variance of the sealed rows by influence functions, paired; plus that of the rows trained on: half the squared difference of
    the models on two complementary halves, of the real and of the further rows at once, is its estimate (see
    `assay.stats.refits.half_variance`). Few splits know it poorly, hence Student's t with the degrees of freedom of Welch and
    Satterthwaite. It is counted in full: models of other rows than those they are asked about stand off their optimum.

    What it cannot see: that other real rows would have chosen other remedies, learned them otherwise, and chosen another form.
    """
    found = score(one.whole)
    spread = np.array([[score(part).value for part in pair] for pair in one.halves])
    if other is not None:
        found = found - score(other.whole)
        spread = spread - np.array([[score(part).value for part in pair] for pair in other.halves])
    refits = float(half_variance(spread[:, 0], spread[:, 1]))
    sampling, freedom = _sampling(found.influence, groups)
    reach = combine(sampling, [refits], SPLITS, math.inf, freedom=freedom).bound(error / 2.0)
    return Measured(found.value, found.value - reach, found.value + reach)


def _sampling(influence: np.ndarray, groups: np.ndarray | None) -> tuple[float, float]:
    """Give the variance that other sealed rows would bring, and the degrees of freedom behind it."""
    variance = standard_error(influence, groups) ** 2
    entities = math.inf if groups is None else len(np.unique(groups))
    if entities >= FEW_ENTITIES:
        return variance, math.inf
    return variance * entities / (entities - 1), entities - 1
