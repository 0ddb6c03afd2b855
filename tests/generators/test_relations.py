"""Numbers that repeat another column's, and rare ones moved among their neighbours."""

import numpy as np
import pyarrow as pa
import pytest

from assay.generators._relations import place_of, repeated, smeared
from assay.generators._values import ColumnValues
from assay.generators.tree_chain import TreeChain
from assay.testing.contracts import _dataset


def bills(rows=4000, seed=0):
    """A third pay what they owe, a third pay a tenth of it, the others anything; one column is of another kind."""
    rng = np.random.default_rng(seed)
    owed = np.exp(rng.normal(7, 1, rows)).astype(np.int64)
    third = rng.integers(0, 3, rows)
    paid = np.where(third == 0, owed, np.where(third == 1, owed // 10, np.exp(rng.normal(6, 1, rows)).astype(np.int64)))
    return _dataset(
        {
            "owed": ("numeric", pa.array(owed)),
            "paid": ("numeric", pa.array(paid, mask=rng.random(rows) < 0.1)),
            "noise": ("numeric", pa.array(rng.integers(0, 5000, rows))),
            "ratio": ("numeric", pa.array(rng.random(rows))),
        }
    )


def learned(real):
    both = {name: ColumnValues.learn(real.table.column(name), ordered=True) for name in real.names}
    return {name: part[1] for name, part in both.items()}, {name: part[0] for name, part in both.items()}


def test_repeats_are_found_and_chance_is_not():
    codes, values = learned(bills())
    found = repeated("paid", ["noise", "ratio", "owed"], codes, values)
    assert [name for name, _ in found] == ["owed"]
    assert found[0][1].mean() == pytest.approx(0.3, abs=0.03)
    assert repeated("noise", ["owed", "paid", "ratio"], codes, values) == []


def test_drawn_rows_repeat_as_often():
    drawn = TreeChain().fit(bills(), seed=0).sample(4000, seed=1)
    owed, paid = drawn.numbers("owed"), drawn.numbers("paid")
    assert (owed == paid).mean() == pytest.approx(0.3, abs=0.04)
    assert np.isnan(paid).mean() == pytest.approx(0.1, abs=0.03)


def test_rare_values_move_among_as_many_rows_and_heavy_ones_stay():
    rng = np.random.default_rng(0)
    cells = pa.array(np.concatenate([np.zeros(500), np.arange(1, 1001)]))
    values, codes = ColumnValues.learn(pa.chunked_array([cells]), ordered=True)
    places = smeared(codes, values, 10, rng)
    assert (places[:500] == 0).all()
    moved = places[520:1480] - codes[520:1480]
    assert np.abs(moved).max() <= 5
    assert moved.std() == pytest.approx(10 / 12**0.5, rel=0.1)
    assert places.max() <= values.levels - 1
    assert smeared(np.array([-1, -2]), values, 10, rng).tolist() == [-1, -2]


def test_places_of_numbers_between_two_values():
    values, _ = ColumnValues.learn(pa.chunked_array([pa.array([0, 10, 40])]), ordered=True)
    assert place_of(pa.array([0, 5, 25, 90]), values).tolist() == [0, 0.5, 1.5, 2]
