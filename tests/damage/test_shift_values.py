from __future__ import annotations

import numpy as np
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.shift_values import ShiftValues
from assay.data.dataset import Dataset
from assay.data.ground import Ground, written
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.01, 0.4, 1.5])
def test_all_values_move_by_one_constant(severity: float) -> None:
    ground = made_grounds()["clinic"]
    for seed in range(6):
        planted = ShiftValues(severity).plant(ground, spawn(seed, "test"))
        before, after = (part.numbers(planted.columns[0]) for part in (ground.sound, planted.synthetic))
        moved = (after - before)[~np.isnan(before)]
        width = np.diff(np.nanquantile(ground.spare.numbers(planted.columns[0]), (0.16, 0.84)))[0] / 2
        assert np.ptp(moved) < 1e-6
        # whole years of age are .06 of its spread
        assert abs(moved[0]) / width == pytest.approx(severity, abs=0.032)
        assert moved[0] >= 0


def test_a_column_with_negative_numbers_moves_either_way() -> None:
    ground = made_grounds()["houses"]
    parts = [part.select(("region", "income", "price")) for part in (ground.real, ground.spare, ground.holdout)]
    ground = Ground(*(written(part, "income", part.numbers("income") - 4e4) for part in parts))
    moves = [
        np.nanmean(ShiftValues().plant(ground, spawn(seed, "test")).synthetic.numbers("income") - ground.sound.numbers("income"))
        for seed in range(12)
    ]
    assert min(moves) < 0 < max(moves)


def test_a_column_that_heaps_is_left_alone() -> None:
    ground = made_grounds()["houses"]
    parts = [part.select(("region", "income", "price")) for part in (ground.real, ground.spare, ground.holdout)]
    heaped: list[Dataset] = []
    for part in parts:
        income = part.numbers("income")
        heaped.append(written(part, "income", np.where(np.arange(len(part)) % 4 == 0, np.round(income, -4), income)))
    with pytest.raises(NotApplicable, match="without heaps"):
        ShiftValues().plant(Ground(*heaped), spawn(0, "test"))
