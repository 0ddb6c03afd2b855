"""Values are missing as often as in reality, and no longer where they should be."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import codes, numeric, ranks
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted, replaced

GROUPS = 8
LEVELS = 60
HIGH = 0.7
OFTEN, SELDOM = 0.6, 0.05


class MakeMissingRandom(Damage):
    """Move the missing values of one column to rows drawn at random; as many are missing as before.

    Notes
    -----
    Dependence is the total variation distance between what is missing and the groups of another column (eight of a number, levels
    as they are) and the product of both. Where no column of the table has .12 of it, all three parts get missing values: one
    number is missing in 60% of the rows in which another one is above its 70th percentile, and in 5% elsewhere, a distance of
    .23. Values that come back are then the ones that were there; in a column with missing values of its own they are those of
    the rows that lose theirs. `broken_dependence` is right too: that a value is missing depended on another column.

    References
    ----------
    Rubin (1976), Inference and missing data, Biometrika 63.
    """

    harm = "what a missing value says is lost"
    mechanism = "missingness_change"
    also = frozenset({"broken_dependence"})
    unit = "share of the missing values that are moved"
    severities = (0.02, 0.1, 0.25, 0.5, 0.75, 1.0)
    harmless = 0.02
    material = 1.0
    harmless_because = "a fiftieth of a dependence of .12 to .25 is .005 at most, the margin of a pair is .06"
    material_because = (
        "a test that is ordered only for the sick no longer tells who is sick. The joint table of what is missing moves by .12 "
        "to .25, in a table of few cells with a half-width of .04 and a standard error of .01; margin .06"
    )
    touches = "cells"

    least_dependence: ClassVar[float] = 0.12

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        sound = ground.sound
        own = [
            (name, other)
            for name in sound.schema.features
            if 0.05 <= sound.nulls(name).mean() <= 0.8
            for other in sound.schema.features
            if other != name and _dependence(sound, sound.nulls(name), other) >= self.least_dependence
        ]
        if own:
            name, by = own[int(rng.integers(len(own)))]
            gone = sound.nulls(name)
            real, holdout, added = ground.real, ground.holdout, ""
        else:
            names = numeric(ground, distinct=10, nulls=0.1)
            if len(names) < 2:
                raise NotApplicable("no value is missing for a reason, and no two columns of numbers could be made so")
            name, by = (str(drawn) for drawn in rng.permutation(names)[:2])
            cut = float(np.nanquantile(ground.real.numbers(by), HIGH))
            (real, _), (_, gone), (holdout, _) = (
                _masked(part, name, by, cut, rng) for part in (ground.real, sound, ground.holdout)
            )
            added = "In all three tables values were made missing, depending on another column. "
        at, rows = _moved(gone, self.severity, bool(own), rng)
        cells = sound.table.column(name).combine_chunks().take(at)
        return Planted(
            real,
            replaced(sound, name, cells),
            holdout,
            f"{added}{self.severity:.0%} of the missing values of {name!r}, which depended on {by!r}, are in random rows.",
            (name, by),
            rows,
        )


def _masked(dataset: Dataset, name: str, by: str, cut: float, rng: np.random.Generator) -> tuple[Dataset, np.ndarray]:
    """Give a dataset whose values of one column are missing where another is high, and the mask."""
    chance = np.where(dataset.numbers(by) > cut, OFTEN, SELDOM)
    gone = dataset.nulls(name) | (rng.random(len(dataset)) < chance)
    cells = dataset.table.column(name).combine_chunks().take(pa.array(np.arange(len(dataset)), mask=gone))
    return replaced(dataset, name, cells), gone


def _moved(gone: np.ndarray, severity: float, swap: bool, rng: np.random.Generator) -> tuple[pa.Array, np.ndarray]:
    """Move missing values to a random sample of all rows, one after the other.

    Parameters
    ----------
    gone : numpy.ndarray of bool, shape (rows,)
        What is missing.
    severity : float
        Share of the missing values to move; one that the sample leaves in its place counts as moved.
    swap : bool
        Whether the two rows exchange cells; else a row gets back the cell that it had.
    rng : numpy.random.Generator
        Draws the sample and both orders.

    Returns
    -------
    tuple of (pyarrow.Array, numpy.ndarray)
        For each row the row whose cell it gets, null where missing, and the rows that changed, rising.
    """
    now, source = gone.copy(), np.arange(len(gone))
    leaving = rng.permutation(np.flatnonzero(gone))
    sample = rng.permutation(len(gone))[: len(leaving)]
    moves = ~np.isin(leaving, sample)
    arriving = sample[~gone[sample]]
    left = leaving[moves & (np.arange(len(leaving)) < round(severity * len(leaving)))]
    to = arriving[: len(left)]
    now[left], now[to] = False, True
    if swap:
        source[left], source[to] = to, left
    return pa.array(source, mask=now), np.sort(np.concatenate([left, to]))


def _dependence(dataset: Dataset, gone: np.ndarray, other: str) -> float:
    if dataset.schema.column(other).ordered:
        values = dataset.numbers(other)
        groups = np.minimum(ranks(values, np.random.default_rng(0)) * GROUPS, GROUPS - 1).astype(np.int64)
        groups[np.isnan(values)] = GROUPS
    else:
        own = codes(dataset, other)
        groups = np.where(own < 0, own.max() + 1, own)
        if groups.max() > LEVELS:
            return 0.0
    sizes = np.maximum(np.bincount(groups), 1)
    rates = np.bincount(groups, weights=gone) / sizes
    return float(np.sum(sizes / len(gone) * np.abs(rates - gone.mean())))
