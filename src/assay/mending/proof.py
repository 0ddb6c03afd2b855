"""What mended rows are worth on sealed real rows, which had no part in any choice."""

from __future__ import annotations

import numpy as np

from assay.core.mended import FormScored, Measured, Proof, Taken
from assay.core.processes import share_out
from assay.core.registry import get
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.choose import Step
from assay.mending.forms import Form
from assay.mending.judge import DEPENDENCE, Judged
from assay.mending.run import Outcome, lesson_for
from assay.mending.task import Lesson, Task
from assay.mending.usage import Tried
from assay.stats.scores import LEAST, Score, standard_error

Z = 1.959964


def measured(score: Score, groups: np.ndarray | None, factor: float = 1.0) -> Measured:
    """Give a score with its 95% interval by influence functions."""
    reach = Z * standard_error(score.influence, groups) * factor
    return Measured(score.value, score.value - reach, score.value + reach)


def forms_scored(outcome: Outcome, real: Dataset) -> tuple[FormScored, ...]:
    """Give every form with its cross-validated score and its difference to the baseline, best first."""
    use = outcome.use
    if use is None or outcome.task is None:
        return ()
    groups = _groups(outcome.task, real)
    factor = float(np.sqrt(DEPENDENCE))
    scored = [
        FormScored(
            one.form.words,
            one.form.rows,
            one.form.share,
            one.form.learner,
            measured(one.score, groups, factor),
            measured(one.score - use.baseline.score, groups, factor),
        )
        for one in sorted(use.tried, key=lambda one: -one.score.value)
    ]
    return tuple(scored)


def taken(step: Step, real: Dataset) -> Taken:
    """Put a step into plain data."""
    plan, groups = step.learned.plan, entity_codes(real)
    factor = float(np.sqrt(DEPENDENCE))
    use = None
    if step.before.use is not None and step.after.use is not None:
        use = measured(step.after.use - step.before.use, groups, factor)

    def told(judged: Judged) -> Measured:
        return measured(judged.apart, groups, factor)

    return Taken(
        plan.remedy,
        plan.mechanism,
        tuple(plan.columns),
        plan.sign,
        plan.p_value,
        plan.fact,
        bool(get("remedy", plan.remedy).anchors),
        told(step.before),
        told(step.after),
        use,
    )


def prove(outcome: Outcome, real: Dataset, synthetic: Dataset, holdout: Dataset, *, seed: int, jobs: int) -> Proof | None:
    """Score the chosen form and what it must beat on sealed rows; None without a target, or where too few of a class are sealed.

    Parameters
    ----------
    outcome : Outcome
        Of `assay.mending.run.mend_rows`.
    real, synthetic, holdout : Dataset
        Tables of one schema.
    seed, jobs : int
        Seed and processes.

    Notes
    -----
    Intervals count the sealed rows by influence functions, paired where two are compared. They hold for models trained on these
    very rows: other real rows would give other models.
    """
    task, use = outcome.task, outcome.use
    if task is None or use is None:
        return None
    lesson = task.lesson(holdout)
    if not _tells(task, lesson.target):
        return None
    asked: dict[str, Form] = {
        "real": _best(use.tried, "real", None),
        "synthetic": _best(use.tried, "synthetic", 0.0),
        "baseline": use.baseline.form,
        "mended": use.chosen.form,
    }
    forms = tuple(dict.fromkeys(asked.values()))
    done = share_out(_score, [(task, form, real, synthetic, outcome.chosen.rows, lesson, seed) for form in forms], jobs)
    scores = dict(zip(forms, done, strict=True))
    groups = _groups(task, holdout)
    found = {name: scores[form] for name, form in asked.items()}
    return Proof(
        task.rule.metric,
        len(lesson.target),
        measured(found["real"], groups),
        measured(found["synthetic"], groups),
        measured(found["baseline"], groups),
        measured(found["mended"], groups),
        measured(found["mended"] - found["baseline"], groups),
        measured(found["mended"] - found["real"], groups),
    )


def _tells(task: Task, target: np.ndarray) -> bool:
    """Whether sealed rows can score a model: two classes of ten rows, or ten numbers that differ."""
    if task.rule.classes:
        return int((np.bincount(target.astype(np.int64)) >= LEAST).sum()) >= 2
    return len(target) >= LEAST and float(np.ptp(target)) > 0


def _score(task: Task, form: Form, real: Dataset, synthetic: Dataset, rows: Amended, asked: Lesson, seed: int) -> Score:
    lesson = lesson_for(task, form, real, synthetic, rows)
    return task.score(asked.target, task.predict(form.learner, lesson, asked, seed))


def _best(tried: tuple[Tried, ...], rows: str, share: float | None) -> Form:
    return max((one for one in tried if one.form.rows == rows and one.form.share == share), key=lambda one: one.score.value).form


def _groups(task: Task, table: Dataset) -> np.ndarray | None:
    groups = entity_codes(table)
    return None if groups is None else groups[task.usable(table)]
