"""Rows that repeat others are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betainc, pdtrc

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.coded import compared, table_codes
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._alike import Alike, alike
from assay.remedies._dropped import better_restored, in_class, weighed_counts, without
from assay.stats.intervals import permutation_p

LEAST_ROWS = 50
LEAST_COLUMNS = 4
LEAST_REAL = 10
USUAL = 0.02  # repeats of rows that stand alone; real tables without a fault have up to 0.6%
USUAL_IN_CLASS = 0.05  # fraudulent payments, in twos, have 3.9%
CANDIDATES = 3
SUBSETS = 199
UNUSUAL = 0.05
NEAR = 0.2  # of the distance between rows paired at random


class DropRepeats(Remedy):
    """Keep one row of each set of rows that were repeated, with the weight of one.

    Notes
    -----
    Few real rows cannot say how many of many synthetic rows should be equal: 300 rows without a pair are compatible with a
    partner for every second of 20,000. The sign is therefore looked for in the synthetic rows: where chance makes equal rows,
    it makes more that differ in one column (`assay.remedies._alike`). Counted are rows that repeat an earlier one, exactly,
    while no other row agrees with them in all columns but one. Test: the binomial chance of so many at a share of 2%, or 5%
    within a class (ten real tables have 0 to 0.6%, and 3.9% in a class), corrected for the classes. Where the n real rows
    repeat themselves more than 2% among m rows would let expect (Poisson with mean .02 n^2 / m), they must also do so less than
    199 random subsets of both tables of their size.

    Repeats with one number changed: the same without that column, for the three numbers that most rows differ in alone; and the
    two values must lie nearer to each other than a fifth of the distance of values paired at random, in the median.

    Whether classes get back the share that they had is decided by the real rows' classes
    (`assay.remedies._dropped.better_restored`). Rows of entities are left alone.

    What it cannot see: repeats in tables of few levels, where equal rows are natural; repeats with noise on several columns; less
    than 2% of repeats.

    References
    ----------
    Chao and Chiu (2016), Species richness: estimation and comparison, Wiley StatsRef (what small samples tell of larger ones).
    Phipson and Smyth (2010), Permutation p-values should never be zero, Statistical Applications in Genetics 9.
    """

    question = "Are synthetic rows repeats of other synthetic rows?"
    mends = frozenset({"duplication"})
    changes = "rows"
    also = frozenset({"weights"})
    cannot_see = "Repeats in tables of few levels, with noise on several columns, or of less than 2% of the rows."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Count rows that repeat others where nothing is like them."""
        names = compared(scene.schema)
        if len(scene.rows) < LEAST_ROWS or len(names) < LEAST_COLUMNS or entity_codes(scene.synthetic) is not None:
            return ()
        codes = table_codes([scene.synthetic, scene.real], names)
        own = [column[: len(scene.rows)] for column in codes]
        found = alike(own, weights=scene.rows.weights)
        again = found.again & ~scene.rows.anchored
        plans: list[Plan] = []
        parts = _parts(scene)
        best = min((_tested(scene, again, part, len(parts)) for part in parts), key=lambda test: (test.p_value, test.name or ""))
        p_value = max(best.p_value, _against_real(scene, codes)) if best.p_value < scene.error else 1.0
        if p_value < scene.error:
            where = "" if best.name is None else f" of one class of {scene.schema.target!r}"
            plans.append(
                Plan(
                    "drop_repeats",
                    "duplication",
                    p_value,
                    0.0,
                    f"{best.share:.1%} of the synthetic rows{where} repeat others exactly, where no row is nearly like them.",
                    () if best.name is None else (str(scene.schema.target),),
                    {"class": best.name},
                    fact=True,
                )
            )
        changed = _changed(scene, names, codes, found)
        return (*plans, *([] if changed is None else [changed]))

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Note what to leave out, and whether classes get their shares back."""
        setting = {"class": plan.options.get("class"), "column": plan.options.get("column")}
        gone = _gone(setting, scene.rows)
        if not gone.any():
            raise NotApplicable("no row repeats another one")
        return setting | {"restored": better_restored(scene, gone)}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Leave out what repeats."""
        return without(rows, _gone(setting, rows), bool(setting["restored"]))


class _Part(NamedTuple):
    name: str | None
    rows: np.ndarray
    usual: float


class _Test(NamedTuple):
    name: str | None
    share: float
    p_value: float


def _parts(scene: Scene) -> list[_Part]:
    """Give all rows, and each class that ten real rows have."""
    parts = [_Part(None, np.ones(len(scene.rows), dtype=bool), USUAL)]
    target = scene.schema.target
    if target is None or scene.schema.task == "regression":
        return parts
    real, own = scene.codec.labels(scene.real), scene.codec.labels(scene.synthetic)
    for at, text in enumerate(scene.codec.classes_):
        if (real == at).sum() >= LEAST_REAL and (own == at).sum() >= LEAST_ROWS:
            parts.append(_Part(text, own == at, USUAL_IN_CLASS))
    return parts


def _tested(scene: Scene, again: np.ndarray, part: _Part, tests: int) -> _Test:
    hits, rows = weighed_counts(scene.rows.weights[part.rows], again[part.rows])
    p_value = _beyond(hits, rows, part.usual)
    return _Test(part.name, hits / max(rows, 1.0), min(1.0, p_value * tests))


def _beyond(hits: float, rows: float, share: float) -> float:
    """Give the binomial chance of so many hits or more."""
    return max(float(betainc(hits, rows - hits + 1.0, share)), 1e-300) if hits > 0 else 1.0


def _against_real(scene: Scene, codes: list[np.ndarray], column: int | None = None) -> float:
    """Give the chance that the real rows repeat so little as a subset of all rows; 0 where they repeat as little as is usual."""
    n, m = len(scene.real), len(scene.rows)
    like = alike(codes, column)
    kinds = np.where(like.alone[like.kind], like.kind, -1)
    seen = _twice(kinds[m:])
    if not seen or pdtrc(seen - 1.0, USUAL * n * n / m) > UNUSUAL:
        return 0.0
    rng = scene.rng("drop_repeats", "subsets")
    drawn = [_twice(kinds[rng.choice(n + m, n, replace=False)]) for _ in range(SUBSETS)]
    return permutation_p(-seen, -np.array(drawn))


def _twice(kinds: np.ndarray) -> int:
    """Count the rows that repeat an earlier one; those of kind -1 do not count."""
    known = kinds[kinds >= 0]
    return len(known) - len(np.unique(known))


def _changed(scene: Scene, names: tuple[str, ...], codes: list[np.ndarray], found: Alike) -> Plan | None:
    """Look for rows that repeat others but for one number."""
    numbers = [at for at, name in enumerate(names) if name in scene.numeric]
    own = [part[: len(scene.rows)] for part in codes]
    best: tuple[float, float, str] | None = None
    for at in sorted(numbers, key=lambda at: -int(found.missed[at]))[:CANDIDATES]:
        if found.missed[at] < USUAL * found.first.sum():
            continue
        like = alike(own, at, scene.rows.weights)
        again = like.again & found.first & ~scene.rows.anchored
        hits, rows = weighed_counts(scene.rows.weights, again)
        p_value = min(1.0, _beyond(hits, rows, USUAL) * max(len(numbers), 1))
        if p_value < scene.error and _near(scene, names[at], like, again):
            p_value = max(p_value, _against_real(scene, codes, at))
            if p_value < scene.error and (best is None or (p_value, -hits) < best[:2]):
                best = (p_value, -hits, names[at])
    if best is None:
        return None
    sign = f"{-best[1] / max(len(scene.rows), 1):.1%} of the synthetic rows repeat others but for a little change of {best[2]!r}."
    return Plan("drop_repeats", "duplication", best[0], 0.0, sign, (best[2],), {"column": best[2]}, fact=True)


def _near(scene: Scene, name: str, like: Alike, again: np.ndarray) -> bool:
    """Whether the number that differs is nearly the one of the first row of the kind."""
    values = scene.synthetic.numbers(name)
    first = np.empty(len(like.times), dtype=np.int64)
    first[like.kind[like.first]] = np.flatnonzero(like.first)
    apart = np.abs(values[again] - values[first[like.kind[again]]])
    other = np.abs(values - values[scene.rng("drop_repeats", "paired at random").permutation(len(values))])
    if np.isnan(apart).all() or np.isnan(other).all():
        return False
    return bool(np.nanmedian(apart) <= NEAR * np.nanmedian(other))


def _gone(setting: Mapping[str, Any], rows: Amended) -> np.ndarray:
    """Mark the rows to leave out."""
    names = compared(rows.table.schema)
    column = setting.get("column")
    if column is not None and column not in names:
        return np.zeros(len(rows), dtype=bool)
    codes = table_codes([rows.table], names)
    again = alike(codes, None if column is None else names.index(column), rows.weights).again & ~rows.anchored
    if setting.get("class") is not None:
        again &= in_class(rows.table, str(setting["class"]))
    return again
