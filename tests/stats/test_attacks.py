import numpy as np
import pytest
from scipy.stats import norm

from assay.stats.attacks import Risk, operating_point


def point(members, others, rate=0.01):
    return operating_point(members, others, rate, np.random.default_rng(0))


def test_full_separation():
    found = point(np.arange(200.0) + 1000, np.arange(300.0))
    assert found.rate == 1.0
    assert found.high(0.05) == 1.0
    assert found.low(0.05) > 0.98


def test_equal_scores_carry_nothing():
    found = point(np.zeros(4000), np.zeros(4000))
    assert found.rate == pytest.approx(0.01, abs=0.006)


def test_too_few_others_for_the_rate():
    assert point(np.zeros(50), np.zeros(98)) is None
    assert point(np.zeros(50), np.zeros(99)) is not None


@pytest.mark.parametrize("share", [0.0, 0.03, 0.3])
@pytest.mark.parametrize(("m", "n"), [(500, 250), (4000, 2500)])
def test_bounds_cover_copied_members_at_their_rate(share, m, n):
    rng = np.random.default_rng(1)
    truth = share + (1 - share) * 0.01
    highs, lows = [], []
    for _ in range(200):
        scores = np.where(rng.random(m) < share, 10.0, rng.normal(size=m))
        found = point(scores, rng.normal(size=n))
        highs.append(found.high(0.05) >= truth)
        lows.append(found.low(0.05) <= truth)
    assert np.mean(highs) >= 0.91
    assert np.mean(lows) >= 0.91


def test_a_shift_reads_as_its_curve_says():
    rng = np.random.default_rng(2)
    found = point(rng.normal(1, 1, 100_000), rng.normal(size=100_000))
    assert found.rate == pytest.approx(norm.sf(norm.isf(0.01) - 1), abs=0.01)
    assert found.slope > 3


@pytest.mark.parametrize("n", [1, 7, 49, 98])
def test_the_smallest_rate_can_always_be_measured(n):
    found = point(np.arange(20.0), np.arange(float(n)), 1 / (n + 1))
    assert 0.0 <= found.low(0.05) <= found.rate <= found.high(0.05) <= 1.0


def test_risk_over_control_by_hand():
    risk = Risk(700, 1000, 400, 1000)
    assert risk.value == pytest.approx((0.7 - 0.4) / (1 - 0.4))
    assert Risk(500, 1000, 500, 1000).value == 0
    assert Risk(1000, 1000, 300, 1000).value == 1
    assert Risk(1000, 1000, 1000, 1000).value == 0
    assert Risk(1000, 1000, 1000, 1000).bound(0.05, upper=True) == 1.0


@pytest.mark.parametrize("control", [0.01, 0.5, 0.93])
@pytest.mark.parametrize("truth", [0.0, 0.05, 0.3])
@pytest.mark.parametrize(("m", "n"), [(500, 300), (3000, 3000)])
def test_bounds_of_the_risk_err_at_their_rate(control, truth, m, n):
    rng = np.random.default_rng(3)
    attack = control + truth * (1 - control)
    risks = [Risk(rng.binomial(m, attack), m, rng.binomial(n, control), n) for _ in range(400)]
    assert np.mean([risk.bound(0.05, upper=False) > truth for risk in risks]) <= 0.085
    assert np.mean([risk.bound(0.05, upper=True) < truth for risk in risks]) <= 0.085
