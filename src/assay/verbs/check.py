"""Check whether a synthetic table may stand in for a real one."""

from __future__ import annotations

import logging
import os
import platform
import time as clock
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

import assay
from assay.checking.cost import require_affordable
from assay.checking.inputs import read_together
from assay.checking.options import require_usable, usable_learners, usable_scorer
from assay.data.dataset import Dataset
from assay.data.large import columns_of
from assay.data.schema import Schema, Task
from assay.judging.assess import HINT_ROWS, assess, readers_of_rows
from assay.judging.policy import load_policy
from assay.reporting.report import Report
from assay.verbs.load import load

log = logging.getLogger(__name__)

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
    tell: Callable[[str], None] | None = None,
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
        The user's own, of scikit-learn's kind, in place of the two learners and the metric: estimators, pipelines or functions
        that make one, and a callable ``scorer(estimator, features, target)`` or the name of one of scikit-learn's. They get a
        float32 matrix without nulls (a column per number and level) and, for classes, codes from 0 on, the positive one 1; a
        regression's target comes in standard deviations. Learners are cloned, and seeded where their random_state is None.
    command : str
        What the report says it was called as.
    progress : callable, optional
        Called with (measure, position, number of measures).
    tell : callable, optional
        Called with a sentence on time and memory before a wide table is read; by default it goes to the log.

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
    require_usable(seed, jobs, budget)
    learners, scorer = usable_learners(learners), usable_scorer(scorer)
    rules = load_policy(policy)
    jobs = jobs or os.cpu_count() or 1
    costly = require_affordable(columns_of(real) or 0, file=str(real) if isinstance(real, str | Path) else None)
    if costly is not None:
        (tell or log.warning)(costly)
    roles: dict[str, Any] = {
        "target": target,
        "task": task,
        "positive": positive,
        "entity": entity,
        "sensitive": sensitive,
        "time": time,
    }

    def known() -> Dataset:
        return load(real, schema=schema, null=null, name="real", **roles)

    importing = Thread(target=readers_of_rows, args=(rules,))  # measures and what they need, while tables are decoded
    importing.start()
    try:
        tables = read_together(known, synthetic, holdout, null=null)
    finally:
        importing.join()
    rows, cut = tables.sampled(seed, None if readers_of_rows(rules) else HINT_ROWS)
    digests = Thread(target=tables.digest)  # beside all that holds the interpreter
    digests.start()
    read = clock.monotonic() - started
    found = assess(
        tables,
        rows,
        rules,
        cut=cut,
        seed=seed,
        jobs=jobs,
        budget=budget,
        started=started,
        learners=learners,
        scorer=scorer,
        progress=progress,
    )
    digests.join()
    timings = {"read": round(read, 3), **{part.name: round(part.seconds, 3) for part in found.runs if part.seconds}}
    timings["total"] = round(clock.monotonic() - started, 3)
    return Report(
        found.scorecard,
        found.verdict,
        {"name": rules.name, "sha256": rules.sha256, "purpose": rules.purpose},
        tables.described(),
        {
            "assay_version": assay.__version__,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            "command": command,
            "seed": seed,
            "jobs": os.cpu_count() or 1,
            "timings": timings,
        },
        found.pictures,
    )
