from __future__ import annotations

import numpy as np
import pytest

from assay.lab.fitting import fit
from assay.stats.learners import predict, utility_learner


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_column_without_any_value_changes_no_prediction(task):
    rng = np.random.default_rng(0)
    known = rng.normal(size=(200, 1))
    target = (known[:, 0] > 0).astype(int) if task == "binary" else known[:, 0]
    asked = np.column_stack([known, rng.choice([np.nan, 1.0], 200)])
    plain = predict(fit(utility_learner("boosting", task, 0), known, target), known, 2 if task == "binary" else 0)
    beside = fit(utility_learner("boosting", task, 0), np.column_stack([known, np.full(200, np.nan)]), target)
    assert np.array_equal(predict(beside, asked, 2 if task == "binary" else 0), plain)
