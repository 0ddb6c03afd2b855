"""Neighbours in time lose each other, season and trend stay."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.break_order import WINDOW, BreakOrder

ROWS = 8000


def series(order: bool = True) -> pa.Table:
    """A first-order autoregression whose rows are hours; sampled to a quarter it still remembers its neighbours."""
    rng = np.random.default_rng(0)
    level = np.empty(ROWS)
    level[0] = 0.0
    for at in range(1, ROWS):
        level[at] = 0.98 * level[at - 1] + rng.normal()
    level = level if order else rng.permutation(level)
    hours = np.datetime64("2020-01-01T00") + np.arange(ROWS).astype("timedelta64[h]")
    table = made_table(ROWS).append_column("when", pa.array(hours.astype("datetime64[s]")))
    return table.append_column("level", pa.array(level))


def neighbours(dataset):
    level = dataset.numbers("level")[np.argsort(dataset.numbers("when"), kind="stable")]
    return np.corrcoef(level[:-1], level[1:])[0, 1]


@pytest.fixture(scope="module")
def ground():
    return made_ground(table=series(), time="when")


def test_neighbours_agree_less_the_more_is_moved(ground):
    agree = [neighbours(planted(BreakOrder(severity), ground).synthetic) for severity in (0.02, 0.2, 0.5, 1.0)]
    assert agree == sorted(agree, reverse=True)
    assert agree[2] < neighbours(ground.sound) - 0.2


def test_no_row_leaves_its_window(ground):
    found = planted(BreakOrder(1.0), ground)
    assert found.columns[0] == "when"
    assert "level" in found.columns
    before, after = (part.numbers("when") for part in (ground.sound, found.synthetic))
    np.testing.assert_array_equal(np.sort(before), np.sort(after))
    rank = np.argsort(np.argsort(before, kind="stable"))
    now = np.searchsorted(np.sort(before), after)
    np.testing.assert_array_equal(rank // WINDOW, now // WINDOW)


def test_rows_in_no_order_cannot_be_disordered():
    with pytest.raises(NotApplicable, match="neighbours"):
        planted(BreakOrder(), made_ground(table=series(False), time="when"))


def test_without_time_not_applicable():
    with pytest.raises(NotApplicable, match="no column of time"):
        planted(BreakOrder(), made_ground(500))
