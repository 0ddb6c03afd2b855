"""A recipe is done again to other rows: equal rows come of equal ones, and what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from assay.core import registry
from assay.core.errors import InputError, UsageError
from assay.core.plan import Learned, Plan
from assay.core.protocols import Remedy
from assay.data.amended_files import weights_beside, write_amended
from assay.mending.recipe import Recipe
from assay.verbs.load import load
from assay.verbs.profile import profile
from assay.verbs.replay import replay


class Halve(Remedy):
    """Weigh every second row by a half."""

    changes = "weights"

    def signs(self, scene):
        return ()

    def learn(self, plan, scene):
        return {}

    def apply(self, setting, rows, real, rng):
        return rows.weighed(np.where(np.arange(len(rows)) % 2 == 0, 1.0, setting["factor"]))


@pytest.fixture
def recipe(monkeypatch):
    """A recipe of one step, whose remedy is there for this test."""
    known = registry.get
    for place in ("assay.mending.judge.get", "assay.mending.recipe.get"):
        monkeypatch.setattr(place, lambda kind, name: Halve if name == "halve" else known(kind, name))
    return Recipe([Learned(Plan("halve", "sampling_bias", 0.001, 1.0, "It is so.", ("age",)), {"factor": 0.5})], 0)


def test_frames_of_all_kinds_and_files_give_equal_rows(make_table, recipe, tmp_path):
    real, other = make_table(60, 1), make_table(120, 2)
    pq.write_table(other, tmp_path / "other.parquet")
    found = [
        replay(real, source, recipe, target="default")
        for source in (other, other.to_pandas(), pl.from_arrow(other), tmp_path / "other.parquet")
    ]
    assert isinstance(found[0].table.table.to_pandas(), pd.DataFrame)
    assert all(one.table.table.equals(found[0].table.table) for one in found)
    assert all(np.array_equal(one.weights, found[0].weights) for one in found)
    assert found[0].weights[1] / found[0].weights[0] == pytest.approx(0.5)
    assert found[0].weights.mean() == pytest.approx(1.0)
    assert found[0].table.lineage.parameters["remedies"] == ["halve"]


def test_it_reads_a_saved_recipe_and_writes_rows_and_weights(make_table, recipe, tmp_path):
    recipe.save(tmp_path / "recipe.json")
    out = tmp_path / "more.jsonl"
    found = replay(make_table(60, 1), make_table(120, 2), tmp_path / "recipe.json", target="default", out=out)
    assert len(out.read_text().splitlines()) == 120
    assert np.array_equal(pq.read_table(weights_beside(out)).column("weight").to_numpy(), found.weights)


def test_a_profile_and_a_recipe_for_other_columns_are_refused(make_table, recipe, tmp_path):
    profile(make_table(60, 1), out=tmp_path / "real.json")
    with pytest.raises(UsageError, match="saved profile"):
        replay(tmp_path / "real.json", make_table(120, 2), recipe)
    other = make_table(60, 1).rename_columns(["aged", "income", "city", "since", "default"])
    with pytest.raises(InputError, match=r"mends the column 'age', which the real table lacks\. Did you mean 'aged'"):
        replay(other, other, recipe)
    with pytest.raises(InputError, match="This is no recipe of Assay"):
        replay(make_table(60, 1), make_table(120, 2), tmp_path / "none.json")


def test_the_real_table_that_was_learned_from_is_asked_for(make_table, recipe, tmp_path, caplog):
    recipe.fit(load(make_table(60, 1), target="default")).save(tmp_path / "recipe.json")
    ask = {"recipe": tmp_path / "recipe.json", "target": "default"}
    replay(make_table(60, 1), make_table(120, 2), **ask)
    assert not caplog.records
    replay(make_table(60, 3), make_table(120, 2), **ask)
    assert "learned from another real table" in caplog.text
    with pytest.raises(InputError, match=r"learned with target 'default'\. Got none\."):
        replay(make_table(60, 1), make_table(120, 2), tmp_path / "recipe.json")


def test_a_replayed_recipe_stays_as_it_was(make_table, recipe, caplog):
    replay(make_table(60, 1), make_table(120, 2), recipe, target="default")
    assert not hasattr(recipe, "real_")
    recipe.fit(load(make_table(60, 1), target="default"))
    replay(make_table(60, 3), make_table(120, 2), recipe, target="default")
    assert "learned from another real table" in caplog.text
    assert recipe.real_.sha256 == load(make_table(60, 1)).sha256


def test_a_large_real_table_is_the_sample_that_was_learned_from(make_table, recipe, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("assay.verbs.replay.sample", lambda table, *, seed: table.take(np.arange(50 + seed)))
    recipe.fit(load(make_table(60, 1), target="default").take(np.arange(50))).save(tmp_path / "recipe.json")
    replay(make_table(60, 1), make_table(120, 2), tmp_path / "recipe.json", target="default")
    assert not caplog.records


def test_old_weights_never_stay_beside_other_rows(make_dataset, tmp_path):
    data, out = make_dataset(30), tmp_path / "rows.csv"
    assert len(write_amended(data, np.arange(30.0), out)) == 2
    assert weights_beside(out).exists()
    assert write_amended(data, np.ones(30), out) == (out,)
    assert not weights_beside(out).exists()


def test_weights_are_not_learned_from_a_handful_of_rows(make_table, recipe):
    with pytest.raises(UsageError, match=r"at least 100 synthetic rows are needed\. Got 2\. Generate more"):
        replay(make_table(60, 1), make_table(2, 2), recipe, target="default")
    unweighed = Recipe((), 0)
    assert len(replay(make_table(60, 1), make_table(2, 2), unweighed, target="default")) == 2
