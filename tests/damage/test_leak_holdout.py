"""Real rows in the holdout: so many, each once."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, planted

from assay.damage.leak_holdout import LeakHoldout


@pytest.fixture(scope="module")
def ground():
    return made_ground()


@pytest.mark.parametrize("severity", [0.02, 0.05, 0.5])
def test_so_many_rows_of_the_holdout_are_real_ones(ground, severity):
    found = planted(LeakHoldout(severity), ground)
    real = {tuple(row.values()) for row in ground.real.table.to_pylist()}
    rows = [tuple(row.values()) for row in found.holdout.table.to_pylist()]
    leaked = [at for at, row in enumerate(rows) if row in real]
    np.testing.assert_array_equal(leaked, found.rows)
    assert len(leaked) == round(severity * len(ground.holdout))
    assert len(set(rows)) == len(rows)


def test_real_and_synthetic_are_sound(ground):
    found = planted(LeakHoldout(), ground)
    assert found.real is ground.real
    assert found.synthetic is ground.sound
    assert found.holdout.names == ground.holdout.names
