"""What `assay.mend` says where nothing can be weighed up or proved; no remedy is tried."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator

import assay
from assay.core import registry
from assay.core.errors import InputError, UsageError
from assay.reporting.documents import mend_schema
from assay.reporting.mended_next import next_steps
from assay.reporting.mended_warnings import warnings

STEMS = registry._stems
POLICY = """
name = "quick"
purpose = "Tests."
error = 0.05
needs = []

[checks.schema_match]
material = 0.001
blind = 0.02
reason = "It must fit."
"""


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Install no remedy for the time of a test."""
    monkeypatch.setattr(registry, "_stems", lambda kind: frozenset() if kind == "remedy" else STEMS(kind))
    for cached in (registry.names, registry.get):
        cached.cache_clear()
    yield
    for cached in (registry.names, registry.get):
        cached.cache_clear()


@pytest.fixture
def mend(make_table, tmp_path):
    policy = tmp_path / "quick.toml"
    policy.write_text(POLICY, encoding="utf-8")

    def run(real=None, *, holdout=None, target="default", **options):
        real = make_table(160, 11) if real is None else real
        return assay.mend(
            real, make_table(400, 12), holdout=holdout, target=target, unseen=True, jobs=1, policy=str(policy), **options
        )

    return run


def test_without_a_target_it_says_so(mend, make_table):
    found = mend(target=None, holdout=make_table(200, 4))
    assert (found.unweighed.code, found.unproved.code) == ("no_target", "no_use")
    assert found.chosen is None
    assert warnings(found) == []


def test_too_few_rows_of_a_class_is_another_thing_than_no_target(mend, make_table):
    table = make_table(300, 11)
    label = np.asarray(table.column("default"))
    kept = np.sort(np.concatenate([np.flatnonzero(label == 0)[:100], np.flatnonzero(label == 1)[:6]]))
    found = mend(table.take(pa.array(kept)), holdout=make_table(200, 4))
    assert (found.unweighed.code, found.unproved.code) == ("too_few", "no_use")
    assert "Got 1 such classes." in found.unweighed.words
    assert warnings(found) == [found.unweighed.words]


def test_without_a_holdout_nothing_is_proved(mend):
    found = mend()
    assert (found.unweighed, found.proof, found.unproved.code, found.withheld) == (None, None, "no_holdout", None)


def test_a_seed_may_be_larger_than_learners_take(mend):
    found = mend(seed=2**40)
    assert found.run["seed"] == 2**40
    assert found.recipe.seed < 2**32
    assert [form.score for form in found.forms] == [form.score for form in mend(seed=2**40).forms]


def test_leaked_rows_of_the_holdout_prove_nothing(mend, make_table):
    real = make_table(160, 11)
    found = mend(real, holdout=pa.concat_tables([make_table(200, 4), real.slice(0, 100)]))
    assert found.proof.rows == 200
    assert (found.withheld.repeated, found.withheld.leaked) == (100, True)
    assert found.verdict != "trusted"
    left = mend(real, holdout=pa.concat_tables([make_table(8, 4), real.slice(0, 100)]))
    assert (left.proof, left.unproved.code) == (None, "too_few_sealed")
    assert warnings(left)[0].startswith("Nothing is proved. A proof needs sealed rows")


def test_groups_of_sensitive_columns_are_proved_one_by_one(mend, make_table):
    found = mend(holdout=make_table(400, 4), sensitive=("city",))
    assert {one.column for one in found.proof.groups} == {"city"}
    assert sum(one.rows for one in found.proof.groups) == found.proof.rows
    assert found.proof.calibration is not None


def test_synthetic_labels_that_no_real_row_has_are_refused_before_any_work(make_table):
    made = make_table(400, 12)
    named = pa.array(np.where(np.asarray(made.column("default")) == 1, "Yes", "No"))
    spelled = made.set_column(made.schema.get_field_index("default"), "default", named)
    real = make_table(160, 11)
    named = pa.array(np.where(np.asarray(real.column("default")) == 1, "yes", "no"))
    real = real.set_column(real.schema.get_field_index("default"), "default", named)
    with pytest.raises(InputError, match=r"known label in 0 of 400 rows; mend needs at least 100") as caught:
        assay.mend(real, spelled, target="default", unseen=True, jobs=1)
    assert caught.value.column == "default"


def test_real_rows_of_one_entity_are_refused(make_table):
    real, made = (make_table(rows, rows).append_column("who", pa.array(["one"] * rows)) for rows in (160, 400))
    with pytest.raises(UsageError, match=r"at least 20 entities\. Got 1 in column 'who'"):
        assay.mend(real, made, target="default", entity="who", unseen=True, jobs=1)


def test_a_table_of_nothing_but_the_target_is_said_to_have_no_features(make_table):
    real, made = (make_table(rows, rows).select(["default"]) for rows in (160, 400))
    found = assay.mend(real, made, target="default", unseen=True, jobs=1)
    assert found.unweighed.code == "no_features"
    Draft202012Validator(mend_schema()).validate(found.to_dict())
    assert ("Give tables that have columns to predict the target from.", "") in next_steps(found)


def test_what_is_no_table_or_no_number_of_seconds_is_refused(make_table):
    with pytest.raises(InputError, match=r"In the synthetic table: A table cannot be read from a NoneType\."):
        assay.mend(make_table(160, 11), None, target="default", jobs=1)
    with pytest.raises(UsageError, match=r"budget must be a number of seconds > 0\. Got '5'\."):
        assay.mend(make_table(160, 11), make_table(400, 12), target="default", jobs=1, budget="5")
