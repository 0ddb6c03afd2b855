"""Values are missing as often, and where, they are in reality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from scipy.special import chdtrc

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.ground import replaced
from assay.data.scene import Scene
from assay.remedies._parts import by_null, by_value, part_of, whole
from assay.stats.fisher import fewer, more

LEAST_ROWS = 30
LEAST_IN_PART = 10
MOST_ROWS = 20_000  # synthetic rows that signs look at
LEAST_LEFT = 0.2
CLEAR = 0.01


class ClearMissing(Remedy):
    """Empty cells where values are missing less often than in reality, and weigh rows down where they are missing more often.

    Notes
    -----
    Sign: a column's share of nulls, among all rows and among those of each part by another column (up to 8 levels, thirds of a
    number, or whether that column has a value), in real against synthetic rows: Fisher's exact test on both sides, corrected for
    all columns, partitions and parts.

    The shares r of the real rows are restored by part of the one column with which the real rows' nulls go together most clearly
    (Pearson's chi-square, 1% corrected); if with none, of the one whose parts differ most from the synthetic ones; else among
    all rows. With s the synthetic share in a part, a value is emptied with the chance ``(r - s) / (1 - s)`` where s < r. Where
    s > r rows without a value get the weight ``r / s`` and rows with one ``(1 - r) / (1 - s)``: the part keeps its weight. Parts
    of fewer than ten real rows stay as they are. Columns of which that would leave a fifth of the weight or less are left alone.

    What it cannot see: nulls that depend on two columns at once, or on the value that is missing.

    References
    ----------
    Rubin (1976), Inference and missing data, Biometrika 63.
    """

    question = "Are values missing as often, and where, they are in reality?"
    mends = frozenset({"missingness_change"})
    changes = "values"
    also = frozenset({"rows", "weights"})
    cannot_see = "Nulls that depend on two columns at once, or on the value that is missing."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test shares of nulls, in all and by part."""
        if min(len(scene.real), len(scene.rows)) < LEAST_ROWS:
            return ()
        found = _found(scene)
        plans = [_plan(found[:1])] if found else []
        return [*plans, _plan(found)] if len(found) > 1 else plans

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Count how often real rows lack a value in each part."""
        items: list[dict[str, Any]] = []
        for asked in plan.options["items"]:
            gone, part = scene.real.nulls(asked["column"]), part_of(asked["parts"], scene.real)
            rows = np.bincount(part, minlength=asked["parts"]["count"])
            rates = np.bincount(part, gone, minlength=asked["parts"]["count"]) / np.maximum(rows, 1)
            kept = [round(float(rate), 6) if count >= LEAST_IN_PART else None for rate, count in zip(rates, rows, strict=True)]
            if any(rate is not None for rate in kept):
                items.append({"column": asked["column"], "parts": asked["parts"], "rates": kept})
        if not items:
            raise NotApplicable("no part has ten real rows")
        return {"items": items}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Empty cells and weigh rows, one column after the other."""
        for item in setting["items"]:
            rows = _restored(item, rows, rng)
        return rows


class _Found(NamedTuple):
    column: str
    parts: dict[str, Any]
    p_value: float
    real: float
    synthetic: float


def _found(scene: Scene) -> list[_Found]:
    """Give the columns whose nulls differ, the surest first."""
    names = scene.schema.modelled
    real_gone = {name: scene.real.nulls(name) for name in names}
    own_gone = {name: scene.synthetic.nulls(name) for name in names}
    lacking = [name for name in names if real_gone[name].any() or own_gone[name].any()]
    lacking = [name for name in lacking if name != scene.schema.target]
    if not lacking:
        return []
    chosen = np.arange(len(scene.rows))
    if len(chosen) > MOST_ROWS:
        chosen = np.sort(scene.rng("clear_missing").choice(chosen, MOST_ROWS, replace=False))
    rows = scene.rows.take(chosen)
    scale = _independent(scene.real) / len(scene.real), _independent(scene.synthetic) / len(scene.synthetic)
    described = [by_value(scene, name) for name in names]
    partitions = [whole(), *(parts for parts in described if parts is not None), *(by_null(name) for name in lacking)]
    parts_real = [part_of(parts, scene.real) for parts in partitions]
    parts_own = [part_of(parts, rows.table) for parts in partitions]
    tests = sum(int(parts["count"]) for parts in partitions) * len(lacking)
    out: list[_Found] = []
    for name in lacking:
        gone_real, gone_own = real_gone[name], own_gone[name][chosen]
        apart = [
            1.0 if parts["column"] == name else _differs(gone_real, one, gone_own, other, rows.weights, parts["count"], scale)
            for parts, one, other in zip(partitions, parts_real, parts_own, strict=True)
        ]
        p_value = min(1.0, min(apart) * tests)
        share = float(rows.weights[gone_own].sum() / max(float(rows.weights.sum()), 1e-300))
        if p_value >= scene.error or (share > gone_real.mean() and (1 - share) / (1 - gone_real.mean() + 1e-9) < LEAST_LEFT):
            continue
        together = [
            1.0 if parts["column"] == name else _goes_with(gone_real, one, parts["count"], scale[0])
            for parts, one in zip(partitions, parts_real, strict=True)
        ]
        if min(together) * len(partitions) < CLEAR:
            at = int(np.argmin(together))
        else:
            at = int(np.argmin(apart)) if min(apart) < CLEAR * apart[0] else 0
        out.append(_Found(name, partitions[at], p_value, float(gone_real.mean()), share))
    return sorted(out, key=lambda found: found.p_value)


def _independent(dataset: Dataset) -> int:
    codes = entity_codes(dataset)
    return len(dataset) if codes is None else len(np.unique(codes))


def _differs(
    gone_real: np.ndarray,
    part_real: np.ndarray,
    gone_own: np.ndarray,
    part_own: np.ndarray,
    weights: np.ndarray,
    count: int,
    scale: tuple[float, float],
) -> float:
    """Give the least of the parts' p-values, on both sides, not corrected."""
    n, k = np.bincount(part_real, minlength=count), np.bincount(part_real, gone_real, minlength=count)
    heavy, square = np.bincount(part_own, weights, minlength=count), np.bincount(part_own, weights**2, minlength=count)
    share = np.bincount(part_own, weights * gone_own, minlength=count) / np.maximum(heavy, 1e-300)
    rows = heavy**2 / np.maximum(square, 1e-300)
    used = (n >= LEAST_IN_PART) & (rows >= LEAST_IN_PART)
    if not used.any():
        return 1.0
    n1, k1 = np.round(n[used] * scale[0]), np.round(k[used] * scale[0])
    n2 = rows[used] * scale[1]
    k2 = share[used] * n2
    return float(np.min(np.minimum(1.0, 2.0 * np.minimum(fewer(k1, n1, k2, n2), more(k1, n1, k2, n2)))))


def _goes_with(gone: np.ndarray, part: np.ndarray, count: int, scale: float) -> float:
    """Give Pearson's p-value of nulls against parts among the real rows."""
    n, k = np.bincount(part, minlength=count) * scale, np.bincount(part, gone, minlength=count) * scale
    used = n >= LEAST_IN_PART * scale
    n, k = n[used], k[used]
    rate = k.sum() / max(n.sum(), 1e-300)
    if len(n) < 2 or not 0 < rate < 1:
        return 1.0
    return float(chdtrc(len(n) - 1, float(np.sum((k - n * rate) ** 2 / (n * rate * (1 - rate))))))


def _plan(found: list[_Found]) -> Plan:
    first = found[0]
    by = "" if first.parts["column"] is None else f", or differ by {first.parts['column']!r}"
    more_columns = "" if len(found) == 1 else f"; {len(found) - 1} more such columns"
    return Plan(
        "clear_missing",
        "missingness_change",
        min(entry.p_value for entry in found),
        float(sum(entry.parts["count"] for entry in found)),
        f"{first.column!r} has no value in {first.synthetic:.1%} of the synthetic and {first.real:.1%} of the real rows"
        f"{by}{more_columns}.",
        tuple(entry.column for entry in found),
        {"items": [{"column": entry.column, "parts": entry.parts} for entry in found]},
    )


def _restored(item: Mapping[str, Any], rows: Amended, rng: np.random.Generator) -> Amended:
    """Give one column the real shares of nulls."""
    name, parts = str(item["column"]), item["parts"]
    gone, part = rows.table.nulls(name), part_of(parts, rows.table)
    free = ~rows.anchored
    emptied = np.zeros(len(rows), dtype=bool)
    factor = np.ones(len(rows))
    draws = rng.random(len(rows))
    for at, rate in enumerate(item["rates"]):
        mine = (part == at) & free
        total = float(rows.weights[mine].sum())
        if rate is None or not total:
            continue
        share = float(rows.weights[mine & gone].sum()) / total
        if share < rate:
            emptied |= mine & ~gone & (draws < (rate - share) / (1.0 - share))
        elif share > rate and share < 1.0:
            factor[mine & gone] = rate / share
            factor[mine & ~gone] = (1.0 - rate) / (1.0 - share)
    if emptied.any():
        cells = rows.table.table.column(name).combine_chunks().take(pa.array(np.arange(len(rows)), mask=emptied))
        rows = rows.with_table(replaced(rows.table, name, cells))
    if (factor == 1.0).all():
        return rows
    rows = rows.weighed(factor)
    return (
        rows
        if rows.weights.all()
        else rows.take(np.flatnonzero(rows.weights > 0)).weighed(np.ones(int((rows.weights > 0).sum())))
    )
