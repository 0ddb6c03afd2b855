"""Check whether a synthetic table may stand in for a real one."""

from __future__ import annotations

import logging
import os
import platform
import time as clock
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import assay
from assay.checking.context import CheckContext
from assay.checking.pictures import picture
from assay.checking.plan import NEEDS, plan
from assay.checking.run import Run, run
from assay.core.errors import InputError, UsageError, raise_all
from assay.core.finding import Finding
from assay.core.picture import Picture
from assay.core.scorecard import NotChecked, Scorecard
from assay.core.verdict import Verdict
from assay.data.dataset import Dataset
from assay.data.hints import hints
from assay.data.impose import impose
from assay.data.readers import read_lineage, read_table
from assay.data.schema import Schema, Task
from assay.judging.decide import judge
from assay.judging.policy import Policy, load_policy
from assay.judging.verdict import conclude
from assay.reporting.report import Report
from assay.verbs.load import load

log = logging.getLogger(__name__)

LEAST_ROWS = 20
MOST_PICTURES = 12
PACKAGES = ("numpy", "scipy", "scikit-learn", "pyarrow", "duckdb")


def check(
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
    policy: str | Path = "train",
    null: str = "",
    seed: int = 0,
    jobs: int | None = None,
    budget: float | None = None,
    learners: Sequence[Any] | None = None,
    scorer: Any = None,
    command: str = "assay.check",
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Check whether synthetic rows can be trusted in place of real ones.

    Parameters
    ----------
    real, synthetic : path, frame or Dataset
        What the generator was (or may have been) trained on, and what it made.
    holdout : path, frame or Dataset, optional
        Sealed real rows that no generator saw. Without them the verdict is ``cannot_tell`` at best, but under policy ``test``.
    target : str, optional
        Column to be predicted; without it utility is not checked.
    task : {'binary', 'multiclass', 'regression'}, optional
        Default: inferred from the target.
    positive : str, number or bool, optional
        Positive class. Default: inferred.
    schema : Schema or path, optional
        Kinds and roles of the columns; what it leaves open is inferred on `real` and imposed on the others.
    entity, time : str, optional
        Columns by role.
    sensitive : iterable of str
        Columns whose groups must not be harmed.
    policy : str or path
        ``train``, ``augment``, ``share``, ``test``, or a TOML file.
    null : str
        In CSV, the cell that means null.
    seed : int
        Equal seeds give equal reports, whatever `jobs`.
    jobs : int, optional
        Threads; default all cores.
    budget : float, optional
        Seconds; what does not fit is ``skipped``, and a skipped required check keeps the verdict from ``trusted``.
    learners, scorer : optional
        The user's own, of scikit-learn's kind, in place of the two learners and the metric: estimators, and a callable
        ``scorer(estimator, features, target)`` or the name of one of scikit-learn's.
    command : str
        What the report says it was called as.
    progress : callable, optional
        Called with (measure, position, number of measures).

    Returns
    -------
    Report

    Raises
    ------
    InputError
        Tables that cannot be read or do not fit together; all faults together.
    UsageError
        Options that cannot be used.

    Notes
    -----
    What it cannot see: what no measure looks at (the report names what was not checked), and anything about rows that the
    holdout itself does not represent.
    """
    started = clock.monotonic()
    _usable(seed, jobs, budget)
    scorer = _callable(scorer, learners)
    rules = load_policy(policy)
    jobs = jobs or os.cpu_count() or 1
    tables = _tables(
        real,
        synthetic,
        holdout,
        null=null,
        schema=schema,
        target=target,
        task=task,
        positive=positive,
        entity=entity,
        sensitive=sensitive,
        time=time,
    )
    known = tables["real"]
    assert known is not None
    warnings = hints(known)
    steps = plan(
        known.schema, holdout=holdout is not None, only={rule.measure for rule in rules.rules.values()} | {"worth_in_real_rows"}
    )
    lacking = _lacking(rules, known.schema, holdout is not None)
    read = clock.monotonic() - started
    few = _few(tables, known.schema.entity)
    pictures: tuple[Picture, ...] = ()
    runs: list[Run] = []
    if few:
        missing = tuple(NotChecked(step.name, "skipped", few[0]) for step in steps)
        scorecard = Scorecard((), (), missing, None, warnings)
        verdict = Verdict("cannot_tell", tuple(few), LEAST_ROWS if known.schema.entity is None else None)
    else:
        assert tables["synthetic"] is not None
        with CheckContext(
            known,
            tables["synthetic"],
            tables["holdout"],
            seed=seed,
            jobs=jobs,
            alpha=rules.alpha,
            learners=learners,
            scorer=scorer,
        ) as context:
            runs = run(steps, context, budget=budget, started=started, progress=progress)
            judgement = judge(runs, rules, warnings, rows=min(len(known), len(tables["synthetic"])))
            assert judgement.scorecard is not None
            scorecard = judgement.scorecard
            verdict = conclude(judgement, rules, lacking=lacking)
            pictures = _pictures(context, verdict.findings)
    timings: dict[str, float] = {"read": round(read, 3), **{part.name: round(part.seconds, 3) for part in runs if part.seconds}}
    timings["total"] = round(clock.monotonic() - started, 3)
    return Report(
        scorecard,
        verdict,
        {"name": rules.name, "sha256": rules.sha256, "purpose": rules.purpose},
        {role: None if table is None else _described(table) for role, table in tables.items()},
        {
            "assay_version": assay.__version__,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            "command": command,
            "seed": seed,
            "jobs": os.cpu_count() or 1,
            "timings": timings,
        },
        pictures,
    )


def _tables(real: Any, synthetic: Any, holdout: Any, *, null: str, **roles: Any) -> dict[str, Dataset | None]:
    """Read the three tables and impose the real one's schema on the others; all faults together."""
    faults: list[InputError] = []
    known: Dataset | None = None
    others: dict[str, pa.Table | None] = {"synthetic": None, "holdout": None}
    try:
        known = load(real, null=null, name="real", **roles)
    except InputError as error:
        faults += error.errors
    for role, source in (("synthetic", synthetic), ("holdout", holdout)):
        if source is None:
            continue
        try:
            others[role] = read_table(source, null=null)
        except InputError as error:
            faults += error.errors
    raise_all(faults)
    assert known is not None
    tables: dict[str, Dataset | None] = {"real": known, "synthetic": None, "holdout": None}
    for role, source in (("synthetic", synthetic), ("holdout", holdout)):
        table = others[role]
        if table is None:
            continue
        try:
            fitted = impose(table, known.schema, name=role)
        except InputError as error:
            faults += error.errors
            continue
        fitted.lineage = (
            source.lineage if isinstance(source, Dataset) else read_lineage(source) if isinstance(source, str | Path) else None
        )
        tables[role] = fitted
    raise_all(faults)
    sealed = tables["holdout"]
    if sealed is not None and sealed.sha256 == known.sha256:
        raise InputError(
            "The holdout is the real table itself.",
            file=str(holdout) if isinstance(holdout, str | Path) else None,
            fix="Split real rows off before any generator sees them: assay split REAL --holdout 0.3",
        )
    return tables


def _usable(seed: Any, jobs: Any, budget: float | None) -> None:
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise UsageError(f"seed must be an integer >= 0. Got {seed!r}.")
    if jobs is not None and (not isinstance(jobs, int | np.integer) or jobs < 1):
        raise UsageError(f"jobs must be an integer >= 1. Got {jobs!r}.")
    if budget is not None and not budget > 0:
        raise UsageError(f"budget must be a number of seconds > 0. Got {budget!r}.")


def _callable(scorer: Any, learners: Sequence[Any] | None) -> Any:
    """Give the scorer behind a name of scikit-learn's; refuse what cannot score or learn before any work is done."""
    if isinstance(scorer, str):
        from sklearn.metrics import get_scorer

        try:
            scorer = get_scorer(scorer)
        except ValueError as error:
            raise UsageError(f"scorer must be callable or one of sklearn.metrics.get_scorer_names(). Got {scorer!r}.") from error
    if scorer is not None and not callable(scorer):
        raise UsageError(f"scorer must be callable as scorer(estimator, features, target). Got a {type(scorer).__name__}.")
    for learner in learners or ():
        if isinstance(learner, type) or not hasattr(learner, "fit"):
            raise UsageError(f"learners must be estimators of scikit-learn's kind, made with their settings. Got {learner!r}.")
    return scorer


def _lacking(rules: Policy, schema: Schema, holdout: bool) -> list[str]:
    """Say what the policy needs and the user left out."""
    there = {"holdout": holdout, "target": schema.target is not None}
    return [f"Policy {rules.name!r} {NEEDS[need]}" for need in rules.needs if not there[need]]


def _few(tables: Mapping[str, Dataset | None], entity: str | None) -> list[str]:
    """Say which tables have too few rows, or entities: the sampling error is drawn over entities."""
    few: list[str] = []
    for role, table in tables.items():
        if table is None:
            continue
        if len(table) < LEAST_ROWS:
            few.append(f"the {role} table has {len(table)} rows; fewer than {LEAST_ROWS} tell nothing")
        elif entity is not None and (entities := len(table.table.column(entity).unique())) < LEAST_ROWS:
            few.append(f"the {role} table has {entities} entities in {entity!r}; fewer than {LEAST_ROWS} tell nothing")
    return few


def _described(table: Dataset) -> Mapping[str, Any]:
    return {"rows": len(table), "columns": len(table.schema.columns), "sha256": table.sha256}


def _pictures(context: CheckContext, findings: tuple[Finding, ...]) -> tuple[Picture, ...]:
    """Draw the columns of the first findings."""
    dates = frozenset(context.schema.of_kind("datetime"))
    wanted = dict.fromkeys(finding.columns for finding in findings if 1 <= len(finding.columns) <= 2)
    drawn = (
        picture(context.real_profile, context.synthetic_profile, columns, dates=dates) for columns in list(wanted)[:MOST_PICTURES]
    )
    return tuple(part for part in drawn if part is not None)
