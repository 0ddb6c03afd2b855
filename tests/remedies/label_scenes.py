"""Made tables with a target, labels flipped in them, and odd tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene

CLASSES = np.array(["ash", "elm", "oak"])


def made(rows: int, seed: int, task: str = "binary") -> pa.Table:
    """Draw two numbers with nulls, a level, noise, and a target that follows from the first three."""
    rng = np.random.default_rng([5, seed])
    x, z = rng.normal(size=rows), rng.normal(size=rows)
    city = rng.choice(["Bonn", "Kiel", "Ulm"], rows, p=[0.5, 0.3, 0.2])
    score = 1.8 * x + (city == "Kiel") + 0.7 * z
    if task == "binary":
        y = pa.array(np.where(rng.random(rows) < 1 / (1 + np.exp(-score)), "yes", "no").tolist())
    elif task == "multiclass":
        cut = np.digitize(score + rng.normal(0, 0.5, rows), [-1.0, 1.0])
        y = pa.array(CLASSES[cut].tolist()).dictionary_encode()
    else:
        y = pa.array(np.round(100 * (score + rng.normal(0, 0.7, rows))).astype(np.int32))
    return pa.table(
        {
            "x": pa.array(x, mask=rng.random(rows) < 0.03),
            "z": pa.array(np.round(z, 2)),
            "noise": pa.array(rng.integers(0, 1000, rows)),
            "city": pa.array(city.tolist()),
            "y": y,
        }
    )


def scene(rows: int, synthetic: int, seed: int, task: str = "binary", error: float = 0.01) -> Scene:
    """Give real and synthetic rows of one population."""
    table = made(rows, 2 * seed, task)
    schema = infer_schema(table, target="y", task=task)
    other = Dataset(made(synthetic, 2 * seed + 1, task), schema, name="synthetic")
    return Scene(Dataset(table, schema, name="real"), Amended.of(other), seed=seed, error=error)


def slice_of(dataset: Dataset) -> np.ndarray:
    """Mark the slice that is damaged: noise from 300 to below 500, about a fifth."""
    noise = dataset.numbers("noise")
    return (noise >= 300) & (noise < 500)


def flipped(sound: Scene, share: float = 1.0, mask: np.ndarray | None = None) -> Scene:
    """Flip labels in the slice, or where a mask says: exchanged by pairs for numbers, another class otherwise."""
    table, rng = sound.synthetic.table, np.random.default_rng(1)
    mask = slice_of(sound.synthetic) if mask is None else mask
    if sound.schema.task == "regression":
        y = table["y"].to_numpy().copy()
        order = np.flatnonzero(mask)[np.lexsort((rng.random(int(mask.sum())), y[mask]))]
        half = len(order) // 2
        pairs = np.column_stack([order[:half], order[len(order) - half :]])
        pairs = pairs[rng.permutation(half)[: round(share * half)]]
        y[pairs[:, 0]], y[pairs[:, 1]] = y[pairs[:, 1]], y[pairs[:, 0]]
        cells = pa.array(y)
    else:
        levels = ["no", "yes"] if sound.schema.task == "binary" else CLASSES.tolist()
        codes = np.array([levels.index(text) for text in table["y"].to_pylist()])
        wrong = mask & (rng.random(len(codes)) < share)
        codes[wrong] = (codes[wrong] + rng.integers(1, len(levels), int(wrong.sum()))) % len(levels)
        cells = pa.array(np.array(levels)[codes].tolist())
        cells = cells.dictionary_encode() if pa.types.is_dictionary(table["y"].type) else cells
    changed = table.set_column(table.column_names.index("y"), table.schema.field("y"), cells.cast(table["y"].type))
    return Scene(sound.real, Amended.of(Dataset(changed, sound.schema, name="synthetic")), sound.seed, sound.error)


def agreement(before: Dataset, after: Dataset, rows: np.ndarray) -> float:
    """Give the share of some rows whose target is the same in both tables."""
    first, second = (np.array(one.table["y"].to_pylist(), dtype=object) for one in (before, after))
    return float(np.mean(first[rows] == second[rows]))


def odd_scenes() -> Iterator[Scene]:
    """Give tables that no remedy of labels can do anything with, and must not stumble over."""
    small = made(12, 0)
    yield _scene(small, small, "y")
    yield _scene(small, made(3000, 1), "y")
    rows = made(300, 0)
    yield _scene(rows, made(500, 1), None)
    constant = {"x": [1.0] * 300, "c": ["a"] * 300, "gone": pa.nulls(300, pa.float64())}
    rng = np.random.default_rng(0)
    table = pa.table({**constant, "y": rng.integers(0, 2, 300)})
    yield _scene(table, table, "y")
    days = rng.integers(0, 10**4, 400).astype("datetime64[D]")
    mixed = pa.table({"day": days, "flag": rng.random(400) < 0.5, "y": pa.array(rng.random(400), mask=rng.random(400) < 0.4)})
    yield _scene(mixed, mixed.slice(0, 300), "y")
    unseen = made(2000, 3).set_column(3, "city", pa.array(["Graz"] * 2000))
    yield _scene(made(300, 2), unseen, "y")
    nothing = made(2000, 3).set_column(4, "y", pa.nulls(2000, pa.string()))
    yield _scene(made(300, 2), nothing, "y")
    alone = made(2000, 3).set_column(4, "y", pa.array(["yes"] * 2000))
    yield _scene(made(300, 2), alone, "y")


def _scene(real: pa.Table, synthetic: pa.Table, target: str | None) -> Scene:
    schema = infer_schema(real, target=target)
    other = synthetic.select(real.column_names)
    return Scene(Dataset(real, schema, name="real"), Amended.of(Dataset(other, schema, name="synthetic")))


def sorted_by_target(unsorted: Scene) -> Scene:
    """Give the same rows, the synthetic ones in the order of their labels."""
    order = np.argsort(np.array(unsorted.synthetic.table["y"].to_pylist()), kind="stable")
    return Scene(unsorted.real, unsorted.rows.take(order), unsorted.seed, unsorted.error)
