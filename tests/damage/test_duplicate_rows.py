from __future__ import annotations

import pytest

from assay.core.seeds import spawn
from assay.damage.duplicate_rows import DuplicateRows
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.002, 0.05, 0.4])
def test_the_share_of_repeats_is_the_severity(severity: float) -> None:
    ground = made_grounds()["houses"]
    planted = DuplicateRows(severity).plant(ground, spawn(0, "test"))
    rows = [str(row) for row in planted.synthetic.table.to_pylist()]
    assert len({str(row) for row in ground.sound.table.to_pylist()}) == ground.rows
    assert len(rows) - len(set(rows)) == len(planted.rows) == round(severity * ground.rows)


def test_identifiers_stay_unique() -> None:
    ground = made_grounds()["houses"]
    numbered = [
        part.with_schema(part.schema.with_kinds({"income": "id"})) for part in (ground.real, ground.spare, ground.holdout)
    ]
    planted = DuplicateRows(0.4).plant(type(ground)(*numbered), spawn(0, "test"))
    assert planted.synthetic.table.column("income").to_pylist() == ground.sound.table.column("income").to_pylist()
    assert planted.synthetic.table.column("price").to_pylist() != ground.sound.table.column("price").to_pylist()
