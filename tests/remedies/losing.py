"""A toy table, and losses planted in it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.core.plan import Plan
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene

LEVELS = ["a", "b", "c", "d", "e", "f", "g", "h"]
SHARES = [0.4, 0.3, 0.2, 0.04, 0.02, 0.015, 0.015, 0.01]


def toy(rows: int, seed: int) -> Dataset:
    rng = np.random.default_rng([5, seed])
    x, y = rng.normal(size=rows), rng.normal(size=rows)
    whole = rng.poisson(40, rows)
    level = rng.choice(LEVELS, rows, p=SHARES)
    label = np.where(rng.random(rows) < 1.0 / (1.0 + np.exp(-x - y)), "yes", "no")
    cells = {"x": np.round(x, 3), "y": y, "n": pa.array(whole, pa.int16()), "level": level, "label": label}
    table = pa.table(cells).set_column(1, "y", pa.array(y, mask=rng.random(rows) < 0.05))
    return Dataset(table, infer_schema(table, target="label"))


def lost(dataset: Dataset, kind: str) -> np.ndarray:
    """Mark the rows that a planted loss takes."""
    x, y = dataset.numbers("x"), dataset.numbers("y")
    if kind == "box":
        return (x > 0.3) & (x < 1.3) & (np.nan_to_num(dataset.numbers("n")) < 37)
    if kind == "ball":
        return (x - 0.9) ** 2 + (y + 0.9) ** 2 < 0.6
    if kind == "class":
        yes = np.asarray(dataset.table.column("label").to_pylist(), dtype=object) == "yes"
        return yes & ((x - 0.2) ** 2 + (y - 0.4) ** 2 < 0.6)
    if kind.endswith("tail"):
        return x > 1.75 if kind == "tail" else x < -1.75
    return np.isin(np.asarray(dataset.table.column("level")), LEVELS[4:])


def scene(kind: str | None, seed: int = 0, rows: int = 300, synthetic: int = 4_000) -> Scene:
    real, made = toy(rows, seed), toy(synthetic, seed + 10_000)
    made = made if kind is None else made.take(np.flatnonzero(~lost(made, kind)))
    return Scene(real, Amended.of(Dataset(made.table, real.schema)), seed)


def odd_tables() -> dict[str, pa.Table]:
    """Give tables on which there is nothing to find."""
    rng = np.random.default_rng(0)
    days = pa.array(rng.integers(0, 20_000, 300).astype("int32"), pa.date32())
    return {
        "tiny": pa.table({"x": rng.normal(size=12), "c": ["a", "b"] * 6}),
        "constant": pa.table({"x": np.ones(300), "c": ["a"] * 300}),
        "all null": pa.table({"x": pa.array([None] * 300, pa.float64()), "y": rng.normal(size=300)}),
        "booleans": pa.table({"x": rng.random(300) < 0.5, "y": rng.random(300) < 0.5}),
        "dates": pa.table({"d": days, "y": rng.normal(size=300)}),
        "no rows": pa.table({"x": pa.array([], pa.float64()), "c": pa.array([], pa.string())}),
    }


def odd_scene(name: str) -> Scene:
    """Give a scene of an odd table: its rows, and draws from them."""
    table = odd_tables()[name]
    kinds: dict[str, Any] = {"x": "numeric", "c": "categorical"} if name == "no rows" else {}
    real = Dataset(table, infer_schema(table, kinds=kinds))
    drawn = np.random.default_rng(0).integers(0, max(len(real), 1), 1_000 if len(real) else 0)
    return Scene(real, Amended.of(real.take(drawn)), 0)


def assert_filled(remedy: Any, kind: str, plans: list[Plan], given: Scene) -> Amended:
    """Check that plans are what they must be, and that the first fills a planted loss; give the rows."""
    assert 1 <= len(plans) <= 3
    assert all(plan.p_value < given.error and plan.mechanism in remedy.mends for plan in plans)
    setting = json.loads(json.dumps(remedy.learn(plans[0], given), allow_nan=False))
    before, weights = given.rows.table.table, given.rows.weights.copy()
    amended = remedy.apply(setting, given.rows, given.real, np.random.default_rng(1))
    again = remedy.apply(setting, given.rows, given.real, np.random.default_rng(1))
    assert amended.table.table.equals(again.table.table)
    assert given.rows.table.table is before
    assert np.array_equal(given.rows.weights, weights)
    assert amended.table.table.schema == before.schema
    assert np.isfinite(amended.weights).all()
    assert amended.weights.mean() == pytest.approx(1.0)
    assert amended.anchored.sum() == len(amended) - len(given.rows) > 0
    aimed = lost(given.real, kind).mean()
    share = amended.weights[amended.anchored].sum() / amended.weights.sum()
    assert 0.2 * aimed < share < 1.2 * aimed
    return amended


def false_alarms(remedy: Any, draws: int, *, weighted: bool = False) -> int:
    """Count the samples of one population in which a remedy sees a loss."""
    alarms = 0
    for seed in range(draws):
        given = scene(None, seed, synthetic=1_500)
        weights = np.random.default_rng(seed).exponential(size=len(given.rows)) if weighted else np.ones(len(given.rows))
        alarms += bool(remedy.signs(Scene(given.real, given.rows.weighed(weights), seed)))
    return alarms
