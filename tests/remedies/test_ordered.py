"""Quantiles that tell of no row."""

from __future__ import annotations

import numpy as np
import pytest

from assay.remedies._ordered import BEHIND, backed_quantiles

AT = (0.0, 0.16, 1 / 3, 0.5, 2 / 3, 0.84, 1.0)


@pytest.mark.parametrize("rows", [40, 60, 61, 101, 301, 304, 601])
def test_ten_rows_stand_behind_each(rows: int) -> None:
    values = np.random.default_rng(rows).normal(size=rows)
    found = backed_quantiles(values, AT)
    assert not np.isin(found, values).any()
    assert (np.diff(found) >= 0).all()
    ordered = np.sort(values)
    means = [ordered[start : start + BEHIND].mean() for start in range(rows - BEHIND + 1)]
    assert np.isin(found, means).all()


def test_they_lie_where_quantiles_do() -> None:
    values = np.random.default_rng(0).normal(size=1_001)
    np.testing.assert_allclose(backed_quantiles(values, AT[1:-1]), np.quantile(values, AT[1:-1]), atol=0.02)
    np.testing.assert_allclose(backed_quantiles(np.arange(101.0), [0.5]), 49.5)


def test_a_value_that_ten_rows_share_stays() -> None:
    values = np.concatenate([np.full(10, 5.0), np.linspace(6, 9, 15), np.linspace(0, 4, 15)])
    assert backed_quantiles(values, [0.5]).tolist() == [5.0]
    assert backed_quantiles(values[1:], [0.5]).tolist() != [5.0]


def test_fewer_than_ten_rows_have_one_mean() -> None:
    assert backed_quantiles(np.arange(5.0), [0.1, 0.9]).tolist() == [2.0, 2.0]
