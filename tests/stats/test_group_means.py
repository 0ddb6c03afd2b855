"""Shares and means of groups: closed forms, and variances that entities and rates of nought keep honest."""

import numpy as np
import pytest

from assay.stats.group_means import group_means


def test_shares_means_and_variances_have_their_closed_forms() -> None:
    rng = np.random.default_rng(0)
    codes, y = rng.integers(-1, 3, 4000), rng.normal(2.0, 3.0, (4000, 1))
    found = group_means(codes, 3, y)
    for at in range(3):
        own = y[codes == at, 0]
        assert found.mean[at, 0] == pytest.approx(own.mean())
        assert found.variance[at, 0] == pytest.approx(own.var() / len(own))
        share = len(own) / 4000
        assert found.share[at] == pytest.approx(share)
        assert found.share_variance[at] == pytest.approx(share * (1 - share) / 4000)


def test_repeated_rows_of_an_entity_say_nothing_new() -> None:
    rng = np.random.default_rng(1)
    codes, y = rng.integers(0, 2, 500), (rng.random((500, 1)) < 0.3).astype(float)
    once = group_means(codes, 2, y)
    again = np.repeat(np.arange(500), 4)
    four = group_means(codes[again], 2, y[again], again)
    assert four.mean == pytest.approx(once.mean)
    assert four.variance == pytest.approx(once.variance, rel=0.01)  # the shrinkage of a rate counts rows
    assert four.share_variance == pytest.approx(once.share_variance)


def test_a_rate_of_nought_has_an_error() -> None:
    found = group_means(np.zeros(100, dtype=np.int64), 2, np.zeros((100, 1)))
    assert found.mean[0, 0] == 0.0
    assert found.variance[0, 0] > 0.0
    assert found.mean[1, 0] == 0.0
