"""An interaction that predicts the target is lost, its pairs are not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.break_triple_with_target import BreakTripleWithTarget


@pytest.fixture(scope="module")
def ground():
    return made_ground(4000)


def marks(dataset, reference, columns):
    name, feature, target = columns
    if dataset.schema.column(feature).ordered:
        side = dataset.numbers(feature) > np.nanmedian(reference.numbers(feature))
    else:
        side = np.array(dataset.table[feature]) == "Bonn"
    return dataset.numbers(name) > 0, side, np.array(dataset.table[target]) == "yes"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sign_turns_the_odds_in_reality_and_not_in_the_synthetic_rows(ground, seed):
    found = planted(BreakTripleWithTarget(1.0), ground, seed)
    for part, least, most in ((found.real, 0.2, 1.0), (found.synthetic, 0.0, 0.06)):
        positive, side, label = marks(part, ground.real, found.columns)
        agree = side == label
        assert least <= abs(positive[agree].mean() - positive[~agree].mean()) <= most
        assert abs(positive[label].mean() - positive[~label].mean()) < 0.05
        assert abs(positive[side].mean() - positive[~side].mean()) < 0.05


def test_doses_are_nested(ground):
    doses = [set(planted(BreakTripleWithTarget(severity), ground).rows) for severity in BreakTripleWithTarget.severities]
    assert all(small < large for small, large in itertools.pairwise(doses))


def test_without_target_not_applicable():
    with pytest.raises(NotApplicable, match="no target"):
        planted(BreakTripleWithTarget(), made_ground(1000, target=None))


def test_regression_is_cut_at_the_median():
    found = planted(BreakTripleWithTarget(), made_ground(table=made_table(8000), target="hours", task="regression"))
    assert found.columns[2] == "hours"
