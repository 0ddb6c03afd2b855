"""Lost levels: found together where each has a few rows, and filled."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.remedies.losing import assert_filled, false_alarms, lost, odd_scene, odd_tables, scene

from assay.core.errors import NotApplicable
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.data.schema import Column, Schema
from assay.remedies.refill_levels import RefillLevels


@pytest.mark.parametrize("rows", [300, 1_000])
def test_finds_the_loss_and_fills_it(rows: int) -> None:
    given = scene("level", rows=rows)
    plans = list(RefillLevels().signs(given))
    assert plans[0].columns == ("level",)
    amended = assert_filled(RefillLevels(), "level", plans, given)
    added = amended.table.take(np.flatnonzero(amended.anchored))
    assert lost(added, "level").all()


def test_rows_that_are_filled_in_are_lost_no_more() -> None:
    given = scene("level")
    remedy = RefillLevels()
    amended = remedy.apply(remedy.learn(remedy.signs(given)[0], given), given.rows, given.real, np.random.default_rng(0))
    assert not remedy.signs(Scene(given.real, amended, 0))


def test_no_level_is_written_down() -> None:
    given = scene("level")
    setting = RefillLevels().learn(RefillLevels().signs(given)[0], given)
    assert setting["columns"][0].keys() == {"column", "share"}


def test_learning_where_nothing_is_lost_is_not_applicable() -> None:
    given = scene("level")
    plan = RefillLevels().signs(given)[0]
    sound = given.real.take(np.flatnonzero(~lost(given.real, "level")))
    with pytest.raises(NotApplicable, match="level"):
        RefillLevels().learn(plan, Scene(sound, given.rows, 0))


def test_says_nothing_on_sound_rows() -> None:
    assert false_alarms(RefillLevels(), 100) <= 4  # with a chance of .01 each, more have one below .002


def test_says_nothing_on_sound_rows_with_weights() -> None:
    assert false_alarms(RefillLevels(), 15, weighted=True) <= 2


@pytest.mark.parametrize("name", odd_tables())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not RefillLevels().signs(odd_scene(name))


def test_levels_that_are_many_are_not_taken_for_lost() -> None:
    found = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        real, synthetic = (
            pa.table({"code": [f"c{value}" for value in rng.integers(0, 700, count)], "x": rng.normal(size=count)})
            for count in (200, 1_500)
        )
        schema = Schema((Column("code", "categorical", "string"), Column("x", "numeric", "double")))
        given = Scene(Dataset(real, schema), Amended.of(Dataset(synthetic, schema)), seed, 0.01)
        found += bool(RefillLevels().signs(given))
    assert found <= 1
