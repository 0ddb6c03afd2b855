"""A dependence is blurred, margins stay."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.break_pair import BreakPair, dependence


@pytest.fixture(scope="module")
def ground():
    return made_ground(3000)


@pytest.mark.parametrize("severity", [0.2, 0.5, 1.0])
def test_correlation_shrinks_in_proportion_and_values_stay(ground, severity):
    found = planted(BreakPair(severity), ground)
    assert set(found.columns) == {"age", "income"}
    before = spearmanr(ground.sound.numbers("age"), ground.sound.numbers("income")).statistic
    after = spearmanr(found.synthetic.numbers("age"), found.synthetic.numbers("income")).statistic
    assert after == pytest.approx((1 - severity) * before, abs=0.05)
    for name in found.columns:
        np.testing.assert_array_equal(np.sort(found.synthetic.numbers(name)), np.sort(ground.sound.numbers(name)))
    assert len(found.rows) == round(severity * ground.rows)


def test_doses_are_nested(ground):
    doses = [set(planted(BreakPair(severity), ground).rows) for severity in BreakPair.severities]
    assert all(small < large for small, large in itertools.pairwise(doses))


def test_dependence_of_equal_fair_codes_is_one_half():
    codes = np.tile([0, 1], 500)
    assert dependence(codes, codes) == pytest.approx(0.5)
    assert dependence(codes, np.repeat([0, 1], 500)) == pytest.approx(0.0)


def test_independent_columns_cannot_be_broken():
    with pytest.raises(NotApplicable, match="depend strongly"):
        planted(BreakPair(), made_ground(1000, table=made_table(4000).select(["hours", "city", "score", "grant"])))
