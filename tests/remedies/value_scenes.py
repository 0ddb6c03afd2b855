"""Toy tables for the remedies that change values: numbers of several shapes, a grid, a heap at zero, nulls, a class."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import binom

from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.ground import written
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.testing.contracts import mixed_table


def toy(rows: int, seed: int) -> Dataset:
    """Draw a normal and a skewed number, whole years, an amount that is mostly zero, a reading with nulls, and a class."""
    rng = np.random.default_rng([11, seed])
    x = rng.normal(50, 10, rows)
    money = np.exp(0.05 * x + rng.normal(0, 0.6, rows))
    age = np.clip(rng.normal(45, 14, rows), 18, 90).round()
    gain = np.where(rng.random(rows) < 0.7, 0.0, np.exp(rng.normal(7, 1, rows)).round())
    lab = 3 + 0.1 * x + rng.normal(0, 1, rows)
    table = pa.table(
        {
            "x": x,
            "money": money,
            "age": pa.array(age.astype(np.int64)),
            "gain": pa.array(gain.astype(np.int64)),
            "lab": pa.array(lab, mask=rng.random(rows) < 0.2),
            "sick": pa.array((rng.random(rows) < 1 / (1 + np.exp((50 - x) / 8))).astype(str).tolist()),
        }
    )
    return Dataset(table, infer_schema(table, target="sick"), name="toy")


def scene(real: Dataset, synthetic: Dataset, *, seed: int = 0, weights: np.ndarray | None = None) -> Scene:
    """Make a scene of two tables."""
    rows = Amended.of(synthetic)
    return Scene(real, rows if weights is None else rows.weighed(weights), seed)


def changed(dataset: Dataset, name: str, values: np.ndarray) -> Dataset:
    """Give other numbers to a column."""
    return written(dataset, name, values)


def mend(remedy: Remedy, found: Scene, at: int = 0) -> Amended:
    """Ask, learn (through JSON) and apply."""
    plan = remedy.signs(found)[at]
    assert plan.p_value < found.error
    setting = json.loads(json.dumps(remedy.learn(plan, found), allow_nan=False))
    before = found.synthetic.sha256
    mended = remedy.apply(setting, found.rows, found.real, np.random.default_rng(5))
    again = remedy.apply(setting, found.rows, found.real, np.random.default_rng(5))
    assert found.synthetic.sha256 == before
    assert mended.table.sha256 == again.table.sha256
    assert mended.table.table.schema.equals(found.synthetic.table.schema)
    assert np.isfinite(mended.weights).all()
    assert len(mended.weights) == len(mended.anchored) == len(mended.table)
    return mended


def gap(left: Dataset, right: Dataset, name: str) -> float:
    """Give the largest gap between two distribution functions."""
    a, b = (np.sort(table.numbers(name)[~np.isnan(table.numbers(name))]) for table in (left, right))
    both = np.concatenate([a, b])
    return float(np.abs(np.searchsorted(a, both, "right") / len(a) - np.searchsorted(b, both, "right") / len(b)).max())


def false_signs(remedy: Remedy, draws: int, *, weighted: bool = False) -> int:
    """Count the sound toys that a remedy has a plan for."""
    count = 0
    for seed in range(draws):
        weights = np.random.default_rng(seed).uniform(0.2, 2.0, 3000) if weighted else None
        count += bool(remedy.signs(scene(toy(300, 2 * seed), toy(3000, 2 * seed + 1), seed=seed, weights=weights)))
    return count


def most_false(draws: int) -> int:
    """Give how many false signs of a chance of .01 each are no wonder."""
    return int(binom.ppf(0.999, draws, 0.01))


def odd_scenes() -> dict[str, Scene]:
    """Make tables that have nothing to mend, or too little to tell."""
    rng = np.random.default_rng(0)
    tiny = toy(12, 1)
    flat = pa.table({"a": np.ones(200), "b": pa.nulls(200, pa.float64()), "c": ["k"] * 200})
    kinds = pa.table(
        {
            "day": pa.array([datetime.date(2020, 1, 1) + datetime.timedelta(days=int(d)) for d in rng.integers(0, 900, 400)]),
            "flag": pa.array(rng.random(400) < 0.4),
            "price": pa.array([Decimal(int(v)) / 100 for v in rng.integers(100, 90_000, 400)], pa.decimal128(10, 2)),
            "level": pa.array(rng.choice(["a", "b", "c"], 400).tolist()),
        }
    )
    every = {"tiny": (tiny, tiny), "tiny real": (tiny, toy(500, 2))}
    for name, table in (("flat", flat), ("kinds", kinds)):
        dataset = Dataset(table, infer_schema(table), name=name)
        every[name] = (dataset, dataset)
    every["mixed"] = (mixed_table(60), mixed_table(400, seed=1))
    every["mixed twice"] = (mixed_table(400), mixed_table(400))
    return {name: scene(*tables) for name, tables in every.items()}


def assert_no_plans(remedy: Remedy) -> None:
    """Ask about all odd tables."""
    for name, found in odd_scenes().items():
        plans: Any = remedy.signs(found)
        assert not plans, name
