"""Laws 1 and 7 hold when they are run through the code that runs real loops."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import psi

from assay.core.trajectory import Reading
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.lab.loop_step import Maker
from assay.lab.worlds.toys import ToyCategories, ToyGaussian

from .toy_loop import looping

SIZE, GENERATIONS, SEEDS, POOL = 20, 4, 150, 4_000
ERRORS = 5  # standard errors of the mean over lineages


class Moments:
    """The statistics of one column that the laws are about."""

    def measure(self, rows, *, previous, seed):
        column = rows.names[0]
        if rows.schema.columns[0].kind == "numeric":
            x = rows.numbers(column)
            found = {"square_of_mean": float(x.mean()) ** 2, "log_variance": math.log(x.var(ddof=1)), "variance": x.var(ddof=1)}
        else:
            shares = np.unique(np.asarray(rows.table.column(column).to_pylist()), return_counts=True)[1] / len(rows)
            found = {"heterozygosity": 1 - float((shares**2).sum())}
        return tuple(Reading(name, *[float(value)] * 6) for name, value in found.items())


def series(folder, regime, made, pool):
    """Give each statistic, of shape (lineages, generations)."""
    makers = {"toy": Maker("toy", made_by=made)}
    runner = looping(folder, (regime,), GENERATIONS, SEEDS, makers=makers, size=SIZE, gauge=Moments(), pool=pool, keep="none")
    trajectory = runner.run(real={}, settings={})
    assert trajectory.unfinished == ()
    lineages = [trajectory.of(each) for each in trajectory.lineages()]
    return {
        name: np.array([[each.reading(name).value for each in lineage] for lineage in lineages]) for name in trajectory.axes()
    }


def held(values, expected):
    error = values.std(axis=0, ddof=1) / math.sqrt(len(values))
    away = np.abs(values.mean(axis=0) - expected) / error
    assert (away < ERRORS).all(), away


def test_law_1_of_a_normal_column_through_the_real_loop(tmp_path):
    x = np.random.default_rng(1).normal(size=POOL)
    x = (x - x.mean()) / x.std()
    pool = Dataset(pa.table({"x": x}), Schema((Column("x", "numeric", "double"),)), name="real")
    found = series(tmp_path, "replace", ToyGaussian, pool)
    draws = np.arange(1, GENERATIONS + 1) + 1  # the real rows, and those of every generation so far
    held(found["square_of_mean"], draws / SIZE)
    held(found["variance"], np.ones(GENERATIONS))
    held(found["log_variance"], draws * (psi((SIZE - 1) / 2) - math.log((SIZE - 1) / 2)))


@pytest.mark.parametrize("regime", ["replace", "accumulate"])
def test_law_7_of_levels_through_the_real_loop(regime, tmp_path):
    level = np.random.default_rng(2).choice(np.array(list("abcdef")), POOL, p=[0.4, 0.2, 0.15, 0.1, 0.1, 0.05])
    pool = Dataset(pa.table({"c": level}), Schema((Column("c", "categorical", "string"),)), name="real")
    shares = np.unique(level, return_counts=True)[1] / POOL
    at_first = 1 - float((shares**2).sum())
    found = series(tmp_path, regime, ToyCategories, pool)["heterozygosity"]
    loss = [1 - 1 / (SIZE * (1 if regime == "replace" else k**2)) for k in range(1, GENERATIONS + 1)]
    held(found, at_first * np.cumprod(loss) * (1 - 1 / SIZE))
