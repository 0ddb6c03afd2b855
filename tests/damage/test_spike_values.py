from __future__ import annotations

import numpy as np
import pytest

from assay.core.seeds import spawn
from assay.damage.spike_values import SpikeValues
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.01, 0.1, 0.4])
def test_the_share_of_the_one_value_is_the_severity(severity: float) -> None:
    ground = made_grounds()["clinic"]
    for seed in range(5):
        planted = SpikeValues(severity).plant(ground, spawn(seed, "test"))
        values = planted.synthetic.numbers(planted.columns[0])
        spike = np.unique(values[planted.rows])
        assert len(spike) == 1
        assert spike[0] in ground.spare.numbers(planted.columns[0])
        assert len(planted.rows) == round(severity * np.count_nonzero(~np.isnan(values)))


def test_nulls_stay() -> None:
    ground = made_grounds()["clinic"]
    plants = (SpikeValues(0.4).plant(ground, spawn(seed, "test")) for seed in range(20))
    planted = next(one for one in plants if one.columns == ("lab",))
    assert np.array_equal(planted.synthetic.nulls("lab"), ground.sound.nulls("lab"))
    assert ground.sound.nulls("lab").any()
