from __future__ import annotations

import numpy as np
import pytest

from assay.core.seeds import spawn
from assay.damage.inflate_spread import InflateSpread
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.01, 0.25, 1.0])
@pytest.mark.parametrize("label", ["clinic", "visits"])
def test_the_standard_deviation_grows_by_the_severity(label: str, severity: float) -> None:
    ground = made_grounds()[label]
    for seed in range(5):
        planted = InflateSpread(severity).plant(ground, spawn(seed, "test"))
        before, after = (part.numbers(planted.columns[0]) for part in (ground.sound, planted.synthetic))
        if np.nanmin(before) * (1 + severity) - severity * np.nanmean(before) > 0:
            assert np.nanstd(after) / np.nanstd(before) == pytest.approx(1 + severity, abs=0.005)
            assert np.nanmean(after) == pytest.approx(np.nanmean(before), abs=0.03 * np.nanstd(before))


def test_no_number_becomes_negative_where_none_was() -> None:
    ground = made_grounds()["houses"]
    planted = InflateSpread(1.0).plant(ground, spawn(0, "test"))
    assert planted.columns == ("income",)
    assert np.nanmin(planted.synthetic.numbers("income")) >= 0


def test_whole_numbers_get_no_gaps() -> None:
    ground = made_grounds()["visits"]
    plants = (InflateSpread(0.25).plant(ground, spawn(seed, "test")) for seed in range(20))
    planted = next(one for one in plants if one.columns == ("pressure",))
    values = planted.synthetic.numbers("pressure")
    middle = np.arange(*np.round(np.quantile(values, (0.2, 0.8))))
    assert np.isin(middle, values).all()
    assert (values == np.round(values)).all()
