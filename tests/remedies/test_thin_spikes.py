from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.value_scenes import assert_no_plans, changed, false_signs, gap, mend, most_false, scene, toy

from assay.remedies.thin_spikes import ThinSpikes

REAL, SOUND = toy(300, 3), toy(4000, 2)


@pytest.mark.parametrize("name", ["x", "money", "age"])
def test_a_spike_inside_is_thinned_to_its_share(name: str) -> None:
    values = SOUND.numbers(name).copy()
    value = np.quantile(values, 0.4, method="nearest")
    own = np.mean(values == value)
    values[np.random.default_rng(0).random(len(values)) < 0.15] = value
    found = scene(REAL, changed(SOUND, name, values))
    plan = ThinSpikes().signs(found)[0]
    assert plan.columns == (name,)
    mended = mend(ThinSpikes(), found)
    assert abs(np.mean(mended.table.numbers(name) == value) - own) < 0.03
    assert 0.8 * len(SOUND) < len(mended) < 0.92 * len(SOUND)
    assert mended.weights.mean() == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["x", "money"])
@pytest.mark.parametrize("rows", [300, 1000])
def test_a_clipped_tail_is_drawn_anew(name: str, rows: int) -> None:
    values = SOUND.numbers(name)
    limit = np.quantile(values, 0.93)
    real = toy(rows, 1)
    found = scene(real, changed(SOUND, name, np.minimum(values, limit)))
    mended = mend(ThinSpikes(), found)
    new = mended.table.numbers(name)
    assert len(mended) == len(SOUND)
    assert np.array_equal(new[values < limit], values[values < limit])
    assert gap(mended.table, SOUND, name) < 0.02
    assert np.quantile(new, 0.99) == pytest.approx(np.quantile(values, 0.99), rel=0.35)
    assert not np.isin(new[new > limit], real.numbers(name)).any()


def test_nulls_that_are_too_many_are_thinned() -> None:
    values = SOUND.numbers("lab").copy()
    values[np.random.default_rng(0).random(len(values)) < 0.4] = np.nan
    found = scene(REAL, changed(SOUND, "lab", values))
    assert ThinSpikes().signs(found)[0].mechanism == "missingness_change"
    mended = mend(ThinSpikes(), found).table
    assert mended.nulls("lab").mean() == pytest.approx(REAL.nulls("lab").mean(), abs=0.03)


def test_a_few_clipped_rows_take_the_shape_of_the_outermost_twenty() -> None:
    values = SOUND.numbers("x")
    real = toy(1000, 3)
    limit = np.sort(real.numbers("x"))[-8]
    damaged = changed(SOUND, "x", np.where(values > limit - 5, limit, values))
    mended = mend(ThinSpikes(), scene(real, damaged)).table.numbers("x")
    assert limit < mended.max() < limit + 30


@pytest.mark.parametrize("weighted", [False, True])
def test_sound_rows_give_no_signs(weighted: bool) -> None:
    assert false_signs(ThinSpikes(), 100, weighted=weighted) <= most_false(100)


def test_odd_tables_give_no_plan() -> None:
    assert_no_plans(ThinSpikes())
