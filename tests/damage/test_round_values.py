from __future__ import annotations

import itertools

import numpy as np
import pytest

from assay.core.seeds import spawn
from assay.damage.round_values import RoundValues
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", RoundValues.severities)
def test_values_are_multiples_of_a_step_of_about_the_severity(severity: float) -> None:
    ground = made_grounds()["clinic"]
    plants = (RoundValues(severity).plant(ground, spawn(seed, "test")) for seed in range(40))
    planted = next(one for one in plants if one.columns == ("lab",))
    before, after = (part.numbers("lab") for part in (ground.spare, planted.synthetic))
    step = severity * np.diff(np.nanquantile(before, (0.25, 0.75)))[0]
    known = after[~np.isnan(after)]
    assert np.allclose(known / step, np.round(known / step))
    assert np.abs(after - ground.sound.numbers("lab"))[~np.isnan(after)].max() <= step / 2 * (1 + 1e-9)


def test_a_rounding_that_the_grid_already_has_changes_nothing() -> None:
    ground = made_grounds()["visits"]
    planted = RoundValues(RoundValues.severities[0]).plant(ground, spawn(0, "test"))
    assert planted.synthetic.sha256 == ground.sound.sha256
    assert not len(planted.rows)


def test_each_rounding_keeps_what_a_finer_one_moves() -> None:
    ground = made_grounds()["houses"]
    moved = [set(RoundValues(severity).plant(ground, spawn(1, "test")).rows.tolist()) for severity in RoundValues.severities]
    assert all(earlier <= later for earlier, later in itertools.pairwise(moved))
