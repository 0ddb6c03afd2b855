"""Labels flipped in a slice: wrong where it says, prevalence as it was."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from tests.damage.made_ground import changed, made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.flip_labels_in_slice import FlipLabelsInSlice


@pytest.fixture(scope="module")
def ground():
    return made_ground()


@pytest.mark.parametrize("severity", [0.2, 0.8])
def test_so_many_labels_are_wrong_and_classes_keep_their_shares(ground, severity):
    found = planted(FlipLabelsInSlice(severity), ground)
    wrong = changed(ground.sound, found.synthetic, "grant")
    np.testing.assert_array_equal(wrong, found.rows)
    assert Counter(found.synthetic.table["grant"].to_pylist()) == Counter(ground.sound.table["grant"].to_pylist())
    of = int(found.note.split(" of ")[1].split(" ")[0])
    assert 0.02 * ground.rows <= of <= 0.04 * ground.rows
    assert len(wrong) == pytest.approx(severity * of, abs=1.01)
    assert found.columns[0] == "grant"
    assert 2 <= len(found.columns) <= 3


def test_wrong_rows_lie_in_the_range_of_a_slice(ground):
    found = planted(FlipLabelsInSlice(), ground)
    name = next(name for name in found.columns[1:] if name != "city") if set(found.columns[1:]) != {"city"} else None
    if name is not None:
        values = ground.sound.numbers(name)
        inside = values[found.rows]
        assert ((values >= inside.min()) & (values <= inside.max())).mean() < 0.9


def test_labels_agree_less_with_what_makes_them(ground):
    def agreement(dataset, rows):
        table = dataset.table.take(rows)
        logit = 0.15 * (np.array(table["age"]) - 54.0) + 1.5 * (np.array(table["city"]) == "Ulm")
        return np.mean((logit > 0) == (np.array(table["grant"]) == "yes"))

    found = planted(FlipLabelsInSlice(), ground)
    assert agreement(ground.sound, found.rows) > agreement(found.synthetic, found.rows) + 0.3


def test_smaller_doses_are_subsets_of_larger_ones(ground):
    doses = [set(planted(FlipLabelsInSlice(severity), ground).rows) for severity in (0.05, 0.4, 0.8)]
    assert all(small <= large for small, large in itertools.pairwise(doses))


def test_targets_of_a_regression_are_mirrored():
    table = made_table(8000, 1)
    ground = made_ground(table=table, target="income", task="regression")
    found = planted(FlipLabelsInSlice(), ground)
    np.testing.assert_allclose(np.sort(found.synthetic.numbers("income")), np.sort(ground.sound.numbers("income")))
    moved = np.abs(found.synthetic.numbers("income") - ground.sound.numbers("income"))[found.rows]
    assert moved.mean() > 0.3 * ground.sound.numbers("income").std()


def test_labels_that_follow_from_nothing_cannot_be_wrong():
    rng = np.random.default_rng(0)
    table = pa.table({"x": rng.normal(size=4000), "y": rng.integers(0, 2, 4000)})
    with pytest.raises(NotApplicable, match="follow from the other columns"):
        planted(FlipLabelsInSlice(), made_ground(1000, table=table, target="y"))
