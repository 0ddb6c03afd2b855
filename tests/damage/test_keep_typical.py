from __future__ import annotations

import numpy as np

from assay.core.seeds import spawn
from assay.damage.keep_typical import KeepTypical
from assay.testing.damage_contract import made_grounds


def test_spreads_and_tails_shrink_in_all_numbers() -> None:
    ground = made_grounds()["visits"]
    synthetic = KeepTypical(0.4).plant(ground, spawn(0, "test")).synthetic
    for name in ("pressure", "pulse"):
        before, after = ground.real.numbers(name), synthetic.numbers(name)
        assert np.nanstd(after) < 0.85 * np.nanstd(before)
        low, high = np.nanquantile(before, (0.01, 0.99))
        assert np.mean((after < low) | (after > high)) < 0.5 * np.mean((before < low) | (before > high))


def test_rare_levels_are_atypical_too() -> None:
    before = after = 0
    for label, column, level in (("visits", "clinic", "island"), ("houses", "region", "isle"), ("clinic", "ward", "rare")):
        ground = made_grounds()[label]
        synthetic = KeepTypical(0.4).plant(ground, spawn(0, "test")).synthetic
        before += ground.sound.table.column(column).to_pylist().count(level)
        after += synthetic.table.column(column).to_pylist().count(level)
    assert after < 0.75 * before


def test_rows_left_out_are_made_up_for() -> None:
    ground = made_grounds()["houses"]
    assert len(KeepTypical(0.4).plant(ground, spawn(0, "test")).synthetic) == ground.rows
