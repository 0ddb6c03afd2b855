"""So many values are missing, and the rest is as it was."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import changed, made_ground, planted

from assay.damage.add_missing import AddMissing


@pytest.fixture(scope="module")
def ground():
    return made_ground()


@pytest.mark.parametrize("severity", [0.002, 0.05, 0.3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_so_many_values_are_missing(ground, severity, seed):
    found = planted(AddMissing(severity), ground, seed)
    (name,) = found.columns
    new = found.synthetic.nulls(name) & ~ground.sound.nulls(name)
    np.testing.assert_array_equal(np.flatnonzero(new), found.rows)
    np.testing.assert_array_equal(changed(ground.sound, found.synthetic, name), found.rows)
    assert len(found.rows) == round(severity * len(ground.sound))


def test_missing_values_are_independent_of_the_rows(ground):
    found = planted(AddMissing(0.3), ground)
    gone = np.zeros(len(ground.sound), dtype=bool)
    gone[found.rows] = True
    age = ground.sound.numbers("age")
    assert age[gone].mean() == pytest.approx(age[~gone].mean(), abs=3.0)


def test_doses_are_nested(ground):
    small, large = (set(planted(AddMissing(severity), ground).rows) for severity in (0.01, 0.1))
    assert small < large
