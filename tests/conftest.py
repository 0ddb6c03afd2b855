"""Fixtures shared by all tests: the real tables, and small made-up ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay.data.dataset import Dataset
from assay.data.infer import infer_schema


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real tables: ``$ASSAY_DATA``, else ``../shared/data`` beside the project."""
    folder = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "MANIFEST.toml").is_file():
        pytest.skip(f"the real tables are not at {folder}; set ASSAY_DATA to their folder")
    return folder


@pytest.fixture
def make_table() -> Callable[..., pa.Table]:
    """Maker of a mixed table with known dependence: ``make_table(rows, seed)``."""
    return mixed_table


@pytest.fixture
def make_dataset() -> Callable[..., Dataset]:
    """Maker of the same as a Dataset with the target ``default``: ``make_dataset(rows, seed)``."""

    def make(rows: int = 400, seed: int = 0, *, name: str = "real") -> Dataset:
        table = mixed_table(rows, seed)
        return Dataset(table, infer_schema(table, target="default"), name=name)

    return make


def mixed_table(rows: int = 400, seed: int = 0) -> pa.Table:
    """Draw numbers, a float with nulls, categories, a date and a binary target that depends on them."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    income = np.exp(rng.normal(10 + age / 100, 0.5, rows))
    city = rng.choice(np.array(["Bonn", "Köln", "Ulm", "Wien"]), rows, p=[0.5, 0.3, 0.15, 0.05])
    chance = 1 / (1 + np.exp(-(np.log(income) - 10.5) * 2 - (city == "Ulm")))
    days = np.datetime64("2020-01-01") + rng.integers(0, 1000, rows).astype("timedelta64[D]")
    return pa.table(
        {
            "age": pa.array(age, pa.int64()),
            "income": pa.array(income, pa.float64(), mask=rng.random(rows) < 0.1),
            "city": pa.array(city.tolist()),
            "since": pa.array(days),
            "default": pa.array((rng.random(rows) < chance).astype(np.int64)),
        }
    )
