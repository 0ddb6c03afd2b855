"""One model for real and further rows, that has seen the labels of neither."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.estimand import Estimand
from assay.checking.estimate_model import predictions
from assay.checking.estimate_tables import kept, together
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema


def dataset(rows, seed, name, *, label=True, signal=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 4))
    columns = {f"x{at}": x[:, at] for at in range(4)}
    if label:
        columns["y"] = signal * x[:, 0] + rng.normal(size=rows)
    table = pa.table(columns)
    return Dataset(table, infer_schema(table), name=name)


def ask(real, further, model=None, **asked):
    estimand = Estimand(**{"what": "mean", "column": "y", **asked})
    return kept(together(real, further, model, estimand, None, {}), estimand, None, None)


def test_cross_predictions_know_nothing_of_the_label_they_predict():
    tables, estimand = ask(dataset(300, 1, "real", signal=0.0), dataset(600, 2, "further", label=False))
    found = predictions(tables, estimand, "cross", None, 0)
    assert abs(np.corrcoef(found.real, estimand.truth(tables.real))[0, 1]) < 0.15
    assert found.real.std() == pytest.approx(found.further.std(), rel=0.3)
    assert len(found.further) == len(found.rows) == 600


def test_what_half_of_the_further_rows_taught_is_asked_of_the_other_half():
    tables, estimand = ask(dataset(200, 1, "real"), dataset(401, 2, "further"))
    found = predictions(tables, estimand, "half", None, 0)
    assert (found.learned, len(found.rows)) == (200, 201)
    truth = estimand.truth(tables.further.take(found.rows))
    assert np.mean((truth - found.further) ** 2) == pytest.approx(
        np.mean((estimand.truth(tables.real) - found.real) ** 2), rel=0.35
    )  # errors on the held-out half are like those on real rows, not those of a fit
    again = predictions(tables, estimand, "half", None, 0)
    np.testing.assert_array_equal(again.rows, found.rows)
    np.testing.assert_array_equal(again.further, found.further)


def test_a_model_of_rows_of_its_own_is_asked_about_all_others():
    tables, estimand = ask(dataset(200, 1, "real"), dataset(500, 2, "further", label=False), dataset(800, 3, "model"))
    found = predictions(tables, estimand, "model_rows", None, 0)
    assert (found.learned, len(found.further)) == (800, 500)
    assert np.corrcoef(found.real, estimand.truth(tables.real))[0, 1] > 0.5


def test_predictions_of_a_quantile_have_the_spread_of_labels():
    tables, estimand = ask(
        dataset(200, 1, "real"), dataset(2_000, 2, "further", label=False), dataset(2_000, 3, "model"), what="quantile", share=0.9
    )
    stretched = predictions(tables, estimand, "model_rows", None, 0).further
    plain = predictions(tables, Estimand("mean", "y"), "model_rows", None, 0).further
    assert plain.std() < 1.2
    assert stretched.std() > 1.15 * plain.std()
    assert (np.argsort(stretched, kind="stable")[::100] == np.argsort(plain, kind="stable")[::100]).mean() > 0.8
