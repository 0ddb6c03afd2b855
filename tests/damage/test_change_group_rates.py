"""One group's rate changes; its size and everybody else do not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.change_group_rates import ChangeGroupRates


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize("severity", [0.05, 0.2])
def test_one_group_changes(severity, seed):
    ground = made_ground(3000, seed)
    found = planted(ChangeGroupRates(severity), ground, seed)
    assert found.columns == ("city", "grant")
    parts = [(np.array(part.table["city"]), np.array(part.table["grant"])) for part in (ground.sound, found.synthetic)]
    assert Counter(parts[0][0].tolist()) == Counter(parts[1][0].tolist())
    moves = {
        city: abs(np.mean(parts[1][1][parts[1][0] == city] == "yes") - np.mean(parts[0][1][parts[0][0] == city] == "yes"))
        for city in ("Bonn", "Kiel", "Ulm", "Wien")
    }
    group = max(moves, key=lambda city: moves[city])
    assert moves.pop(group) == pytest.approx(severity, abs=0.005)
    assert max(moves.values()) == 0.0
    assert group not in found.note


def test_no_group_is_not_applicable():
    with pytest.raises(NotApplicable, match="no level"):
        planted(ChangeGroupRates(), made_ground(1000, table=made_table(4000).drop_columns(["city"])))
