import numpy as np

from assay.stats.signal import slope


def test_the_slope_of_a_line_is_found_whatever_the_level():
    predicted = np.array([[0.0], [1.0], [5.0]])
    found = slope(3.0 - 2.0 * predicted, predicted)
    assert np.isclose(found.value, -2.0)
    assert found.error < 1e-12


def test_the_error_is_that_of_a_line_with_unequal_variances():
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=(400, 300))
    outcome = predicted + np.abs(predicted) * rng.normal(size=(400, 300))
    found = [slope(y[:, None], f[:, None]) for y, f in zip(outcome, predicted, strict=True)]
    spread = np.std([one.value for one in found])
    assert abs(np.mean([one.error for one in found]) / spread - 1.0) < 0.1


def test_rows_of_one_group_count_once():
    rng = np.random.default_rng(1)
    predicted, outcome = rng.normal(size=(2, 200, 1))
    alone = slope(outcome, predicted)
    twice = slope(np.repeat(outcome, 2, axis=0), np.repeat(predicted, 2, axis=0), np.repeat(np.arange(200), 2))
    assert np.isclose(alone.value, twice.value)
    assert np.isclose(alone.error, twice.error)


def test_predictions_that_do_not_vary_give_nothing():
    assert slope(np.array([[0.0], [1.0]]), np.array([[0.3], [0.3]])) == (0.0, 0.0, 0.0)
