from __future__ import annotations

import pytest

from assay.core.seeds import spawn
from assay.damage.copy_rows import CopyRows
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("severity", [0.001, 0.03, 0.8])
def test_the_share_of_copies_is_the_severity(severity: float) -> None:
    ground = made_grounds()["houses"]
    planted = CopyRows(severity).plant(ground, spawn(0, "test"))
    real = {str(row) for row in ground.real.table.to_pylist()}
    synthetic = [str(row) for row in planted.synthetic.table.to_pylist()]
    assert [row for row, cells in enumerate(synthetic) if cells in real] == planted.rows.tolist()
    assert len(planted.rows) == round(severity * ground.rows)
    assert len(set(synthetic)) == ground.rows


def test_the_entity_stays_that_of_the_place() -> None:
    ground = made_grounds()["visits"]
    planted = CopyRows(0.3).plant(ground, spawn(0, "test"))
    assert planted.synthetic.table.column("person").equals(ground.sound.table.column("person"))
    assert not planted.synthetic.table.column("seen").equals(ground.sound.table.column("seen"))
