"""Bets on a region: worth one at most on average where nothing is lost, and much where something is."""

from __future__ import annotations

import numpy as np
import pytest

from assay.stats.betting import log_likelihood, log_wealth


@pytest.mark.parametrize(("rows", "others", "share"), [(100, 1_000, 0.05), (50, 60, 0.2), (300, 20_000, 0.001)])
def test_expected_wealth_is_one_at_most(rows: int, others: int, share: float) -> None:
    rng = np.random.default_rng(0)
    hits, made = rng.binomial(rows, share, 200_000), rng.binomial(others, share, 200_000)
    wealth = np.exp(log_wealth(hits, made, rows, others))
    assert wealth.mean() <= 1.0 + 4.0 * wealth.std() / np.sqrt(len(wealth))
    assert np.mean(wealth >= 20) <= 0.05


def test_a_lost_region_wins() -> None:
    assert log_wealth(10, 0, 100, 5_000) > np.log(1e6)
    assert log_wealth(0, 0, 0, 5_000) == 0.0
    assert log_wealth([0, 10], [0, 0], 100, 5_000).shape == (2,)


def test_log_likelihood_is_that_of_two_shares() -> None:
    first = log_likelihood(np.array([6.0]), np.array([2.0]), 100, 300)[0]
    assert first == pytest.approx(6 * np.log(0.75 / 0.25) + 2 * np.log(0.25 / 0.75))
