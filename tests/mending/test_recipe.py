"""A recipe is a transformer of scikit-learn that knows the real table it was learned from."""

from __future__ import annotations

import datetime
import json
import logging

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from jsonschema import Draft202012Validator
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.validation import check_is_fitted

from assay.core import registry
from assay.core.errors import InputError, InputErrors, NotFittedError, UsageError
from assay.core.plan import Learned, Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.ground import replaced
from assay.mending.recipe import Recipe
from assay.reporting.documents import recipe_schema
from assay.verbs.load import load


class Double(Remedy):
    """Double a column, weigh every second row."""

    changes = "values"
    also = frozenset({"weights"})

    def signs(self, scene):
        return ()

    def learn(self, plan, scene):
        return {}

    def apply(self, setting, rows, real, rng):
        at = rows.table.names.index("age")
        cells = pa.compute.multiply(rows.table.table.column(at), 2)
        table = Dataset(rows.table.table.set_column(at, "age", cells), rows.table.schema)
        return rows.with_table(table).weighed(np.where(np.arange(len(rows)) % 2 == 0, 1.0, setting["factor"]))


class Third(Double):
    """Leave every third row out."""

    changes = "rows"

    def apply(self, setting, rows, real, rng):
        return rows.take(np.flatnonzero(np.arange(len(rows)) % 3 > 0))


class Empty(Double):
    """Empty the first cell of every column."""

    def apply(self, setting, rows, real, rng):
        table = rows.table
        for name in table.names:
            gone = np.arange(len(table)) == 0
            cells = table.table.column(name).combine_chunks().take(pa.array(np.arange(len(table)), mask=gone))
            table = replaced(table, name, cells)
        return rows.with_table(table)


class Anchored(Double):
    """Make rows from real ones."""

    changes = "rows"
    anchors = True

    def apply(self, setting, rows, real, rng):
        return rows.joined(real.take(np.arange(5)), np.ones(5))


TOYS = {"double": Double, "third": Third, "empty": Empty, "anchored": Anchored}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """Remedies that are there for these tests."""
    known = registry.get
    for place in ("assay.mending.judge.get", "assay.mending.recipe.get"):
        monkeypatch.setattr(place, lambda kind, name: TOYS.get(name) or known(kind, name))


def recipe(*names: str) -> Recipe:
    return Recipe(
        tuple(Learned(Plan(name, "sampling_bias", 0.001, 1.0, "It is so.", ("age",)), {"factor": 0.5}) for name in names), 3
    )


@pytest.fixture
def real(make_table):
    return load(make_table(60, 1), target="default")


def frame(make_table, rows=40, seed=2):
    found = make_table(rows, seed).to_pandas()
    found["city"] = found["city"].astype("category")
    found["age"] = found["age"].astype("int32")
    found.index = np.arange(rows) * 10
    return found


def test_sklearn_knows_it_as_one_of_its_own():
    kept = recipe("double")
    assert kept.get_params() == {"steps": kept.steps, "seed": 3, "origin": None}
    copy = clone(kept)
    assert copy is not kept
    assert copy.get_params() == kept.get_params()
    assert copy.set_params(seed=5).seed == 5
    with pytest.raises(ValueError, match="Invalid parameter 'sead'"):
        copy.set_params(sead=5)
    assert repr(Recipe(seed=2)) == "Recipe(seed=2)"
    assert "double" in repr(kept)
    with pytest.raises(sklearn.exceptions.NotFittedError):
        check_is_fitted(kept)


def test_a_clone_of_a_fitted_recipe_keeps_what_was_learned_and_no_row(real, make_table):
    kept = recipe("double").fit(real)
    fresh = clone(kept)
    assert not hasattr(fresh, "real_")
    with pytest.raises(NotFittedError, match=r"Call fit\(real\)"):
        fresh.transform(make_table(40, 2))
    check_is_fitted(kept)
    assert list(kept.get_feature_names_out()) == list(kept.feature_names_in_) == list(real.names)


def test_frames_come_back_as_they_were(real, make_table):
    given = frame(make_table)[["default", "age", "city", "since", "income"]]
    before = given.copy()
    kept = recipe("double").fit(real)
    found = kept.transform(given)
    pd.testing.assert_frame_equal(given, before)
    assert (found.dtypes == given.dtypes).all()
    assert list(found.columns) == list(given.columns)
    assert (found.index == given.index).all()
    pd.testing.assert_frame_equal(found.drop(columns="age"), given.drop(columns="age"))
    assert (found["age"] == 2 * given["age"]).all()
    assert kept.weights_[0] == 2 * kept.weights_[1]
    assert len(kept.weights_) == len(found)
    assert kept.weights_.mean() == pytest.approx(1.0)


def test_rows_that_go_take_their_place_in_the_index_with_them(real, make_table):
    found = recipe("third").fit(real).transform(frame(make_table))
    assert list(found.index) == list(range(len(found)))
    assert len(found) == 26


def test_types_that_cannot_hold_a_null_give_way(make_table):
    given = frame(make_table)
    given["flag"], given["wide"], given["day"] = (
        given["age"] > 50,
        pd.array(given["age"].astype("int64") + 2**60, dtype="Int64"),
        datetime.date(2020, 1, 1),
    )
    kept = recipe("empty").fit(load(given, target="default"))
    found = kept.transform(given)
    assert found.iloc[0].isna().all()
    changed = {name for name in given.columns if found[name].dtype != given[name].dtype}
    assert changed == {"age", "flag", "default"}
    assert found["age"].dtype == np.float64
    assert (found["wide"][1:] == given["wide"][1:]).all()
    assert (found["flag"][1:] == given["flag"][1:]).all()


def test_a_pipeline_mends_and_no_model_stands_behind_it(real, make_table):
    given = frame(make_table)
    line = make_pipeline(recipe("double"))
    assert isinstance(line, Pipeline)
    found = line.fit(real).transform(given)
    assert isinstance(found, pd.DataFrame)
    assert len(line[-1].weights_) == len(found)
    assert clone(line)[-1].steps == line[-1].steps
    with pytest.raises(UsageError, match="Got one table for both, as from a Pipeline"):
        make_pipeline(recipe("double"), LogisticRegression()).fit(given, given["default"])
    with pytest.raises(UsageError, match="Got one table for both"):
        line.fit_transform(real)
    pd.testing.assert_frame_equal(line.fit_transform(real, recipe__synthetic=given), found)


def test_other_tables_give_datasets_or_what_set_output_asks_for(real, make_table):
    table = make_table(40, 2)
    kept = recipe("double").fit(real)
    for source in (table, pl.from_arrow(table), load(table, target="default")):
        assert isinstance(kept.transform(source), Dataset)
    line = make_pipeline(kept).set_output(transform="pandas")
    assert isinstance(line.transform(table), pd.DataFrame)
    assert isinstance(clone(line).fit(real).transform(table), pd.DataFrame)
    assert isinstance(kept.set_output(transform="default").transform(table), Dataset)
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(recipe("double").fit(real).transform(table), pd.DataFrame)
    with pytest.raises(UsageError, match="For polars"):
        kept.set_output(transform="polars")


def test_a_loaded_recipe_is_fitted_on_a_frame_and_does_the_same(real, make_table, tmp_path):
    kept = recipe("double").fit(real)
    again = Recipe.load(kept.save(tmp_path / "recipe.json"))
    given = frame(make_table)
    pd.testing.assert_frame_equal(again.fit(real.table.to_pandas()).transform(given), kept.transform(given))
    assert again.real_.schema.target == "default"
    assert again.real_.sha256 == real.sha256
    with pytest.raises(UsageError, match=r"Fit it on assay.load\(real, target=...\)"):
        recipe("double").fit(real.table.to_pandas())


def test_the_document_names_the_real_table_and_is_of_its_schema(real, tmp_path):
    document = json.loads(recipe("double").fit(real).save(tmp_path / "recipe.json").read_text())
    Draft202012Validator.check_schema(recipe_schema())
    Draft202012Validator(recipe_schema()).validate(document)
    assert document["real"]["sha256"] == real.sha256
    assert document["real"]["target"] == "default"
    assert json.loads(json.dumps(Recipe.from_dict(document).to_dict())) == document
    del document["real"]
    Draft202012Validator(recipe_schema()).validate(document)
    assert Recipe.from_dict(document).fit(real).origin is None
    (tmp_path / "bad.json").write_text(json.dumps(document | {"real": {"sha256": "ab"}}))
    with pytest.raises(InputError, match="This is no recipe of Assay"):
        Recipe.load(tmp_path / "bad.json")


def learned(real: Dataset, *names: str) -> Recipe:
    return Recipe.from_dict(recipe(*names).fit(real).to_dict())


def test_another_real_table_is_warned_of_and_refused_where_rows_are_made_from_it(real, make_table, caplog):
    other = load(make_table(60, 9), target="default")
    with caplog.at_level(logging.WARNING, logger="assay"):
        learned(real, "double").fit(real)
        assert not caplog.records
        learned(real, "double").fit(other)
    told = f"Got a table with sha256 {other.sha256[:12]}, expected {real.sha256[:12]}."
    assert told in caplog.text
    with pytest.raises(InputError, match=r"makes rows from the real ones that it was learned from \(anchored\)") as caught:
        learned(real, "double", "anchored").fit(other)
    assert told in str(caught.value)
    assert "or learn a recipe from this one" in str(caught.value)
    assert isinstance(learned(real, "anchored").fit(real).mend(make_table(40, 2)), Amended)


def test_real_tables_of_another_schema_are_refused(real, make_table):
    kept = learned(real, "double")
    table = make_table(60, 1)
    with pytest.raises(InputErrors, match=r"no column 'age', with which the recipe was learned\. Did you mean 'aged'"):
        learned(real).fit(load(table.rename_columns(["aged", *table.column_names[1:]]), target="default"))
    with pytest.raises(InputError, match=r"The recipe was learned with target 'default'\. Got none. Give target as it was given"):
        kept.fit(load(table))
    text = table.set_column(0, "age", table.column("age").cast(pa.string()))
    with pytest.raises(InputError, match=r"Column 'age' of the real table is \w+. It was numeric when the recipe was learned."):
        kept.fit(load(text, target="default"))


def test_synthetic_tables_of_another_schema_are_refused(real, make_table):
    kept = learned(real, "double").fit(real)
    table = make_table(40, 2)
    with pytest.raises(InputError, match="synthetic table has no column 'age'"):
        kept.mend(table.drop_columns(["age"]))
    with pytest.raises(InputError, match="has a column 'more' that the real table has not"):
        kept.mend(table.append_column("more", table.column("age")))
    words = table.set_column(0, "age", pa.array(["old"] * 40))
    for given in (words, load(words, target="default")):
        with pytest.raises(
            InputError, match="'age' of the synthetic table is of type string, and 100% of its cells have no value"
        ):
            kept.mend(given)
    some = table.set_column(0, "age", pa.array([str(age) for age in table.column("age").to_pylist()[:-1]] + ["old"]))
    assert len(kept.mend(some).table) == 40


@pytest.mark.parametrize("change", ['"seed": 1e999', '"seed": -1e999', '"seed": NaN', '"seed": []'])
def test_a_damaged_recipe_is_bad_input(tmp_path, change):
    text = json.dumps(recipe("double").to_dict())
    assert '"seed": 3' in text
    (tmp_path / "recipe.json").write_text(text.replace('"seed": 3', change))
    with pytest.raises(InputError, match="This is no recipe of Assay"):
        Recipe.load(tmp_path / "recipe.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": {}}, r"recipe.json: .*steps of a recipe must be a list. Got {}. Give the file that mend wrote"),
        ({"seed": -1}, r"recipe.json: .*seed of a recipe must be an integer >= 0. Got -1. Give the file that mend wrote"),
        (None, r"recipe.json: .*A recipe is a mapping. Got a list. Give the file that mend wrote"),
    ],
)
def test_what_a_recipe_cannot_be_is_said(tmp_path, change, words):
    (tmp_path / "recipe.json").write_text(json.dumps([] if change is None else recipe("double").to_dict() | change))
    with pytest.raises(InputError, match=words):
        Recipe.load(tmp_path / "recipe.json")


def test_the_document_is_of_its_schema_without_json(real):
    Draft202012Validator(recipe_schema()).validate(recipe("double").fit(real).to_dict())
