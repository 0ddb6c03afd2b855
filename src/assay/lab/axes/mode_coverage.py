"""Modes: kinds of rows that are lost, blurred into each other, or made up."""

from __future__ import annotations

import math

import numpy as np

from assay.core.errors import NotApplicable
from assay.lab.axes._axis import Axis, Point
from assay.lab.axes._scene import Scene, View
from assay.stats.intervals import clopper_pearson, difference_interval

HALF, DRAWS = 0.5, 200
AMBIGUOUS, FAR = 0.95, 0.95
ASKED, AGAINST = 1_500, 2_000


class ModeCoverage(Axis):
    """Share of the sealed rows that lie in clusters of which at least half is left.

    Notes
    -----
    Up to 20 clusters of half of the training rows (k-means on 12 main axes). A cluster is covered if its share of the measured
    rows is at least half of its share of the sealed ones. The interval is that of 200 multinomial draws of both tables' counts.
    """

    name = "mode_coverage"
    question = "Are all kinds of rows there?"
    unit = "share of the real rows"
    bounds = (0.0, 1.0)
    worse = "down"
    margin = 0.03
    margin_because = "The policy train's margin for coverage (mode_coverage)."
    cannot_see = "Kinds of rows that no cluster tells from their neighbours; losses of less than half of a kind."
    needs = frozenset({"columns"})
    rank = 40

    def measure(self, scene: Scene) -> list[Point]:
        """Compare shares of clusters."""
        _require_modes(scene)
        counts = [
            np.bincount(view.get("modes")[:, 0].astype(np.int64), minlength=scene.frame.mode_count) for view in _both(scene)
        ]
        value = float(_covered(*(count / count.sum() for count in counts)))
        rng = scene.rng("modes", "draws")
        own, real = (rng.multinomial(count.sum(), count / count.sum(), size=DRAWS) / count.sum() for count in counts)
        drawn = _covered(own, real)
        low, high = np.quantile(drawn, (0.025, 0.975))
        return [Point(value, float(drawn.std()), "", min(float(low), value), max(float(high), value))]


class BetweenModes(Axis):
    """How many more rows lie between the clusters than real ones do.

    Notes
    -----
    A row lies between if the distances to its nearest and its second cluster are more alike than those of 95% of the sealed rows.
    Value: share of the measured rows minus share of the sealed ones. It rises where modes run into each other.
    """

    name = "between_modes"
    question = "Do the kinds of rows stay apart?"
    unit = "difference of shares"
    bounds = (-1.0, 1.0)
    worse = "up"
    margin = 0.05
    margin_because = "As many rows again between the modes as reality has there."
    cannot_see = "Modes that merge without a trace between the centres of the clusters."
    needs = frozenset({"columns"})
    rank = 41

    def measure(self, scene: Scene) -> list[Point]:
        """Compare shares of ambiguous rows."""
        _require_modes(scene)
        limit = scene.frame.keep("ambiguous", lambda: float(np.quantile(scene.frame.sealed.get("modes")[:, 1], AMBIGUOUS)))
        hits = [int((view.get("modes")[:, 1] > limit).sum()) for view in _both(scene)]
        rows = [len(view) for view in _both(scene)]
        shares = [hit / count for hit, count in zip(hits, rows, strict=True)]
        low, high = difference_interval(hits[0], rows[0], hits[1], rows[1])
        error = math.sqrt(sum(share * (1 - share) / count for share, count in zip(shares, rows, strict=True)))
        return [Point(shares[0] - shares[1], error, "", float(low), float(high))]


class Hallucinated(Axis):
    """Share of the rows that are further from every sealed row than 95% of the real training rows are.

    Notes
    -----
    Distance: numbers in robust standard deviations, two different levels one apart. Up to 1,500 rows are asked, against up to
    2,000 sealed ones; the threshold is taken with the same numbers of real rows. 5% is what reality scores.
    """

    name = "hallucinated"
    question = "Are there rows where reality has none?"
    unit = "share of the rows"
    bounds = (0.0, 1.0)
    worse = "up"
    margin = 0.03
    margin_because = "The policy train's margin for coverage, turned round: a model that learns from them learns what is not."
    cannot_see = "Impossible combinations that lie near real rows (a rule that is broken by little)."
    needs = frozenset({"columns"})
    rank = 42

    def measure(self, scene: Scene) -> list[Point]:
        """Ask for each row's nearest sealed one."""
        frame = scene.frame
        limit = frame.keep("far", lambda: _limit(frame.training, frame.sealed))
        return [self._beyond(scene.rows, scene.holdout, limit)]

    def between(self, scene: Scene) -> list[Point]:
        """Take the threshold from one half of the rows and the share from the other, so that both of their noises are in it."""
        order = scene.rng(self.name, "halves").permutation(len(scene.rows))
        first, second = scene.rows.take(order[::2]), scene.rows.take(order[1::2])
        return [self._beyond(second, scene.holdout, _limit(first, scene.holdout))]

    def _beyond(self, measured: View, real: View, limit: float) -> Point:
        found = _nearest(measured, real)
        hits, rows = int((found > limit).sum()), len(found)
        share = hits / rows
        low, high = clopper_pearson(hits, rows)
        return Point(share, math.sqrt(max(share * (1 - share), 0.25 / rows) / rows), "", float(low), float(high))


def _both(scene: Scene) -> tuple[View, View]:
    return scene.rows, scene.holdout


def _require_modes(scene: Scene) -> None:
    if scene.frame.mode_count < 2:
        raise NotApplicable("clusters need at least 200 training rows")


def _covered(own: np.ndarray, real: np.ndarray) -> np.ndarray:
    return (real * (own >= HALF * real)).sum(axis=-1)


def _spread_out(view: View, most: int) -> np.ndarray:
    """Take rows at even distances of an order that has nothing to do with where they stand."""
    near = view.get("near")
    if len(near) <= most:
        return near
    order = np.argsort(view.get("digests"), kind="stable")
    return near[order[np.linspace(0, len(near) - 1, most).astype(np.int64)]]


def _limit(rows: View, real: View) -> float:
    return float(np.quantile(_nearest(rows, real), FAR))


def _nearest(rows: View, real: View) -> np.ndarray:
    """Give the squared distance of each row asked to its nearest real row, in double precision where it is small."""
    asked, against = _spread_out(rows, ASKED), _spread_out(real, AGAINST)
    squares = (asked**2).sum(axis=1)[:, None] + (against**2).sum(axis=1) - 2.0 * (asked @ against.T)
    nearest = squares.argmin(axis=1)
    return ((asked.astype(np.float64) - against[nearest]) ** 2).sum(axis=1)
