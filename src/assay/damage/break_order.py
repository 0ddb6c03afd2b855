"""Rows are in the right month and in the wrong order."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.stats import rankdata

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._nested import first, moved
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted

WINDOW = 50
FEWEST_ROWS = 500


class BreakOrder(Damage):
    """Let the cells of the time column change places within windows of 50 rows that follow each other in time.

    Notes
    -----
    Trend and season, which show in pairs with the time, stay; what one row says of the next does not. A column is at fault where
    the rank correlation of neighbours in time is higher, by .2 or more, than that of rows half a window apart: without one the
    rows have no order that could be broken.
    """

    harm = "what follows what is wrong, although every season is right"
    mechanism = "broken_dependence"
    unit = "share of the rows whose time is another row's of the same window"
    severities = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
    harmless = 0.02
    material = 0.5
    harmless_because = (
        "one row in fifty is out of its place, as after late reports; correlations of neighbours fall by .04 at most"
    )
    material_because = (
        "whoever learns what comes next learns from the true neighbour in one case of four. The correlation of neighbours falls "
        "by three quarters of .2 or more, .15, with a standard error of .02 at 5,000 rows"
    )
    touches = "cells"
    needs = frozenset({"time"})

    least_order: ClassVar[float] = 0.2

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        sound, time = ground.sound, ground.schema.time
        if time is None:
            raise NotApplicable("the table has no column of time")
        if not ground.schema.column(time).ordered:
            raise NotApplicable(f"{time!r} has no order")
        when = sound.numbers(time)
        order = np.flatnonzero(~np.isnan(when))
        order = order[np.argsort(when[order], kind="stable")]
        if len(order) < FEWEST_ROWS:
            raise NotApplicable(f"fewer than {FEWEST_ROWS} rows have a time")
        gains = {name: _order(sound, name, order) for name in sound.schema.of_kind("numeric") if name != time}
        columns = sorted((name for name in gains if gains[name] >= self.least_order), key=lambda name: -gains[name])
        if not columns:
            raise NotApplicable("no column of numbers is more alike in neighbours in time than in rows further apart")
        window = np.empty(len(sound), dtype=np.int64)
        window[order] = np.arange(len(order)) // WINDOW
        rows = first(rng.permutation(order), self.severity)
        by_window = rows[np.argsort(window[rows], kind="stable")]
        source = by_window.copy()
        for part in np.split(np.arange(len(by_window)), np.flatnonzero(np.diff(window[by_window])) + 1):
            source[part] = np.roll(by_window[part], 1)
        return Planted(
            ground.real,
            moved(sound, time, by_window, source),
            ground.holdout,
            f"{len(rows):,} rows have the {time!r} of another row of the same {WINDOW}.",
            (time, *columns),
            np.sort(rows),
        )


def _order(dataset: Dataset, name: str, order: np.ndarray) -> float:
    """Say how much more alike neighbours are than rows half a window apart, as a difference of rank correlations."""
    values = dataset.numbers(name)[order]
    near, far = (_correlation(values[:-lag], values[lag:]) for lag in (1, WINDOW // 2))
    return near - far


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    known = ~(np.isnan(one) | np.isnan(other))
    one, other = one[known], other[known]
    if len(one) < FEWEST_ROWS // 2 or np.all(one == one[0]) or np.all(other == other[0]):
        return 0.0
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])
