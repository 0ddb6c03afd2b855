"""Rows that are copies of real ones are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.coded import compared, table_codes
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._alike import alike
from assay.remedies._dropped import better_restored, weighed_counts, without
from assay.stats.fisher import more
from assay.stats.neighbours import References
from assay.stats.rowhash import matrix_digests

LEAST_REAL = 30
LEAST_ROWS = 100
LEAST_COLUMNS = 4
ASKED = 500  # rows of either table whose neighbours are looked for
RANKS = (2, 10)  # the control's ratios that thresholds are taken from, of 500
WIDEST = 0.5
ROUNDING = 1e-9
MOST_CELLS, FEWEST_ROWS = 2_000_000, 3_000  # of synthetic rows among which near copies are looked for; they go from all


class DropCopies(Remedy):
    """Leave out synthetic rows that are real rows, or real rows with a little noise, beyond what chance brings.

    Notes
    -----
    Real rows that the generator never saw are to the synthetic ones what any other sample is. Two signs, each an exact test of
    that (Fisher's, of real rows against synthetic rows in their place), p-values times six, twice their number as rows hang
    together:

    - *copies*: the share of real rows of which an equal row is among the synthetic ones, and of synthetic rows of which an equal
      one is among the others. Counted are rows that no other row agrees with in all columns but one (`assay.remedies._alike`):
      what is equal by chance has such neighbours.
    - *near copies*: the ratio of a row's distance to the nearest different synthetic row over that to the nearest different real
      row, where honest real rows and synthetic rows rank alike. Counted are ratios at most as large as the second, or the tenth,
      least of up to 500 synthetic rows (of as many real ones), and at most a half. Of both the one with more hits beyond chance
      counts.

    Synthetic rows stand for chance by their weights, as effective hits of effective rows (`assay.remedies._dropped`); those of
    weight zero are not there.

    Left out are synthetic rows equal to such a real row; and, with near copies, also those whose distance to their nearest real
    row is at most as many times that row's distance to the next real one as the threshold says. Equal rows that others are like
    stay either way: chance made them.

    A synthetic table that repeats itself, or is too narrow, lies nearer to itself than real rows do to it: no sign then, repeats
    go first. What it cannot see: copies with noise as large as the distance between neighbours, copies in tables of few levels,
    and copies of real rows that are not among those given.

    References
    ----------
    Lowe (2004), Distinctive image features from scale-invariant keypoints, IJCV 60 (ratio of distances). Carlini et al. (2023),
    Extracting training data from diffusion models, USENIX Security.
    """

    question = "Are synthetic rows copies of these real rows?"
    mends = frozenset({"memorisation", "evaluation_leakage"})
    changes = "rows"
    also = frozenset({"weights"})
    cannot_see = "Copies with noise as large as the distance between neighbours, and copies in tables of few levels."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Compare how often real and synthetic rows have a copy, or a near copy, among the synthetic ones."""
        if len(scene.real) < LEAST_REAL or len(_there(scene)) < LEAST_ROWS:
            return ()
        plans: list[Plan] = []
        tests = 2 * (1 + len(RANKS))  # twice, as rows that share a neighbour hang together
        if len(compared(scene.schema)) >= LEAST_COLUMNS:
            real, own = _equal(scene)
            hits, rows = weighed_counts(scene.rows.weights[_there(scene)], own)
            p_value = min(1.0, tests * more(int(real.sum()), len(real), hits, rows))
            if p_value < scene.error:
                share = hits / rows
                sign = f"{real.mean():.1%} of the real rows are among the synthetic ones; of these {share:.1%} have a twin."
                plans.append(Plan("drop_copies", "evaluation_leakage", p_value, 0.0, sign, (), {"reach": 0.0}, fact=True))
        if not scene.schema.modelled:
            return plans
        found = _ratios(scene)
        best: tuple[float, float, float, float] | None = None
        for rank in RANKS:
            if len(found.own) < max(LEAST_ROWS, rank):
                continue
            reach = min(found.least(rank), WIDEST)
            hits = int((found.real <= reach).sum())
            chance, rows = weighed_counts(found.weights, found.own <= reach)
            p_value = min(1.0, tests * more(hits, len(found.real), chance, rows))
            beyond = hits - chance * len(found.real) / rows
            if reach > 0 and p_value < scene.error and (best is None or beyond > best[0]):
                best = (beyond, p_value, reach, hits / len(found.real))
        if best is not None:
            _, p_value, reach, share = best
            sign = f"{share:.1%} of the real rows have a synthetic row {reach:.2g} times as near as the next real one, or nearer."
            plans.append(Plan("drop_copies", "memorisation", p_value, 1.0, sign, (), {"reach": reach}, fact=True))
        return plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Note how near is too near, and whether classes get their shares back."""
        setting = {"reach": float(plan.options["reach"])}
        gone = _copied(setting["reach"], scene.rows, scene.real)
        if not scene.rows.weights[gone].any():
            raise NotApplicable("no row is a copy")
        return setting | {"restored": better_restored(scene, gone)}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Leave out copies of the real rows given."""
        return without(rows, _copied(float(setting["reach"]), rows, real), bool(setting["restored"]))


class _Ratios(NamedTuple):
    real: np.ndarray
    own: np.ndarray
    weights: np.ndarray  # of the synthetic rows

    def least(self, rank: int) -> float:
        """Give the ratio that so many effective synthetic rows are at or below."""
        order = np.argsort(self.own, kind="stable")
        share = np.cumsum(self.weights[order]) / self.weights.sum()
        effective = self.weights.sum() ** 2 / np.sum(self.weights**2)
        at = int(np.searchsorted(share * effective, rank - ROUNDING))
        return float(self.own[order[min(at, len(order) - 1)]])


def _there(scene: Scene) -> np.ndarray:
    """Give the synthetic rows that count and were not made from real ones."""
    return np.flatnonzero(~scene.rows.anchored & (scene.rows.weights > 0))


def _equal(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Mark the real rows, and the synthetic ones, that have an equal among the synthetic rows and no neighbour."""
    rows = scene.synthetic.take(_there(scene))
    found = alike(table_codes([scene.real, rows], compared(scene.schema)))
    n = len(scene.real)
    times = np.bincount(found.kind[n:], minlength=len(found.times))
    kinds = np.unique(found.kind[:n])
    return (times[kinds] > 0) & found.alone[kinds], (times[found.kind[n:]] > 1) & found.alone[found.kind[n:]]


def _ratios(scene: Scene) -> _Ratios:
    """Give each real row's ratio of distances, and that of synthetic rows in its place."""
    rng = scene.rng("drop_copies")
    looked = _there(scene)
    real = _points(scene.codec, scene.real)
    most = max(MOST_CELLS // real.shape[1], FEWEST_ROWS)
    if len(looked) > most:
        looked = np.sort(rng.choice(looked, most, replace=False))
    own = _points(scene.codec, scene.synthetic.take(looked))
    both = np.concatenate([real, own])
    _, first, place = np.unique(matrix_digests(both), return_index=True, return_inverse=True)
    both = both[first]
    n = len(real)
    kinds_real, kinds_own = np.unique(place[:n]), np.unique(place[n:])
    asked = rng.choice(kinds_own, min(ASKED, len(kinds_own)), replace=False)
    asked_real = rng.choice(kinds_real, min(ASKED, len(kinds_real)), replace=False)
    references_own, references_real = References(both[kinds_own]), References(both[kinds_real])
    return _Ratios(
        _ratio(both, asked_real, kinds_own, kinds_real, references_own, references_real),
        _ratio(both, asked, kinds_own, kinds_real, references_own, references_real),
        _mean_weights(place[n:], scene.rows.weights[looked], len(both))[asked],
    )


def _mean_weights(kinds: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Give the mean weight of each kind's rows: rows that repeat others count once here."""
    times = np.bincount(kinds, minlength=count)
    return np.where(times > 0, np.bincount(kinds, weights, minlength=count) / np.maximum(times, 1), 0.0)


def _ratio(
    both: np.ndarray, asked: np.ndarray, own: np.ndarray, real: np.ndarray, near_own: References, near_real: References
) -> np.ndarray:
    first = near_own.nearest(both[asked], 1, _place(asked, own))[0][:, 0]
    second = near_real.nearest(both[asked], 1, _place(asked, real))[0][:, 0]
    usable = np.isfinite(first) & np.isfinite(second) & (second > 0)
    return np.divide(first, second, out=np.full(len(asked), np.inf), where=usable)


def _place(asked: np.ndarray, among: np.ndarray) -> np.ndarray:
    at = np.minimum(np.searchsorted(among, asked), len(among) - 1)
    return np.where(among[at] == asked, at, -1)


def _points(codec: Codec, dataset: Dataset) -> np.ndarray:
    return codec.distance(dataset)


def _copied(reach: float, rows: Amended, real: Dataset) -> np.ndarray:
    """Mark synthetic rows that are copies of real ones, or nearer to one than the reach allows."""
    equal = _equal_to_real(rows, real) & ~rows.anchored
    if reach == 0.0:
        return equal
    codec = Codec(real.schema).fit(real)
    points = np.unique(_points(codec, real), axis=0)
    if len(points) < 2:
        return equal
    references = References(points)
    alone = references.nearest(points, 1, np.arange(len(points)))[0][:, 0]
    distances, nearest = references.nearest(_points(codec, rows.table), 1)
    near = (distances[:, 0] <= reach * alone[nearest[:, 0]]) & (distances[:, 0] > 0)
    return equal | (near & ~rows.anchored)


def _equal_to_real(rows: Amended, real: Dataset) -> np.ndarray:
    """Mark rows that are equal to a real one while no other is nearly like it; in narrow tables none stands alone so."""
    n, names = len(real), compared(rows.table.schema)
    if len(names) < LEAST_COLUMNS:
        return np.zeros(len(rows), dtype=bool)
    found = alike(table_codes([real, rows.table], names))
    held = np.bincount(found.kind[:n], minlength=len(found.times)) > 0
    return (held & found.alone)[found.kind[n:]]
