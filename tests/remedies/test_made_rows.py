"""Rows made from real ones are no fault of the generator: they are neither looked at nor mended."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.remedies.value_scenes import changed, toy

from assay.core import registry
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.scene import Scene

Values = Callable[[np.ndarray], np.ndarray]
DAMAGES: dict[str, Values] = {
    "match_line": lambda x: 1.6 * x + 8.0,
    "match_quantiles": lambda x: 50.0 + 10.0 * np.sinh((x - 50.0) / 12.0),
    "match_covariance": lambda x: np.random.default_rng(0).permutation(x),
    "spread_grid": lambda x: 5.0 * np.round(x / 5.0),
    "thin_spikes": lambda x: np.minimum(x, np.quantile(x, 0.93)),
}


@pytest.mark.parametrize("name", list(DAMAGES))
def test_rows_made_from_real_ones_are_neither_looked_at_nor_mended(name: str) -> None:
    real, sound = toy(600, 3), toy(4000, 2)
    damaged = changed(sound, "x", DAMAGES[name](sound.numbers("x")))
    made = changed(toy(400, 5), "x", np.where(np.arange(400) < 200, damaged.numbers("x")[:400], 90.0))
    rows = Amended.of(damaged).joined(made, np.ones(400))
    whole, own = Scene(real, rows), Scene(real, Amended.of(damaged))
    remedy = registry.get("remedy", name)()
    plans = remedy.signs(own)
    assert plans
    assert list(remedy.signs(whole)) == list(plans)
    for plan in plans:
        setting = remedy.learn(plan, own)
        assert remedy.learn(plan, whole) == setting
        mended = remedy.apply(setting, rows, real, spawn(0, name))
        assert mended.anchored.sum() == 400
        kept, before = (each.table.table.take(np.flatnonzero(each.anchored)) for each in (mended, rows))
        assert kept.equals(before)
        assert not mended.table.table.slice(0, 4000).equals(rows.table.table.slice(0, 4000))


def test_nulls_and_values_of_rows_made_from_real_ones_are_not_thinned() -> None:
    real, sound = toy(600, 3), toy(4000, 2)
    lab = np.where(np.random.default_rng(0).random(4000) < 0.5, np.nan, sound.numbers("lab"))
    x = np.where(np.random.default_rng(1).random(4000) < 0.2, 48.0, sound.numbers("x"))
    made = changed(changed(toy(400, 5), "lab", np.full(400, np.nan)), "x", np.full(400, 48.0))
    rows = Amended.of(changed(changed(sound, "lab", lab), "x", x)).joined(made, np.ones(400))
    remedy = registry.get("remedy", "thin_spikes")()
    scene = Scene(real, rows)
    plan = remedy.signs(scene)[-1]
    assert set(plan.columns) == {"lab", "x"}
    mended = remedy.apply(remedy.learn(plan, scene), rows, real, spawn(0, "thin"))
    assert mended.anchored.sum() == 400
    assert len(mended) < len(rows) - 1_000
