"""A small table, a gauge of two numbers, and toy generators, for the tests of loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from assay.core.lineage import Lineage
from assay.core.seeds import spawn
from assay.core.trajectory import Reading
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.loop import Looping, LoopPlan
from assay.lab.loop_step import Maker, Workshop
from assay.lab.loop_store import Store


def real_rows(rows: int = 400, seed: int = 0) -> Dataset:
    """Rows that can be told from each other, a level, and a class that follows from it."""
    rng = np.random.default_rng(seed)
    level = rng.choice(np.array(["a", "b", "c"]), rows, p=[0.6, 0.3, 0.1])
    table = pa.table(
        {
            "x": pa.array(rng.normal(size=rows)),
            "level": pa.array(level.tolist()),
            "class": pa.array(np.where(rng.random(rows) < 0.1, rng.random(rows) < 0.5, level == "a").astype(np.int64)),
        }
    )
    return Dataset(table, infer_schema(table, target="class"), name="real")


class ToyGauge:
    """Mean and spread of x, and how far its mean is from the generation before."""

    def __init__(self, real: Dataset | None = None, holdout: Dataset | None = None, *, size: int = 0, seed: int = 0) -> None:
        self.skipped = {"tail_index": "x has no tail"}

    def measure(self, rows: Dataset, *, previous: Dataset, seed: int) -> tuple[Reading, ...]:
        """Measure."""
        x = rows.numbers("x")
        jitter = spawn(seed).normal() * 1e-9  # a seed that differs would be seen
        mean, spread, step = float(x.mean()), float(x.std()), float(x.mean() - previous.numbers("x").mean())
        return (
            Reading("mean", mean, mean - 0.1, mean + 0.1, -0.2, 0.0, 0.2),
            Reading("spread", spread, spread - 0.1, spread + 0.1, 0.9, 1.0, 1.1),
            Reading("spread", spread + jitter, spread - 0.1, spread + 0.1, 0.9, 1.0, 1.1, "x"),
            Reading("step", step, step, step, -0.1, 0.0, 0.1),
        )


class Gaussian:
    """Toy generator: a normal law with the moments of x; everything else stays as the most frequent row has it."""

    def __init__(self, *, scale: float = 1.0) -> None:
        self.scale = scale

    def fit(self, real: Dataset, *, seed: int = 0) -> Gaussian:
        """Learn the moments."""
        x = real.numbers("x")
        self.mean_, self.spread_, self.first_ = float(x.mean()), float(x.std(ddof=1)) * self.scale, real.take(np.zeros(1, int))
        return self

    def sample(self, n: int, *, seed: int) -> Dataset:
        """Draw."""
        x = spawn(seed).normal(self.mean_, self.spread_, n)
        table = self.first_.take(np.zeros(n, int)).table
        return Dataset(table.set_column(0, "x", pa.array(x)), self.first_.schema)


class Forgetful(Gaussian):
    """A toy generator that cannot learn from what it made itself often enough."""

    def fit(self, real: Dataset, *, seed: int = 0) -> Forgetful:
        """Fail in the third generation."""
        if real.lineage is not None and real.lineage.depth >= 2:
            raise ZeroDivisionError("a value of the table")
        super().fit(real, seed=seed)
        return self


def looping(folder, regimes=("replace",), generations=3, seeds=1, *, makers=None, size=50, gauge=None, pool=None, **options):
    """Make a runner over the toy table."""
    makers = makers or {"bootstrap_rows": Maker("bootstrap_rows")}
    store = Store(folder)
    store.claim({"size": size}, {name: maker.settings for name, maker in makers.items()})
    workshop = Workshop(pool or real_rows(), makers, gauge or ToyGauge(), store, size=size, seed=options.pop("seed", 0))
    return Looping(workshop, LoopPlan.of(tuple(makers), tuple(regimes), generations, seeds), **options)


def told(trajectory):
    """All of a trajectory but the seconds."""
    return tuple(replace(each, seconds={}) for each in trajectory.generations), trajectory.unfinished


def made(rows: Dataset, depth: int) -> Dataset:
    """The same rows as if they were synthetic."""
    return Dataset(rows.table, rows.schema, name=rows.name, lineage=Lineage("toy", depth=depth))
