from __future__ import annotations

import numpy as np

from assay.core.seeds import spawn
from assay.damage.refill_class_jittered import RefillClassJittered
from assay.data.ground import Ground
from assay.testing.damage_contract import made_grounds


def test_every_repeat_lies_beside_a_row_that_was_kept() -> None:
    ground = made_grounds()["clinic"]
    # half of the clinic's rows are ill: too many for a rare class, so two thirds of them are left out
    ill = np.array([cell == "yes" for cell in ground.spare.table.column("ill").to_pylist()])
    kept = np.flatnonzero(~ill | (np.arange(len(ill)) % 3 == 0))
    ground = Ground(ground.real.take(np.arange(len(kept) // 2)), ground.spare.take(kept), ground.holdout)
    planted = RefillClassJittered(0.8).plant(ground, spawn(0, "test"))
    table = planted.synthetic.table
    rare = np.array(
        [cell == ground.sound.table.column("ill").to_pylist()[planted.rows[0]] for cell in table.column("ill").to_pylist()]
    )
    kept = np.setdiff1d(np.flatnonzero(rare), planted.rows)
    names = ["age", "cost", "lab"]
    widths = [np.diff(np.nanquantile(ground.spare.numbers(name), (0.16, 0.84)))[0] / 2 for name in names]
    points = np.column_stack([np.nan_to_num(planted.synthetic.numbers(name) / w) for name, w in zip(names, widths, strict=True)])
    levels = [str(row) for row in table.select(["ward", "smoker", "admitted"]).to_pylist()]
    for row in planted.rows[:200]:
        same = [at for at in kept if levels[at] == levels[row]]
        assert min(np.abs(points[same] - points[row]).max(axis=1)) < 0.3


def test_no_repeat_is_exact() -> None:
    ground = made_grounds()["houses"]
    planted = RefillClassJittered(0.8).plant(ground, spawn(1, "test"))
    rows = [str(row) for row in planted.synthetic.table.to_pylist()]
    assert len(rows) - len(set(rows)) <= 2


def test_numbers_stay_on_their_grid_and_in_their_range() -> None:
    ground = made_grounds()["visits"]
    planted = RefillClassJittered(0.95).plant(ground, spawn(1, "test"))
    pulse, before = planted.synthetic.numbers("pulse"), ground.spare.numbers("pulse")
    known = pulse[~np.isnan(pulse)]
    assert np.allclose(known, np.round(known, 1))
    assert np.nanmin(before) <= known.min() <= known.max() <= np.nanmax(before)
