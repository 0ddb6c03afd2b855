from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.swap_levels import SwapLevels
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.01, 0.5, 1.0])
def test_two_levels_change_places_and_shares_stay(severity: float) -> None:
    ground = made_grounds()["houses"]
    planted = SwapLevels(severity).plant(ground, spawn(0, "test"))
    before, after = (part.table.column("region").to_pylist() for part in (ground.sound, planted.synthetic))
    assert Counter(before) == Counter(after)
    changes = Counter((before[row], after[row]) for row in planted.rows)
    (first, count), (second, other) = changes.items()
    assert first == second[::-1]
    assert count == other == round(severity * min(Counter(before)[level] for level in first))
    assert [row for row in range(len(before)) if before[row] != after[row]] == planted.rows.tolist()


def test_what_the_levels_say_of_another_column_is_lost() -> None:
    ground = made_grounds()["houses"]
    planted = SwapLevels(0.5).plant(ground, spawn(0, "test"))
    built = ground.sound.numbers("built")
    pair = {ground.sound.table.column("region")[int(row)].as_py() for row in planted.rows}
    gaps = []
    for part in (ground.sound, planted.synthetic):
        region = np.array(part.table.column("region").to_pylist())
        first, second = (built[region == level].mean() for level in sorted(pair))
        gaps.append(abs(first - second))
    assert gaps[1] < 0.7 * gaps[0]


def test_a_column_that_says_nothing_of_others_has_nothing_to_lose() -> None:
    with pytest.raises(NotApplicable, match="differ enough"):
        SwapLevels().plant(made_grounds()["clinic"], spawn(0, "test"))
