"""Toy tables of which rows were selected, and rows that lack nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene

Keep = Callable[[dict[str, np.ndarray]], np.ndarray]


def made(rows: int, seed: int, keep: Keep | None = None) -> pa.Table:
    """Draw two numbers that depend on each other, one with nulls, whole numbers, levels, a flag and a target.

    `keep` gives the chance, from 0 to 1, that a row of these columns is taken.
    """
    rng = np.random.default_rng([7, seed])
    size = rows if keep is None else 8 * rows
    x = rng.normal(size=size)
    columns: dict[str, np.ndarray] = {
        "x": x,
        "y": 0.7 * x + rng.normal(scale=0.7, size=size),
        "count": rng.poisson(3, size),
        "city": rng.choice(np.array(["Bonn", "Kiel", "Ulm", "Wien"]), size, p=[0.4, 0.3, 0.2, 0.1]),
        "flag": rng.random(size) < 0.3,
        "grant": np.where(rng.random(size) < 1 / (1 + np.exp(0.8 - x)), "yes", "no"),
    }
    taken = np.arange(rows) if keep is None else np.flatnonzero(rng.random(size) < keep(columns))[:rows]
    parts: dict[str, Any] = {name: values[taken] for name, values in columns.items()}
    parts["y"] = pa.array(parts["y"], mask=rng.random(len(taken)) < 0.1)
    return pa.table(parts)


def scene(
    real: pa.Table, synthetic: pa.Table, target: str | None = "grant", weights: np.ndarray | None = None, **roles: Any
) -> Scene:
    """Put two tables into a scene, under the schema of the real one."""
    schema = infer_schema(real, **({"target": target} if target else {}), **roles)
    rows = Amended.of(Dataset(synthetic, schema, name="synthetic"))
    return Scene(Dataset(real, schema, name="real"), rows if weights is None else rows.weighed(weights))


def alarms(remedy: Any, seeds: int, rows: int = 300, error: float = 0.05, weighed: bool = False, **roles: Any) -> int:
    """Count how often sound rows are blamed; weighed at random if asked."""
    found = 0
    for seed in range(seeds):
        weights = np.random.default_rng(seed).gamma(1.0, size=1500) if weighed else None
        sound = scene(made(rows, 2 * seed), made(1500, 2 * seed + 1), weights=weights, **roles)
        plans = remedy.signs(replace(sound, error=error, seed=seed))
        assert all(plan.p_value < error for plan in plans)
        found += bool(plans)
    return found


def odd_scenes() -> list[Scene]:
    """Give tables in which there is next to nothing to see: tiny, constant, null, all levels rare, one column alone."""
    constant = pa.table({"x": np.ones(60), "c": ["a"] * 60, "grant": ["no", "yes"] * 30})
    null = pa.table(
        {"x": pa.array([None] * 60, pa.float64()), "c": pa.array([None] * 60, pa.string()), "grant": ["no", "yes"] * 30}
    )
    levels = pa.table({"c": [f"level {at % 55}" for at in range(60)], "grant": ["no", "yes"] * 30})
    return [
        scene(made(12, 0), made(500, 1)),
        scene(made(300, 0), made(12, 1)),
        scene(constant, constant),
        scene(null, null),
        scene(levels, levels),
        scene(made(300, 0).select(["flag"]), made(500, 1).select(["flag"]), target=None),
    ]


def mended(remedy: Any, plan: Any, scene: Scene) -> Amended:
    """Learn and apply a plan, its setting through JSON, and hold that rows stay, weights are sound and nothing is changed."""
    before, weights = scene.synthetic.table, scene.rows.weights.copy()
    setting = json.loads(json.dumps(remedy.learn(plan, scene), allow_nan=False))
    rows = remedy.apply(setting, scene.rows, scene.real, np.random.default_rng(0))
    again = remedy.apply(json.loads(json.dumps(remedy.learn(plan, scene))), scene.rows, scene.real, np.random.default_rng(0))
    assert rows.table.table.equals(before)
    assert scene.synthetic.table is before
    assert np.array_equal(scene.rows.weights, weights)
    assert np.array_equal(rows.weights, again.weights)
    assert np.all(np.isfinite(rows.weights))
    assert np.all(rows.weights >= 0)
    assert abs(rows.weights.mean() - 1.0) < 1e-9
    other = Amended.of(Dataset(made(700, 99), scene.schema)) if "x" in scene.schema.names else scene.rows
    assert len(remedy.apply(setting, other, scene.real, np.random.default_rng(0)).weights) == len(other)
    return rows
