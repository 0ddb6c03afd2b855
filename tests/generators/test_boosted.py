"""Boosted odds against closed forms."""

import numpy as np
import pytest

from assay.generators._boosted import Boosted


@pytest.mark.parametrize("classes", [2, 3])
def test_odds_follow_a_product_that_no_single_split_shows(classes):
    rng = np.random.default_rng(0)
    x = rng.random((8000, 3)).astype(np.float32)
    corner = (x[:, 0] > 0.5).astype(int) ^ (x[:, 1] > 0.3).astype(int)
    truth = np.where(corner, 0.9, 0.2)
    label = (rng.random(8000) < truth).astype(np.int64)
    if classes == 3:
        label[x[:, 2] > 0.8] = 2
    said = Boosted.fit(x, label, rng)(x)
    assert said.shape == (classes, 8000)
    assert np.allclose(said.sum(axis=0), 1)
    held = x[:, 2] < 0.75
    assert np.abs(said[1] - truth)[held].mean() < 0.08
    assert classes == 2 or said[2][x[:, 2] > 0.85].min() > 0.9


def test_rare_values_of_a_mostly_constant_column_are_told_apart():
    rng = np.random.default_rng(0)
    x = np.where(rng.random(20_000) < 0.95, 0, rng.integers(1, 40, 20_000)).astype(np.float32)
    label = (x % 2 == 1).astype(np.int64)
    said = Boosted.fit(x[:, None], label, rng)(np.arange(40, dtype=np.float32)[:, None])[1]
    assert ((said > 0.5) == (np.arange(40) % 2 == 1)).mean() > 0.9


def test_one_value_and_more_rows_than_are_read():
    rng = np.random.default_rng(0)
    label = (np.arange(90_000) % 4 == 0).astype(np.int64)
    said = Boosted.fit(np.zeros((90_000, 40), dtype=np.float32), label, rng, rounds=20)(np.zeros((2, 40), dtype=np.float32))
    assert said[1] == pytest.approx([0.25, 0.25], abs=1e-6)
