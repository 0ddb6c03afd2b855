"""What will a loop do, without running it: from pilots of a few generations to answers with intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Literal

import numpy as np

from assay.core.errors import UsageError
from assay.core.forecast import Answers, Cost, Mixture, Outlook, SafeShare, SizeEffect
from assay.core.seeds import spawn
from assay.core.trajectory import Generation, Trajectory
from assay.lab.forecast_leaving import outlook
from assay.lab.forecast_pilots import Key, Pilot, pilots
from assay.lab.forecast_scores import Known, known_stretch
from assay.lab.forecast_share import safe_share
from assay.lab.forecast_size import size_effect
from assay.lab.forecast_stretch import Stretch, stretches

SEEDS = 5
KINDS: tuple[Literal["mix", "fresh"], ...] = ("mix", "fresh")


def forecast_of(
    trajectories: Sequence[Trajectory],
    horizon: int,
    *,
    seed: int = 0,
    seeds: int = SEEDS,
    mixtures: Sequence[Mixture] = (),
    untold: Mapping[str, str] | None = None,
    known: Known | None = None,
) -> Answers:
    """Answer from pilots.

    Parameters
    ----------
    trajectories : sequence of Trajectory
        Loops of the same real rows; another size each.
    horizon : int
        Generations to forecast, from the first.
    seed : int
        Equal seeds give equal answers.
    seeds : int
        Lineages of the loop whose cost is compared.
    mixtures : sequence of Mixture
        What else was found.
    untold : mapping of str to str, optional
        What else was not found, each with the reason.
    known : Known, optional
        How wide, in units of the map's own intervals, other tables have shown that they must be; default what the package has
        from its benchmark, which may be nothing: `Answers.known` says what.

    Returns
    -------
    Answers

    Raises
    ------
    UsageError
        If there is no trajectory, or the horizon does not lie beyond the pilots.

    Notes
    -----
    Each axis, generator, regime and size has a map of its own (`AxisMap`); the stretch of an axis' intervals is learned from all
    lineages at its size, each left out once, as far ahead as these reach, and from other tables (`stretch_of`). There is no
    guarantee past the pilots. It cannot see what no pilot shows: a generator that breaks down later, drift of reality, another
    generator or table.
    """
    if not trajectories:
        raise UsageError("A forecast needs at least one trajectory. Got none.")
    found, missing = pilots(trajectories)
    missing |= untold or {}
    longest = max((each.generations for each in found.values()), default=0)
    if found and horizon <= longest:
        raise UsageError(f"generations must reach beyond the pilots, which have {longest}. Got {horizon}.")
    known = known or known_stretch()
    by = stretches(found, seed, known.stretch)
    outlooks = tuple(
        outlook(each, horizon, by[each.axis, each.rows], spawn(seed, "forecast", "outlook", *key)) for key, each in found.items()
    )
    return Answers(
        horizon,
        _ordered(outlooks),
        _shares(found, by, horizon, seed, missing),
        _sizes(found, seed),
        tuple(mixtures),
        cost(trajectories, horizon, seeds, extra=sum(each.seconds for each in mixtures)),
        missing,
        known.origin,
    )


def cost(trajectories: Sequence[Trajectory], horizon: int, seeds: int, *, extra: float = 0.0) -> Cost:
    """Compare the seconds of the pilots with those of the loop that they stand for.

    Parameters
    ----------
    trajectories : sequence of Trajectory
        Pilots.
    horizon, seeds : int
        Generations and lineages of that loop, under every generator and regime of the largest size.
    extra : float
        Seconds of other fits.

    Notes
    -----
    A generation beyond the pilots takes what a line through those of its generator and regime says (never falling): where the
    corpus grows, fits take longer. Generation 1 is shared by all regimes and counts once.
    """
    spent = extra
    for trajectory in trajectories:
        counted: set[tuple[str, int, str, int]] = set()
        for each in trajectory.generations:
            generator, regime, replicate = each.descent
            key = (generator, replicate, "" if each.number == 1 else regime, each.number)
            if key not in counted:
                counted.add(key)
                spent += sum(each.seconds.values())
    sizes = [int(each.settings.get("size", 0)) for each in trajectories]
    largest = [each for each, size in zip(trajectories, sizes, strict=True) if size == max(sizes)]
    groups: dict[tuple[str, str], list[Generation]] = defaultdict(list)
    for each in chain.from_iterable(one.generations for one in largest):
        groups[each.descent.generator, each.descent.regime].append(each)
    whole, firsts = 0.0, set[str]()
    for (generator, _), group in groups.items():
        numbers = np.array([each.number for each in group], dtype=float)
        seconds = np.array([sum(each.seconds.values()) for each in group])
        slope = 0.0
        if len(set(numbers)) > 2:
            slope = max(float(np.polyfit(numbers[numbers > 1], seconds[numbers > 1], 1)[0]), 0.0)
        later = numbers > 1
        middle, level = (numbers[later].mean(), seconds[later].mean()) if later.any() else (1.0, seconds.mean())
        whole += sum(level + slope * (k - middle) for k in range(2, horizon + 1)) * seeds
        if generator not in firsts:
            firsts.add(generator)
            whole += float(seconds[numbers == 1].mean() if (numbers == 1).any() else level) * seeds
    return Cost(round(spent, 2), round(float(whole), 2), seeds)


def _ordered(outlooks: Sequence[Outlook]) -> tuple[Outlook, ...]:
    """Put what leaves first in front, within a generator, regime and size."""
    groups = list(dict.fromkeys((one.rows, one.generator, one.regime) for one in outlooks))
    return tuple(
        sorted(
            outlooks,
            key=lambda one: (
                groups.index((one.rows, one.generator, one.regime)),
                one.leaving.generation or np.inf,
                -one.leaving.probability,
            ),
        )
    )


def _shares(
    found: Mapping[Key, Pilot], by: Mapping[tuple[str, int], Stretch], horizon: int, seed: int, untold: dict[str, str]
) -> tuple[SafeShare, ...]:
    most = max((rows for *_, rows in found), default=0)
    tried: dict[tuple[str, str], dict[str, Pilot]] = defaultdict(dict)
    for (generator, regime, axis, rows), pilot in found.items():
        if rows == most:
            tried[generator, axis][regime] = pilot
    out: list[SafeShare] = []
    for (generator, axis), regimes in tried.items():
        for kind in KINDS:
            by_share = {
                float(regime.partition(":")[2]): each for regime, each in regimes.items() if regime.startswith(f"{kind}:")
            }
            if not by_share:
                untold[f"{generator}, share of {kind} real rows"] = f"no pilot under {kind}:SHARE"
                continue
            if "replace" in regimes:
                by_share[0.0] = regimes["replace"]
            rng = spawn(seed, "forecast", "share", generator, axis, kind)
            out.append(safe_share(kind, by_share, horizon, by[axis, most], rng))
    return tuple(out)


def _sizes(found: Mapping[Key, Pilot], seed: int) -> tuple[SizeEffect, ...]:
    groups: dict[tuple[str, str, str], dict[int, Pilot]] = defaultdict(dict)
    for (generator, regime, axis, rows), pilot in found.items():
        groups[generator, regime, axis][rows] = pilot
    return tuple(
        size_effect(by_rows, spawn(seed, "forecast", "size", *key)) for key, by_rows in groups.items() if len(by_rows) > 1
    )
