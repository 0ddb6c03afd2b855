"""What mended rows are worth on sealed real rows, which had no part in any choice."""

from __future__ import annotations

import numpy as np

from assay.checking.inputs import LEAST_ROWS as LEAST_ENTITIES
from assay.core.mended import FormScored, Measured, Proof, Taken, Why, Withheld
from assay.core.registry import get
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.mending.choose import Step
from assay.mending.forms import Form
from assay.mending.judge import DEPENDENCE, Judged
from assay.mending.proof.calibration import calibration
from assay.mending.proof.groups import group_gains
from assay.mending.proof.refits import Rows, answers, measure
from assay.mending.proof.sealed import refused, unleaked
from assay.mending.run import Outcome
from assay.mending.task import Task
from assay.mending.usage import Tried
from assay.stats.scores import Score, standard_error

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
            one.form.staged,
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


def prove(
    outcome: Outcome, real: Dataset, synthetic: Dataset, holdout: Dataset, *, seed: int, jobs: int
) -> tuple[Proof | Why, Withheld | None]:
    """Score the chosen form and what it must beat on sealed rows, or say why that cannot be.

    Parameters
    ----------
    outcome : Outcome
        Of `assay.mending.run.mend_rows`.
    real, synthetic, holdout : Dataset
        Tables of one schema.
    seed, jobs : int
        Seed and processes.

    Returns
    -------
    proof : Proof or Why
        The proof, or why there is none.
    withheld : Withheld or None
        Rows of the holdout that were left out, as they are not sealed (see `assay.mending.proof.sealed`); None where it was not
        looked.

    Notes
    -----
    Intervals hold for other sealed rows, and for models of other real and further rows of the same kind: influence functions over
    the sealed rows, paired where two are compared, and refits on halves of the rows trained on (`assay.mending.proof.refits`).
    They do not hold for other choices: that other real rows would have chosen and learned other remedies, and another form, is
    not in them. Where rows belong to entities, fewer than 20 sealed ones prove nothing, as in a check.
    """
    task, use = outcome.task, outcome.use
    refusal = refused(synthetic, holdout)
    if refusal is not None:
        return refusal, None
    kept, withheld = unleaked(real, synthetic, holdout)
    if task is None or use is None:
        return Why("no_use", "No use was weighed up, so there is none to prove."), withheld
    sealed = holdout.take(kept)
    sealed = sealed.take(task.usable(sealed))
    lesson = task.lesson(sealed)
    left = f" {withheld.rows:,} of {len(holdout):,} were withheld, as they are not sealed." if withheld.rows else ""
    if not task.tells(lesson.target):
        wanted = "ten rows of two classes each" if task.rule.classes else "ten rows whose target differs"
        return Why("too_few_sealed", f"A proof needs sealed rows: {wanted}. Got {len(lesson.target):,} rows.{left}"), withheld
    groups = entity_codes(sealed)
    entities = len(sealed) if groups is None else len(np.unique(groups))
    if sealed.schema.entity is not None and entities < LEAST_ENTITIES:
        got = f"{len(sealed):,} rows of {entities:,} entities in {sealed.schema.entity!r}"
        return Why("too_few_sealed", f"A proof needs sealed rows of {LEAST_ENTITIES} entities. Got {got}.{left}"), withheld
    asked: dict[str, Form] = {
        "real": _best(use.tried, "real", None),
        "synthetic": _best(use.tried, "synthetic", 0.0),
        "baseline": use.baseline.form,
        "mended": use.chosen.form,
    }
    forms = tuple(dict.fromkeys(asked.values()))
    own = Rows.of(task, real, seed, "real")
    further = {
        kind: Rows.of(task, rows, seed, "further")
        for kind, rows in (("synthetic", synthetic), ("mended", outcome.chosen.rows))
        if any(form.rows == kind for form in forms)
    }
    answered = answers(task, forms, own, further, lesson, seed=seed, jobs=jobs)
    said = {name: answered[form] for name, form in asked.items()}

    def score(predicted: np.ndarray) -> Score:
        return task.score(lesson.target, predicted)

    def scored(one: str, other: str | None = None) -> Measured:
        return measure(score, said[one], None if other is None else said[other], groups=groups)

    chosen, before = said["mended"], said["baseline"]
    folds = outcome.chosen.folds if use.chosen.form.rows == "mended" else outcome.before
    proof = Proof(
        task.rule.metric,
        len(lesson.target),
        scored("real"),
        scored("synthetic"),
        scored("baseline"),
        scored("mended"),
        scored("mended", "baseline"),
        scored("mended", "real"),
        group_gains(task, real, sealed, lesson.target, chosen, before, groups),
        calibration(task, use.chosen.form, folds, real, own, lesson.target, before, chosen, groups=groups, seed=seed, jobs=jobs),
    )
    return proof, withheld


def _best(tried: tuple[Tried, ...], rows: str, share: float | None) -> Form:
    return max((one for one in tried if one.form.rows == rows and one.form.share == share), key=lambda one: one.score.value).form


def _groups(task: Task, table: Dataset) -> np.ndarray | None:
    groups = entity_codes(table)
    return None if groups is None else groups[task.usable(table)]
