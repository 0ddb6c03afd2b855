"""Made tables, and what every remedy of rows must keep to."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.ground import replaced
from assay.data.infer import infer_schema
from assay.data.scene import Scene

REAL, SYNTHETIC = 300, 3000
MOST_FALSE = 5  # of 100 at 1%: more has a chance of 1 in 2,000


def sound_table(rows: int, seed: int, **columns: Any) -> pa.Table:
    """Draw numbers, levels, dates, flags and a target that depends on them."""
    rng = np.random.default_rng([7, seed])
    age = rng.integers(18, 90, rows)
    income = np.round(np.exp(rng.normal(9 + age / 60, 0.4, rows)), 2)
    days = np.datetime64("2020-01-01") + rng.integers(0, 900, rows).astype("timedelta64[D]")
    city = rng.choice(np.array(["Bonn", "Kiel", "Ulm", "Wien"]), rows, p=[0.4, 0.3, 0.2, 0.1])
    grant = np.where(rng.random(rows) < 1 / (1 + np.exp(-(age - 70) / 8)), "yes", "no")
    return pa.table(
        {
            "age": pa.array(age, pa.int32()),
            "income": pa.array(income),
            "city": pa.array(city.tolist()),
            "since": pa.array(days),
            "member": pa.array((rng.random(rows) < 0.3).tolist()),
            "score": pa.array(np.round(rng.normal(0, 1, rows), 3), mask=rng.random(rows) < 0.2),
            "grant": pa.array(grant.tolist()),
            **{name: pa.array(cells) for name, cells in columns.items()},
        }
    )


def pair(seed: int = 0, real: int = REAL, synthetic: int = SYNTHETIC) -> tuple[Dataset, Dataset]:
    """Draw sound real and synthetic rows of one population."""
    table = sound_table(real + synthetic, seed)
    schema = infer_schema(table, target="grant")
    return Dataset(table.slice(0, real), schema, name="real"), Dataset(table.slice(real), schema, name="synthetic")


def scene_of(real: Dataset, synthetic: Dataset, seed: int = 0) -> Scene:
    """Put both before a remedy, all weights 1."""
    return Scene(real, Amended.of(synthetic), seed)


def emptied(dataset: Dataset, name: str, gone: np.ndarray) -> Dataset:
    """Give a dataset in which cells of a column are null."""
    cells = dataset.table.column(name).combine_chunks().take(pa.array(np.arange(len(dataset)), mask=gone))
    return replaced(dataset, name, cells)


def false_signs(remedy: Any, seeds: int, synthetic: int = 1500) -> int:
    """Count the draws of sound tables, half of them with weights, in which a remedy sees signs."""
    count = 0
    for seed in range(seeds):
        real, sound = pair(seed, synthetic=synthetic)
        weights = np.ones(len(sound)) if seed % 2 else np.random.default_rng(seed).gamma(2.0, 0.5, len(sound))
        rows = Amended(sound, weights / weights.mean(), np.zeros(len(sound), dtype=bool))
        count += bool(remedy.signs(Scene(real, rows, seed)))
    return count


def mended(remedy: Any, scene: Scene, at: int = 0) -> tuple[Amended, Any]:
    """Learn and apply a plan, and hold what every remedy must keep."""
    plan = remedy.signs(scene)[at]
    assert plan.p_value < scene.error
    assert plan.mechanism in remedy.mends
    before = scene.synthetic.sha256, scene.real.sha256, scene.rows.weights.copy()
    setting = json.loads(json.dumps(remedy.learn(plan, scene), allow_nan=False))
    out = remedy.apply(setting, scene.rows, scene.real, np.random.default_rng(3))
    again = remedy.apply(setting, scene.rows, scene.real, np.random.default_rng(3))
    assert out.table.sha256 == again.table.sha256
    np.testing.assert_array_equal(out.weights, again.weights)
    assert (scene.synthetic.sha256, scene.real.sha256) == before[:2]
    np.testing.assert_array_equal(scene.rows.weights, before[2])
    assert out.table.table.schema.types == scene.synthetic.table.schema.types
    assert len(out.weights) == len(out.table) == len(out.anchored)
    assert np.isfinite(out.weights).all()
    assert (out.weights >= 0).all()
    np.testing.assert_allclose(out.weights.mean(), 1.0)
    return out, plan


def odd_scenes() -> dict[str, Scene]:
    """Make tables that remedies must take without a plan and without an error."""
    small, _ = pair(0, 12, 12)
    real, synthetic = pair(1)
    constant = pa.table({"a": [1.0] * 200, "b": ["x"] * 200, "c": pa.nulls(200, pa.float64())})
    schema = infer_schema(constant)
    levels = pa.table({"a": ["x", "y"] * 200, "b": [True, False] * 200, "c": [1, 1, 2, 2] * 100})
    few = infer_schema(levels)
    return {
        "twelve rows": scene_of(small, small),
        "few real rows": scene_of(small, synthetic),
        "no synthetic rows": scene_of(real, synthetic.take(np.arange(0))),
        "constant and null": scene_of(Dataset(constant, schema), Dataset(constant, schema)),
        "levels alone": scene_of(Dataset(levels, few), Dataset(levels, few)),
    }
