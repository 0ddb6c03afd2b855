from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.row_toys import MOST_FALSE, emptied, false_signs, mended, odd_scenes, pair, scene_of

from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies.clear_missing import ClearMissing


def random(dataset: Dataset, name: str, chance: float | np.ndarray, seed: int = 0) -> Dataset:
    """Empty cells at random."""
    return emptied(dataset, name, np.random.default_rng(seed).random(len(dataset)) < chance)


def by_age(dataset: Dataset) -> np.ndarray:
    return np.where(dataset.numbers("age") > 66, 0.6, 0.05)


def test_surplus_nulls_get_the_real_weight_exactly() -> None:
    real, synthetic = pair()
    scene = scene_of(real, random(synthetic, "score", 0.4))
    out, plan = mended(ClearMissing(), scene)
    assert plan.columns == ("score",)
    assert not plan.fact
    gone = out.table.nulls("score")
    np.testing.assert_allclose(out.weights[gone].sum() / out.weights.sum(), real.nulls("score").mean(), atol=1e-6)
    assert not ClearMissing().signs(Scene(real, out))


def test_nulls_where_real_rows_have_none_are_left_out() -> None:
    real, synthetic = pair(1)
    damaged = random(synthetic, "city", 0.2)
    out, _ = mended(ClearMissing(), scene_of(real, damaged))
    assert not out.table.nulls("city").any()
    assert len(out) == len(synthetic) - damaged.nulls("city").sum()


@pytest.mark.parametrize("name", ["age", "city", "since", "member", "income"])
def test_cells_are_emptied_as_often_as_in_reality(name: str) -> None:
    real, synthetic = pair(2)
    real = random(real, name, 0.3, seed=4)
    out, plan = mended(ClearMissing(), scene_of(real, synthetic))
    assert plan.columns == (name,)
    assert abs(out.table.nulls(name).mean() - real.nulls(name).mean()) < 0.03
    assert len(out) == len(synthetic)


def test_cells_are_emptied_where_they_are_in_reality() -> None:
    real, synthetic = pair(3)
    real = random(real, "income", by_age(real))
    out, plan = mended(ClearMissing(), scene_of(real, synthetic))
    assert plan.options["items"][0]["parts"]["column"] == "age"
    gone, old = out.table.nulls("income"), synthetic.numbers("age") > 66
    assert gone[old].mean() > 0.45
    assert gone[~old].mean() < 0.12


def test_nulls_that_were_moved_come_back() -> None:
    real, synthetic = pair(5, 1000)
    real = random(real, "income", by_age(real))
    moved = random(synthetic, "income", by_age(synthetic).mean(), seed=9)
    out, _ = mended(ClearMissing(), scene_of(real, moved))
    gone, old = out.table.nulls("income"), synthetic.numbers("age") > 66
    share = out.weights * gone
    assert share[old].sum() / out.weights[old].sum() > 0.45
    assert share[~old].sum() / out.weights[~old].sum() < 0.12


def test_columns_that_are_empty_together_stay_so() -> None:
    real, synthetic = pair(6)
    gone = np.random.default_rng(0).random(len(real)) < 0.3
    real = emptied(emptied(real, "income", gone), "city", gone)
    out, plan = mended(ClearMissing(), scene_of(real, synthetic), at=1)
    assert set(plan.columns) == {"income", "city"}
    assert (out.table.nulls("income") == out.table.nulls("city")).mean() > 0.97


def test_sound_rows_give_no_sign() -> None:
    assert false_signs(ClearMissing(), 100) <= MOST_FALSE


@pytest.mark.parametrize("name", odd_scenes())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not ClearMissing().signs(odd_scenes()[name])
