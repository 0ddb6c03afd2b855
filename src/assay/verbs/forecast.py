"""When does a loop break, and how much real data prevents it? Answered from a few short loops, or from a finished one."""

from __future__ import annotations

import math
import os
import platform
import time as clock
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import assay
from assay.checking.large import sample
from assay.checking.options import require_usable
from assay.checking.profile_files import ProfiledDataset
from assay.core.errors import AssayError, InputError, UsageError
from assay.core.forecast import Mixture
from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.schema import Schema, Task
from assay.generators._folder import ensure_folder
from assay.lab.forecast import forecast_of
from assay.lab.forecast_folders import finished
from assay.lab.forecast_mixture import measured, mixture
from assay.lab.loop import LoopPlan
from assay.lab.loop_inputs import LEAST, makers_of, sealed_apart
from assay.lab.loop_step import Gauge, cut
from assay.reporting.forecast import Forecast
from assay.verbs.check import PACKAGES
from assay.verbs.load import load
from assay.verbs.loop import loop

REGIMES, GENERATIONS, PILOTS, SEEDS = ("replace", "mix:0.1", "mix:0.3"), 10, 3, 5
SMALL, MOST = 0.5, 1_000
OPTIONS = {"generators": "with", "settings": "set", "regimes": "regime", "mixes": "mix"}  # named otherwise than the argument


def forecast(
    source: Any,
    *,
    generators: str | Iterable[str] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    regimes: str | Iterable[str] = REGIMES,
    generations: int = GENERATIONS,
    pilots: int = PILOTS,
    seeds: int = SEEDS,
    size: int | None = None,
    small: float = SMALL,
    mixes: Sequence[tuple[int, int]] | None = None,
    holdout: Any = None,
    target: str | None = None,
    task: Task | None = None,
    positive: object = None,
    schema: Schema | str | Path | None = None,
    entity: str | None = None,
    sensitive: Iterable[str] = (),
    time: str | None = None,
    null: str = "",
    out: str | Path | None = None,
    seed: int = 0,
    jobs: int | None = None,
    budget: float | None = None,
    gauge: Callable[..., Gauge] | None = None,
    command: str = "assay.forecast",
    progress: Callable[[str, int, int], None] | None = None,
) -> Forecast:
    """Forecast a loop from short pilots: when each axis leaves its margin, and what would keep it.

    Parameters
    ----------
    source : path, frame or Dataset
        The folder of a finished loop (or one with several such folders in it, of different sizes), or real rows to run pilots on.
    generators, settings, regimes
        See `assay.loop`; for real rows only. Regimes ``mix:SHARE`` or ``fresh:SHARE`` at two shares or more tell the share that
        is safe.
    generations : int, default 10
        How far to forecast, at most 1,000.
    pilots : int, default 3
        Generations of each pilot, at least 3.
    seeds : int, default 5
        Lineages of each pilot, at least 3.
    size : int, optional
        Rows of a generation; see `assay.loop`.
    small : float, default 0.5
        Size of second pilots, as a share of `size`, that tell sampling error from what the generator bends; 0 for none.
    mixes : sequence of (int, int), optional
        Real and synthetic rows at which to predict what a model is worth that learns from both. Default, with a target: all first
        real rows with half and with as many synthetic ones. Empty for none.
    holdout, target, task, positive, schema, entity, sensitive, time, null
        See `assay.loop`.
    out : path, optional
        Folder in which pilots are kept; what was broken off goes on from there. Default: a temporary one.
    seed : int
        Equal seeds give equal forecasts, whatever `jobs`.
    jobs, budget, gauge, command, progress
        See `assay.loop`; the budget is for all pilots and fits.

    Returns
    -------
    Forecast

    Raises
    ------
    InputError
        A table or folder that cannot be read, a folder of a loop that is not finished.
    UsageError
        Options that cannot be used or, beside a folder, would do nothing; too few rows; folders of loops that do not belong
        together.

    Notes
    -----
    A forecast is of a new lineage of the same generator, regime, table and size. What it cannot see: a generator that breaks down
    in a way that no pilot shows, drift of reality, and what the axes do not measure.
    """
    started = clock.monotonic()
    require_usable(seed, jobs, budget)
    _require(generations=generations, pilots=pilots, seeds=seeds)
    trajectories = finished(Path(source)) if isinstance(source, str | Path) and Path(source).is_dir() else []
    mixtures: list[Mixture] = []
    untold: dict[str, str] = {}
    roles: dict[str, Any] = {"target": target, "task": task, "positive": positive, "entity": entity}
    sensitive = tuple(sensitive)
    regimes = tuple(part.strip() for part in regimes.split(",")) if isinstance(regimes, str) else tuple(regimes)
    if trajectories:
        idle: dict[str, Any] = {"generators": generators, "settings": settings, "mixes": mixes, "sensitive": sensitive}
        idle |= {"holdout": holdout, "size": size, "schema": schema, "time": time, "null": null, "gauge": gauge, **roles}
        idle |= {"regimes": regimes if regimes != REGIMES else None, "pilots": pilots if pilots != PILOTS else None}
        idle["small"] = small if small != SMALL else None
        _refuse_idle(idle, source)
        if out is not None:
            ensure_folder(Path(out))
    else:
        names = tuple(generators.split(",")) if isinstance(generators, str) else tuple(generators)
        if not names:
            raise _no_generator(source)
        if generations <= pilots:
            raise UsageError(f"generations must be larger than pilots. Got {generations} and {pilots}.")
        if not 0.0 <= small < 1.0:
            raise UsageError(f"small must be a share in [0, 1), 0 for no second size. Got {small!r}.")
        dataset = load(source, schema=schema, sensitive=sensitive, time=time, null=null, name="real", **roles)
        if isinstance(dataset, ProfiledDataset):
            raise UsageError("A forecast learns from rows, and SOURCE is a saved profile. Give the table itself.")
        if mixes and dataset.schema.target is None:
            raise UsageError(
                f"mixes are scored by a model of the target, and there is none. Got {len(mixes)}. Give target (--target)."
            )
        plan = LoopPlan.of(names, regimes, pilots, seeds)
        given = None if holdout is None else load(holdout, schema=dataset.schema, null=null, name="holdout")
        pool, sealed, size = sealed_apart(sample(dataset, seed=seed), given, plan, size, seed)
        if small and round(small * size) < LEAST:
            raise UsageError(
                f"Second pilots need at least {LEAST} rows a generation. Got small {small:g} of {size:,}, which is "
                f"{round(small * size)}. Give a larger share, or small=0 (--small 0) for none."
            )
        with TemporaryDirectory(prefix="assay-forecast-") as temporary:
            folder = Path(out) if out is not None else Path(temporary)
            trajectories = [
                loop(
                    pool,
                    holdout=sealed,
                    generators=names,
                    settings=settings,
                    regimes=[regime.text for regime in plan.regimes],
                    generations=pilots,
                    seeds=seeds,
                    size=rows,
                    out=folder / f"pilots-{rows}",
                    keep="none",
                    seed=seed,
                    jobs=jobs,
                    budget=None if budget is None else max(budget - (clock.monotonic() - started), 1e-3),
                    gauge=gauge,
                    command=command,
                    progress=progress,
                ).trajectory
                for rows in dict.fromkeys((size, *((round(small * size),) if small else ())))
            ]
        if dataset.schema.target is not None and (mixes is None or mixes):
            deadline = math.inf if budget is None else started + budget
            mixtures = _mixtures(pool, sealed, size, names, settings or {}, mixes, seed, deadline, untold)
    answers = forecast_of(trajectories, generations, seed=seed, seeds=seeds, mixtures=mixtures, untold=untold)
    found = Forecast(
        answers,
        {
            "generations": generations,
            "seeds": seeds,
            "pilots": [dict(each.settings) for each in trajectories],
            "real": dict(trajectories[0].real),
        },
        {
            "assay_version": assay.__version__,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            "command": command,
            "seed": seed,
            "jobs": os.cpu_count() or 1,
            "timings": {"total": round(clock.monotonic() - started, 3)},
        },
    )
    if out is not None:
        found.save(Path(out) / "forecast.json")
    return found


def _no_generator(source: Any) -> AssayError:
    """Say what is missing where there is neither a loop nor a generator to run one with."""
    if isinstance(source, str | Path) and not Path(source).exists():
        fix = "Give the folder of a finished loop (assay loop --out DIR), or real rows and a generator (--with)."
        return InputError("No such file or folder.", file=str(source), fix=fix)
    held = f", and no loop was begun in {source}" if isinstance(source, str | Path) and Path(source).is_dir() else ""
    return UsageError(f"A forecast from real rows needs at least one generator, as in: --with tree_chain. Got none{held}.")


def _refuse_idle(given: Mapping[str, Any], source: Any) -> None:
    """Refuse what would do nothing beside the folder of a finished loop."""
    empty = (str, tuple, list, Mapping)
    idle = [
        name if name == "gauge" else f"{name} (--{OPTIONS.get(name, name)})"
        for name, one in given.items()
        if one is not None and (not isinstance(one, empty) or one)
    ]
    if idle:
        raise UsageError(
            f"{source} holds finished pilots, beside which these would do nothing: {', '.join(idle)}. Leave them out, or give "
            "real rows instead."
        )


def _mixtures(
    pool: Dataset,
    sealed: Dataset,
    size: int,
    names: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
    mixes: Sequence[tuple[int, int]] | None,
    seed: int,
    deadline: float,
    untold: dict[str, str],
) -> list[Mixture]:
    """Predict the worth of mixes of every generator; what cannot be had is put under untold, and pilots stand."""
    first = cut(pool, size, seed)[0]
    asked = [(len(first), round(part * len(first))) for part in (0.5, 1.0)] if mixes is None else list(mixes)
    bounds = (-1.0, 1.0) if pool.schema.task == "regression" else (0.0, 1.0)
    found: list[Mixture] = []
    for maker in makers_of(names, settings).values():
        try:
            with one_thread():
                points, seconds = measured(first, sealed, maker, seed=seed, deadline=deadline)
            found.append(mixture(points, asked, generator=maker.name, score="TSTR", seconds=round(seconds, 2), bounds=bounds))
        except AssayError as error:
            untold[f"{maker.name}, real and synthetic rows together"] = str(error)
    return found


def _require(**given: Any) -> None:
    least = {"generations": 2, "pilots": 3, "seeds": 3}
    for name, got in given.items():
        if isinstance(got, bool) or not isinstance(got, int) or got < least[name]:
            raise UsageError(f"{name} must be an integer >= {least[name]}. Got {got!r}.")
    if given["generations"] > MOST:
        got = given["generations"]
        raise UsageError(f"generations must be at most {MOST:,}, as thousands of lineages are drawn so far. Got {got:,}.")
