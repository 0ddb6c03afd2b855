"""As much is missing as before, and no longer for a reason."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.make_missing_random import MakeMissingRandom


def slope(dataset, name, by):
    gone, values = dataset.nulls(name), dataset.numbers(by)
    high = values > np.nanquantile(values, 0.7)
    return gone[high].mean() - gone[~high].mean()


def test_own_missing_values_move_to_random_rows():
    ground = made_ground(4000)
    assert slope(ground.sound, "score", "age") > 0.3
    half, whole = (planted(MakeMissingRandom(severity), ground) for severity in (0.5, 1.0))
    assert whole.columns[0] == "score"
    assert whole.real is ground.real
    assert abs(slope(whole.synthetic, "score", "age")) < 0.05
    assert slope(half.synthetic, "score", "age") == pytest.approx(0.5 * slope(ground.sound, "score", "age"), abs=0.05)
    assert whole.synthetic.nulls("score").sum() == ground.sound.nulls("score").sum()
    before, after = (part.numbers("score") for part in (ground.sound, whole.synthetic))
    np.testing.assert_array_equal(np.sort(after), np.sort(before))
    assert set(half.rows) < set(whole.rows)


def test_where_nothing_is_missing_all_three_get_missing_values():
    ground = made_ground(4000, table=made_table(16_000).drop_columns(["score"]))
    found = planted(MakeMissingRandom(1.0), ground)
    name, by = found.columns
    for part in (found.real, found.holdout):
        assert slope(part, name, by) == pytest.approx(0.55, abs=0.08)
    assert abs(slope(found.synthetic, name, by)) < 0.06
    assert found.synthetic.nulls(name).mean() == pytest.approx(found.real.nulls(name).mean(), abs=0.03)
    known = ~found.synthetic.nulls(name)
    np.testing.assert_array_equal(found.synthetic.numbers(name)[known], ground.sound.numbers(name)[known])


def test_one_column_is_too_few():
    with pytest.raises(NotApplicable, match="no value is missing"):
        planted(MakeMissingRandom(), made_ground(500, table=made_table(2000).select(["hours", "grant"])))
