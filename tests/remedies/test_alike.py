from __future__ import annotations

import numpy as np

from assay.remedies._alike import alike


def test_a_repeat_is_alone_until_a_row_differs_in_one_column_only() -> None:
    columns = [np.array([1, 1, 5, 5, 5]), np.array([2, 2, 6, 6, 6]), np.array([3, 3, 7, 7, 8])]
    found = alike(columns)
    assert found.again.tolist() == [False, True, False, False, False]
    assert found.missed.tolist() == [0, 0, 1]
    assert sorted(found.times.tolist()) == [1, 2, 2]


def test_a_column_can_be_left_out() -> None:
    columns = [np.array([1, 1]), np.array([2, 2]), np.array([3, 4]), np.array([5, 5])]
    assert not alike(columns).again.any()
    assert alike(columns, without=2).again.tolist() == [False, True]


def test_of_equal_rows_the_first_that_counts_stays() -> None:
    columns = [np.array([1, 1, 1, 5, 5]), np.array([2, 2, 2, 6, 6]), np.array([3, 3, 3, 7, 7])]
    weights = np.array([0.0, 2.0, 1.0, 0.0, 0.0])
    assert alike(columns, weights=weights).again.tolist() == [True, False, True, False, True]
    assert alike(columns, weights=np.ones(5)).again.tolist() == alike(columns).again.tolist() == [False, True, True, False, True]
