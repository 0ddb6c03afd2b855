"""A toy population: two numbers and a level that make a class, as many rows as one likes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay import load
from assay.data.dataset import Dataset


def rows(count: int, seed: int, *, target: bool = True) -> Dataset:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=count), rng.exponential(size=count)
    level = rng.choice(["a", "b", "c"], count, p=[0.5, 0.3, 0.2])
    logit = 2.0 * x - z + 1.5 * (level == "c")
    table = {"x": x, "z": z, "level": level}
    if target:
        table["y"] = np.where(logit + rng.logistic(size=count) > 0, "yes", "no")
    return load(pa.table(table), target="y" if target else None)
