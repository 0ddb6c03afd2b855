"""Rows of one population are seldom told apart, rows of two often; and what goes unseen is as large as an interval."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.checking.estimand import Estimand
from assay.checking.estimate_populations import compare
from assay.checking.estimate_tables import kept, together
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema


def tables(seed, *, shift=0.0, turn=False):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, 1_100))
    x[100:] += shift
    z = np.where(np.arange(1_100) < 100, np.sign(x) * np.abs(z), z) if turn else z
    table = pa.table({"x": x, "z": z, "told": x, "y": x + rng.normal(size=1_100)})
    real, further = table.slice(0, 100), table.slice(100).drop_columns(["y"])
    parts = [Dataset(one, infer_schema(one), name=name) for one, name in ((real, "real"), (further, "further"))]
    estimand = Estimand("mean", "y")
    found, _ = kept(together(*parts, None, estimand, "told", {}), estimand, "told", None)
    return found, x[:100], x[100:]


def test_rows_of_one_population_are_not_told_apart():
    found = [compare(*tables(seed), np.arange(1_000), 1.0, seed) for seed in range(6)]
    assert sum(one.differ for one in found) == 0
    assert all(abs(one.shift) < 0.4 for one in found)


def test_a_shift_of_predictions_and_a_change_of_dependence_are_seen():
    assert compare(*tables(0, shift=0.6), np.arange(1_000), 1.0, 0).differ
    turned = compare(*tables(0, turn=True), np.arange(1_000), 1.0, 0)
    assert abs(turned.shift) < 0.4
    assert turned.differ
    assert turned.auc > 0.6


def test_what_goes_unseen_is_found_in_four_cases_of_five(monkeypatch):
    monkeypatch.setattr("assay.checking.estimate_populations._told", lambda *_: [])
    unseen = compare(*tables(0), np.arange(1_000), 1.0, 0).unseen
    seen = [compare(*tables(seed, shift=unseen), np.arange(1_000), 1.0, seed).differ for seed in range(100)]
    assert 0.68 <= np.mean(seen) <= 0.9
    assert unseen > 1.96 / np.sqrt(100)  # as large as the half of an interval from the real rows alone
