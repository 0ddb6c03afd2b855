"""Toy generators: the grammar of every generator, and the laws in a loop of plain fits and samples."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.lab.held_to_law import ERRORS

from assay.core.errors import InputError, NotFittedError, UsageError
from assay.core.protocols import Generator
from assay.core.registry import names
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.lab.laws import expected
from assay.lab.worlds.toys import ToyCategories, ToyGaussian

LEVELS = ["a", "b", "c", "d"]
SHARES = np.array([0.05, 0.15, 0.3, 0.5])


def numbers(rows: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    return Dataset(pa.table({"x": rng.normal(3.0, 2.0, rows)}), Schema((Column("x", "numeric", "double"),)))


def levels(rows: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    cells = np.array(LEVELS)[rng.choice(4, rows, p=SHARES)].tolist()
    return Dataset(pa.table({"c": cells}), Schema((Column("c", "categorical", "string"),)))


BOTH = [(ToyGaussian, numbers), (ToyCategories, levels)]


@pytest.mark.parametrize(("kind", "make"), BOTH)
def test_same_seed_same_rows_and_no_state_changes(kind, make):
    fitted = kind().fit(make(200, 0), seed=0)
    assert isinstance(fitted, Generator)
    one, other, again = fitted.sample(50, seed=1), fitted.sample(50, seed=2), fitted.sample(50, seed=1)
    assert one.table.equals(again.table)
    assert not one.table.equals(other.table)
    assert one.schema == make(200, 0).schema
    assert len(one) == 50


@pytest.mark.parametrize(("kind", "make"), BOTH)
def test_lineage_counts_generations(kind, make):
    real = make(100, 0)
    first = kind().fit(real).sample(100, seed=1)
    second = kind().fit(first).sample(100, seed=2)
    assert (first.lineage.generator, first.lineage.depth, first.lineage.parents) == (kind.name, 1, (real.sha256,))
    assert (second.lineage.depth, second.lineage.parents) == (2, (first.sha256,))


@pytest.mark.parametrize(("kind", "make"), BOTH)
def test_save_and_load_give_the_same_rows(kind, make, tmp_path):
    fitted = kind().fit(make(200, 0), seed=4)
    fitted.save(tmp_path / "toy")
    loaded = kind.load(tmp_path / "toy")
    assert loaded.sample(80, seed=9).table.equals(fitted.sample(80, seed=9).table)
    assert loaded.sample(1, seed=9).lineage == fitted.sample(1, seed=9).lineage
    other = next(each for each, _ in BOTH if each is not kind)
    with pytest.raises(InputError, match=f"holds a '{kind.name}' generator"):
        other.load(tmp_path / "toy")
    with pytest.raises(InputError, match="no saved toy"):
        kind.load(tmp_path / "nothing")


@pytest.mark.parametrize(("kind", "make"), BOTH)
def test_before_fitting_and_on_what_cannot_be_learned(kind, make):
    with pytest.raises(NotFittedError, match="not fitted"):
        kind().sample(3, seed=0)
    with pytest.raises(UsageError, match="takes a Dataset"):
        kind().fit([1, 2, 3])
    with pytest.raises(UsageError, match="n must be"):
        kind().fit(make(20, 0)).sample(0, seed=0)
    with pytest.raises(InputError, match="0 rows"):
        kind().fit(make(0, 0))
    other = next(maker for each, maker in BOTH if each is not kind)
    with pytest.raises(InputError, match="learns from rows with one"):
        kind().fit(other(20, 0))


def test_nulls_a_single_row_and_a_wrong_estimator_are_told():
    schema = Schema((Column("x", "numeric", "double", nullable=True),))
    with pytest.raises(InputError, match="no nulls"):
        ToyGaussian().fit(Dataset(pa.table({"x": [1.0, None]}), schema))
    with pytest.raises(InputError, match="at least 2 rows"):
        ToyGaussian().fit(numbers(1, 0))
    with pytest.raises(UsageError, match="'unbiased' or 'mle'"):
        ToyGaussian(estimator="median").fit(numbers(5, 0))


def test_they_are_no_public_generators():
    assert not {"toy_gaussian", "toy_categories", "toys"} & set(names("generator"))


@pytest.mark.parametrize("estimator", ["unbiased", "mle"])
def test_the_gaussian_one_follows_its_law_in_a_loop(estimator):
    found = np.empty((4, 600))
    errors = np.empty((4, 600))
    for seed in range(600):
        rows = numbers(15, 10_000 + seed)
        for generation in range(4):
            toy = ToyGaussian(estimator=estimator).fit(rows)
            found[generation, seed] = toy.variance_
            errors[generation, seed] = (toy.mean_ - 3.0) ** 2
            rows = toy.sample(15, seed=4 * seed + generation)  # one seed a generation: equal ones repeat the noise
    law = expected("gaussian", "replace", 4, 15, variance=4.0, estimator=estimator)
    within(found, law["variance"])
    within(errors, law["squared_error"])


def test_the_one_of_levels_follows_its_law_in_a_loop():
    mixed, alive = np.empty((4, 600)), np.empty((4, 600))
    for seed in range(600):
        rows = levels(15, 20_000 + seed)
        for generation in range(4):
            toy = ToyCategories().fit(rows)
            mixed[generation, seed] = 1 - toy.shares_ @ toy.shares_
            alive[generation, seed] = len(toy.levels_)
            rows = toy.sample(15, seed=4 * seed + generation)  # one seed a generation: equal ones repeat the noise
    law = expected("categories", "replace", 4, 15, probabilities=SHARES)
    within(mixed, law["heterozygosity"])
    within(alive, law["survivors"])


def within(found: np.ndarray, law: np.ndarray) -> None:
    error = found.std(axis=1, ddof=1) / np.sqrt(found.shape[1])
    assert (np.abs(found.mean(axis=1) - law) < ERRORS * error).all(), (found.mean(axis=1), law, error)
