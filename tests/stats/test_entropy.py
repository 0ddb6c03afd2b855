from __future__ import annotations

import numpy as np
import pytest

from assay.stats.entropy import pair_entropy


def test_entropy_of_independent_columns_adds_up() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([0.5, 0.3, 0.2]), np.array([0.7, 0.3])
    columns = [rng.choice(len(share), 20_000, p=share) for share in shares]
    truth = -sum(float(np.sum(share * np.log(share))) for share in shares)
    assert pair_entropy(columns, [3, 2], np.arange(20_000)).value == pytest.approx(truth, abs=0.01)


def test_its_error_is_that_of_the_mean_surprise() -> None:
    rng = np.random.default_rng(1)
    share = np.array([0.6, 0.2, 0.1, 0.1])
    values, errors = [], []
    for _ in range(200):
        columns = [rng.choice(4, 500, p=share) for _ in range(3)]
        found = pair_entropy(columns, [4] * 3, np.arange(500))
        values.append(found.value)
        errors.append(found.surprise.std() / np.sqrt(500))
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.2)
    assert np.mean(values) == pytest.approx(-2 * np.sum(share * np.log(share)), abs=0.01)
