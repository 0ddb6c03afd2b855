"""A three-way interaction is lost, its pairs are not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage._added import crossed, joint_only
from assay.damage.break_triple import BreakTriple


@pytest.fixture(scope="module")
def ground():
    return made_ground(4000)


def halves(dataset, reference, name):
    if dataset.schema.column(name).ordered:
        return dataset.numbers(name) > np.nanmedian(reference.numbers(name))
    return np.array(dataset.table[name]) == "Bonn"


def interaction(dataset, reference, columns):
    name, one, other = columns
    agree = halves(dataset, reference, one) == halves(dataset, reference, other)
    positive = dataset.numbers(name) > 0
    return positive[agree].mean() - positive[~agree].mean()


@pytest.mark.parametrize("severity", [0.2, 0.5, 1.0])
def test_interaction_shrinks_in_proportion_and_pairs_stay(ground, severity):
    found = planted(BreakTriple(severity), ground)
    real = interaction(found.real, ground.real, found.columns)
    assert real > 0.4
    assert interaction(found.synthetic, ground.real, found.columns) == pytest.approx((1 - severity) * real, abs=0.06)
    positive = found.synthetic.numbers(found.columns[0]) > 0
    for name in found.columns[1:]:
        side = halves(found.synthetic, ground.real, name)
        assert positive[side].mean() == pytest.approx(positive[~side].mean(), abs=0.05)
    assert len(found.rows) == round(severity * ground.rows)


def test_column_is_added_to_all_three_and_its_values_stay(ground):
    small, large = planted(BreakTriple(0.02), ground), planted(BreakTriple(1.0), ground)
    name = small.columns[0]
    assert name not in ground.schema.names
    assert small.real.names == small.synthetic.names == small.holdout.names == (*ground.schema.names, name)
    np.testing.assert_array_equal(np.sort(small.synthetic.numbers(name)), np.sort(large.synthetic.numbers(name)))
    assert set(small.rows) < set(large.rows)


def test_name_is_fresh():
    table = made_table(4000).append_column("joint", pa.array(np.arange(4000) % 97))
    found = planted(BreakTriple(), made_ground(1000, table=table))
    assert found.columns[0] == "joint_2"


def test_numbers_depend_on_two_dependent_marks_jointly_only():
    rng = np.random.default_rng(0)
    first = rng.random(200_000) < 0.4
    second = np.where(rng.random(200_000) < 0.7, first, ~first)
    shares = crossed(first, second)
    positive = joint_only(first, second, shares, 0.4, rng) > 0
    assert positive[first].mean() == pytest.approx(0.5, abs=0.006)
    assert positive[second].mean() == pytest.approx(0.5, abs=0.006)
    assert positive[first & ~second].mean() == pytest.approx(0.5 - 0.4 * shares.min() / shares[1, 0], abs=0.01)


def test_one_feature_is_too_few():
    table = made_table(4000).select(["age", "grant"])
    with pytest.raises(NotApplicable, match="four like parts"):
        planted(BreakTriple(), made_ground(1000, table=table))
