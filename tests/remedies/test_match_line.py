from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.value_scenes import assert_no_plans, changed, false_signs, gap, mend, most_false, scene, toy

from assay.remedies.match_line import MatchLine

REAL, SOUND = toy(300, 3), toy(4000, 2)


@pytest.mark.parametrize("name", ["x", "money", "age", "lab"])
@pytest.mark.parametrize("factor", [0.5, 0.7, 1.6])
def test_a_changed_spread_comes_back(name: str, factor: float) -> None:
    values = SOUND.numbers(name)
    damaged = changed(SOUND, name, np.nanmean(values) + factor * (values - np.nanmean(values)))
    found = scene(REAL, damaged)
    assert MatchLine().signs(found)[0].columns == (name,)
    mended = mend(MatchLine(), found)
    assert gap(mended.table, SOUND, name) < max(0.4 * gap(damaged, SOUND, name), gap(REAL, SOUND, name))
    assert np.nanstd(mended.table.numbers(name)) == pytest.approx(np.nanstd(values), rel=0.2)


def test_a_shift_is_one_number_and_comes_back_on_the_grid() -> None:
    found = scene(REAL, changed(SOUND, "age", SOUND.numbers("age") + 7))
    plan = MatchLine().signs(found)[0]
    assert (plan.numbers, plan.options["forms"], plan.mechanism) == (1.0, {"age": "shift"}, "covariate_shift")
    moved = mend(MatchLine(), found).table.numbers("age") - SOUND.numbers("age")
    assert np.ptp(moved) == 0
    assert abs(moved[0]) <= 2


@pytest.mark.parametrize("factor", [100.0, 0.001, 2.54])
def test_units_come_back_exactly(factor: float) -> None:
    found = scene(REAL, changed(SOUND, "money", factor * SOUND.numbers("money")))
    assert MatchLine().signs(found)[0].options["forms"] == {"money": "units"}
    assert np.allclose(mend(MatchLine(), found).table.numbers("money"), SOUND.numbers("money"))


def test_degrees_come_back_exactly() -> None:
    found = scene(REAL, changed(SOUND, "x", 32 + 1.8 * SOUND.numbers("x")))
    assert MatchLine().signs(found)[0].options["forms"] == {"x": "line"}
    assert np.allclose(mend(MatchLine(), found).table.numbers("x"), SOUND.numbers("x"))


def test_a_stretched_grid_has_no_holes() -> None:
    age = SOUND.numbers("age")
    damaged = changed(SOUND, "age", np.floor(45 + 0.5 * (age - 45)))
    mended = mend(MatchLine(), scene(REAL, damaged)).table.numbers("age")
    times = np.bincount(mended.astype(int))[30:60]
    assert times.min() > 0.5 * np.median(times)


def test_zeros_that_stayed_stay() -> None:
    gain = SOUND.numbers("gain")
    damaged = changed(SOUND, "gain", np.where(gain == 0, 0.0, 5 * gain))
    mended = mend(MatchLine(), scene(toy(1000, 1), damaged)).table
    assert np.array_equal(mended.numbers("gain") == 0, gain == 0)
    assert gap(mended, SOUND, "gain") < 0.05


def test_zeros_that_moved_go_back_exactly() -> None:
    gain = SOUND.numbers("gain")
    damaged = changed(SOUND, "gain", gain.mean() + 0.5 * (gain - gain.mean()))
    mended = mend(MatchLine(), scene(toy(1000, 1), damaged)).table
    assert np.mean((mended.numbers("gain") == 0) == (gain == 0)) > 0.99


def test_all_columns_at_once() -> None:
    damaged = SOUND
    for name in ("x", "money", "age", "lab"):
        values = SOUND.numbers(name)
        damaged = changed(damaged, name, np.nanmean(values) + 0.5 * (values - np.nanmean(values)))
    found = scene(REAL, damaged)
    alone, together, within = MatchLine().signs(found)
    assert len(alone.columns) == 1
    assert within.options["within"]
    assert set(together.columns) == {"x", "money", "age", "lab"}
    mended = mend(MatchLine(), found, 1).table
    assert max(gap(mended, SOUND, name) for name in together.columns) < 0.1
    assert np.array_equal(mended.nulls("lab"), SOUND.nulls("lab"))


def test_a_spread_about_class_means_comes_back() -> None:
    x, sick = SOUND.numbers("x"), np.array(SOUND.table.column("sick").to_pylist()) == "True"
    centre = np.where(sick, x[sick].mean(), x[~sick].mean())
    found = scene(REAL, changed(SOUND, "x", centre + 0.4 * (x - centre)))
    plans = MatchLine().signs(found)
    assert [plan.options["within"] for plan in plans] == [False, True]
    assert (plans[1].columns, plans[1].numbers) == (("x",), 1.0)
    mended = mend(MatchLine(), found, 1).table.numbers("x")
    assert np.corrcoef(mended, x)[0, 1] > 0.9999
    assert mended.std() == pytest.approx(x.std(), rel=0.15)


def test_weighted_rows_tell_the_same() -> None:
    x = SOUND.numbers("x")
    assert not MatchLine().signs(scene(REAL, SOUND, weights=np.where(x > 50, 1.0, 1.02)))
    assert MatchLine().signs(scene(REAL, SOUND, weights=np.where(x > 50, 1.0, 0.2)))


@pytest.mark.parametrize("weighted", [False, True])
def test_sound_rows_give_no_signs(weighted: bool) -> None:
    assert false_signs(MatchLine(), 100, weighted=weighted) <= most_false(100)


def test_odd_tables_give_no_plan() -> None:
    assert_no_plans(MatchLine())
