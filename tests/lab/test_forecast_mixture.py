from __future__ import annotations

import time

import numpy as np
import pytest

from assay.core.errors import BudgetExceeded, UsageError
from assay.core.forecast import MixturePoint
from assay.lab.forecast_mixture import Law, fitted, jackknife_plus, measured, mixture
from assay.lab.loop_step import Maker

from .toy_loop import Gaussian, real_rows

MIXES = [(n, m) for n in (0, 100, 250, 500) for m in (0, 250, 500, 1000) if n + m]
LAW = Law(0.92, 0.8, 0.06, 0.5)


def points(law, noise, seed=0):
    rng = np.random.default_rng(seed)
    return [MixturePoint(n, m, law(n, m) + noise * rng.normal(), noise) for n, m in MIXES]


def test_the_law_is_found_without_noise():
    assert fitted(points(LAW, 0.0)) == pytest.approx(LAW, abs=1e-6)


def test_harms_are_never_negative():
    found = fitted(points(Law(0.5, -0.2, -0.3, 0.5), 0.0))
    assert found.rows >= 0.0
    assert found.bias == 0.0


def test_predictions_at_new_mixes_cover_what_is_measured_there():
    asked = [(500, 2000), (1000, 1000), (300, 700)]
    hits = []
    for seed in range(40):
        rng = np.random.default_rng([1, seed])
        found = mixture(points(LAW, 0.003, seed), asked, generator="g", score="TSTR")
        hits += [one.low <= LAW(one.real, one.synthetic) + 0.003 * rng.normal() <= one.high for one in found.predictions]
    assert np.mean(hits) >= 0.85 - 2 * np.sqrt(0.1275 / len(hits))
    assert found.status == "told"
    assert found.left_out_error == pytest.approx(0.003, rel=0.9)
    assert found.left_out_error == pytest.approx(
        np.sqrt(np.mean([(one.score - one.left_out) ** 2 for one in found.points])), rel=1e-9
    )


def test_pure_noise_cannot_be_told():
    found = mixture(points(Law(0.6, 0.0, 0.0, 0.5), 0.02), [(100, 100)], generator="g", score="TSTR")
    assert found.status == "cannot_tell"


def test_few_points_are_refused():
    with pytest.raises(UsageError, match="at least 9 points"):
        mixture(points(LAW, 0.0)[:8], [], generator="g", score="TSTR")


def test_small_fits_show_that_a_generator_without_the_target_is_worth_nothing():
    rows = real_rows(600, 1)
    real, holdout = rows.take(np.arange(400)), rows.take(np.arange(400, 600))
    found, seconds = measured(real, holdout, Maker("toy", {}, Gaussian), seed=0, repeats=1)
    at = {(one.real, one.synthetic): one.score for one in found}
    assert len(found) == 18  # without 40 real rows alone, which are too few for a model
    assert max(one.real for one in found) == 400
    assert at[200, 0] > 0.8 > at[0, 400]
    assert seconds > 0
    again, _ = measured(real, holdout, Maker("toy", {}, Gaussian), seed=0, repeats=1)
    assert again == found


def test_a_mixture_that_has_no_time_left_is_not_told_from_half_its_fits():
    rows = real_rows(600, 1)
    real, holdout = rows.take(np.arange(400)), rows.take(np.arange(400, 600))
    with pytest.raises(BudgetExceeded, match="the budget was spent"):
        measured(real, holdout, Maker("toy", {}, Gaussian), seed=0, deadline=time.monotonic() - 1.0)


@pytest.mark.parametrize(("points", "at"), [(9, 1), (15, 1), (18, 1), (19, 2), (24, 2), (29, 3), (99, 10)])
def test_jackknife_plus_takes_the_order_statistics_of_its_theorem(points, at):
    missed = np.arange(1.0, points + 1)
    low, high = jackknife_plus(np.zeros(points), missed)
    assert (low, high) == (-missed[-at], missed[-at])
    assert jackknife_plus(np.zeros(8), np.ones(8)) == (-np.inf, np.inf)


def test_jackknife_plus_covers():
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(4_000, 16))
    seen, new = drawn[:, :15], drawn[:, 15]
    others = (seen.sum(axis=1, keepdims=True) - seen) / 14
    inside = [
        low <= one <= high for one, (low, high) in zip(new, map(jackknife_plus, others, np.abs(seen - others)), strict=True)
    ]
    assert 0.88 <= np.mean(inside) <= 0.96


def test_more_rows_than_any_fit_had_cannot_be_told_and_scores_end_at_their_bounds():
    asked = [(500, 1000), (501, 0), (0, 1001), (400, 900)]
    found = mixture(points(LAW, 0.003), asked, generator="g", score="TSTR", bounds=(0.0, 1.0))
    assert [one.status for one in found.predictions] == ["told", "cannot_tell", "cannot_tell", "told"]
    tight = mixture(points(Law(1.0, 0.1, 0.0, 0.5), 0.02), [(500, 1000)], generator="g", score="TSTR", bounds=(0.0, 1.0))
    assert max(tight.predictions[0].score, tight.predictions[0].high) <= 1.0
