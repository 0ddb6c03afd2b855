from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.value_scenes import assert_no_plans, changed, false_signs, gap, mend, most_false, scene, toy

from assay.remedies.match_quantiles import MatchQuantiles

REAL, SOUND = toy(300, 3), toy(4000, 2)

SHAPES = {
    "log": lambda v: np.log(v - np.nanmin(v) + 1),
    "squashed": lambda v: np.nanmedian(v) + np.nanstd(v) * np.tanh((v - np.nanmedian(v)) / np.nanstd(v) / 0.7),
    "clipped": lambda v: np.clip(v, *np.nanquantile(v, [0.15, 0.85])),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["money", "x"])
def test_another_shape_comes_back(shape: str, name: str) -> None:
    if (shape, name) == ("log", "x"):
        pytest.skip("of a normal column the logarithm is nearly a line away")
    damaged = changed(SOUND, name, SHAPES[shape](SOUND.numbers(name)))
    found = scene(toy(1000, 1), damaged)
    assert MatchQuantiles().signs(found)[0].columns == (name,)
    mended = mend(MatchQuantiles(), found).table
    assert gap(mended, SOUND, name) < max(0.4 * gap(damaged, SOUND, name), 0.04)


def test_a_monotone_map_keeps_the_order_of_what_is_not_tied() -> None:
    damaged = changed(SOUND, "money", np.log(SOUND.numbers("money")))
    mended = mend(MatchQuantiles(), scene(REAL, damaged)).table.numbers("money")
    assert np.all(np.diff(mended[np.argsort(SOUND.numbers("money"), kind="stable")]) >= 0)


@pytest.mark.parametrize("change", [lambda v: v + 5, lambda v: 50 + 0.5 * (v - 50), lambda v: 1000 * v])
def test_lines_are_left_to_others(change: object) -> None:
    damaged = changed(SOUND, "x", change(SOUND.numbers("x")))  # type: ignore[operator]
    assert not MatchQuantiles().signs(scene(REAL, damaged))


def test_no_real_value_is_kept() -> None:
    damaged = changed(SOUND, "money", np.log(SOUND.numbers("money")))
    found = scene(REAL, damaged)
    setting = MatchQuantiles().learn(MatchQuantiles().signs(found)[0], found)
    assert not set(setting["maps"][0]["values"]) & set(REAL.numbers("money").tolist())


@pytest.mark.parametrize("weighted", [False, True])
def test_sound_rows_give_no_signs(weighted: bool) -> None:
    assert false_signs(MatchQuantiles(), 100, weighted=weighted) <= most_false(100)


def test_odd_tables_give_no_plan() -> None:
    assert_no_plans(MatchQuantiles())
