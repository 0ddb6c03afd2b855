"""Rows of a kind that the generator never makes are made from the real ones of that kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._anchors import apart, kept_share, refilled
from assay.remedies._boxes import NAMED, Found, axes_of, emptiest_box
from assay.remedies._hollows import AROUND, CLOSE, Space, classes_of, emptiest_ball, hollow, of_class, space_of
from assay.remedies._places import columns_of, inside
from assay.stats.betting import log_wealth

KINDS = ("box", "ball", "class")
ORDERS = 2
FOLDS = 3
SEARCHED = 3_000  # synthetic rows that are searched
LEAST_REAL = 60
LEAST_SYNTHETIC = 200
LEAST_ROWS = 8  # real rows of a region
LEAST_SHARE = 0.02


class RefillModes(Remedy):
    """Find regions that real rows lie in and synthetic ones next to never, and fill them with rows made from the real ones.

    Notes
    -----
    Regions are boxes of one to three columns (ranges, levels, nulls), balls of all numbers, and balls within one class. Signs are
    bets (`assay.stats.betting`): the emptiest region is searched on the first third of the real rows and part of the synthetic
    ones and its rows are counted in the second third and other synthetic ones; searched again on two thirds and counted in the
    last. E-values of both steps are multiplied, those of two orders of the rows averaged; p = 3 / e for three kinds of region.
    Of an entity one row takes part.

    What is learned: the region, found anew on the real rows given, and its share of them less one standard error, as it was
    chosen for being large. Rows are made until it has that share, see `assay.remedies._anchors`.

    References
    ----------
    Che, Li, Jacob, Bengio and Li (2017), Mode regularized generative adversarial networks, ICLR. Shafer (2021), Testing by
    betting, JRSS A 184. Friedman and Fisher (1999), Bump hunting in high-dimensional data, Statistics and Computing 9.
    """

    question = "Is there a kind of row that reality has and the generator never makes?"
    mends = frozenset({"mode_drop"})
    changes = "rows"
    anchors = True
    cannot_see = (
        "Regions with fewer than 2% of the rows or eight real ones; regions that only levels of many columns together define; "
        "regions that are thinned out to a quarter or more of their share."
    )

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Bet on regions that were found in other rows."""
        lone = apart(scene)
        if len(lone.real) < LEAST_REAL or lone.rows.effective < LEAST_SYNTHETIC:
            return ()
        wealth = _wealth(lone)
        plans: list[Plan] = []
        for kind, log_e in wealth.items():
            p_value = float(min(len(KINDS) * np.exp(-min(log_e, 600.0)), 1.0))
            if p_value >= scene.error:
                continue
            place = _search(scene, kind)
            if place is None:
                continue
            hits, made = inside(place, scene.real), inside(place, scene.synthetic)
            expected = float(scene.rows.weights[made].sum() / scene.rows.weights.sum()) * len(scene.real)
            named = columns_of({"where": place["where"]})
            if "ball" in place:
                named += _foremost(scene.real, hits, place["ball"]["columns"])
            words = _words(kind, named)
            plans.append(
                Plan(
                    remedy="refill_modes",
                    mechanism="mode_drop",
                    p_value=p_value,
                    numbers=2.0 * len(place["where"]) + (len(place["ball"]["columns"]) + 1.0 if "ball" in place else 0.0) + 1.0,
                    sign=f"{words} lie {hits.sum():,} of {len(hits):,} real rows, where {expected:.1f} are expected.",
                    columns=named,
                    options={"kind": kind},
                )
            )
        return tuple(sorted(plans, key=lambda plan: plan.p_value))

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Find the region anew, and its share."""
        place = _search(scene, str(plan.options["kind"]))
        if place is None:
            raise NotApplicable("no region of these real rows is all but empty of synthetic ones")
        return {"place": dict(place), "share": kept_share(float(_parts(place, scene.real, scene.rows).sum()), len(scene.real))}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Append rows made from the real ones in the region."""
        place = setting["place"]
        parts = _parts(place, real, rows)
        return refilled(rows, real, parts, inside(place, rows.table), float(setting["share"]), rng)


def _parts(place: Mapping[str, Any], real: Dataset, rows: Amended) -> np.ndarray:
    """Give the real rows that a region is filled from: those in a box; those in a ball and beside it where it is empty, too."""
    return hollow(place, real, rows) if "ball" in place else inside(place, real).astype(np.float64)


class _Searcher:
    """Searches on some real rows and the first synthetic rows of an order; rows seen decide of which levels and classes."""

    def __init__(self, scene: Scene, chosen: np.ndarray, kinds: Sequence[str], seen: np.ndarray, named: int) -> None:
        self.real, self.synthetic = scene.real, scene.synthetic.take(chosen)
        weights = scene.rows.weights[chosen]
        self.rows = float(weights.sum() ** 2 / max(float(np.sum(weights**2)), 1e-300))
        self.weights = weights * (self.rows / max(float(weights.sum()), 1e-300))
        self.axes = axes_of(self.real, self.synthetic, scene.codec, seen, named) if "box" in kinds else []
        self.space: Space | None = space_of(self.real, self.synthetic) if set(kinds) - {"box"} else None
        names = classes_of(self.real, scene.codec, seen, named) if self.space is not None and "class" in kinds else []
        self.classes = {name: (of_class(self.real, name), of_class(self.synthetic, name)) for name in names}

    def find(
        self, kind: str, kept: np.ndarray, least: int, rng: np.random.Generator, around: tuple[int, ...] = AROUND
    ) -> list[Found]:
        """Find the emptiest region of a kind on the real rows kept, of each class where they are of one; the emptiest first."""
        if self.rows < 1:
            return []
        if kind == "box":
            box = emptiest_box(self.axes, kept, int(self.rows), self.weights, least)
            return [] if box is None else [box]
        if self.space is None:
            return []
        total = float(kept.sum()), self.rows
        if kind == "ball":
            everything = np.ones(len(self.synthetic), dtype=bool)
            ball = emptiest_ball(self.space, (kept, everything), total, self.weights, least, rng, (), around)
            return [] if ball is None else [ball]
        found = [
            emptiest_ball(
                self.space,
                (kept & real, synthetic),
                total,
                self.weights,
                least,
                rng,
                ({"column": str(self.real.schema.target), "level": name},),
                around,
            )
            for name, (real, synthetic) in self.classes.items()
        ]
        return sorted((one for one in found if one is not None), key=lambda one: -one.score)


def _search(scene: Scene, kind: str) -> Mapping[str, Any] | None:
    """Find a region on all real rows."""
    rng = scene.rng("refill_modes", "search", kind)
    chosen = np.sort(rng.permutation(len(scene.rows))[:SEARCHED])
    if len(scene.real) < LEAST_ROWS or len(chosen) == 0:
        return None
    everything = np.ones(len(scene.real), dtype=bool)
    searcher = _Searcher(scene, chosen, (kind,), everything, NAMED)
    least = max(LEAST_ROWS, int(np.ceil(LEAST_SHARE * len(scene.real))))
    found = searcher.find(kind, everything, least, rng)
    return found[0].place if found else None


def _wealth(scene: Scene) -> dict[str, float]:
    """Give the logarithm of the e-value of each kind of region."""
    won: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for order in range(ORDERS):
        rng = scene.rng("refill_modes", "order", order)
        fold = rng.permutation(len(scene.real)) % FOLDS
        shuffled = rng.permutation(len(scene.rows))
        searched = min(SEARCHED, len(shuffled) // 2)
        searcher = _Searcher(scene, shuffled[:searched], KINDS, fold == 0, 0)
        counted = np.array_split(shuffled[searched:], FOLDS - 1)
        tables = [scene.synthetic.take(rows) for rows in counted]
        for kind in KINDS:
            total = 0.0
            for step, (rows, table) in enumerate(zip(counted, tables, strict=True), start=1):
                kept = fold < step
                least = max(3, int(np.ceil(LEAST_SHARE * kept.sum())))
                found = searcher.find(kind, kept, least, rng, CLOSE)
                if not found:
                    continue
                test = fold == step
                weights = scene.rows.weights[rows]
                effective = float(weights.sum() ** 2 / max(float(np.sum(weights**2)), 1e-300))
                scale = effective / max(float(weights.sum()), 1e-300)
                others = [float(weights[inside(one.place, table)].sum()) * scale for one in found]
                hits = [float(np.sum(inside(one.place, scene.real) & test)) for one in found]
                wealth = log_wealth(hits, others, float(test.sum()), effective)
                total += float(np.logaddexp.reduce(wealth) - np.log(len(found)))
            won[kind].append(total)
    return {kind: float(np.logaddexp.reduce(one) - np.log(len(one))) for kind, one in won.items()}


def _foremost(real: Dataset, held: np.ndarray, columns: Sequence[str]) -> tuple[str, ...]:
    """Name the three columns in which rows lie furthest from the others."""
    away: list[float] = []
    for name in columns:
        values = real.numbers(name)
        spread = float(np.nanstd(values))
        own = values[held][~np.isnan(values[held])]
        away.append(abs(float(own.mean()) - float(np.nanmean(values))) / max(spread, 1e-300) if len(own) else 0.0)
    return tuple(str(columns[at]) for at in np.argsort(-np.asarray(away), kind="stable")[:3].tolist())


def _words(kind: str, columns: Sequence[str]) -> str:
    first, *others = [repr(name) for name in columns]
    if kind == "class":
        return f"In a cluster of one class of {first} that stands out in {' and '.join(others)}"
    what = "box of" if kind == "box" else "cluster that stands out in"
    return f"In a {what} {' and '.join([first, *others])}"
