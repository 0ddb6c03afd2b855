"""Splits: exact shares, classes kept, entities whole, seeded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError, UsageError
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.split import split


def rows_of(data: Dataset) -> list[int]:
    return data.table.column("row").to_pylist()


@pytest.fixture
def data() -> Dataset:
    rng = np.random.default_rng(0)
    table = pa.table({"row": np.arange(997), "x": rng.random(997), "y": (rng.random(997) < 0.07).astype(int)})
    return Dataset(table, infer_schema(table, target="y"))


@pytest.mark.parametrize("share", [0.001, 0.1, 0.3, 0.5, 0.999])
def test_share_is_exact_and_rows_part(data, share):
    real, holdout = split(data, holdout=share, seed=1)
    assert len(holdout) == round(share * 997)
    assert sorted(rows_of(real) + rows_of(holdout)) == list(range(997))
    assert rows_of(real) == sorted(rows_of(real))


def test_classes_keep_their_shares(data):
    positives = data.numbers("y").sum()
    _, holdout = split(data, holdout=0.3, seed=2)
    assert abs(holdout.numbers("y").sum() - 0.3 * positives) <= 1


def test_seed_decides(data):
    assert rows_of(split(data, seed=3)[1]) == rows_of(split(data, seed=3)[1])
    assert rows_of(split(data, seed=3)[1]) != rows_of(split(data, seed=4)[1])


def test_entities_stay_whole():
    rng = np.random.default_rng(1)
    patients = rng.integers(0, 300, 2000)
    table = pa.table({"patient": pa.array(patients, mask=rng.random(2000) < 0.1), "x": rng.random(2000)})
    real, holdout = split(Dataset(table, infer_schema(table)), holdout=0.3, seed=0, entity="patient")
    known = [{value for value in part.table.column("patient").to_pylist() if value is not None} for part in (real, holdout)]
    assert not known[0] & known[1]
    assert real.nulls("patient").any()
    assert holdout.nulls("patient").any()
    assert abs(len(holdout) - 600) <= np.bincount(patients).max()
    assert real.schema.entity == "patient"


def test_too_few_for_two_parts(data):
    with pytest.raises(InputError, match="too few rows"):
        split(data, holdout=0.0001)
    table = pa.table({"patient": [1, 1, 1], "x": [1, 2, 3]})
    with pytest.raises(InputError, match="too few entities"):
        split(Dataset(table, infer_schema(table)), entity="patient")


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 30])
def test_share_outside_its_range(data, share):
    with pytest.raises(UsageError, match=r"\(0, 1\)"):
        split(data, holdout=share)


def test_unknown_entity(data):
    with pytest.raises(InputError, match="Did you mean 'row'"):
        split(data, entity="rows")
