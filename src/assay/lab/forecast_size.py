"""More rows or another generator: what of an axis vanishes with the size, and what stays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from assay.core.forecast import SizeEffect, Sizing
from assay.lab.forecast_pilots import Pilot
from assay.lab.leaving import Limits

DRAWS = 4_000
EXPONENTS = (0.5, 1.0)
SURE = 0.95
FAR = 10.0


def size_effect(by_rows: Mapping[int, Pilot], rng: np.random.Generator) -> SizeEffect:
    """Say what size would do to an axis.

    Parameters
    ----------
    by_rows : mapping of int to Pilot
        Pilots of one axis, generator and regime, by rows of a generation; at least two sizes.
    rng : numpy.random.Generator
        Draws.

    Notes
    -----
    The mean over lineages at the last generation that all sizes have is ``endless + c rows ** -p``, with p 1/2 (errors of a
    distance) or 1 (of a variance), both drawn alike; means are drawn from their t distributions, the line goes through two sizes
    or is fitted to more, weighted. ``inside``, ``another_generator`` and ``more_rows`` need 95% of the draws; else it cannot be
    told, nor where more than a tenth of the lineages of a size are unfinished. Two sizes cannot show which p holds, hence both.
    The limits are those of the largest size; the floor, what real samples of a size score, shrinks with the rows, so for more and
    for endless rows the margin alone counts. All sizes are cut from one pool of real rows: what that pool lacks stays with
    endless rows, too.
    """
    sizes = tuple(sorted(by_rows))
    largest = by_rows[sizes[-1]]
    generation = min(each.generations for each in by_rows.values())
    means, errors = np.empty((DRAWS, len(sizes))), np.empty(len(sizes))
    for at, rows in enumerate(sizes):
        values = by_rows[rows].values[:, generation - 1]
        values = values[~np.isnan(values)]
        errors[at] = max(float(values.std(ddof=1)) / np.sqrt(len(values)), 1e-9)
        means[:, at] = values.mean() + errors[at] * rng.standard_t(len(values) - 1, DRAWS)
    endless, slope = np.empty(DRAWS), np.empty(DRAWS)
    power = np.where(np.arange(DRAWS) % 2, *EXPONENTS)
    for exponent in EXPONENTS:
        mine = power == exponent
        design = np.stack([np.ones(len(sizes)), np.array(sizes, dtype=float) ** -exponent], axis=1)
        weighted = design / errors[:, None]
        solved = np.linalg.lstsq(weighted, (means[mine] / errors).T, rcond=None)[0]
        endless[mine], slope[mine] = solved
    endless = np.clip(endless, largest.scale.low, largest.scale.high)
    low, high = np.quantile(endless, (0.05, 0.95))
    here = float((_beyond(largest.limits, means[:, -1]) <= 0.0).mean())
    later = float((_beyond(largest.endless, endless) <= 0.0).mean())
    rows: int | None = None
    answer: Sizing = "cannot_tell"
    if any(each.broken for each in by_rows.values()):
        pass
    elif here >= SURE:
        answer = "inside"
    elif later <= 1.0 - SURE:
        answer = "another_generator"
    elif later >= SURE:
        rows = _rows(largest, endless, slope, power, sizes[-1])
        answer = "both" if rows is None else "more_rows"
    return SizeEffect(
        largest.generator,
        largest.regime,
        largest.axis,
        sizes,
        generation,
        answer,
        float(np.median(endless)),
        float(low),
        float(high),
        rows,
    )


def _beyond(limits: Limits, values: np.ndarray) -> np.ndarray:
    return np.maximum(values - limits.high, limits.low - values)


def _rows(pilot: Pilot, endless: np.ndarray, slope: np.ndarray, power: np.ndarray, size: int) -> int | None:
    """Give the rows, rounded up, from which on 95% of the draws are inside; None beyond ten times the size."""
    for rows in np.unique(np.geomspace(size, FAR * size, 60).astype(int)):
        if float((_beyond(pilot.endless, endless + slope * float(rows) ** -power) <= 0.0).mean()) >= SURE:
            return rounded_up(int(rows))
    return None


def rounded_up(rows: int) -> int:
    """Round up to two digits.

    Examples
    --------
    >>> [rounded_up(rows) for rows in (7, 1234, 1200, 99_001)]
    [7, 1300, 1200, 100000]
    """
    unit = 10 ** max(len(str(rows)) - 2, 0)
    return -(-rows // unit) * unit
