"""Three points of the learning curve, row by row: what a form loses without real rows, with half and with all of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.processes import share_out
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.folds import Fold
from assay.mending.forms import Form, lesson_of
from assay.mending.task import Lesson, Task
from assay.stats.classifier import whole_folds

BLENDED = 0.02  # weight of the classes' shares in each prediction, so that one row cannot lose without bound


class Curve(NamedTuple):
    """Losses of real rows that the models were not trained on.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (k,)
        Places of the real rows.
    fold : numpy.ndarray of int, shape (k,)
        Which fold held each out.
    none, half, all : numpy.ndarray, shape (k,)
        Loss with no real rows, with half of the other folds' (mean of both halves) and with all of them.
    luck : numpy.ndarray, shape (k,)
        Difference of the losses with either half: it shows how much depends on which rows one happens to have.
    trained : float
        Share of the real rows that ``all`` was trained on.
    """

    rows: np.ndarray
    fold: np.ndarray
    none: np.ndarray
    half: np.ndarray
    all: np.ndarray
    luck: np.ndarray
    trained: float


def curve_of(task: Task, form: Form, real: Dataset, folds: tuple[Fold, ...], *, seed: int, jobs: int) -> Curve:
    """Train a form on no, half and all real rows of every fold, its synthetic rows beside them.

    Parameters
    ----------
    task, form : Task, Form
        What the rows are for and how they are used. A form of synthetic rows alone is taken with real rows pooled in: that is
        what more real rows would be used for.
    real : Dataset
        Real rows.
    folds : tuple of Fold
        With the synthetic rows that the form uses.
    seed, jobs : int
        Seed and processes.

    Notes
    -----
    The loss is minus the logarithm of the probability of what was, 2% of each prediction being the classes' shares; the squared
    error in the target's variance for a regression. Half and all are each compared on the same rows.
    """
    if form.share == 0.0:
        form = form._replace(share=None)
    lesson = task.lesson(real)
    usable = task.usable(real)
    groups = entity_codes(real)
    rates = np.bincount(lesson.target, minlength=task.rule.classes) / len(usable) if task.rule.classes else np.zeros(0)
    strata = lesson.target if task.rule.classes else np.searchsorted(np.quantile(lesson.target, (0.25, 0.5, 0.75)), lesson.target)
    tasks: list[tuple[object, ...]] = []
    tests: list[np.ndarray] = []
    trained = 0.0
    for at, (fold, (train, test)) in enumerate(zip(folds, task.cuts(real, folds), strict=True)):
        own = None if groups is None else groups[usable[train]]
        side = whole_folds(strata[train], 2, spawn(seed, "mend", "curve", at), own)
        further = None if form.rows == "real" else fold.rows
        for parts in ((train, train[:0]), (train[side == 0], train[side == 1])):
            asked = [lesson.take(part) for part in parts]
            tasks.append((task, form, asked, lesson.take(test), further, rates, seed))
        tests.append(test)
        trained += len(train) / len(usable) / len(folds)
    done = share_out(_losses, tasks, jobs)
    whole, none = (np.concatenate([done[2 * at][k] for at in range(len(folds))]) for k in (0, 1))
    first, second = (np.concatenate([done[2 * at + 1][k] for at in range(len(folds))]) for k in (0, 1))
    fold = np.repeat(np.arange(len(tests)), [len(test) for test in tests])
    return Curve(usable[np.concatenate(tests)], fold, none, (first + second) / 2.0, whole, first - second, trained)


def _losses(
    task: Task, form: Form, parts: list[Lesson], asked: Lesson, rows: Amended | None, rates: np.ndarray, seed: int
) -> list[np.ndarray]:
    """Train on each part beside a fold's synthetic rows, and give the losses of its test rows."""
    further = None if rows is None else task.lesson(rows)
    found: list[np.ndarray] = []
    for real in parts:
        lesson = real if further is None else further if len(real.target) == 0 else lesson_of(form, real, further)
        if isinstance(lesson, Lesson) and len(lesson.target) == 0:
            said = np.tile(rates, (len(asked.target), 1)) if task.rule.classes else np.zeros(len(asked.target))
        else:
            said = task.predict(form.learner, lesson, asked, seed)
        found.append(row_losses(asked.target, said, rates))
    return found


def row_losses(truth: np.ndarray, said: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Give every row's loss.

    Parameters
    ----------
    truth : numpy.ndarray, shape (rows,)
        Class codes; for a regression the target in standard deviations.
    said : numpy.ndarray, shape (rows,) or (rows, classes)
        Predictions.
    rates : numpy.ndarray, shape (classes,)
        Share of each class; empty for a regression.

    Examples
    --------
    >>> row_losses(np.array([1, 0]), np.array([1.0, 1.0]), np.array([0.5, 0.5])).round(3).tolist()
    [0.01, 4.605]
    """
    if not len(rates):
        return (truth - said) ** 2
    chances = np.stack([1.0 - said, said], axis=1) if said.ndim == 1 else said
    blended = (1.0 - BLENDED) * chances + BLENDED * rates
    return -np.log(np.clip(blended[np.arange(len(truth)), truth], 1e-12, 1.0))
