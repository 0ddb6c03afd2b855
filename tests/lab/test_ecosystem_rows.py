"""The same scenario with actual rows: it agrees with the toy worlds where both run, and deals every real row once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.lab.ecosystem_text import TWO, scenario
from tests.lab.held_to_law import ERRORS

from assay.core.errors import UsageError
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.lab.ecosystem_overlap import overlap
from assay.lab.ecosystem_rows import human_rows, run_rows
from assay.lab.worlds.toys import ToyCategories, ToyGaussian

WHOLE = {
    "human.stock": 120,
    "human.inflow": 0.25,
    "synthetic.stock": 0.2,
    "synthetic.inflow": 0.6,
    "corpus.retention": 0.7,
    "provenance.marked": 0.3,
    "provenance.honoured": 0.5,
    "detection.true_positive": 0.3,
    "detection.false_positive": 0.1,
}


@pytest.mark.parametrize(("maker", "columns"), [(ToyGaussian, (1, False)), (ToyCategories, (0, True))])
def test_rows_and_sufficient_statistics_agree(maker, columns):
    """Readers read parts, of a corpus that loses rows, some of them marked or found out: every draw of the toy world is used."""
    found = overlap(scenario(WHOLE, readers=TWO), [maker], numeric=columns[0], levels=columns[1], seeds=250, toy_seeds=4_000)
    axes = {entry["axis"] for entry in found}
    assert axes == ({"log_variance", "tail_mass"} if columns[0] else {"rare_levels", "rare_mass", "heterozygosity"})
    assert len(found) == 7 * len(axes)
    worst = max(found, key=lambda entry: abs(entry["z"]))
    assert abs(worst["z"]) < ERRORS, worst


def table(rows: int, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, rows)
    level = np.where(rng.random(rows) < 0.015, "rare", np.where(rng.random(rows) < 0.5, "a", "b"))
    y = np.where(x + rng.normal(0, 0.5, rows) > 0, "yes", "no")
    schema = Schema(
        (
            Column("number", "numeric", "int64"),
            Column("x", "numeric", "double"),
            Column("level", "categorical", "string"),
            Column("y", "categorical", "string"),
        ),
        target="y",
        task="binary",
        positive="yes",
    )
    return Dataset(pa.table({"number": np.arange(rows), "x": x, "level": level, "y": y}), schema)


READERS = TWO + "[[classifiers]]\nevery = 2\nrows = 80\n"


@pytest.mark.parametrize("name", ["gaussian_copula", "tree_chain"])
def test_real_generators_run_the_scenario(name):
    real = table(600)
    plan = scenario(WHOLE, readers=READERS, end=2028)
    found = run_rows(plan, real, [name], reference=table(2_000, 1), seeds=2, seed=3)
    assert {each.shape for each in found.values()} == {(4, 2)}
    assert {"synthetic_share", "log_variance", "rare_levels", "heterozygosity", "classifier_error"} <= set(found)
    assert (found["synthetic_share"][0] == 0).all()
    assert (found["synthetic_share"][-1] > 0.2).all()
    assert (found["classifier_error"] < 0.4).all()
    again = run_rows(plan, real, [name], reference=table(2_000, 1), seeds=2, seed=3)
    assert all(np.array_equal(found[axis], again[axis]) for axis in found)


class Recorder:
    """A generator that notes what it was given, and makes rows that can be told from real ones."""

    seen: list[list[int]] = []

    def fit(self, real: Dataset, *, seed: int = 0) -> Recorder:
        self.seen.append(real.table["number"].to_pylist())
        self.schema = real.schema
        return self

    def sample(self, n: int, *, seed: int) -> Dataset:
        cells = {"number": np.full(n, -1), "x": np.zeros(n), "level": ["a"] * n, "y": ["yes"] * n}
        return Dataset(pa.table(cells), self.schema)


def test_no_real_row_is_dealt_twice_and_parts_are_as_the_book_says():
    plan = scenario(WHOLE, readers=TWO, end=2030)
    needed = human_rows(plan)
    assert needed == 120 + 5 * 30
    Recorder.seen = []
    found = run_rows(plan, table(needed), [Recorder], reference=table(300, 1), seeds=1)
    for read in Recorder.seen:
        humans = [number for number in read if number >= 0]
        assert len(humans) == len(set(humans))
    last = Recorder.seen[-1]
    assert found["synthetic_share"][-1, 0] == pytest.approx(
        (2 * np.mean(np.array(last if len(last) == 30 else Recorder.seen[-2]) < 0) + np.mean(np.array(_last(20)) < 0)) / 3
    )
    with pytest.raises(UsageError, match="takes 270 human rows, and the table has 200"):
        run_rows(plan, table(200), [Recorder], reference=table(300, 1))
    with pytest.raises(UsageError, match="needs generators"):
        run_rows(plan, table(needed), [], reference=table(300, 1))


def _last(rows: int) -> list[int]:
    return next(read for read in reversed(Recorder.seen) if len(read) == rows)
