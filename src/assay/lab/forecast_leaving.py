"""When an axis is left, from drawn lineages: the first generation outside, right-censored, and what would narrow it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from assay.core.forecast import Band, Departs, Leaving, Narrowing, Outlook
from assay.lab.forecast_conformal import interval, simultaneous
from assay.lab.forecast_map import Paths
from assay.lab.forecast_pilots import Pilot
from assay.lab.forecast_stretch import Stretch

DRAWS = 4_000
MOST, LEAST = 0.9, 0.1
BEYOND = 3  # generations past the pilots that a horizon needs before an interval can be called useless


def outlook(pilot: Pilot, horizon: int, stretch: Stretch, rng: np.random.Generator, *, draws: int = DRAWS) -> Outlook:
    """Forecast one axis under one generator and regime.

    Parameters
    ----------
    pilot : Pilot
        What is learned from.
    horizon : int
        Generations to forecast, from the first.
    stretch : Stretch
        Of the intervals.
    rng : numpy.random.Generator
        Draws.
    draws : int
        Lineages drawn.

    Notes
    -----
    Where more than a tenth of the lineages are unfinished, it cannot be told when an axis is left: the bands are then of lineages
    that lived, and those that did not may have been worse.
    """
    paths = pilot.map.draw(horizon, draws, rng)
    start = min(pilot.generations + 1, horizon)
    by = stretch.over(pilot.generations, horizon)
    single = interval(paths, factor=by)
    whole = interval(paths, factor=by * simultaneous(paths, start))
    back = pilot.scale.back
    columns = (back(part) for part in (single.middle, single.low, single.high, whole.low, whole.high))
    bands = tuple(Band(k + 1, *map(float, numbers)) for k, numbers in enumerate(zip(*columns, strict=True)))
    middle = np.median(paths.readings, axis=0)
    apart = paths.readings - middle
    plain = middle + np.minimum(by, 1.0) * apart  # widening proves no harm
    left = leaving(pilot, middle + by * apart, narrows(pilot, paths), plain=plain)
    if pilot.broken:
        left = replace(left, status="cannot_tell", narrows="")
    low, high = (float(each) if math.isfinite(each) else None for each in pilot.limits)
    return Outlook(
        pilot.generator,
        pilot.regime,
        pilot.axis,
        pilot.rows,
        pilot.lineages,
        pilot.generations,
        low,
        high,
        stretch.within,
        stretch.beyond,
        min(pilot.generations + stretch.reach, horizon),
        pilot.unfinished,
        bands,
        left,
    )


def leaving(pilot: Pilot, readings: np.ndarray, narrows: Narrowing = "", *, plain: np.ndarray | None = None) -> Leaving:
    """Say when lineages leave.

    Parameters
    ----------
    pilot : Pilot
        Limits, and how far the pilots went.
    readings : numpy.ndarray, shape (draws, generations)
        Drawn lineages on the forecast scale.
    narrows : str
        What would narrow the forecast most.
    plain : numpy.ndarray, shape (draws, generations), optional
        The same lineages without what widened them.

    Notes
    -----
    A lineage leaves at the first generation whose reading lies beyond the limits (floor and margin, see
    `assay.lab.leaving.limits`). 'Cannot tell': between 10% and 90% of lineages leave, and the 90% interval reaches from at most
    one generation past the pilots to beyond a horizon that lies three or more past them: it then says nothing that the pilots
    have not shown. Nor can it be told where lineages leave only because they were widened: what is not known proves no harm.
    """
    beyond = pilot.outside(readings) > 0.0
    horizon = readings.shape[1]
    first = np.where(beyond.any(axis=1), beyond.argmax(axis=1) + 1, horizon + 1)
    share = float(np.mean(first <= horizon))
    low, middle, high = (int(each) for each in np.quantile(first, (0.05, 0.5, 0.95), method="inverted_cdf"))
    status: Departs = "leaves" if share >= MOST else "stays" if share <= LEAST else "some"
    if beyond[:, 0].mean() >= MOST:
        status = "outside"
    elif status == "some" and low <= pilot.generations + 1 and high > horizon >= pilot.generations + BEYOND:
        status = "cannot_tell"
    if plain is not None and status in ("leaves", "outside"):
        without = pilot.outside(plain) > 0.0
        if float((without[:, 0] if status == "outside" else without.any(axis=1)).mean()) < MOST:
            status = "cannot_tell"

    def seen(number: int) -> int | None:
        return number if number <= horizon else None

    return Leaving(status, seen(middle), seen(low), seen(high), round(share, 4), narrows)


def narrows(pilot: Pilot, paths: Paths) -> Narrowing:
    """Say what the width at the horizon comes from.

    Notes
    -----
    The variance at the last generation has three parts: between persistences and clocks (longer pilots tell them apart), of the
    mean given these (more lineages settle it), and of a reading about the mean (a fact of tables of this size, smaller with more
    rows). The largest is named.
    """
    end, mean = paths.readings[:, -1], paths.means[:, -1]
    cells = pilot.map.cells
    _, kind = np.unique(np.stack([cells.persistence, cells.clock])[:, paths.cells], axis=1, return_inverse=True)
    kind = kind.ravel()
    sizes = np.bincount(kind)
    centres = np.bincount(kind, mean) / sizes
    between = float(np.average((centres - mean.mean()) ** 2, weights=sizes))
    within = float(np.mean((mean - centres[kind]) ** 2))
    own = float(np.var(end - mean))
    parts: dict[Narrowing, float] = {"more generations": between, "more seeds": within, "more rows": own}
    return max(parts, key=lambda name: parts[name])
