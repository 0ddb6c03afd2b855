"""Whether probabilities can be believed, before and after mending, and after the few real rows have put them right."""

from __future__ import annotations

import math

import numpy as np

from assay.core.mended import Calibration, Measured
from assay.core.processes import share_out
from assay.data.dataset import Dataset
from assay.mending.folds import Fold
from assay.mending.forms import Form, lesson_of
from assay.mending.proof.refits import Answers, Rows, measure
from assay.mending.task import Lesson, Task
from assay.stats.recalibration import recalibration
from assay.stats.reliability import squared_error
from assay.stats.scores import Score


def calibration(
    task: Task,
    form: Form,
    folds: tuple[Fold, ...],
    real: Dataset,
    rows: Rows,
    target: np.ndarray,
    baseline: Answers,
    mended: Answers,
    *,
    groups: np.ndarray | None,
    seed: int,
    jobs: int,
) -> Calibration | None:
    """Measure how far probabilities are off on sealed rows: of the baseline, as chosen, and recalibrated; None for a regression.

    Parameters
    ----------
    task : Task
        What the rows are for.
    form : Form
        The chosen one.
    folds : tuple of Fold
        With the further rows of the form, which owe nothing to a fold's test rows.
    real : Dataset
        Real rows.
    rows : Rows
        The same, encoded and halved.
    target : numpy.ndarray of int, shape (rows,)
        Classes of the sealed rows.
    baseline, mended : Answers
        What both forms say of them.
    groups : numpy.ndarray of int, optional
        Sealed rows that belong together.
    seed, jobs : int
        Seed and processes.

    Notes
    -----
    The root of the debiased squared error over ten bins of equal count (see `assay.stats.reliability`), of the positive class of
    two, of the class predicted for more. The map is learned from what the form's models say of real rows that they were not
    trained on: one model for every fold, of at most as many further rows as folds have. Intervals count the sealed rows and
    refits; for the map, on the same halves of the real rows.

    What it cannot see: errors that cancel within a bin or a subgroup.
    """
    if not task.rule.classes:
        return None
    truth = rows.lesson.target
    said = _cross_fitted(task, form, folds, real, rows.lesson, seed, jobs)
    known = np.flatnonzero(np.isfinite(said).reshape(len(said), -1).all(axis=1))

    def put_right(part: np.ndarray, answered: np.ndarray) -> np.ndarray:
        return recalibration(truth[part].astype(np.int64), said[part]).apply(answered)

    parts = [[np.intersect1d(side, known) for side in pair] for pair in rows.halves]
    after = Answers(
        put_right(known, mended.whole),
        tuple(
            (put_right(part[0], pair[0]), put_right(part[1], pair[1])) for part, pair in zip(parts, mended.halves, strict=True)
        ),
    )

    def off(answered: Answers) -> Measured:
        return _root(measure(lambda predicted: _error(target, predicted), answered, groups=groups))

    return Calibration(off(baseline), off(mended), off(after))


def _cross_fitted(
    task: Task, form: Form, folds: tuple[Fold, ...], real: Dataset, lesson: Lesson, seed: int, jobs: int
) -> np.ndarray:
    """Give what models of the form say of each real row of known target, trained without its fold; NaN where no fold has it."""
    cuts = task.cuts(real, folds)
    tasks = [(task, form, lesson, cut, fold, seed) for cut, fold in zip(cuts, folds, strict=True)]
    shape = (len(lesson.target),) if task.rule.classes == 2 else (len(lesson.target), task.rule.classes)
    said = np.full(shape, np.nan)
    for (_, test), found in zip(cuts, share_out(_in_fold, tasks, jobs), strict=True):
        said[test] = found
    return said


def _in_fold(task: Task, form: Form, real: Lesson, cut: tuple[np.ndarray, ...], fold: Fold, seed: int) -> np.ndarray:
    train, test = cut
    further = real if form.rows == "real" else task.lesson(fold.rows)
    return task.predict(form.learner, lesson_of(form, real.take(train), further), real.take(test), seed)


def _error(target: np.ndarray, predicted: np.ndarray) -> Score:
    if predicted.ndim == 1:
        return squared_error((target == 1).astype(np.float64), predicted)
    return squared_error((predicted.argmax(axis=1) == target).astype(np.float64), predicted.max(axis=1))


def _root(squared: Measured) -> Measured:
    return Measured(*(math.sqrt(max(part, 0.0)) for part in (squared.value, squared.low, squared.high)))
