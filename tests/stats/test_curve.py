"""Learning curves: many at once are each one alone, and rise."""

import numpy as np
import pytest
from sklearn.isotonic import isotonic_regression

from assay.stats import curve


def test_curves_are_isotonic_regressions() -> None:
    rng = np.random.default_rng(0)
    scores, weights = rng.normal(size=(50, 6)), rng.uniform(0.1, 2.0, 6)
    alone = [isotonic_regression(row, sample_weight=weights) for row in scores]
    assert curve._isotonic(scores, weights) == pytest.approx(np.array(alone))


def test_many_curves_answer_as_each_alone() -> None:
    rng = np.random.default_rng(1)
    sizes, variances = np.array([10.0, 30.0, 100.0, 300.0]), rng.uniform(0.5, 1.5, 4)
    scores, wanted = rng.normal(size=(40, 4)) + np.arange(4), rng.normal(1.5, 2.0, 40)
    alone = [curve.rows_reaching(sizes, row, variances, wanted[at : at + 1])[0] for at, row in enumerate(scores)]
    assert curve.rows_reaching(sizes, scores, variances, wanted) == pytest.approx(np.array(alone))
