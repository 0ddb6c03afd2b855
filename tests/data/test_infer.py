"""Kinds, task and positive class, on made-up and real columns."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError, InputErrors, UsageError
from assay.data.infer import infer_schema
from assay.data.readers import read_table

rng = np.random.default_rng(0)
N = 1000


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("schooling", rng.integers(1, 17, N), "numeric"),
        ("flag", rng.integers(0, 2, N), "boolean"),
        ("flag", rng.integers(0, 2, N).astype(float), "boolean"),
        ("sex", rng.integers(1, 3, N), "categorical"),
        ("admission_type_id", rng.integers(1, 9, N), "categorical"),
        ("TrafficType", rng.integers(1, 21, N), "categorical"),
        ("patience", rng.integers(0, 9, N), "numeric"),
        ("x", rng.permutation(N), "id"),
        ("x", rng.permutation(20 * N)[:N], "id"),
        ("salary", rng.permutation(10**7)[:N], "numeric"),
        ("customer_id", rng.permutation(10**7)[:N], "id"),
        ("x", rng.random(N), "numeric"),
        ("x", np.full(N, 3), "numeric"),
        ("x", np.arange(-N // 2, N // 2) * 3.4e305, "numeric"),
        ("city", rng.choice(["Bonn", "Ulm"], N).tolist(), "categorical"),
        ("key", [f"K{row:05d}" for row in range(N)], "id"),
        ("note", [f"came in at {row} and was seen by us" for row in range(N)], "text"),
        ("when", [datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=row) for row in range(N)], "datetime"),
        ("truth", [True, False] * (N // 2), "boolean"),
        ("span", [datetime.timedelta(days=row % 9) for row in range(N)], "numeric"),
        ("empty", pa.nulls(N, pa.string()), "categorical"),
        ("empty", pa.nulls(N, pa.float64()), "numeric"),
    ],
)
def test_kinds(name, cells, kind):
    assert infer_schema(pa.table({name: cells})).column(name).kind == kind


@pytest.mark.parametrize(
    ("cells", "task", "positive"),
    [
        ([0, 1, 1, 1], "binary", "1"),
        ([0.0, 1.0, 1.0, 1.0], "binary", "1"),
        ([-1, 1, 1, 1], "binary", "1"),
        ([True, False, True, True], "binary", "true"),
        (["<=50K", ">50K", ">50K", ">50K"], "binary", ">50K"),
        (["no", "yes", "yes", None], "binary", "yes"),
        (["good", "good", "bad", "good"], "binary", "bad"),
        (["a", "b", "c", "a"], "multiclass", None),
        ([0, 1, 2] * 40, "multiclass", None),
        ([0, 1, 2, 3], "regression", None),
        ([1.5, 2.5, 3.5, 1.0], "regression", None),
        (list(range(100)), "regression", None),
    ],
)
def test_task_and_positive_class(cells, task, positive):
    schema = infer_schema(pa.table({"y": cells}), target="y")
    assert (schema.task, schema.positive) == (task, positive)
    assert schema.column("y").kind == {"regression": "numeric"}.get(task, schema.column("y").kind)


@pytest.mark.parametrize(("given", "level"), [("no", "no"), ("NO", "no"), ("yes", "yes")])
def test_given_positive_class_is_matched_by_its_text(given, level):
    assert infer_schema(pa.table({"y": ["no", "yes", "no"]}), target="y", positive=given).positive == level


@pytest.mark.parametrize("given", [1, 1.0, "1", "1.0", True])
def test_given_positive_number(given):
    assert infer_schema(pa.table({"y": [0, 1, 0]}), target="y", positive=given).positive == "1"


def test_wrong_positive_class():
    with pytest.raises(InputError, match="Did you mean 'yes'"):
        infer_schema(pa.table({"y": ["no", "yes"]}), target="y", positive="yess")


def test_wrong_tasks():
    table = pa.table({"y": ["a", "b", "c"]})
    with pytest.raises(UsageError, match="Did you mean 'binary'"):
        infer_schema(table, target="y", task="binry")
    with pytest.raises(InputError, match="needs numbers"):
        infer_schema(table, target="y", task="regression")
    with pytest.raises(InputError, match="3 classes"):
        infer_schema(table, target="y", task="binary")


def test_all_absent_roles_are_named_together():
    with pytest.raises(InputErrors) as caught:
        infer_schema(pa.table({"a": [1, 2]}), target="b", entity="c", time="d", sensitive=["e"], kinds={"f": "id"})
    assert [error.column for error in caught.value.errors] == ["b", "c", "d", "e", "f"]


def test_kinds_given_win():
    schema = infer_schema(pa.table({"region": [1, 2, 3] * 10}), kinds={"region": "categorical"})
    assert schema.column("region").kind == "categorical"


def test_nan_makes_a_column_nullable():
    assert infer_schema(pa.table({"x": [1.0, float("nan")]})).column("x").nullable


@pytest.mark.parametrize(
    ("file", "target", "task", "positive", "kinds"),
    [
        ("adult.csv", "income", "binary", ">50K", {"education-num": "numeric", "fnlwgt": "numeric", "sex": "categorical"}),
        ("default_credit_card.csv", "default.payment.next.month", "binary", "1", {"ID": "id", "SEX": "categorical"}),
        ("bank_marketing_full.csv", "y", "binary", "yes", {"balance": "numeric", "job": "categorical"}),
        ("breast_cancer_wdbc.csv", "diagnosis", "binary", "M", {"id": "id", "radius_mean": "numeric"}),
        ("california_housing.csv", "median_house_value", "regression", None, {"longitude": "numeric"}),
        ("heart_cleveland.csv", "num", "multiclass", None, {"sex": "boolean"}),
        ("thyroid_allhypo.csv", "class", "multiclass", None, {"sick": "boolean"}),
        ("text/sms_spam.csv", "type", "binary", "spam", {"text": "text"}),
        ("cardio_train.csv", "cardio", "binary", "1", {"id": "id", "weight": "numeric"}),
        ("timeseries/sp500_1950_2018.csv", None, None, None, {"Date": "datetime", "Volume": "numeric"}),
    ],
)
def test_real_tables(shared_data, file, target, task, positive, kinds):
    schema = infer_schema(read_table(shared_data / file), target=target)
    assert (schema.task, schema.positive) == (task, positive)
    assert {name: schema.column(name).kind for name in kinds} == kinds


@pytest.mark.parametrize("sign", [1, -1])
def test_decimals_at_the_end_of_their_digits_have_a_kind(sign: int) -> None:
    cells = [Decimal(sign * (99_999 - at)).scaleb(-2) for at in range(200)]  # from 999.99, the largest of five digits
    table = pa.table({"x": pa.array(cells, pa.decimal128(5, 2))})
    assert infer_schema(table).column("x").kind == "numeric"
