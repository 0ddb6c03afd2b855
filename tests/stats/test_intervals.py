import numpy as np
import pytest
from scipy import stats

from assay.stats.intervals import (
    clopper_pearson,
    difference_bound,
    difference_interval,
    dkw_high,
    effective_counts,
    hoeffding_bentkus,
    permutation_p,
    rows_to_certify,
    share_high,
    share_low,
)


@pytest.mark.parametrize(
    ("k", "n", "bound"), [(0, 59, 0.049508), (0, 299, 0.009969), (50, 1000, 0.062863), (100, 1000, 0.116992)]
)
def test_certificate_bounds(k, n, bound):
    assert share_high(k, n, error=0.05) == pytest.approx(bound, abs=5e-7)


@pytest.mark.parametrize(
    ("risk", "limit", "rows"),
    [(0.08, 0.10, (1290, 1365)), (0.05, 0.10, (179, 203)), (0.18, 0.20, (2398, 2476)), (0.01, 0.02, (969, 1091))],
)
def test_rows_for_an_eighty_percent_chance_to_certify(risk, limit, rows):
    assert rows_to_certify(risk, limit) == rows


def test_rows_to_certify_says_when_the_rows_do_not_suffice():
    with pytest.raises(ValueError, match="more than 1000 rows"):
        rows_to_certify(0.099, 0.10, most=1000)


@pytest.mark.parametrize(
    ("risk", "n", "limit", "p"), [(0.08, 1000, 0.10, 0.0478732), (0.05, 500, 0.10, 9.62302e-5), (0.09, 1000, 0.10, 0.430136)]
)
def test_hoeffding_bentkus(risk, n, limit, p):
    assert hoeffding_bentkus(risk, n, limit) == pytest.approx(p, rel=2e-6)


def test_hoeffding_bentkus_never_exceeds_one():
    assert hoeffding_bentkus(0.5, 100, 0.1) == 1.0


def test_clopper_pearson_agrees_with_scipy():
    for k, n in [(0, 10), (3, 40), (40, 40), (17, 300)]:
        expected = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
        assert clopper_pearson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_bounds_are_mirror_images():
    assert share_low(3, 50) == pytest.approx(1 - share_high(47, 50))


def test_difference_interval_takes_arrays():
    low, high = difference_interval([9, 10], [10, 10], [3, 0], [10, 20])
    assert (low[0], high[0]) == pytest.approx(difference_interval(9, 10, 3, 10))
    assert high[1] == 1.0


def test_difference_is_antisymmetric():
    low, high = difference_interval(7, 900, 2, 400)
    assert difference_interval(2, 400, 7, 900) == pytest.approx((-high, -low))


def test_difference_agrees_with_the_normal_interval_in_large_samples():
    spread = 1.96 * np.sqrt(0.25 / 1e6 + 0.21 / 1e6)
    assert difference_interval(500_000, 10**6, 300_000, 10**6) == pytest.approx((0.2 - spread, 0.2 + spread), abs=1e-6)


RARE = [
    (0.01, 4000, 0.002, 2500),
    (0.002, 5000, 0.002, 2500),
    (0.3, 800, 0.3, 400),
    (0.0006, 5000, 0.0, 5000),
    (0.005, 500, 0.0, 500),
    (0.006, 5000, 0.001, 2500),
    (0.0004, 5000, 0.0004, 1500),
]


@pytest.mark.parametrize("error", [0.05, 0.003])
@pytest.mark.parametrize(("p1", "n1", "p2", "n2"), RARE)
def test_difference_bounds_err_as_often_as_they_say(p1, n1, p2, n2, error):
    """Exact: summed over all counts that have any weight."""
    samples = [(stats.binom(n, p), n) for n, p in ((n1, p1), (n2, p2))]
    k1, k2 = (np.arange(int(sample.ppf(1e-8)), int(sample.ppf(1 - 1e-8)) + 1) for sample, _ in samples)
    weight = samples[0][0].pmf(k1)[:, None] * samples[1][0].pmf(k2)[None, :]
    high = difference_bound(k1[:, None], n1, k2[None, :], n2, error=error, upper=True)
    low = difference_bound(k1[:, None], n1, k2[None, :], n2, error=error, upper=False)
    assert weight[high < p1 - p2].sum() <= 1.25 * error + 0.001
    assert weight[low > p1 - p2].sum() <= 1.25 * error + 0.001


def test_effective_counts_keep_share_and_variance():
    hits, rows = effective_counts(0.2, 0.2 * 0.8 / 50, 1000)
    assert (hits, rows) == pytest.approx((10.0, 50.0))
    assert effective_counts(0.0, 0.01, 30) == (0.0, 30.0)


def test_permutation_p_is_never_zero():
    assert permutation_p(5.0, np.zeros(99)) == 0.01


def test_dkw_covers_the_true_distance():
    rng = np.random.default_rng(0)
    truth = 2 * stats.norm.cdf(0.1) - 1  # sup distance of two unit normals 0.2 apart
    bounds = [dkw_high(stats.ks_2samp(rng.normal(size=400), rng.normal(0.2, 1, 300)).statistic, 400, 300) for _ in range(60)]
    assert np.mean(np.array(bounds) >= truth) >= 0.95
