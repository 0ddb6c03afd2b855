"""A filter of wrong labels: it turns at p* = 1 / (1 + psi / phi)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr
from tests.lab.held_to_law import ERRORS, held

from assay.core.errors import UsageError
from assay.lab.laws import expected, simulate
from assay.lab.worlds.verifier import breakdown

RATES = [(0.9, 0.3), (0.8, 0.8), (0.5, 0.7)]


@pytest.mark.parametrize(("right", "wrong"), RATES)
@pytest.mark.parametrize("flip", [0.1, 0.45, 0.7])
def test_share_of_wrong_labels_kept(right, wrong, flip):
    _, law = held("verifier", "curated", 1, 60, 4_000, flip=flip, keep_right=right, keep_wrong=wrong)
    kept = wrong * flip / (wrong * flip + right * (1 - flip))
    assert law["kept_wrong"][0] == pytest.approx(kept)
    assert law["alignment"][0] == pytest.approx(1 - 2 * kept)


@pytest.mark.parametrize(("right", "wrong"), RATES)
def test_learning_turns_at_the_breakdown(right, wrong):
    turn = breakdown(right, wrong)
    for flip in (turn - 0.04, turn, turn + 0.04):
        found = simulate("verifier", "curated", 1, 60, 4_000, seed=1, flip=flip, keep_right=right, keep_wrong=wrong)
        z = found.z("alignment", np.zeros(1))[0]
        if flip == turn:
            assert abs(z) < ERRORS
        else:
            assert np.sign(turn - flip) * z > ERRORS


@pytest.mark.parametrize(("right", "wrong"), RATES)
def test_the_loop_improves_below_it_and_gets_worse_above(right, wrong):
    turn, best = breakdown(right, wrong), ndtr(-3.0)
    settings = {"keep_right": right, "keep_wrong": wrong, "signal": 3.0, "only": ["error"]}
    below = simulate("verifier", "curated", 6, 20_000, 200, flip=turn - 0.05, **settings)["error"]
    above = simulate("verifier", "curated", 6, 20_000, 200, flip=turn + 0.05, **settings)["error"]
    assert (below[-1] < best + 0.001).all()
    assert (above[-1] > 1 - best - 0.001).all()


def test_without_a_verifier_it_turns_at_a_half():
    for flip in (0.46, 0.54):
        _, law = held("verifier", "replace", 1, 60, 4_000, flip=flip, keep_right=0.9, keep_wrong=0.1)
        assert law["alignment"][0] == pytest.approx(1 - 2 * flip)


def test_rows_that_are_offered_and_filtered_agree():
    held("verifier", "curated", 1, 40, 2_000, flip=0.6, keep_right=0.8, keep_wrong=0.2, dimension=3, rows=True)


def test_wrong_rates_and_later_generations_are_told():
    with pytest.raises(UsageError, match="keep_right and keep_wrong in"):
        simulate("verifier", "curated", 1, 20, 5, flip=0.1, keep_right=0.0)
    with pytest.raises(UsageError, match="no closed form"):
        expected("verifier", "curated", 2, 20, flip=0.1)
