from __future__ import annotations

import numpy as np

from assay.core.seeds import spawn
from assay.damage.copy_rows_nearly import CopyRowsNearly
from assay.testing.damage_contract import made_grounds

NUMBERS = ("age", "cost", "lab")


def test_copies_are_near_and_not_exact() -> None:
    ground = made_grounds()["clinic"]
    planted = CopyRowsNearly(0.1).plant(ground, spawn(0, "test"))
    widths = [np.diff(np.nanquantile(ground.spare.numbers(name), (0.16, 0.84)))[0] / 2 for name in NUMBERS]
    real, synthetic = (
        np.column_stack([np.nan_to_num(part.numbers(name) / width) for name, width in zip(NUMBERS, widths, strict=True)])
        for part in (ground.real, planted.synthetic)
    )
    nearest = np.array([np.abs(real - row).max(axis=1).min() for row in synthetic])
    copied = np.zeros(len(nearest), dtype=bool)
    copied[planted.rows] = True
    # two whole years of age are .12 of its spread
    assert nearest[copied].max() < 0.2
    assert np.median(nearest[copied]) < 0.3 * np.median(nearest[~copied])
    rows = {str(row) for row in ground.real.table.to_pylist()}
    assert not any(str(row) in rows for row in planted.synthetic.table.take(planted.rows).to_pylist())


def test_levels_are_those_of_real_rows() -> None:
    ground = made_grounds()["clinic"]
    planted = CopyRowsNearly(0.1).plant(ground, spawn(0, "test"))
    kept = ["ward", "smoker", "admitted", "ill"]
    real = {str(row) for row in ground.real.table.select(kept).to_pylist()}
    assert all(str(row) in real for row in planted.synthetic.table.select(kept).take(planted.rows).to_pylist())
