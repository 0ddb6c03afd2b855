"""Scenes for axes: real, sealed and measured rows of worlds with known answers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.schema import Schema
from assay.lab.axes import axis
from assay.lab.axes._axis import Point
from assay.lab.axes._frame import Frame
from assay.lab.axes._scene import Scene
from assay.lab.axes._view import View


def scene(
    real: pa.Table, holdout: pa.Table, rows: pa.Table, *, previous: pa.Table | None = None, schema: Schema | None = None
) -> Scene:
    """Make a scene whose measured tables have as many rows as `rows`."""
    schema = schema or infer_schema(real)
    frame = Frame(Dataset(real, schema), Dataset(holdout, schema), size=len(rows), seed=0)
    before = frame.training if previous is None else View(frame, Dataset(previous, schema))
    return Scene(frame, View(frame, Dataset(rows, schema)), frame.sealed, before, frame.training, 0)


def point(name: str, shown: Scene, column: str = "") -> Point:
    """Give one point of one axis."""
    return next(each for each in axis(name)().measure(shown) if each.column == column)


def value(name: str, shown: Scene, column: str = "") -> float:
    """Give one value in the axis' unit."""
    return axis(name)().show(point(name, shown, column).work)


def gaussian(rows: int, seed: int, scale: float = 1.0, columns: int = 3) -> pa.Table:
    """Draw independent Gaussian columns ``x0``, ``x1``, ..."""
    rng = np.random.default_rng([11, seed])
    return pa.table({f"x{at}": scale * rng.normal(size=rows) for at in range(columns)})


def labelled(rows: int, seed: int, slope: float = 2.0, shift: float = 0.0) -> pa.Table:
    """Draw two numbers, a level and a target that follows the first number."""
    rng = np.random.default_rng([12, seed])
    x, z = rng.normal(shift, 1.0, rows), rng.normal(size=rows)
    level = rng.choice(np.array(["a", "b", "c"]), rows, p=[0.6, 0.3, 0.1])
    yes = rng.random(rows) < 1.0 / (1.0 + np.exp(-slope * x))
    return pa.table({"x": x, "z": z, "level": level.tolist(), "y": [("no", "yes")[int(each)] for each in yes]})
