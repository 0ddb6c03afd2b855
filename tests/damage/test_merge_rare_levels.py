from __future__ import annotations

import pyarrow as pa
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.merge_rare_levels import MergeRareLevels
from assay.data.ground import Ground, replaced
from assay.testing.damage_contract import made_grounds


def test_rare_rows_are_called_by_the_commonest_level() -> None:
    ground = made_grounds()["clinic"]
    planted = MergeRareLevels().plant(ground, spawn(0, "test"))
    before, after = (part.table.column("ward").to_pylist() for part in (ground.sound, planted.synthetic))
    assert planted.columns == ("ward",)
    assert {before[row] for row in planted.rows} == {"rare"}
    assert {after[row] for row in planted.rows} == {"surgery"}
    assert "rare" not in after


def test_a_column_that_another_repeats_is_left_out() -> None:
    ground = made_grounds()["houses"]
    parts = [
        replaced(part, "garden", pa.array([cell in ("coast", "city") for cell in part.table.column("region").to_pylist()]))
        for part in (ground.real, ground.spare, ground.holdout)
    ]
    with pytest.raises(NotApplicable, match="a level under"):
        MergeRareLevels().plant(Ground(*parts), spawn(0, "test"))
