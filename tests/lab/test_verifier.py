from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.verifier import Verifier


def labelled(rows=600, seed=0, *, rare=0.0):
    """Classes that follow from x but for one row in ten; with `rare`, a class that few rows have."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    label = np.where(rng.random(rows) < 0.1, rng.random(rows) < 0.5, x > 0).astype(int)
    name = np.where(rng.random(rows) < rare, "rare", np.where(label == 1, "up", "down"))
    table = pa.table({"x": pa.array(np.where(name == "rare", x + 8, x)), "label": pa.array(name.tolist())})
    return Dataset(table, infer_schema(table, target="label"))


def test_the_rates_measured_hold_on_rows_that_it_has_not_seen():
    real, later = labelled(seed=1), labelled(4000, seed=2)
    verifier = Verifier.trained(real, np.random.default_rng(0))
    assert verifier.keep_good == pytest.approx(0.9, abs=0.05)
    assert verifier.accepts(later).mean() == pytest.approx(verifier.keep_good, abs=0.05)
    swapped = ["up" if name == "down" else "down" for name in later.table.column("label").to_pylist()]
    wrong = Dataset(later.table.set_column(1, "label", [swapped]), later.schema)
    assert verifier.accepts(wrong).mean() == pytest.approx(verifier.keep_bad, abs=0.06)
    assert verifier.keep_bad < verifier.keep_good / 2


def test_a_rare_class_is_not_turned_away_for_being_rare():
    real = labelled(1500, seed=3, rare=0.03)
    verifier = Verifier.trained(real, np.random.default_rng(0))
    rare = np.array(real.table.column("label").to_pylist()) == "rare"
    assert verifier.accepts(real)[rare].mean() > 0.8


def test_numbers_are_verified_too_and_unknown_labels_are_not_accepted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    table = pa.table({"x": pa.array(x), "y": pa.array(3 * x + rng.normal(size=500) / 4)})
    real = Dataset(table, infer_schema(table, target="y"))
    verifier = Verifier.trained(real, rng)
    assert 0.8 < verifier.keep_good < 0.97
    assert verifier.keep_bad < 0.5
    empty = Dataset(table.set_column(1, "y", [pa.nulls(500, pa.float64())]), real.schema)
    assert not verifier.accepts(empty).any()


def test_equal_randomness_gives_equal_verifiers():
    real = labelled(200)
    one, two = (Verifier.trained(real, np.random.default_rng(4)) for _ in range(2))
    assert (one.keep_good, one.keep_bad) == (two.keep_good, two.keep_bad)
    assert np.array_equal(one.accepts(real), two.accepts(real))


def test_too_few_labels_are_refused():
    with pytest.raises(InputError, match="needs 40 real rows with a label"):
        Verifier.trained(labelled(30), np.random.default_rng(0))


def test_a_column_without_any_value_is_passed_over():
    real = labelled(200)
    table = real.table.append_column("empty", pa.nulls(200, pa.float64()))
    verifier = Verifier.trained(Dataset(table, infer_schema(table, target="label")), np.random.default_rng(0))
    assert verifier.keep_good > 0.8
