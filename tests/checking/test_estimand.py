"""Labels as numbers, regressors as a matrix, and what cannot be estimated."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.estimand import Estimand, known_levels
from assay.core.errors import InputError
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema


def rows(**columns):
    table = pa.table(columns)
    return Dataset(table, infer_schema(table), name="real")


REAL = rows(
    ill=["yes", "no", None, "no"] * 10,
    town=["Ulm", "Bonn", "Bonn", "Bonn"] * 10,
    age=[20.0, 30.0, None, 50.0] * 10,
    smokes=[True, False, False, True] * 10,
    kind=["a", "b", "c", "a"] * 10,
)


def test_labels_of_a_rate_are_its_level():
    asked = Estimand("rate", "ill").settled(REAL)
    assert asked.positive == "yes"
    np.testing.assert_array_equal(asked.truth(REAL)[:4], [1, 0, np.nan, 0])
    other = Estimand("rate", "kind", positive="c").settled(REAL)
    np.testing.assert_array_equal(other.truth(REAL)[:4], [0, 0, 1, 0])
    coded = rows(code=[0.0, 1.0, 2.0, 1.0] * 10)
    assert [Estimand("rate", "code", positive=said).settled(coded).positive for said in ("1", "1.0")] == ["1", "1"]
    with pytest.raises(InputError, match="has 3 levels, and a rate is that of one of them"):
        Estimand("rate", "kind").settled(REAL)
    with pytest.raises(InputError, match="no level 'd'"):
        Estimand("rate", "kind", positive="d").settled(REAL)


def test_predictions_are_numbers_or_levels():
    asked = Estimand("rate", "ill").settled(REAL)
    known = known_levels(REAL, "ill")
    np.testing.assert_array_equal(asked.told(rows(p=["no", "yes", None]), "p", known), [0, 1, np.nan])
    np.testing.assert_array_equal(asked.told(rows(p=[0.2, 0.9]), "p", known), [0.2, 0.9])
    np.testing.assert_array_equal(asked.told(rows(p=[True, False]), "p", known), [1, 0])
    with pytest.raises(InputError, match="Give numbers or levels of 'ill'"):
        asked.told(rows(p=["no", "perhaps"]), "p", known)
    logistic = Estimand("logistic", "ill", given=("smokes",)).settled(REAL)
    with pytest.raises(InputError, match=r"leave \[0, 1\]"):
        logistic.told(rows(p=[0.2, 1.9]), "p", known)


def test_regressors_are_numbers_and_levels_against_the_most_frequent():
    asked = Estimand("ols", "age", given=("smokes", "town")).settled(REAL)
    design, names = asked.design(REAL)
    assert names == ["intercept", "smokes", "town = Ulm"]
    np.testing.assert_array_equal(design[:2], [[1, 1, 1], [1, 0, 0]])
    further = rows(smokes=[True, None], town=["Rom", "Ulm"], age=[1.0, 2.0])
    np.testing.assert_array_equal(asked.usable(further), [False, False])  # a level that no real row has; a null


def test_rare_levels_are_counted_and_not_named():
    few = rows(age=np.arange(40.0), town=["Bonn"] * 31 + ["Ulm"] * 9)
    with pytest.raises(InputError, match="1 level in fewer than 10") as raised:
        Estimand("ols", "age", given=("town",)).settled(few)
    assert "Ulm" not in str(raised.value)
