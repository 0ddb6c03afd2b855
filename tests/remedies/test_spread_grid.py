from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.value_scenes import assert_no_plans, changed, false_signs, gap, mend, most_false, scene, toy

from assay.remedies._steps import off_grid
from assay.remedies.spread_grid import SpreadGrid

REAL, SOUND = toy(300, 3), toy(4000, 2)


@pytest.mark.parametrize("how", [np.round, np.floor, np.ceil])
def test_rounded_values_are_spread_over_their_step(how: object) -> None:
    damaged = changed(SOUND, "x", 8 * how(SOUND.numbers("x") / 8))  # type: ignore[operator]
    found = scene(REAL, damaged)
    plan = SpreadGrid().signs(found)[0]
    assert (plan.columns, plan.options["kind"], plan.fact) == (("x",), "coarse", False)
    mended = mend(SpreadGrid(), found).table
    assert gap(mended, SOUND, "x") < 0.05
    assert np.abs(mended.numbers("x") - damaged.numbers("x")).max() <= 8
    assert len(np.unique(mended.numbers("x"))) > 3000


def test_whole_years_come_back_from_multiples_of_five() -> None:
    damaged = changed(SOUND, "age", 5 * np.round(SOUND.numbers("age") / 5))
    mended = mend(SpreadGrid(), scene(REAL, damaged)).table
    assert gap(mended, SOUND, "age") < 0.05
    assert len(np.unique(mended.numbers("age"))) > 55


def test_digits_that_are_too_many_are_rounded() -> None:
    real = changed(REAL, "lab", REAL.numbers("lab").round(1))
    sound = changed(SOUND, "lab", SOUND.numbers("lab").round(1))
    rng = np.random.default_rng(0)
    damaged = changed(sound, "lab", sound.numbers("lab") + rng.uniform(-0.04, 0.04, len(sound)))
    found = scene(real, damaged)
    plan = SpreadGrid().signs(found)[0]
    assert (plan.columns, plan.options["kind"], plan.fact) == (("lab",), "fine", True)
    mended = mend(SpreadGrid(), found).table
    known = ~sound.nulls("lab")
    assert np.allclose(mended.numbers("lab")[known], sound.numbers("lab")[known])
    assert np.array_equal(mended.nulls("lab"), sound.nulls("lab"))
    assert not off_grid(mended.numbers("lab")[known], 0.1).any()


def test_off_the_grid_because_stretched_is_no_fact() -> None:
    real = changed(REAL, "lab", REAL.numbers("lab").round(1))
    values = SOUND.numbers("lab").round(1)
    damaged = changed(SOUND, "lab", np.nanmean(values) + 0.5 * (values - np.nanmean(values)))
    assert [plan.fact for plan in SpreadGrid().signs(scene(real, damaged))] == [False]


@pytest.mark.parametrize("weighted", [False, True])
def test_sound_rows_give_no_signs(weighted: bool) -> None:
    assert false_signs(SpreadGrid(), 100, weighted=weighted) <= most_false(100)


def test_odd_tables_give_no_plan() -> None:
    assert_no_plans(SpreadGrid())
