from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.row_toys import MOST_FALSE, emptied, false_signs, mended, odd_scenes, pair, scene_of

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.ground import written
from assay.data.scene import Scene
from assay.remedies.drop_repeats import DropRepeats


def repeated(dataset: Dataset, share: float, seed: int = 0, among: np.ndarray | None = None) -> tuple[Dataset, np.ndarray]:
    """Put repeats of other rows in the place of some."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.arange(len(dataset)) if among is None else np.flatnonzero(among))
    places = order[: round(share * len(order))]
    at = np.arange(len(dataset))
    at[places] = rng.choice(order[len(places) :], len(places))
    return dataset.take(at), places


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_each_row_stays_once(share: float) -> None:
    real, synthetic = pair()
    damaged, places = repeated(synthetic, share)
    out, plan = mended(DropRepeats(), scene_of(real, damaged))
    assert plan.fact
    assert plan.columns == ()
    assert len(out) == len(synthetic) - len(places)
    assert len({str(row) for row in out.table.table.to_pylist()}) == len(out)
    assert not DropRepeats().signs(Scene(real, out))


def test_repeats_in_one_class_and_its_share_afterwards() -> None:
    real, synthetic = pair(2, synthetic=20_000)
    rare = np.array(synthetic.table.column("grant").to_pylist()) == "yes"
    rare &= synthetic.numbers("age") > 30
    few = synthetic.take(np.flatnonzero(~rare | (np.cumsum(rare) <= 600)))
    target = np.array(few.table.column("grant").to_pylist()) == "yes"
    damaged, places = repeated(few, 0.4, among=target)
    out, plan = mended(DropRepeats(), scene_of(real, damaged))
    assert plan.columns == ("grant",)
    assert len(out) == len(few) - len(places)


def test_shares_of_classes_come_back_where_the_real_rows_have_them() -> None:
    real, synthetic = pair(3, 1000, 6000)
    target = np.array(synthetic.table.column("grant").to_pylist()) == "yes"
    damaged, _ = repeated(synthetic, 0.8, among=target)
    out, _ = mended(DropRepeats(), scene_of(real, damaged))
    yes = np.array(out.table.table.column("grant").to_pylist()) == "yes"
    np.testing.assert_allclose(out.weights[yes].sum() / out.weights.sum(), target.mean(), rtol=1e-9)


def test_repeats_with_one_number_changed() -> None:
    real, synthetic = pair(4)
    damaged, places = repeated(synthetic, 0.2)
    values = damaged.numbers("income").copy()
    values[places] += np.random.default_rng(0).normal(0, 50, len(places))
    out, plan = mended(DropRepeats(), scene_of(real, written(damaged, "income", values)))
    assert plan.columns == ("income",)
    assert len(synthetic) - len(places) <= len(out) <= len(synthetic) - 0.7 * len(places)


def test_rows_of_few_levels_are_equal_by_nature() -> None:
    real, synthetic = pair(5)
    names = ["city", "member", "grant", "age"]
    assert not DropRepeats().signs(scene_of(real.select(names), synthetic.select(names)))


def test_real_rows_that_repeat_themselves_speak_against_it() -> None:
    real, synthetic = pair(6, 1000, 1000)
    assert not DropRepeats().signs(scene_of(repeated(real, 0.3)[0], repeated(synthetic, 0.3)[0]))


def test_rows_made_from_real_ones_and_entities_are_left_alone() -> None:
    real, synthetic = pair(7)
    damaged, _ = repeated(synthetic, 0.3)
    rows = Amended(damaged, np.ones(len(damaged)), np.ones(len(damaged), dtype=bool))
    assert not DropRepeats().signs(Scene(real, rows))
    owned = [part.with_schema(part.schema.with_changes(entity="age")) for part in (real, damaged)]
    assert not DropRepeats().signs(scene_of(*owned))


def test_nulls_count_as_values() -> None:
    real, synthetic = pair(8)
    gone = np.random.default_rng(0).random(len(synthetic)) < 0.5
    damaged, places = repeated(emptied(synthetic, "income", gone), 0.3)
    out, _ = mended(DropRepeats(), scene_of(real, damaged))
    assert len(synthetic) - len(places) <= len(out) <= len(synthetic) - 0.9 * len(places)


def test_sound_rows_give_no_sign() -> None:
    assert false_signs(DropRepeats(), 100) <= MOST_FALSE


@pytest.mark.parametrize("name", odd_scenes())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not DropRepeats().signs(odd_scenes()[name])


def test_the_order_of_rows_says_nothing_about_how_near_values_are() -> None:
    real, synthetic = pair(4)
    damaged, places = repeated(synthetic, 0.2)
    values = damaged.numbers("income").copy()
    values[places] = np.round(values[places] * 1.001 + 0.5, 2)
    damaged = written(damaged, "income", values)
    damaged = damaged.take(np.argsort(values, kind="stable"))
    assert [plan.columns for plan in DropRepeats().signs(scene_of(real, damaged))] == [("income",)]
