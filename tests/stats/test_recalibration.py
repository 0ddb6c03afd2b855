from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from assay.stats.recalibration import recalibration


def test_log_odds_that_are_stretched_and_moved_come_back():
    rng = np.random.default_rng(0)
    odds = rng.normal(size=20_000)
    truth = (rng.random(20_000) < expit(odds)).astype(np.int64)
    found = recalibration(truth, expit(3.0 * odds + 1.0))
    assert found.slope == pytest.approx(1 / 3, abs=0.02)
    assert found.intercept == pytest.approx(-1 / 3, abs=0.03)
    assert np.abs(found.apply(expit(3.0 * odds + 1.0)) - expit(odds)).max() < 0.02


def test_a_temperature_of_several_classes_comes_back():
    rng = np.random.default_rng(1)
    logs = rng.normal(size=(20_000, 3))
    truth = np.array([rng.choice(3, p=p) for p in softmax(logs, axis=1)])
    found = recalibration(truth, softmax(2.5 * logs, axis=1))
    assert found.slope == pytest.approx(0.4, abs=0.02)
    after = found.apply(softmax(2.5 * logs, axis=1))
    assert after.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("said", [np.array([0.0, 0.0, 1.0, 1.0]), np.full(4, 0.5), np.array([1.0, 1.0, 0.0, 0.0])])
def test_outcomes_that_are_told_without_error_or_not_at_all_give_finite_numbers(said):
    found = recalibration(np.array([0, 0, 1, 1]), said)
    assert np.isfinite([found.slope, found.intercept]).all()
    assert np.isfinite(found.apply(said)).all()


def test_one_class_alone_says_that_it_is_likely():
    after = recalibration(np.ones(50, dtype=np.int64), np.linspace(0.1, 0.9, 50)).apply(np.array([0.5]))
    assert 0.9 < after[0] < 1.0
    assert np.isfinite(logit(after[0]))
