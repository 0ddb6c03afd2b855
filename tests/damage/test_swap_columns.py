"""Two columns are exchanged in so many rows, and in no other."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.swap_columns import SwapColumns


def twins() -> pa.Table:
    rng = np.random.default_rng(0)
    table = made_table(8000)
    for name, mean in (("first", 30.0), ("second", 34.0)):
        table = table.append_column(name, pa.array(np.round(rng.normal(mean, 5, 8000), 4)))
    return table


def test_cells_are_exchanged_in_the_rows_named():
    ground = made_ground(table=twins())
    found = planted(SwapColumns(0.4), ground)
    one, other = found.columns
    moved = np.zeros(len(ground.sound), dtype=bool)
    moved[found.rows] = True
    assert moved.sum() == round(0.4 * len(moved))
    for name, partner in ((one, other), (other, one)):
        now = found.synthetic.numbers(name)
        np.testing.assert_array_equal(now[moved], ground.sound.numbers(partner)[moved])
        np.testing.assert_array_equal(now[~moved], ground.sound.numbers(name)[~moved])


def test_unlike_ranges_are_not_exchanged():
    with pytest.raises(NotApplicable, match="like ranges"):
        planted(SwapColumns(), made_ground(table=made_table(8000).drop_columns(["hours"])))
