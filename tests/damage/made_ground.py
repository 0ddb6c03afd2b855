"""Ground to plant on: made rows with known dependence, cut in three parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted
from assay.data.infer import infer_schema


def made_table(rows: int, seed: int = 0) -> pa.Table:
    """Draw numbers of which two depend on each other, nulls that follow another column, levels, and a target."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    income = np.exp(rng.normal(9 + age / 50, 0.3, rows))
    hours = np.round(rng.normal(38, 9, rows), 3)
    city = rng.choice(np.array(["Bonn", "Kiel", "Ulm", "Wien"]), rows, p=[0.4, 0.3, 0.2, 0.1])
    score = rng.normal(0, 1, rows)
    gone = rng.random(rows) < np.where(age > 60, 0.5, 0.05)
    logit = 0.15 * (age - 54) + 1.5 * (city == "Ulm") + 0.1 * (hours - 38)
    label = np.where(rng.random(rows) < 1 / (1 + np.exp(-logit)), "yes", "no")
    return pa.table(
        {
            "age": pa.array(age),
            "income": pa.array(np.round(income, 2)),
            "hours": pa.array(hours),
            "city": pa.array(city.tolist()),
            "score": pa.array(np.round(score, 3), mask=gone),
            "grant": pa.array(label.tolist()),
        }
    )


def made_ground(
    rows: int = 2000, seed: int = 0, *, table: pa.Table | None = None, target: str | None = "grant", **roles: Any
) -> Ground:
    """Cut made rows, or a table given, into real, spare and holdout."""
    table = made_table(4 * rows, seed) if table is None else table
    schema = infer_schema(table, **({"target": target} if target else {}), **roles)
    return Ground.cut(Dataset(table, schema, name="made"), rows=rows, holdout=rows // 2, seed=seed)


def planted(damage: Any, ground: Ground, seed: int = 0) -> Planted:
    """Plant with a fresh generator of this seed."""
    return damage.plant(ground, spawn(seed, "test"))


def changed(before: Dataset, after: Dataset, name: str) -> np.ndarray:
    """Give the rows in which a column differs."""
    first, second = before.table.column(name).to_pylist(), after.table.column(name).to_pylist()
    return np.array([at for at, (a, b) in enumerate(zip(first, second, strict=True)) if a != b and not (a != a and b != b)])
