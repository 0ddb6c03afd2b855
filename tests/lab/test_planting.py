from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core import registry
from assay.core.errors import NotApplicable
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted, written
from assay.data.infer import infer_schema
from assay.data.schema import Column, Schema
from assay.judging.policy import load_policy
from assay.lab.planting import checked, damaged

POLICY = """
name = "spread"
purpose = "Tests."
error = 0.05
needs = []

[checks.variance_ratio]
material = 0.095
mean = 0.175
blind = 0.9
reason = "It must vary as reality does."
"""


@pytest.fixture
def spread(tmp_path):
    (tmp_path / "spread.toml").write_text(POLICY, encoding="utf-8")
    return load_policy(tmp_path / "spread.toml")


@pytest.fixture
def ground():
    """Four numbers of different shapes and a label, so that a damage has places to choose from."""
    rng = np.random.default_rng(1)
    rows = 3_000
    table = pa.table(
        {
            "a": pa.array(rng.normal(50.0, 8.0, rows).round(3)),  # a mean of zero, and less spread would be another unit
            "b": pa.array(rng.gamma(3.0, size=rows).round(3)),
            "c": pa.array(rng.uniform(size=rows).round(4)),
            "d": pa.array(rng.integers(0, 5_000, rows)),
            "y": pa.array(rng.choice(["no", "yes"], rows).tolist()),
        }
    )
    return Ground.cut(Dataset(table, infer_schema(table, target="y")), rows=1_000, holdout=500, seed=2)


def sound(ground):
    return Planted(ground.real, ground.sound, ground.holdout, "Nothing.")


@pytest.mark.parametrize(
    "kind", ["shrink_spread", "shift_values", "spike_values", "truncate_tails", "add_missing", "round_values", "flip_labels"]
)
def test_places_do_not_depend_on_the_severity(ground, kind):
    levels = registry.get("damage", kind).severities
    for seed in range(3):
        small, large = (damaged(kind, severity, ground, seed) for severity in (levels[1], levels[-2]))
        assert small.columns == large.columns
        assert small.columns
    if registry.get("damage", kind).touches == "cells":
        assert set(small.rows.tolist()) <= set(large.rows.tolist())


def test_equal_seeds_plant_equally_and_others_elsewhere(ground):
    one, two = (damaged("shrink_spread", 0.3, ground, 5) for _ in range(2))
    assert one.synthetic.sha256 == two.synthetic.sha256
    assert one.note == two.note
    assert len({damaged("shrink_spread", 0.3, ground, seed).columns for seed in range(12)}) > 1


def test_no_severity_means_the_material_one(ground):
    material = registry.get("damage", "shrink_spread").material
    default, named = (damaged("shrink_spread", severity, ground, 5) for severity in (None, material))
    assert default.synthetic.sha256 == named.synthetic.sha256


def test_rows_that_cannot_take_it_say_so(ground):
    with pytest.raises(NotApplicable):
        damaged("break_order", None, ground, 1)  # there is no time


def test_a_spread_that_shrank_is_caught_first_and_in_its_column(ground, spread):
    damage = registry.get("damage", "shrink_spread")(0.3)
    planted = damaged("shrink_spread", 0.3, ground, 7)
    found = checked(planted, damage, spread, seed=7)
    assert found.caught
    assert found.verdict == "not_trusted"
    assert found.rank == 1
    assert found.columns
    code, mechanism, columns = found.findings[0]
    assert (code, mechanism) == ("VAR01", "variance_change")
    assert planted.columns[0] in columns
    assert found.note == planted.note
    assert found.seconds > 0
    assert found.to_dict()["rank"] == 1


def test_a_right_mechanism_at_a_wrong_place_names_no_column(ground, spread):
    damage = registry.get("damage", "shrink_spread")(0.3)
    planted = damaged("shrink_spread", 0.3, ground, 7)
    other = next(name for name in "abc" if name not in planted.columns)
    elsewhere = Planted(planted.real, planted.synthetic, planted.holdout, planted.note, (other,), planted.rows)
    found = checked(elsewhere, damage, spread, seed=7)
    assert found.rank == 1
    assert not found.columns
    whole = Planted(planted.real, planted.synthetic, planted.holdout, planted.note, (), planted.rows)
    assert checked(whole, damage, spread, seed=7).columns  # whole rows at fault: the mechanism says it


def test_a_wrong_mechanism_has_no_rank(ground, spread):
    planted = damaged("shrink_spread", 0.3, ground, 7)
    found = checked(planted, registry.get("damage", "flip_labels")(), spread, seed=7)
    assert found.caught
    assert found.rank is None
    assert not found.columns


def test_sound_rows_are_not_refused(ground, spread):
    found = checked(sound(ground), None, spread, seed=3)
    assert not found.caught
    assert found.rank is None
    assert found.findings == ()


def test_any_number_of_jobs_gives_the_same(ground, spread):
    damage = registry.get("damage", "shrink_spread")(0.2)
    planted = damaged("shrink_spread", 0.2, ground, 7)
    one, two = (checked(planted, damage, spread, seed=7, jobs=jobs) for jobs in (1, 2))
    assert {**one.to_dict(), "seconds": 0} == {**two.to_dict(), "seconds": 0}


def test_what_was_declared_is_kept(ground, quick):
    values = ground.sound.numbers("b")
    moved = written(ground.sound, "b", values + 2 * values.std())
    planted = Planted(ground.real, moved, ground.holdout, "Moved.", ("b",))
    inferred = checked(planted, registry.get("damage", "shift_values")(), quick, seed=1)
    assert inferred.rank == 1
    assert inferred.columns
    declared = Schema((Column("b", "id", "double"),))
    found = checked(planted, registry.get("damage", "shift_values")(), quick, seed=1, declared=declared)
    assert all("b" not in columns for _, _, columns in found.findings)  # a number of the row's own has no distribution
    assert found.rank is None
    as_levels = Schema((Column("a", "categorical", "double"),))
    assert checked(planted, None, quick, seed=1, declared=as_levels).caught
