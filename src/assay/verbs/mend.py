"""Make the best of few real rows and many synthetic ones, and prove it on sealed real rows."""

from __future__ import annotations

import os
import platform
import time as clock
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import assay
from assay.checking.inputs import read_together
from assay.checking.large import sample
from assay.checking.options import require_usable
from assay.checking.profile_files import ProfiledDataset
from assay.core.errors import InputError, UsageError
from assay.core.mended import Checked, Measured, Why
from assay.core.processes import warm
from assay.core.seeds import integer_seed, spawn
from assay.core.threads import one_thread
from assay.data.amended_files import uneven
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.schema import Schema, Task
from assay.judging.policy import load_policy
from assay.mending.collection.recommend import wanted
from assay.mending.left import left_out
from assay.mending.origin import Origin
from assay.mending.proof.prove import forms_scored, prove, taken
from assay.mending.recipe import Recipe
from assay.mending.run import Outcome, mend_rows, usable_task
from assay.mending.selection import selection
from assay.mending.stamp import stamped
from assay.mending.task import Task as Work
from assay.reporting.mended import Mended
from assay.reporting.report import Report
from assay.verbs.check import PACKAGES, check
from assay.verbs.load import load

LEAST_REAL, LEAST_SYNTHETIC, LEAST_ENTITIES = 40, 100, 20
LEARNERS_SEEDS = 2**32  # learners take seeds below it


def mend(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | None = None,
    task: Task | None = None,
    positive: object = None,
    schema: Schema | str | Path | None = None,
    entity: str | None = None,
    sensitive: Iterable[str] = (),
    time: str | None = None,
    null: str = "",
    unseen: bool = False,
    with_: str | None = None,
    settings: Mapping[str, Any] | None = None,
    policy: str | Path = "train",
    seed: int = 0,
    jobs: int | None = None,
    budget: float | None = None,
    command: str = "assay.mend",
    progress: Callable[[str], None] | None = None,
) -> Mended:
    """Mend synthetic rows with the help of few real ones, keep what helps, and prove it.

    Parameters
    ----------
    real : path, frame or Dataset
        Real rows to learn from, at least 40.
    synthetic : path, frame or Dataset
        Rows to mend.
    holdout : path, frame or Dataset, optional
        Sealed real rows: they take part in no choice, only in the proof. Without them nothing is proved.
    target : str, optional
        Column to be predicted; without it rows are mended until they cannot be told apart, and no use is weighed up.
    task, positive, schema, entity, sensitive, time, null
        See `assay.load`.
    unseen : bool
        Whether the generator never saw these real rows.
    with_ : str, optional
        Registry name of the generator that made the synthetic rows from these real ones: it is fitted anew inside every fold.
        Taken from the rows' lineage where it says so.
    settings : mapping, optional
        Its settings.
    policy : str or path
        What `check` judges by, before and after.
    seed : int
        Equal seeds give equal results, whatever `jobs`.
    jobs : int, optional
        Processes; default all cores.
    budget : float, optional
        Seconds after which no further remedy is tried.
    command : str
        What the result says it was called as.
    progress : callable, optional
        Called with a sentence as the work goes on.

    Returns
    -------
    Mended

    Raises
    ------
    InputError
        Tables that cannot be read or do not fit together.
    UsageError
        Options that cannot be used, too few real rows.

    Notes
    -----
    Remedies are tried where their signs are tested, and kept where real rows that they did not learn from bear them out (see
    `assay.mending.choose.choose`). These must be rows that the generator did not see: it is told (`unseen`), or the generator is
    fitted anew in every fold (`with_`, or the rows' lineage). Otherwise selection is invalid, which is said, and real rows alone
    are kept unless something is better by two standard errors.

    Rows of the holdout that `real` or `synthetic` repeat, or whose entities `real` has, prove nothing and are withheld.

    What it cannot see: harm that shows only in more real rows than there are, and how real rows that neither `real` nor `holdout`
    represents would fare.
    """
    started = clock.monotonic()
    require_usable(seed, jobs, budget)
    asked, seed = seed, seed if seed < LEARNERS_SEEDS else integer_seed(seed, "mend")
    load_policy(policy)  # what is wrong with it is said before the work
    jobs = jobs or os.cpu_count() or 1
    tell = progress or (lambda _: None)
    roles: dict[str, Any] = {"target": target, "task": task, "positive": positive, "entity": entity, "time": time}
    tables = read_together(
        lambda: load(real, schema=schema, sensitive=sensitive, null=null, name="real", **roles), synthetic, holdout, null=null
    )
    few, many, sealed = (None if table is None else _rows(table, role, seed) for role, table in tables._asdict().items())
    assert few is not None
    assert many is not None
    if len(few) < LEAST_REAL:
        raise UsageError(f"mend needs at least {LEAST_REAL} real rows. Got {len(few)}. Give more real rows.")
    if len(many) < LEAST_SYNTHETIC:
        raise UsageError(f"mend needs at least {LEAST_SYNTHETIC} synthetic rows. Got {len(many)}. Generate more.")
    _require_entities(few)
    _require_labels(few, many, str(synthetic) if isinstance(synthetic, str | Path) else None)
    refit, chosen_by = selection(few, many, unseen=unseen, with_=with_, settings=settings, seed=seed, tell=tell)
    warm(jobs, "assay.mending.run")
    with one_thread():
        outcome = mend_rows(
            few,
            many,
            refit=refit,
            shared=chosen_by != "unseen",
            seed=seed,
            jobs=jobs,
            deadline=None if budget is None else started + budget,
            tell=tell,
        )
        rows, late = outcome.chosen.rows, budget is not None and clock.monotonic() >= started + budget
        tell("proving on sealed rows")
        if sealed is None:
            proof, withheld = Why("no_holdout", "There are no sealed rows."), None
        else:
            proof, withheld = prove(outcome, few, many, sealed, seed=seed, jobs=jobs)
        left = left_out(outcome.chosen, few, target=outcome.task is not None, late=late, seed=seed)
        more = wanted(outcome, few, seed=seed, jobs=jobs)
    mended = stamped(rows, few, many, [step.learned.plan.remedy for step in outcome.chosen.steps])
    before = after = None
    if sealed is not None:
        judged: dict[str, Any] = {"holdout": sealed, "policy": policy, "seed": seed, "jobs": jobs}
        tell("checking the rows as they came")
        before = check(few, many, **judged)
        tell("checking the mended rows")
        thinned = rows.thinned(spawn(seed, "mend", "thin")) if uneven(rows.weights) else mended
        after = before if not outcome.chosen.steps else check(few, thinned, **judged)
    return Mended(
        selection=chosen_by,
        steps=tuple(taken(step, few) for step in outcome.chosen.steps),
        left=left,
        forms=forms_scored(outcome, few),
        baseline=None if outcome.use is None else outcome.use.baseline.form.words,
        chosen=None if outcome.use is None else outcome.use.chosen.form.words,
        unweighed=_unweighed(outcome, few),
        proof=None if isinstance(proof, Why) else proof,
        unproved=proof if isinstance(proof, Why) else None,
        withheld=withheld,
        before=None if before is None else _checked(before),
        after=None if after is None else _checked(after),
        wanted=more,
        counts={
            "real": len(few),
            "synthetic": len(many),
            "mended": len(rows),
            "from_real": int(rows.anchored.sum()),
            "effective": round(rows.effective, 1),
            "holdout": 0 if sealed is None else len(sealed),
        },
        inputs=tables.described(),
        run={
            "assay_version": assay.__version__,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            "command": command,
            "seed": asked,
            "jobs": os.cpu_count() or 1,
            "timings": {"total": round(clock.monotonic() - started, 3)},
        },
        recipe=Recipe(tuple(step.learned for step in outcome.chosen.steps), seed, Origin.of(few)).fit(few),
        data=mended,
        weights=rows.weights,
    )


def _require_entities(real: Dataset) -> None:
    """Refuse real rows of so few entities that none can be held back."""
    codes = entity_codes(real)
    entities = LEAST_ENTITIES if codes is None else len(np.unique(codes))
    if entities < LEAST_ENTITIES:
        raise UsageError(
            f"mend needs real rows of at least {LEAST_ENTITIES} entities. Got {entities} in column {real.schema.entity!r}. "
            "Give rows of more, or name another entity."
        )


def _require_labels(real: Dataset, synthetic: Dataset, file: str | None) -> None:
    """Refuse synthetic rows whose labels are of no class that real rows have, before any work is done."""
    work = usable_task(real)
    if work is None:
        return
    usable, target = len(work.usable(synthetic)), str(real.schema.target)
    if usable >= LEAST_SYNTHETIC:
        return
    raise InputError(
        f"Column {target!r} of synthetic has a known label in {usable:,} of {len(synthetic):,} rows; "
        f"mend needs at least {LEAST_SYNTHETIC}.",
        file=file,
        column=target,
        fix="Write its classes as the real table does, letter by letter; leave out target to mend rows without a use.",
    )


def _rows(table: Dataset, role: str, seed: int) -> Dataset:
    if isinstance(table, ProfiledDataset):
        raise UsageError(f"mend works on rows, and {role} is a saved profile. Give the table itself.")
    return sample(table, seed=seed)


def _unweighed(outcome: Outcome, real: Dataset) -> Why | None:
    """Say why no use was weighed up, where none was."""
    if outcome.use is not None:
        return None
    if real.schema.target is None:
        return Why("no_target", "No target is named, so no use is weighed up.")
    if not real.schema.features:
        return Why("no_features", "No use is weighed up: there is no column to predict the target from.")
    try:
        Work.of(real)
    except UsageError as error:
        return Why("too_few", f"No use is weighed up: {str(error)[0].lower()}{str(error)[1:]}")
    return Why("no_use", "No use was weighed up.")


def _checked(report: Report) -> Checked:
    head = report.headline
    worth = None if head is None or head.worth_in_real_rows is None else head.worth_in_real_rows
    found = {check.measure: check.worst for check in report.scorecard.checks if check.worst is not None}

    def of(estimate: Any) -> Measured | None:
        return None if estimate is None else Measured(estimate.effect, estimate.low, estimate.high)

    synthetic = report.inputs["synthetic"]
    return Checked(
        report.verdict,
        tuple(report.reasons),
        tuple((one.code, one.mechanism, one.message) for one in report.findings[:8]),
        of(worth),
        of(found.get("near_copies")),
        of(found.get("membership")),
        0 if synthetic is None else int(synthetic["rows"]),
    )
