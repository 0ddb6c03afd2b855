from __future__ import annotations

import numpy as np
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.impossible_values import ImpossibleValues
from assay.data.ground import Ground, written
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.0004, 0.02, 0.15])
def test_the_share_of_negative_numbers_is_the_severity(severity: float) -> None:
    ground = made_grounds()["clinic"]
    for seed in range(5):
        planted = ImpossibleValues(severity).plant(ground, spawn(seed, "test"))
        values = planted.synthetic.numbers(planted.columns[0])
        assert np.array_equal(np.flatnonzero(values < 0), planted.rows)
        assert len(planted.rows) == round(severity * ground.rows)
        assert np.array_equal(np.abs(values), ground.sound.numbers(planted.columns[0]), equal_nan=True)


def test_a_column_with_a_negative_number_can_have_more() -> None:
    ground = made_grounds()["houses"]
    parts = [part.select(("region", "income", "price")) for part in (ground.real, ground.spare, ground.holdout)]
    values = parts[2].numbers("income").copy()
    values[np.flatnonzero(~np.isnan(values))[0]] = -5.0
    parts[2] = written(parts[2], "income", values)
    with pytest.raises(NotApplicable, match="none below zero"):
        ImpossibleValues().plant(Ground(*parts), spawn(0, "test"))
