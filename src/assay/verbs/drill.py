"""Would a check have noticed? Plant known damage in real rows and see."""

from __future__ import annotations

import hashlib
import os
import platform
import time as clock
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import assay
from assay.checking.large import sample
from assay.checking.options import require_usable
from assay.checking.profile_files import ProfiledDataset
from assay.core import registry
from assay.core.errors import UnknownNameError, UsageError
from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.schema import Schema, Task
from assay.data.schema_files import load_schema, schema_to_toml
from assay.judging.policy import load_policy
from assay.lab.drill import Drilling, Plan
from assay.lab.journal import Journal
from assay.lab.site import Site, holdout, sizes
from assay.lab.summary import false_alarms, kinds_drilled
from assay.reporting.drill import Drill
from assay.verbs.check import PACKAGES
from assay.verbs.load import load

ROUNDS = 8


def drill(
    real: Any,
    *,
    target: str | None = None,
    task: Task | None = None,
    positive: object = None,
    schema: Schema | str | Path | None = None,
    entity: str | None = None,
    sensitive: Iterable[str] = (),
    time: str | None = None,
    policy: str | Path = "train",
    null: str = "",
    kinds: Iterable[str] | None = None,
    rows: int | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
    jobs: int | None = None,
    budget: float | None = None,
    out: str | Path | None = None,
    command: str = "assay.drill",
    progress: Callable[[str, int, int], None] | None = None,
) -> Drill:
    """Plant known damage in your own real rows and say what a check notices, at this sample size.

    Parameters
    ----------
    real : path, frame or Dataset
        Real rows. They are cut anew for every planting into a real, a synthetic and a sealed part.
    target : str, optional
        Column to be predicted.
    task : {'binary', 'multiclass', 'regression'}, optional
        Default: inferred from the target.
    positive : str, number or bool, optional
        Positive class. Default: inferred.
    schema : Schema or path, optional
        Kinds and roles of the columns.
    entity, time : str, optional
        Columns by role.
    sensitive : iterable of str
        Columns whose groups must not be harmed.
    policy : str or path
        ``train``, ``augment``, ``share``, ``test``, or a TOML file.
    null : str
        In CSV, the cell that means null.
    kinds : iterable of str, optional
        Kinds of damage; default the whole catalogue.
    rows : int, optional
        Rows of the real and of the synthetic table of a planting; the holdout has half as many. Default: as many as the table
        allows, at most 5,000. As many plantings but one are made at a quarter of that size, to tell what more rows would buy.
    rounds : int, default 8
        Plantings of each kind.
    seed : int
        Equal seeds give equal drills, whatever `jobs`.
    jobs : int, optional
        Processes; default all cores.
    budget : float, optional
        Seconds; no planting is begun that would not end in time. What is missing makes intervals wider.
    out : path, optional
        Folder in which every planting is kept as it is done: a drill that was broken off goes on from there.
    command : str
        What the result says it was called as.
    progress : callable, optional
        Called with (kind of damage, plantings done, number of all plantings).

    Returns
    -------
    Drill

    Raises
    ------
    InputError
        A table that cannot be read, a folder that cannot be written to.
    UsageError
        Options that cannot be used, a table that is too small, a folder with another drill in it.

    Notes
    -----
    Each kind's severities are chosen one after the other where they tell most about the smallest severity that is caught with
    80% probability; `assay.lab.power.Detection` has the curve that is fitted, and its priors. What it cannot see: harm of a kind
    that is not in the catalogue, and how real rows that this table does not represent would fare. Tables that stay in their
    files are drilled in a sample.
    """
    started = clock.monotonic()
    require_usable(seed, jobs, budget)
    _require_whole(rounds=rounds, rows=rows)
    chosen = _kinds(kinds)
    rules = load_policy(policy)
    declared = schema if schema is None or isinstance(schema, Schema) else load_schema(schema)
    if declared is None and isinstance(real, Dataset):
        declared = real.schema
    dataset = load(
        real,
        target=target,
        task=task,
        positive=positive,
        schema=schema,
        entity=entity,
        sensitive=sensitive,
        time=time,
        null=null,
        name="real",
    )
    if isinstance(dataset, ProfiledDataset):
        raise UsageError("A drill plants damage in rows, and REAL is a saved profile. Give the table itself.")
    inputs = {"real": {"rows": len(dataset), "columns": len(dataset.schema.columns), "sha256": dataset.sha256}}
    dataset = sample(dataset, seed=seed)
    full, small = sizes(len(dataset), rows)
    plan = Plan(chosen, full, small, rounds)
    about = {
        "table": dataset.sha256,
        "columns": _digest(dataset.schema),
        "declared": None if declared is None else _digest(declared),
        "seed": int(seed),
        "policy": rules.sha256,
        "version": assay.__version__,
    }
    journal = Journal(out, about)
    workers = jobs or os.cpu_count() or 1
    deadline = None if budget is None else started + budget
    drilling = Drilling(Site(dataset, rules, seed, declared), plan, journal, jobs=workers, deadline=deadline, progress=progress)
    with one_thread():
        try:
            plantings = drilling.run()
        finally:
            journal.close()
        drilled, absent = kinds_drilled(chosen, full, plantings)
    asked = {"rounds": rounds, "plantings": drilling.total, "done": len(plantings)}
    return Drill(
        tuple(drilled),
        tuple(absent),
        false_alarms(plantings),
        tuple(plantings),
        tuple({"real": size, "synthetic": size, "holdout": holdout(size)} for size in (full, small) if size is not None),
        asked,
        {"name": rules.name, "sha256": rules.sha256},
        inputs,
        {
            "assay_version": assay.__version__,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            "command": command,
            "seed": seed,
            "jobs": os.cpu_count() or 1,
            "timings": {"total": round(clock.monotonic() - started, 3)},
        },
    )


def _require_whole(**given: Any) -> None:
    for name, number in given.items():
        if number is not None and (not isinstance(number, int) or number < 1):
            raise UsageError(f"{name} must be an integer >= 1. Got {number!r}.")


def _digest(schema: Schema) -> str:
    return hashlib.sha256(schema_to_toml(schema).encode()).hexdigest()


def _kinds(kinds: Iterable[str] | None) -> tuple[str, ...]:
    known = registry.names("damage")
    if kinds is None:
        return known
    chosen = tuple(dict.fromkeys([kinds] if isinstance(kinds, str) else kinds))
    for kind in chosen:
        if kind not in known:
            raise UnknownNameError("kind of damage", kind, known)
    if not chosen:
        raise UsageError(f"kinds must name at least one kind of damage. Known: {', '.join(known)}.")
    return tuple(kind for kind in known if kind in chosen)
