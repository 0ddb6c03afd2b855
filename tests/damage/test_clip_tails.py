from __future__ import annotations

import numpy as np
import pytest

from assay.core.seeds import spawn
from assay.damage.clip_tails import ClipTails
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("seed", range(6))
def test_nothing_lies_beyond_the_real_extreme_hundredth(seed: int) -> None:
    ground = made_grounds()["clinic"]
    planted = ClipTails().plant(ground, spawn(seed, "test"))
    real, synthetic = (part.numbers(planted.columns[0]) for part in (ground.real, planted.synthetic))
    upper = np.mean(synthetic > np.nanquantile(real, 0.99))
    lower = np.mean(synthetic < np.nanquantile(real, 0.01))
    assert min(upper, lower) == 0.0


def test_the_clipped_values_make_a_spike_at_the_limit() -> None:
    ground = made_grounds()["houses"]
    planted = ClipTails(0.06).plant(ground, spawn(2, "test"))
    values = planted.synthetic.numbers(planted.columns[0])
    assert len(np.unique(values[planted.rows])) == 1
    assert np.mean(values == values[planted.rows[0]]) >= 0.05


def test_rows_are_those_that_were_beyond() -> None:
    ground = made_grounds()["houses"]
    planted = ClipTails(0.03).plant(ground, spawn(2, "test"))
    before, after = (part.numbers(planted.columns[0]) for part in (ground.sound, planted.synthetic))
    assert np.array_equal(np.flatnonzero(before != after), planted.rows)
