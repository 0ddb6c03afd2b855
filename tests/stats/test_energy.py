from __future__ import annotations

import numpy as np
import pytest

from assay.stats.energy import energy_distance


def test_the_coefficient_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    first, second = np.float32(rng.normal(size=(40, 3))), np.float32(rng.normal(1, 2, size=(50, 3)))
    between = np.linalg.norm(first[:, None] - second, axis=2).mean()
    within = [np.linalg.norm(part[:, None] - part, axis=2).sum() / (len(part) * (len(part) - 1)) for part in (first, second)]
    expected = 1 - sum(within) / (2 * between)
    assert energy_distance(first, second, rng).value == pytest.approx(expected, abs=1e-4)


def test_p_values_between_equal_samples_are_uniform() -> None:
    rng = np.random.default_rng(1)
    found = [energy_distance(*np.float32(rng.normal(size=(2, 60, 2))), rng).p_value for _ in range(60)]
    assert 0.35 < np.mean(found) < 0.65
    assert np.mean(np.array(found) <= 0.1) < 0.25


def test_a_change_of_spread_is_seen() -> None:
    rng = np.random.default_rng(2)
    first, second = np.float32(rng.normal(size=(300, 2))), np.float32(rng.normal(0, 1.6, size=(300, 2)))
    assert energy_distance(first, second, rng).p_value == pytest.approx(1 / 200)
