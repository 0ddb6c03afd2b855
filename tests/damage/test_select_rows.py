"""Selection moves two features, and leaves what the target says of them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.select_rows import SelectRows


def distance(one, other):
    levels = np.unique(np.concatenate([one, other]))
    return max(abs((one <= level).mean() - (other <= level).mean()) for level in levels)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_both_features_move_at_the_material_severity_and_not_at_the_harmless(seed):
    ground = made_ground(4000, seed)
    for severity, least, most in ((SelectRows.harmless, 0.0, 0.04), (SelectRows.material, 0.08, 0.3)):
        found = planted(SelectRows(severity), ground, seed)
        assert len(found.columns) == 2
        for name in found.columns:
            before, after = (np.array(part.table[name]) for part in (ground.spare, found.synthetic))
            if name == "city":
                moved = 0.5 * sum(abs((before == city).mean() - (after == city).mean()) for city in set(before))
            else:
                moved = distance(before[before != None].astype(float), after[after != None].astype(float))  # noqa: E711
            assert least <= moved <= most


def test_one_feature_is_too_few():
    with pytest.raises(NotApplicable, match="fewer than two"):
        planted(SelectRows(), made_ground(500, table=made_table(2000).select(["age", "grant"])))
