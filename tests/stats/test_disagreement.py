from __future__ import annotations

import numpy as np

from assay.stats.axes import number_axis
from assay.stats.disagreement import Disagreement, disagreement


def found(rows: int, seed: int, moved: float, groups: np.ndarray | None = None) -> Disagreement:
    """Compare two samples of noise; the first is moved where both of two columns are above 1 (2.5% of rows)."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(2 * rows, 5))
    first = np.repeat([True, False], rows)
    value = rng.normal(0, 0.3, 2 * rows)
    value[first & (columns[:, 0] > 1) & (columns[:, 1] > 1)] += moved
    axes = [number_axis(f"x{at}", columns[:, at], columns[:, at]) for at in range(5)]
    result = disagreement(axes, value[None, :], first, rng.integers(0, 4, 2 * rows), groups)
    assert result is not None
    return result


def test_a_slice_of_a_fortieth_is_found_named_and_measured() -> None:
    result = found(5_000, 0, 0.4)
    assert set(result.where.columns(result.axes)) >= {"x0", "x1"}
    assert 0.3 < result.effect < 0.45
    assert result.direction == 1
    assert result.effect - result.spread.bound(0.001) > 0.1
    assert 0.015 < result.share < 0.04


def test_lower_values_are_found_with_their_direction() -> None:
    result = found(5_000, 1, -0.4)
    assert result.direction == -1
    assert 0.3 < result.effect < 0.45


def test_between_equal_samples_no_difference_is_confirmed() -> None:
    scores = [(result := found(1_500, 10 + seed, 0.0)).effect / result.spread.error for seed in range(24)]
    assert abs(np.mean(scores)) < 3 / np.sqrt(24)
    assert np.std(scores) < 1.4
    assert max(scores) < 3.5


def test_what_may_have_been_overlooked_shrinks_with_rows() -> None:
    few, many = found(1_500, 3, 0.0), found(6_000, 3, 0.0)
    assert few.unseen / many.unseen == np.float64(2.0).round(1) or abs(few.unseen / many.unseen - 2.0) < 0.15


def test_rows_of_entities_count_as_entities() -> None:
    rng = np.random.default_rng(5)
    entity = np.repeat(np.arange(500), 8)
    columns = rng.normal(size=(500, 3))[entity]
    value = rng.normal(size=500)[entity][None, :]
    first = entity < 250
    axes = [number_axis(f"x{at}", columns[:, at], columns[:, at]) for at in range(3)]
    fold = (rng.permutation(500) % 4)[entity]
    apart, together = (disagreement(axes, value, first, fold, groups) for groups in (None, entity))
    assert apart is not None
    assert together is not None
    assert together.spread.error > 2 * apart.spread.error


def test_too_few_rows_give_nothing() -> None:
    rng = np.random.default_rng(6)
    axes = [number_axis(f"x{at}", *[rng.normal(size=30)] * 2) for at in range(2)]
    assert disagreement(axes, rng.normal(size=(1, 30)), np.arange(30) < 15, np.arange(30) % 4) is None
