"""Laws of self-consuming loops: what a toy world does under a regime, simulated and in closed form."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from assay.core.errors import UnknownNameError, UsageError, did_you_mean
from assay.core.seeds import spawn
from assay.lab.worlds.descent import World, descend
from assay.lab.worlds.regime import Regime
from assay.lab.worlds.simulated import Simulated

MOST_FLOATS = 2_000_000  # held at once: larger runs go through the seeds in parts, each with random numbers of its own
MOST_SEEDS = 20_000  # in one part


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of worlds.

    Parameters
    ----------
    stem : str
        File in `assay.lab.worlds`; the class is its name with a capital letter.
    what : str
        Reality and learner in a few words.
    closed : tuple of str
        Regimes with a closed form.
    """

    stem: str
    what: str
    closed: tuple[str, ...]


EVERY = ("replace", "accumulate", "accumulate_subsample", "mix", "fresh")
WORLDS: Mapping[str, Entry] = {
    "gaussian": Entry("gaussian", "normal columns; mean and covariance refitted", (*EVERY, "weighted")),
    "categories": Entry("categories", "levels; shares refitted (Wright-Fisher)", EVERY),
    "regression": Entry("regression", "a linear label with noise; least squares or ridge", EVERY),
    "kernel": Entry("kernel", "a normal column; kernel density", EVERY),
    "verifier": Entry("verifier", "two classes with wrong labels, filtered; one generation", ("replace", "curated")),
    "shifted": Entry("shifted", "a linear label; made rows follow other weights", ("fresh",)),
    "worth": Entry("worth", "a mean from real and biased synthetic rows; one generation", ("weighted",)),
    "tails": Entry("tails", "levels with a power law; made rows cut at a rank", ("replace",)),
}


def simulate(
    world: str,
    regime: str,
    generations: int,
    size: int | Sequence[int],
    seeds: int,
    *,
    seed: int = 0,
    only: Sequence[str] = (),
    **settings: Any,
) -> Simulated:
    """Run lineages of a toy world, all at once.

    Parameters
    ----------
    world : str
        A key of `WORLDS`.
    regime : str
        ``replace``, ``accumulate``, ``accumulate_subsample``, ``mix:share``, ``fresh:share``, ``curated``, ``weighted:golden`` or
        ``weighted:number``, as far as the world knows it.
    generations : int
        How many, from 1. The first learns from real rows alone.
    size : int or sequence of int
        Rows of a generation, or of each.
    seeds : int
        Lineages.
    seed : int, default 0
        Equal seeds give equal numbers.
    only : sequence of str, optional
        Statistics to keep; all by default. The others take no memory.
    **settings
        Of the world's class, such as ``estimator="mle"`` or ``rows=True`` for actual rows instead of sufficient statistics.

    Returns
    -------
    Simulated

    Raises
    ------
    UnknownNameError
        If there is no such world or regime.
    UsageError
        If the world does not know the regime or a setting, or a number is out of range.

    Notes
    -----
    Whether sufficient statistics or rows are drawn is told by the world's class. Memory is bounded: the seeds are gone through in
    parts of at most 2,000,000 floats, whatever the machine, beside the results, which are one float a statistic, generation and
    seed.

    Examples
    --------
    >>> lineages = simulate("gaussian", "replace", 5, 20, 4_000, seed=1)
    >>> law = expected("gaussian", "replace", 5, 20)
    >>> float(law["w2_squared"][-1].round(4))
    0.3773
    >>> bool(abs(lineages.z("w2_squared", law["w2_squared"])).max() < 4)
    True
    """
    sizes = _sizes(generations, size)
    if seeds < 1:
        raise UsageError(f"seeds must be an integer >= 1. Got {seeds!r}.")
    made, parsed = _world(world, regime, sizes, settings)
    part = max(1, min(MOST_SEEDS, MOST_FLOATS // made.floats(sizes, parsed)))
    statistics: dict[str, np.ndarray] = {}
    for number, begin in enumerate(range(0, seeds, part)):
        count = min(part, seeds - begin)
        rng = spawn(seed, "laws", world, regime, number)
        for at, found in enumerate(descend(made, parsed, sizes, count, rng)):
            for name in only or found:
                if name not in found:
                    raise UnknownNameError("statistic", name, found)
                if name not in statistics:
                    statistics[name] = np.empty((len(sizes), seeds))
                statistics[name][at, begin : begin + count] = found[name]
    return Simulated(world, regime, sizes, statistics)


def expected(world: str, regime: str, generations: int, size: int | Sequence[int], **settings: Any) -> dict[str, np.ndarray]:
    """Give what the statistics of a toy world are on average, in closed form.

    Parameters
    ----------
    world, regime, generations, size, **settings
        As for `simulate`.

    Returns
    -------
    dict of str to numpy.ndarray of shape (generations,)
        Means of the statistics that have a closed form; formulas and sources are told by the world's class.

    Raises
    ------
    UnknownNameError
        If there is no such world or regime.
    UsageError
        If there is no closed form; the message says where there is one.
    """
    sizes = _sizes(generations, size)
    made, parsed = _world(world, regime, sizes, settings)
    found = made.expected(parsed, sizes)
    if not found:
        told = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        raise UsageError(
            f"World {world!r} has no closed form under {regime!r} with {generations} generations of {_told(size)} rows"
            f"{f' and {told}' if told else ''}. {_closed(world)}"
        )
    return dict(found)


def _sizes(generations: int, size: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(generations, bool) or generations < 1:
        raise UsageError(f"generations must be an integer >= 1. Got {generations!r}.")
    sizes = (int(size),) * generations if isinstance(size, int | np.integer) else tuple(int(each) for each in size)
    if len(sizes) != generations or min(sizes) < 2:
        raise UsageError(f"size must be an integer >= 2, or as many of them as generations ({generations}). Got {size!r}.")
    return sizes


def _world(name: str, regime: str, sizes: Sequence[int], settings: Mapping[str, Any]) -> tuple[World, Regime]:
    if name not in WORLDS:
        raise UnknownNameError("world", name, WORLDS)
    kind = getattr(import_module(f"assay.lab.worlds.{WORLDS[name].stem}"), WORLDS[name].stem.capitalize())
    parsed = Regime.parse(regime)
    if parsed.name not in kind.regimes:
        raise UsageError(
            f"World {name!r} does not know the regime {regime!r}. It knows {', '.join(kind.regimes)}. {_closed(name)}"
        )
    known = _settings(kind)
    for setting in settings:
        if setting not in known:
            hint = did_you_mean(setting, known)
            raise UsageError(f"World {name!r} has no setting {setting!r}.{hint} It has {', '.join(known)}.")
    missing = [key for key, part in known.items() if part.default is part.empty and key not in settings]
    if missing:
        raise UsageError(f"World {name!r} needs {' and '.join(missing)}.")
    world = kind(**settings)
    world.adopt(parsed, sizes)
    return world, parsed


def _settings(kind: type) -> dict[str, inspect.Parameter]:
    return {name: part for name, part in inspect.signature(kind).parameters.items() if part.kind is part.KEYWORD_ONLY}


def _closed(world: str) -> str:
    there = "; ".join(f"{name}: {', '.join(entry.closed)}" for name, entry in WORLDS.items())
    return f"Of {world!r} there are closed forms under {', '.join(WORLDS[world].closed)}. All: {there}."


def _told(size: int | Sequence[int]) -> str:
    return str(size) if isinstance(size, int) else f"{min(size)} to {max(size)}"
