import numpy as np
import pytest

from assay.stats.repeats import expected_share, repeated_share, share_variance

POPULATIONS = {
    "even": np.full(20_000, 1 / 20_000),
    "one heavy row": np.r_[0.3, np.full(20_000, 0.7 / 20_000)],
    "long tail": (1 / np.arange(1, 3000) ** 1.2) / (1 / np.arange(1, 3000) ** 1.2).sum(),
}


@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("rows", [1000, 3000, 6000])
def test_prediction_meets_other_samples(name, rows):
    rng = np.random.default_rng(0)
    predicted = np.mean([expected_share(rng.multinomial(3000, POPULATIONS[name]), rows) for _ in range(30)])
    truth = np.mean([repeated_share(rng.multinomial(rows, POPULATIONS[name])) for _ in range(30)])
    assert predicted == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize("name", POPULATIONS)
def test_variance_is_that_of_repeated_sampling(name):
    rng = np.random.default_rng(1)
    samples = [rng.multinomial(3000, POPULATIONS[name]) for _ in range(300)]
    truth = np.var([repeated_share(times) for times in samples])
    assert np.mean([share_variance(times) for times in samples]) == pytest.approx(truth, rel=0.3)


def test_same_size_is_the_sample_itself():
    times = np.array([5, 1, 1, 2, 0])
    assert expected_share(times, 9) == pytest.approx(repeated_share(times))


def test_rarefaction_is_the_mean_over_all_subsets():
    times = np.array([2, 1, 1])
    assert expected_share(times, 2) == pytest.approx(1 / 12)  # 1 of 6 pairs repeats, one row of two


def test_no_duplicates_predict_hardly_any():
    assert expected_share(np.ones(5000, dtype=np.int64), 10_000) < 1e-3
