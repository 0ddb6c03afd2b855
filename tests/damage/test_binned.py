from __future__ import annotations

import numpy as np
import pytest

from assay.damage._binned import apart, bins, dependence
from assay.testing.damage_contract import made_grounds


def test_independent_columns_have_no_dependence() -> None:
    rng = np.random.default_rng(0)
    found = [dependence(rng.integers(0, 8, 4_000), rng.integers(0, 12, 4_000)) for _ in range(20)]
    assert max(found) < 0.02


def test_a_column_depends_on_itself_by_all_that_it_varies() -> None:
    own = np.repeat(np.arange(8), 500)
    chance = 0.4 * 8 / np.sqrt(4_000)  # 64 cells of 1/64 each
    assert dependence(own, own) == pytest.approx(1 - 1 / 8 - chance)


def test_sets_that_share_no_level_are_wholly_apart() -> None:
    own = np.repeat([0, 1], 2_000)
    assert apart(own, own == 0, own == 1) == pytest.approx(1.0, abs=0.02)
    assert apart(np.tile([0, 1], 2_000), own == 0, own == 1) == 0.0


def test_nulls_are_a_bin_of_their_own() -> None:
    dataset = made_grounds()["clinic"].spare
    own = bins(dataset, "lab")
    assert np.array_equal(own == 12, dataset.nulls("lab"))
    assert np.bincount(own)[:8].min() > 0.9 * np.count_nonzero(own < 8) / 8
