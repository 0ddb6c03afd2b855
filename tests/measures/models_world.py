"""A small world whose target follows a known rule, and a context to measure models of it in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from assay.core.seeds import spawn
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema


class Alone:
    """A context of one process."""

    alpha = 0.01

    def __init__(self, real: Dataset, synthetic: Dataset, holdout: Dataset, learners: Any = None, scorer: Any = None) -> None:
        self.real, self.synthetic, self.holdout, self.schema, self.seed = real, synthetic, holdout, real.schema, 0
        self.learners, self.scorer, self.made = learners, scorer, {}

    def rng(self, *task: str | int) -> np.random.Generator:
        return spawn(self.seed, *task)

    def map(self, function, tasks, *, apart=False):
        with threadpool_limits(1):
            return [function(*task) for task in tasks]

    def share(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


def draw(rows: int, seed: int, task: str = "binary", *, rate: float = 0.0, flipped: float = 0.0, only: str = "") -> Dataset:
    """Two numbers with nulls and a group decide the target; some labels are flipped, everywhere or in one group only."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=rows), rng.normal(size=rows)
    group = rng.choice(np.array(["a", "b", "c", "d"]), rows)
    signal = 2 * x + (group == "a") * z + rate
    turned = (rng.random(rows) < flipped) & ((group == only) | (only == ""))
    columns: dict[str, Any] = {"x": pa.array(x), "z": pa.array(z, mask=rng.random(rows) < 0.1), "group": pa.array(group.tolist())}
    if task == "binary":
        columns["y"] = (rng.random(rows) < 1 / (1 + np.exp(-signal))) ^ turned
    elif task == "multiclass":
        columns["y"] = np.array(["low", "mid", "high"])[np.digitize(signal + rng.normal(size=rows), [-1, 1])]
        columns["y"] = np.where(turned, rng.permutation(columns["y"]), columns["y"]).tolist()
    else:
        columns["y"] = np.where(turned, 0, signal) + rng.normal(size=rows)
    kinds = {"x": "numeric", "z": "numeric", "group": "categorical", "y": "numeric" if task == "regression" else "categorical"}
    table = pa.table(columns)
    described = tuple(Column(name, kinds[name], str(table.field(name).type)) for name in kinds)  # pyright: ignore[reportArgumentType]
    positive = "True" if task == "binary" else None
    return Dataset(table, Schema(described, target="y", task=task, positive=positive))  # pyright: ignore[reportArgumentType]
