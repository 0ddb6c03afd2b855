from __future__ import annotations

import numpy as np
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.change_units import ChangeUnits
from assay.data.ground import Ground, written
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("factor", ChangeUnits.severities)
def test_values_are_multiplied(factor: float) -> None:
    ground = made_grounds()["houses"]
    planted = ChangeUnits(factor).plant(ground, spawn(0, "test"))
    assert planted.columns == ("income",)
    before, after = (part.numbers("income") for part in (ground.sound, planted.synthetic))
    # cents are spread over their step before
    assert np.nanmax(np.abs(after - factor * before)) <= 0.005 * factor + 0.0051


def test_a_total_is_left_alone_as_no_factor_would_be_harmless() -> None:
    ground = made_grounds()["houses"]
    columns = {ChangeUnits().plant(ground, spawn(seed, "test")).columns for seed in range(20)}
    assert columns == {("income",)}


def test_a_column_far_from_zero_is_left_alone() -> None:
    ground = made_grounds()["houses"]
    parts = [part.select(("region", "income", "price")) for part in (ground.real, ground.spare, ground.holdout)]
    far = [written(part, "income", part.numbers("income") + 1e6) for part in parts]
    ChangeUnits().plant(Ground(*parts), spawn(0, "test"))
    with pytest.raises(NotApplicable, match="not far from zero"):
        ChangeUnits().plant(Ground(*far), spawn(0, "test"))


def test_zeros_stay_zeros() -> None:
    ground = made_grounds()["houses"]
    parts = [part.select(("region", "income", "price")) for part in (ground.real, ground.spare, ground.holdout)]
    zeros = [written(part, "income", np.where(np.arange(len(part)) % 5 == 0, 0.0, part.numbers("income"))) for part in parts]
    planted = ChangeUnits(12.0).plant(Ground(*zeros), spawn(0, "test"))
    assert np.array_equal(planted.synthetic.numbers("income") == 0, zeros[1].numbers("income")[: ground.rows] == 0)
