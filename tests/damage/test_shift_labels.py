"""Class shares change by what it says; within a class rows are unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.shift_labels import ShiftLabels


def share(dataset, label):
    return np.mean(np.array(dataset.table["grant"]) == label)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("severity", [0.02, 0.1, 0.2])
def test_share_moves_and_rows_of_a_class_do_not(severity, seed):
    ground = made_ground(3000, seed)
    found = planted(ShiftLabels(severity), ground, seed)
    assert abs(share(found.synthetic, "yes") - share(ground.sound, "yes")) == pytest.approx(severity, abs=1e-3)
    for label in ("yes", "no"):
        before, after = (part.numbers("age")[np.array(part.table["grant"]) == label] for part in (ground.sound, found.synthetic))
        assert after.mean() == pytest.approx(before.mean(), abs=2.5)
    assert len(found.synthetic) == len(ground.sound)


def test_no_row_is_taken_twice():
    table = made_table(8000)
    ground = made_ground(table=table)
    found = planted(ShiftLabels(0.2), ground)
    assert len(np.unique(found.synthetic.numbers("income"))) >= len(np.unique(ground.sound.numbers("income"))) - 5


def test_upper_half_of_a_regression_gains_or_loses():
    ground = made_ground(table=made_table(8000), target="hours", task="regression")
    found = planted(ShiftLabels(0.2), ground)
    above = found.synthetic.numbers("hours") > np.median(ground.spare.numbers("hours"))
    assert abs(above.mean() - 0.5) == pytest.approx(0.2, abs=0.03)


def test_no_room_is_not_applicable():
    rng = np.random.default_rng(0)
    rare = ["yes" if one else "no" for one in rng.random(8000) < 0.05]
    table = made_table(8000)
    table = table.set_column(5, "grant", [rare])
    with pytest.raises(NotApplicable, match="no room"):
        planted(ShiftLabels(0.2), made_ground(table=table))
