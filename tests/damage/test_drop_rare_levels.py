from __future__ import annotations

import pytest

from assay.core.seeds import spawn
from assay.damage.drop_rare_levels import DropRareLevels
from assay.testing.damage_contract import made_grounds


def test_no_row_of_a_rare_level_is_left() -> None:
    ground = made_grounds()["houses"]
    planted = DropRareLevels().plant(ground, spawn(0, "test"))
    assert planted.columns == ("region",)
    assert "isle" in ground.sound.table.column("region").to_pylist()
    assert set(planted.synthetic.table.column("region").to_pylist()) == {"coast", "hills", "plain", "city"}


def test_rows_left_out_are_made_up_for() -> None:
    ground = made_grounds()["houses"]
    assert len(DropRareLevels().plant(ground, spawn(0, "test")).synthetic) == ground.rows


@pytest.mark.parametrize("severity", [0.3, 0.5, 0.75])
def test_the_share_lost_is_the_severity(severity: float) -> None:
    ground = made_grounds()["visits"]
    lost = []
    for seed in range(20):
        planted = DropRareLevels(severity).plant(ground, spawn(seed, "test"))
        left = planted.synthetic.table.column("clinic").to_pylist().count("island")
        lost.append(1 - left / ground.sound.table.column("clinic").to_pylist().count("island"))
    # 35 to 45 rows each: the mean of 20 shares has an error of a sixtieth
    assert sum(lost) / len(lost) == pytest.approx(severity, abs=0.07)
