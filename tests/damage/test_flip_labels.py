"""Labels flipped anywhere: as many as it says, and symmetric."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.damage.made_ground import changed, made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.flip_labels import FlipLabels


@pytest.fixture(scope="module")
def ground():
    return made_ground()


@pytest.mark.parametrize("severity", FlipLabels.severities)
def test_so_many_labels_are_wrong(ground, severity):
    found = planted(FlipLabels(severity), ground)
    np.testing.assert_array_equal(changed(ground.sound, found.synthetic, "grant"), found.rows)
    assert len(found.rows) == round(severity * len(ground.sound))


def test_doses_are_nested(ground):
    doses = [set(planted(FlipLabels(severity), ground).rows) for severity in FlipLabels.severities]
    assert all(small < large for small, large in itertools.pairwise(doses))


def test_every_other_class_is_as_likely():
    ground = made_ground(4000, target="city")
    found = planted(FlipLabels(0.45), ground)
    before, after = (np.array(part.table["city"])[found.rows] for part in (ground.sound, found.synthetic))
    new = after[before == "Bonn"]
    assert {level: pytest.approx(1 / 3, abs=0.06) for level in ("Kiel", "Ulm", "Wien")} == {
        level: (new == level).mean() for level in ("Kiel", "Ulm", "Wien")
    }


def test_targets_of_a_regression_change_places():
    ground = made_ground(table=made_table(8000), target="hours", task="regression")
    found = planted(FlipLabels(), ground)
    np.testing.assert_array_equal(np.sort(found.synthetic.numbers("hours")), np.sort(ground.sound.numbers("hours")))
    assert set(changed(ground.sound, found.synthetic, "hours")) <= set(found.rows)


def test_without_target_not_applicable():
    with pytest.raises(NotApplicable, match="no target"):
        planted(FlipLabels(), made_ground(200, target=None))
