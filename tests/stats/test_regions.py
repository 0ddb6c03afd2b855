from __future__ import annotations

import numpy as np
import pytest

from assay.stats.axes import Axis, number_axis
from assay.stats.intervals import clopper_pearson
from assay.stats.regions import Ratio, region
from assay.stats.subgroups import Counts


def placed(first: np.ndarray, second: np.ndarray) -> tuple[list[Axis], np.ndarray]:
    rows = np.concatenate([first, second])
    axes = [number_axis(f"x{at}", rows[:, at], second[:, at]) for at in range(rows.shape[1])]
    return axes, np.repeat([True, False], [len(first), len(second)])


def searched(first: np.ndarray, second: np.ndarray, side: str, seed: int = 0):
    axes, is_first = placed(first, second)
    fold = np.random.default_rng(seed).integers(0, 4, len(is_first))
    return region(Counts(axes, np.stack([is_first, ~is_first]) * 1.0, fold), is_first, side)  # type: ignore[arg-type]


def test_ratio_bounds_are_those_of_a_binomial_share() -> None:
    ratio = Ratio(30, 90, 2.0)
    low, high = clopper_pearson(30, 120)
    assert ratio.value == pytest.approx(2 / 3)
    assert ratio.bound(0.025, upper=True) == pytest.approx(2.0 * high / (1 - high))
    assert ratio.bound(0.025, upper=False) == pytest.approx(2.0 * low / (1 - low))
    assert Ratio(0, 0, 1.0).bound(0.05, upper=True) == 1e6


def test_a_corner_emptied_while_every_column_keeps_its_values_is_found() -> None:
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(6_000, 5)), rng.normal(size=(5_000, 5))
    corner = (made[:, 0] > 1.0) & (made[:, 1] > 1.0)  # .0252 of the rows
    assert corner.mean() == pytest.approx(0.025, abs=0.005)
    other = rng.permutation(np.flatnonzero((made[:, 1] <= 1.0) & (made[:, 0] > 1.0)))[: corner.sum()]
    made[corner] = made[other]
    found = searched(made, real, "under")
    assert found is not None
    assert found.where.columns(found.axes) == ("x0", "x1")
    assert found.ratio.bound(0.001, upper=True) < 0.5
    assert found.ratio.value < 0.2


def test_a_crowded_region_is_found_and_counted_honestly() -> None:
    rng = np.random.default_rng(1)
    real, made = rng.random((4_000, 4)), rng.random((4_000, 4))
    made[:300, 2:] = rng.random((300, 2)) * [0.2, 0.3]  # 6% of the square, .06 * 3700 + 300 rows there: 2.2 times as many
    found = searched(made, real, "over")
    assert found is not None
    assert set(found.where.columns(found.axes)) >= {"x2", "x3"}
    assert found.counts[0] > 1.6 * found.counts[1]
    assert 1.3 < found.ratio.value < 2.5  # what folds find overlaps the square in part


def test_between_equal_samples_the_ratio_scatters_around_one() -> None:
    rng = np.random.default_rng(2)
    values, covered = [], 0
    for seed in range(24):
        first, second = rng.normal(size=(1_500, 6)), rng.normal(size=(1_500, 6))
        found = searched(first, second, "under", seed)
        assert found is not None
        values.append(np.log(found.ratio.value))
        covered += found.ratio.bound(0.025, upper=False) <= 1.0 <= found.ratio.bound(0.025, upper=True)
    # search picks a deficit of a third or more on the rows it sees; on the others none is left
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(24)
    assert covered >= 21
