"""One feature's normal score moves by what it says, and nothing but what goes with it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage._tilt import normal, tilted
from assay.damage.shift_covariates import ShiftCovariates


@pytest.mark.parametrize("severity", [0.05, 0.4])
def test_mean_moves_by_the_severity(severity):
    ground = made_ground(3000)
    found = planted(ShiftCovariates(severity), ground)
    (name,) = found.columns
    spare, values = ground.spare.numbers(name), found.synthetic.numbers(name)
    known = np.sort(spare[~np.isnan(spare)])
    place = (np.searchsorted(known, values[~np.isnan(values)]) / len(known)).mean()
    # the mean rank of a normal of mean s is Phi(s / sqrt 2): .5 + s / (2 sqrt pi) for small s
    assert abs(place - 0.5) == pytest.approx(severity / (2 * np.sqrt(np.pi)), abs=0.02)
    other = "city"
    before, after = (np.mean(np.array(part.table[other]) == "Bonn") for part in (ground.sound, found.synthetic))
    assert after == pytest.approx(before, abs=0.05)


def test_tilt_moves_the_score_by_what_is_asked_and_further_for_more():
    rng = np.random.default_rng(0)
    score = normal(rng.normal(size=10_000), rng)
    means = [score[tilted(score, 5000, shift, np.random.default_rng(1))].mean() for shift in (0.1, 0.3, 0.6)]
    np.testing.assert_allclose(means, (0.1, 0.3, 0.6), atol=2e-3)


def test_shift_beyond_the_spare_rows_is_not_applicable():
    score = normal(np.arange(1000.0), np.random.default_rng(0))
    with pytest.raises(NotApplicable, match="too few rows"):
        tilted(score, 1000, 0.1, np.random.default_rng(0))


def test_without_numbers_not_applicable():
    with pytest.raises(NotApplicable, match="20 different numbers"):
        planted(ShiftCovariates(), made_ground(500, table=made_table(2000).select(["city", "grant"])))
