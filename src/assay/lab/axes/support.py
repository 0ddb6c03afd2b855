"""Support: which levels reality has are still there, the rare ones above all."""

from __future__ import annotations

import math

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._scene import Scene, View
from assay.stats.intervals import clopper_pearson, effective_counts

RARE, EXPECTED = 0.02, 3.0


class Support(Axis):
    """Share of the sealed rows' levels that the rows still have, mean over levelled columns, and of each column.

    Notes
    -----
    A sealed row counts in a column where its level (null is one) occurs at all among the measured rows. Clopper-Pearson over
    sealed rows, with the effective number of them that their spread over columns gives.
    """

    name = "support"
    question = "Is what reality shows still there at all?"
    unit = "share of the real rows' mass"
    bounds = (0.0, 1.0)
    worse = "down"
    margin = 0.03
    margin_because = "The policy train's margin for coverage: real rows of which nothing is left must be guessed."
    cannot_see = "Levels that are still there but too rare; ranges of numbers."
    needs = frozenset({"levels"})
    rank = 20

    def measure(self, scene: Scene) -> list[Point]:
        """Look up every sealed row's levels."""
        cells, sealed = scene.rows.get("levels"), scene.holdout.get("levels")
        there = np.empty(sealed.shape)
        for at, name in enumerate(scene.frame.level_names):
            counts = np.bincount(cells[:, at], minlength=len(scene.frame.level_shares[name]))
            there[:, at] = counts[sealed[:, at]] > 0
        rows = len(sealed)
        table = there.mean(axis=1)
        points = [_share(float(table.mean()), float(table.var()) / rows, rows)]
        for at, name in enumerate(scene.frame.level_names):
            share = float(there[:, at].mean())
            points.append(_share(share, share * (1 - share) / rows, rows, name))
        return points


class RareSurvival(Axis):
    """Share of the real rare levels of which the rows still have at least one.

    Notes
    -----
    Rare is a level under 2% of all real rows of which at least 3 rows are expected among the measured ones. What Wright-Fisher
    drift leaves of it under regime ``replace`` is `survival_of_rows`. The error is that of drawing the measured rows anew,
    from which a level with k rows is missing with chance exp(-k).
    """

    name = "rare_survival"
    question = "How many of the rare levels are left?"
    unit = "share of the rare levels"
    bounds = (0.0, 1.0)
    worse = "down"
    margin = 0.1
    margin_because = (
        "A tenth of the rare levels gone for good is seldom noticed in a score and never comes back without real rows."
    )
    cannot_see = "Levels of fewer than 3 expected rows; rare combinations of common levels."
    needs = frozenset({"levels"})
    rank = 21

    def measure(self, scene: Scene) -> list[Point]:
        """Count the rare levels that are there."""
        counts, columns = _rare_counts(scene)
        variance = np.exp(-counts) * (1.0 - np.exp(-counts))
        found = [Point(float((counts > 0).mean()), math.sqrt(variance.sum()) / len(counts))]
        for name in dict.fromkeys(columns.tolist()):
            own = columns == name
            found.append(Point(float((counts[own] > 0).mean()), math.sqrt(variance[own].sum()) / int(own.sum()), name))
        return found


class RareMass(Axis):
    """Log ratio of the rows that have a rare level to those that should.

    Notes
    -----
    ``log((k / n + .5 / n) / (K / N + .5 / N))`` with k and K the occurrences of rare levels (see `RareSurvival`) over all columns
    among n measured and N sealed rows; -0.29 = a quarter is missing.
    """

    name = "rare_mass"
    question = "Are the rare levels as frequent as they were?"
    unit = "log ratio of shares"
    worse = "down"
    margin = 0.288
    margin_because = "The policy train's margin (rare_levels): a quarter of the rare rows missing."
    cannot_see = "One rare level lost where another gains."
    needs = frozenset({"levels"})
    rank = 22

    def measure(self, scene: Scene) -> list[Point]:
        """Compare how often rare levels occur."""
        own, sealed = (_rare_flags(scene, view) for view in (scene.rows, scene.holdout))
        return [log_ratio(own.sum(axis=1), sealed.sum(axis=1))]


def expected_survival(counts: np.ndarray, generation: int) -> np.ndarray:
    """Give the chance that a level survives so many generations of replacement by samples of a perfect generator.

    Parameters
    ----------
    counts : numpy.ndarray
        Expected rows of each level in one generation, few against all rows.
    generation : int
        Samples drawn one from the other, from 1.

    Notes
    -----
    ``1 - exp(-c (1 - s_{k-1}))`` with ``s_0 = 0`` and ``s_k = exp(s_{k-1} - 1)``: a branching process with Poisson offspring,
    the limit of the Wright-Fisher model for a rare type.

    References
    ----------
    Wright (1931), Evolution in Mendelian populations, Genetics 16; Haldane (1927), Proc. Cambridge Philosophical Society 23.

    Examples
    --------
    >>> expected_survival(np.array([1.0, 20.0]), 5).round(3).tolist()
    [0.268, 0.998]
    """
    return 1.0 - np.exp(-np.asarray(counts, dtype=np.float64) * (1.0 - _extinct(generation - 1)))


def survival_of_rows(rows: np.ndarray, share: float, generation: int) -> np.ndarray:
    """Give the chance that a level of so many real rows survives, where the first generation learns from a sample of them.

    Parameters
    ----------
    rows : numpy.ndarray of int
        Real rows of each level.
    share : float
        Share of the real rows that generation 1 learns from; every generation has as many rows.
    generation : int
        From 1.

    Notes
    -----
    ``1 - (1 - f (1 - s_k))^K`` with K real rows, of which each is in the first sample with chance f, and ``s_k`` the chance that
    the descendants of one row are gone after k generations. `expected_survival` takes generation 1 for a sample of reality
    itself; here one more sampling lies between, that of the rows which generation 1 learns from.

    References
    ----------
    Haldane (1927), Proc. Cambridge Philosophical Society 23.

    Examples
    --------
    >>> survival_of_rows(np.array([1, 9]), 0.35, 1).round(3).tolist()
    [0.221, 0.895]
    """
    return 1.0 - (1.0 - min(share, 1.0) * (1.0 - _extinct(generation))) ** np.asarray(rows, dtype=np.float64)


def _extinct(generations: int) -> float:
    """Give the chance that one row has no descendant after so many samples."""
    gone = 0.0
    for _ in range(generations):
        gone = math.exp(gone - 1.0)
    return gone


def log_ratio(own: np.ndarray, real: np.ndarray, column: str = "") -> Point:
    """Give the log ratio of two rates of events, with the events of each row; half an event is added to either side."""
    rates = [(float(events.sum()) + 0.5) / len(events) for events in (own, real)]
    # an empty count is no better known than a count of one half
    variances = [
        max(float(events.var()) / len(events), 0.5 / len(events) ** 2) / rate**2
        for events, rate in zip((own, real), rates, strict=True)
    ]
    return Point(math.log(rates[0] / rates[1]), math.sqrt(sum(variances)), column)


def rare_levels(scene: Scene) -> list[tuple[str, np.ndarray]]:
    """Give each levelled column's rare cells."""
    found = []
    for name in scene.frame.level_names:
        shares = scene.frame.level_shares[name][:-2]
        cells = np.flatnonzero((shares < RARE) & (shares * scene.frame.size >= EXPECTED))
        if len(cells):
            found.append((name, cells))
    if not found:
        raise NotApplicable("no level has under 2% of the real rows and at least 3 rows expected")
    return found


def _rare_counts(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Give the rows of each rare level, and its column."""
    counts: list[np.ndarray] = []
    columns: list[str] = []
    for name, cells in rare_levels(scene):
        at = scene.frame.level_names.index(name)
        own = np.bincount(scene.rows.get("levels")[:, at], minlength=len(scene.frame.level_shares[name]))
        counts.append(own[cells])
        columns.extend([name] * len(cells))
    return np.concatenate(counts).astype(np.float64), np.array(columns, dtype=object)


def _rare_flags(scene: Scene, view: View) -> np.ndarray:
    """Give which rows have a rare level in each column that has any, shape (rows, columns)."""
    flags: list[np.ndarray] = []
    for name, cells in rare_levels(scene):
        rare = np.zeros(len(scene.frame.level_shares[name]), dtype=bool)
        rare[cells] = True
        flags.append(rare[view.get("levels")[:, scene.frame.level_names.index(name)]])
    return np.stack(flags, axis=1)


def _share(share: float, variance: float, rows: int, column: str = "") -> Point:
    hits, trials = effective_counts(share, variance, rows)
    low, high = clopper_pearson(hits, trials)
    return Point(share, math.sqrt(variance), column, float(low), float(high))
