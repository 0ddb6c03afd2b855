"""Generations of a generator on its own rows drift further and further."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, planted

from assay.core.errors import NotApplicable
from assay.damage.self_fit import SelfFit


def test_rows_are_new_and_of_the_same_types():
    ground = made_ground(1000)
    found = planted(SelfFit(1), ground)
    assert found.synthetic.table.schema.equals(ground.real.table.schema)
    assert found.synthetic.lineage is None
    assert len(found.synthetic) == len(ground.sound)
    real = set(zip(ground.real.numbers("age"), ground.real.numbers("hours"), strict=True))
    rows = list(zip(found.synthetic.numbers("age"), found.synthetic.numbers("hours"), strict=True))
    assert np.mean([row in real for row in rows]) < 0.2


def test_later_generations_are_further_from_reality():
    ground = made_ground(400)

    def distance(severity):
        far = []
        for seed in range(4):
            found = planted(SelfFit(severity), ground, seed)
            both = np.sort(ground.real.numbers("age"))
            places = np.searchsorted(both, np.sort(found.synthetic.numbers("age"))) / len(both)
            far.append(np.abs(places - np.linspace(0, 1, len(places))).max())
        return np.mean(far)

    assert distance(8) > distance(1)


def test_few_rows_teach_nothing():
    with pytest.raises(NotApplicable, match="fewer than"):
        planted(SelfFit(), made_ground(100))
