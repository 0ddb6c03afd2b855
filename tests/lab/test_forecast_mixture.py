from __future__ import annotations

import numpy as np
import pytest

from assay.core.errors import UsageError
from assay.core.forecast import MixturePoint
from assay.lab.forecast_mixture import Law, fitted, measured, mixture
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
    with pytest.raises(UsageError, match="at least 6 points"):
        mixture(points(LAW, 0.0)[:5], [], generator="g", score="TSTR")


def test_small_fits_show_that_a_generator_without_the_target_is_worth_nothing():
    rows = real_rows(600, 1)
    real, holdout = rows.take(np.arange(400)), rows.take(np.arange(400, 600))
    found, seconds = measured(real, holdout, Maker("toy", {}, Gaussian), seed=0, repeats=1)
    at = {(one.real, one.synthetic): one.score for one in found}
    assert len(found) == 14  # without 40 real rows alone, which are too few for a model
    assert at[200, 0] > 0.8 > at[0, 400]
    assert seconds > 0
    again, _ = measured(real, holdout, Maker("toy", {}, Gaussian), seed=0, repeats=1)
    assert again == found
