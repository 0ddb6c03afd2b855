"""Coverage of what is learned: two_sample, too_close, utility with its families, and worth_in_real_rows.

Tables are drawn from a known population, again and again. No closed form is known for what a learner reaches; the truth of
each item is its mean effect over all repetitions (effects are unbiased for the expected AUC or gap at these sizes).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from assay.checking.context import CheckContext
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.measures.too_close import TooClose
from assay.measures.two_sample import TwoSample
from assay.measures.utility import Utility
from assay.measures.worth_in_real_rows import WorthInRealRows
from coverage_entry import Entry, entry

MEASURES: dict[str, tuple[type[Any], ...]] = {
    "binary": (TwoSample, TooClose, Utility, WorthInRealRows),
    "regression": (Utility, WorthInRealRows),
}


def population(rows: int, rng: np.random.Generator, harm: float, task: str = "binary") -> Dataset:
    """Draw rows: correlated numbers and levels, a target of both; `harm` shifts a column, breaks a pair and flips labels."""
    base = rng.normal(size=(rows, 3))
    columns: dict[str, Any] = {f"x{at}": 0.7 * base[:, at % 3] + rng.normal(size=rows) for at in range(6)}
    levels = rng.integers(0, 4, rows)
    logit = columns["x0"] + columns["x1"] * (levels == 1) - 1.0 + 0.5 * np.sin(2 * columns["x2"])
    columns["x0"] = columns["x0"] + harm
    columns["x2"] = np.where(rng.random(rows) < 3 * harm, columns["x1"], columns["x2"])
    columns["c0"] = np.array(list("abcd"))[levels]
    if task == "regression":
        columns["y"] = logit + rng.normal(size=rows)
    else:
        positive = rng.random(rows) < 1 / (1 + np.exp(-logit))
        columns["y"] = np.where(rng.random(rows) < harm, ~positive, positive).astype(np.int64)
    numeric = {name: name.startswith("x") or (name == "y" and task == "regression") for name in columns}
    kinds = tuple(
        Column(name, "numeric" if numeric[name] else "categorical", str(pa.array(values).type))
        for name, values in columns.items()
    )
    schema = Schema(kinds, target="y", task=task, positive=None if task == "regression" else "1")  # pyright: ignore[reportArgumentType]
    return Dataset(pa.table(columns), schema)


def once(rows: int, seed: int, harm: float, task: str = "binary") -> list[Entry]:
    """Give the interval of every item of one repetition; its truth is the mean over all."""
    rng = np.random.default_rng([0, seed, rows])
    tables = [population(rows, rng, part, task) for part in (0.0, harm, 0.0)]
    found: list[Entry] = []
    with CheckContext(*tables, seed=seed, jobs=1, alpha=0.05) as context:
        gathered = [measure().measure(context) for measure in MEASURES[task]]
    for evidence in gathered:
        found += [entry(e.measure, "reported", "", e, "mean") for e in evidence.reported]
        for family in evidence.families:
            for item in family.items:
                if item.estimate.columns and item.estimate.columns != ("c0",):
                    continue  # ranges have other ends in every repetition: only levels have one truth
                key = f"{item.facts.get('learner', '')} {item.estimate.slice or ''}".strip()
                found.append(entry(family.name, "item", key, item.estimate, "mean"))
    return found
