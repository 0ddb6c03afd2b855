"""The debiased calibration error: no error on average for a calibrated model, the shift for a shifted one."""

import numpy as np
import pytest

from assay.stats import reliability
from assay.stats.scores import standard_error


def world(seed: int, rows: int = 2000, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = rng.uniform(0.1, 0.9 - shift, rows)
    return (rng.random(rows) < probability + shift).astype(float), probability


def test_a_calibrated_model_has_no_error_on_average() -> None:
    values = [reliability.squared_error(*world(seed)).value for seed in range(200)]
    assert np.mean(values) == pytest.approx(0.0, abs=2.5 * np.std(values) / np.sqrt(200))
    assert min(values) < 0 < max(values)


@pytest.mark.parametrize("shift", [0.05, 0.1])
def test_a_shift_is_found_whole_with_its_standard_error(shift: float) -> None:
    found = [reliability.squared_error(*world(seed, shift=shift)) for seed in range(200)]
    values = np.array([score.value for score in found])
    assert values.mean() == pytest.approx(shift**2, abs=2.5 * values.std() / np.sqrt(200))
    assert np.mean([standard_error(score.influence) for score in found]) == pytest.approx(values.std(), rel=0.15)


def test_the_error_of_a_calibrated_model_is_overstated_by_no_more_than_a_root_of_two() -> None:
    found = [reliability.squared_error(*world(seed)) for seed in range(200)]
    ratio = np.mean([standard_error(score.influence) for score in found]) / np.std([score.value for score in found])
    assert 1.0 <= ratio <= 1.7


def test_ties_stand_in_one_bin() -> None:
    rng = np.random.default_rng(0)
    outcome, probability = (rng.random(900) < 0.4).astype(float), np.full(900, 0.4)
    order = rng.permutation(900)
    assert reliability.squared_error(outcome[order], probability).value == pytest.approx(
        reliability.squared_error(outcome, probability).value
    )
