"""The bound on epsilon from guesses: closed forms, published vectors, coverage."""

import numpy as np
import pytest
from scipy.stats import binom

from assay.stats.canaries import epsilon_shown, p_value


@pytest.mark.parametrize(
    ("canaries", "guesses", "right", "delta", "expected"),
    [(1000, 100, 75, 1e-4, 0.673), (1000, 100, 100, 0.0, 3.49), (1000, 100, 100, 1e-4, 3.20)],
)
def test_published_vectors(canaries, guesses, right, delta, expected):
    assert epsilon_shown(canaries=canaries, guesses=guesses, right=right, delta=delta) == pytest.approx(expected, abs=0.006)


def test_all_right_without_delta_has_a_closed_form():
    share = 0.05 ** (1 / 40)
    assert epsilon_shown(canaries=50, guesses=40, right=40) == pytest.approx(np.log(share / (1 - share)), abs=1e-6)


def test_half_right_shows_nothing():
    assert epsilon_shown(canaries=1000, guesses=100, right=50) == 0.0
    assert epsilon_shown(canaries=1000, guesses=100, right=0) == 0.0


def test_the_p_value_without_delta_is_the_binomial_tail_and_grows_with_epsilon():
    share = np.exp(1.0) / (1 + np.exp(1.0))
    assert p_value(1.0, canaries=60, guesses=60, right=50) == pytest.approx(binom.sf(49, 60, share))
    found = [p_value(epsilon, canaries=60, guesses=60, right=50, delta=1e-5) for epsilon in (0.0, 0.5, 1.0, 2.0)]
    assert found == sorted(found)


def test_delta_adds_what_its_formula_says():
    share = 1 / (1 + np.exp(-0.5))
    chance = binom.pmf(np.arange(21), 20, share)
    most = max(chance[15 - i : 15].sum() / i for i in range(1, 16))
    expected = chance[15:].sum() + 2 * 30 * 1e-3 * most
    assert p_value(0.5, canaries=30, guesses=20, right=15, delta=1e-3) == pytest.approx(expected)


def test_a_guarantee_that_holds_is_rejected_at_most_as_often_as_said():
    rng = np.random.default_rng(0)
    epsilon = 1.0  # randomised response: every guess is right with the largest probability that the guarantee allows
    right = rng.binomial(200, 1 / (1 + np.exp(-epsilon)), 2000)
    values, times = np.unique(right, return_counts=True)
    shown = np.array([epsilon_shown(canaries=200, guesses=200, right=int(each)) for each in values])
    assert 0.02 < times[shown > epsilon].sum() / 2000 <= 0.06


@pytest.mark.parametrize(
    "numbers",
    [
        {"canaries": 10, "guesses": 20, "right": 5},
        {"canaries": 10, "guesses": 5, "right": 6},
        {"canaries": 10, "guesses": 0, "right": 0},
        {"canaries": 10, "guesses": 5, "right": 5, "delta": 2.0},
    ],
)
def test_numbers_that_do_not_go_together_are_refused(numbers):
    with pytest.raises(ValueError, match="must"):
        epsilon_shown(**numbers)
