"""Mend: folds, remedies, and the use of what comes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from assay.core.errors import UsageError
from assay.core.registry import get, names
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.choose import Chosen, choose
from assay.mending.folds import Fold, Refit, folds_of
from assay.mending.forms import Form, lesson_of
from assay.mending.task import Lesson, Staged, Task
from assay.mending.usage import Use, weigh_up
from assay.mending.within import within

FOLDS = 4
MOST_JUDGED = 6_000  # synthetic rows a fold judges remedies by


@dataclass(frozen=True)
class Outcome:
    """Mended rows and how to use them.

    Parameters
    ----------
    chosen : Chosen
        Remedies kept and dropped.
    use : Use or None
        Forms of use, by cross-validation; None without a target.
    task : Task or None
        What the rows are for.
    before : tuple of Fold
        The folds that selection worked on, with synthetic rows as they came.
    """

    chosen: Chosen
    use: Use | None
    task: Task | None
    before: tuple[Fold, ...] = ()


def mend_rows(
    real: Dataset,
    synthetic: Dataset,
    *,
    refit: Refit | None = None,
    shared: bool = False,
    seed: int = 0,
    jobs: int = 1,
    deadline: float | None = None,
    only: tuple[str, ...] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Outcome:
    """Mend synthetic rows with the help of real ones.

    Parameters
    ----------
    real, synthetic : Dataset
        Tables of one schema; none of the real rows may be sealed.
    refit : callable, optional
        Makes synthetic rows from part of the real ones, where the generator was fitted on all of them.
    shared : bool
        Whether the generator was fitted on these real rows.
    seed, jobs, deadline, only, tell
        See `assay.mending.choose.choose`.

    Notes
    -----
    Where mended rows are not chosen although some were made from real ones, all is done again without these remedies: nobody's
    rows are given away for nothing. After the deadline only the other remedies that were kept are done again.
    """
    codec, task = Codec(real.schema).fit(real), usable_task(real)
    folds = folds_of(real, synthetic, FOLDS, seed, most=MOST_JUDGED, refit=refit)
    while True:
        chosen = choose(real, synthetic, folds, codec, task, seed=seed, jobs=jobs, deadline=deadline, only=only, tell=tell)
        if task is None:
            return Outcome(chosen, None, None, folds)
        asked = bool(chosen.steps) or not shared  # else nothing that mended rows say would count
        use = weigh_up(
            task,
            real,
            folds,
            chosen.folds if chosen.steps else None,
            shared=shared,
            within=within(task, real, synthetic, chosen.steps, told=chosen.last.apart.value, seed=seed, jobs=jobs)
            if asked
            else None,
            groups=entity_codes(real),
            seed=seed,
            jobs=jobs,
        )
        if use.chosen.form.rows == "mended" or not any(_anchored(step.learned.plan.remedy) for step in chosen.steps):
            return Outcome(chosen, use, task, folds)
        again = names("remedy") if only is None else only
        if deadline is not None and time.monotonic() >= deadline:
            again, deadline = tuple(dict.fromkeys(step.learned.plan.remedy for step in chosen.steps)), None
        only = tuple(name for name in again if not _anchored(name))


def _anchored(remedy: str) -> bool:
    return bool(get("remedy", remedy).anchors)


def select(real: Dataset, synthetic: Dataset, *, seed: int, jobs: int = 1) -> Chosen:
    """Select remedies and mend, without weighing up forms of use; real rows that no generator saw."""
    folds = folds_of(real, synthetic, FOLDS, seed, most=MOST_JUDGED)
    return choose(real, synthetic, folds, Codec(real.schema).fit(real), usable_task(real), seed=seed, jobs=jobs)


def usable_task(real: Dataset) -> Task | None:
    """Give the task; None without a target, or where so few real rows cannot be learned from."""
    if real.schema.target is None:
        return None
    try:
        return Task.of(real)
    except UsageError:
        return None


def lesson_for(task: Task, form: Form, real: Dataset, synthetic: Dataset, mended: Amended) -> Lesson | Staged:
    """Give the rows that a form trains on, of whole tables."""
    further = mended if form.rows == "mended" else Amended.of(synthetic)
    return lesson_of(form, task.lesson(real), task.lesson(further))
