from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.blur_values import BlurValues
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.005, 0.4, 0.8, 1.0])
def test_correlation_shrinks_and_the_distribution_stays(severity: float) -> None:
    ground = made_grounds()["houses"]
    planted = BlurValues(severity).plant(ground, spawn(0, "test"))
    assert planted.columns == ("built",)
    before, after = (part.numbers("built") for part in (ground.sound, planted.synthetic))
    assert np.array_equal(np.sort(before), np.sort(after))
    # of ranks, 6/pi asin(r/2) of the normal scores' r = sqrt(1 - s); 2,000 rows show it to .03
    assert spearmanr(before, after).statistic == pytest.approx(6 / np.pi * np.arcsin(np.sqrt(1 - severity) / 2), abs=0.07)


def test_dependence_on_the_others_is_lost() -> None:
    ground = made_grounds()["houses"]
    coast = np.array([cell == "coast" for cell in ground.sound.table.column("region").to_pylist()])
    gaps = []
    for severity in (0.005, 0.4, 0.8, 1.0):
        built = BlurValues(severity).plant(ground, spawn(0, "test")).synthetic.numbers("built")
        gaps.append(built[coast].mean() - built[~coast].mean())
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 20
    assert abs(gaps[-1]) < 3


def test_a_table_without_dependence_has_none_to_lose() -> None:
    with pytest.raises(NotApplicable, match="dependence"):
        BlurValues().plant(made_grounds()["clinic"], spawn(0, "test"))
