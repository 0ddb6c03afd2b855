"""What happens to data when generators learn from what generators made? Run it, and measure every generation."""

from __future__ import annotations

import hashlib
import logging
import numbers
import os
import platform
import time as clock
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import assay
from assay.checking.large import fit, sample
from assay.checking.options import require_usable
from assay.checking.profile_files import ProfiledDataset
from assay.core.errors import UsageError
from assay.core.seeds import integer_seed
from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.large import open_large
from assay.data.readers import read_lineage, read_table
from assay.data.schema import Schema, Task
from assay.data.schema_files import schema_to_toml
from assay.data.stored import Folder
from assay.lab.executor import executor_of
from assay.lab.loop import Keep, Looping, LoopPlan, require_keep
from assay.lab.loop_apart import made_by_generators, require_apart
from assay.lab.loop_gauge import Yardsticks, expected_drift
from assay.lab.loop_inputs import makers_of, sealed_apart
from assay.lab.loop_record import POINTS, RESULT
from assay.lab.loop_step import Gauge, Workshop
from assay.lab.loop_store import Store
from assay.lab.portrayer import Portrayer
from assay.reporting.loop import Loop
from assay.verbs.check import PACKAGES
from assay.verbs.load import load

log = logging.getLogger(__name__)

REGIMES, GENERATIONS, SEEDS = ("replace", "accumulate"), 8, 5
MOST = 10_000  # generations, and seeds


def loop(
    real: Any,
    *,
    holdout: Any = None,
    generators: str | Iterable[str],
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    regimes: str | Iterable[str] = REGIMES,
    generations: int = GENERATIONS,
    seeds: int = SEEDS,
    size: int | None = None,
    target: str | None = None,
    task: Task | None = None,
    positive: object = None,
    schema: Schema | str | Path | None = None,
    entity: str | None = None,
    sensitive: Iterable[str] = (),
    time: str | None = None,
    null: str = "",
    out: str | Path | None = None,
    keep: Keep = "last",
    seed: int = 0,
    jobs: int | None = None,
    budget: float | None = None,
    gauge: Callable[..., Gauge] | None = None,
    command: str = "assay.loop",
    progress: Callable[[str, int, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Loop:
    """Train generators again and again on what former generations made, and measure every generation against sealed real rows.

    Parameters
    ----------
    real : path, frame or Dataset
        Real rows. Every replicate cuts its first part, and its reserve of fresh rows, from them anew.
    holdout : path, frame or Dataset, optional
        Sealed real rows, that no generator sees. Default: 30% of `real`, but 40 at least and `size` at most, are sealed off.
    generators : str or iterable of str
        Registry names, such as ``"tree_chain"``.
    settings : mapping of str to mapping, optional
        Settings by generator. Texts are converted to the type of the setting's default.
    regimes : str or iterable of str
        What each next generation learns from: ``replace``, ``accumulate``, ``accumulate_subsample``, ``mix:SHARE``,
        ``fresh:SHARE``, ``mended:SHARE``, ``curated:verifier``, ``weighted:golden``, or one of your own.
    generations : int, default 8, at most 10,000
        Generations of each lineage.
    seeds : int, default 5
        Replicates of each generator and regime.
    size : int, optional
        Rows of the first real part and of every generation. Default: as many as the table allows, at most 5,000.
    target, task, positive, schema, entity, sensitive, time, null
        See `assay.load`.
    out : path, optional
        Folder in which every generation is kept as it is done: a loop that was broken off goes on from there, and one with more
        regimes, seeds or generations takes what is there already. Default: a temporary one.
    keep : {'none', 'last', 'all'}
        Of a finished lineage, whose rows stay in the folder. Scores always do.
    seed : int
        Equal seeds give equal trajectories, whatever `jobs`.
    jobs : int, optional
        Processes; default all cores.
    budget : float, optional
        Seconds; no generation is begun that would not end in time. What is missing stands under ``unfinished``.
    gauge : callable, optional
        Makes what measures, called as ``gauge(real, holdout, size=..., seed=...)``; see `assay.lab.loop_step.Gauge`.
        Default: all axes that Assay has.
    command : str
        What the result says it was called as.
    progress : callable, optional
        Called with (what was done, generations done, number of all generations).
    tell : callable, optional
        Called with a sentence where a table given as real carries the stamp of a generator; by default it goes to the log.

    Returns
    -------
    Loop

    Raises
    ------
    InputError
        A table that cannot be read, a holdout that shares rows or entities with it, a folder that cannot be written to.
    UsageError
        Options that cannot be used, a table that is too small, a folder with another loop in it.

    Notes
    -----
    Generation 1 is trained on real rows and shared by all regimes. A generator that fails ends its lineage, which is then
    unfinished, and the others go on. What it cannot see: what the axes do not measure, and how real rows that this table does not
    represent would fare. Tables that stay in their files are looped in a sample.
    """
    started = clock.monotonic()
    require_usable(seed, jobs, budget)
    require_keep(keep)
    generations, seeds = _whole("generations", generations, most=MOST), _whole("seeds", seeds, most=MOST)
    size, seed = None if size is None else _whole("size", size), int(seed)
    jobs = int(jobs) if jobs is not None else os.cpu_count() or 1
    plan = LoopPlan.of(_named(generators), _named(regimes), generations, seeds)
    if not plan.regimes:
        raise UsageError("regimes must name at least one regime, such as replace. Got none.")
    makers = makers_of(plan.generators, settings or {})
    roles: dict[str, Any] = {"target": target, "task": task, "positive": positive, "entity": entity}
    dataset = load(real, schema=schema, sensitive=sensitive, time=time, null=null, name="real", **roles)
    if isinstance(dataset, ProfiledDataset):
        raise UsageError("A loop learns from rows, and REAL is a saved profile. Give the table itself.")
    for regime in plan.regimes:
        regime.require_usable(dataset.schema)
    rows = sample(dataset, seed=seed)
    given = None if holdout is None else _sealed(holdout, dataset, null, seed)
    if given is not None:
        require_apart(rows, given)
    for warning in made_by_generators(dataset, *(() if given is None else (given,))):
        (tell or log.warning)(warning)
    pool, sealed, size = sealed_apart(rows, given, plan, size, seed)
    folder = Folder() if out is None else None
    store = Store(folder.path if folder is not None else Path(out or ""))
    measuring = gauge or Yardsticks(store)
    packages = {name: version(name) for name in PACKAGES}
    about = {
        "table": dataset.sha256,
        "holdout": sealed.sha256,
        "columns": hashlib.sha256(schema_to_toml(dataset.schema).encode()).hexdigest(),
        "size": size,
        "seed": seed,
        "gauge": "yardstick" if gauge is None else getattr(gauge, "__name__", type(gauge).__name__),
        "version": assay.__version__,
        "packages": packages,
    }
    store.claim(about, {name: maker.settings for name, maker in makers.items()})
    with one_thread():
        made = measuring(pool, sealed, size=size, seed=integer_seed(seed, "loop", "gauge"))
    portrayer = Portrayer(pool, seed=integer_seed(seed, "loop", "portrait"))
    looping = Looping(
        Workshop(pool, makers, made, store, size=size, seed=seed, portrayer=portrayer),
        plan,
        executor=executor_of(jobs),
        keep=keep,
        deadline=None if budget is None else started + budget,
        progress=progress,
    )
    trajectory = looping.run(
        real={
            "rows": len(dataset),
            "columns": len(dataset.schema.columns),
            "sha256": dataset.sha256,
            "holdout_rows": len(sealed),
            "holdout_sha256": sealed.sha256,
            "target": dataset.schema.target,
            "task": dataset.schema.task,
        },
        settings={
            "generators": {name: dict(maker.settings) for name, maker in makers.items()},
            "regimes": [regime.text for regime in plan.regimes],
            "generations": generations,
            "seeds": seeds,
            "size": size,
            "seed": seed,
        },
    )
    found = Loop(
        trajectory,
        looping.origins,
        {
            "assay_version": assay.__version__,
            "versions": {"python": platform.python_version(), **packages},
            "command": command,
            "seed": seed,
            "jobs": os.cpu_count() or 1,
            "timings": {"total": round(clock.monotonic() - started, 3)},
        },
        replace(portrayer.layout, drift=expected_drift(made, generations)),
    )
    found.save(store.folder / POINTS)
    found.save(store.folder / RESULT)
    return found


def _sealed(holdout: Any, real: Dataset, null: str, seed: int) -> Dataset:
    """Read the holdout under the real table's schema, with its stamp, if it has one."""
    large = open_large(holdout, null=null)
    if large is not None:
        sealed = sample(fit(large, real.schema, name="holdout", file=str(holdout)), seed=seed)
    else:
        sealed = impose(read_table(holdout, null=null), real.schema, name="holdout")
    if isinstance(holdout, Dataset):
        sealed.lineage = holdout.lineage
    elif isinstance(holdout, str | Path):
        sealed.lineage = read_lineage(holdout)
    return sealed


def _named(names: str | Iterable[str]) -> tuple[str, ...]:
    """Give names in order; in one text they stand between commas."""
    if not isinstance(names, str):
        return tuple(names)
    return tuple(part.strip() for part in names.split(",") if part.strip())


def _whole(name: str, number: Any, *, most: int | None = None) -> int:
    """Give a number that must be a whole one from 1 on, and at most as large as can ever be run."""
    if isinstance(number, bool) or not isinstance(number, numbers.Integral) or int(number) < 1:
        raise UsageError(f"{name} must be an integer >= 1. Got {number!r}.")
    if most is not None and int(number) > most:
        raise UsageError(f"{name} must be at most {most:,}. Got {int(number):,}. Ask for fewer; a loop can be made longer later.")
    return int(number)
