from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from assay.stats.likeness import (
    block_length,
    entity_design,
    errors,
    level_likeness,
    rank_likeness,
    sequence_design,
)


def autoregressive(rows: int, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a stationary normal series with this correlation at lag one."""
    noise = rng.standard_normal(rows + 500) * math.sqrt(1 - correlation**2)
    return lfilter([1.0], [1.0, -correlation], noise)[500:]


def of_ranks(correlation: float) -> float:
    """Give the rank correlation of a normal pair (Kruskal 1958)."""
    return 6 / math.pi * math.asin(correlation / 2)


def everywhere(rows: int) -> np.ndarray:
    return np.ones(rows, dtype=bool)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
def test_autoregressive_series_has_its_rank_correlation_and_intervals_cover(correlation: float) -> None:
    rng = np.random.default_rng([1, int(10 * correlation)])
    truth, inside, values = of_ranks(correlation), 0, []
    for _ in range(60):
        times = rng.permutation(1_500)
        series = autoregressive(1_500, correlation, rng)[times]
        design = sequence_design(None, times.astype(float), everywhere(1_500))
        assert design is not None
        found = rank_likeness(design, series)
        assert found is not None
        error = math.sqrt(errors(found.influence[:, None], times, block_length(1_500))[0, 0])
        inside += abs(found.value - truth) <= 1.96 * error
        values.append(found.value)
        assert found.influence.sum() == pytest.approx(0.0, abs=1e-9)
    assert np.mean(values) == pytest.approx(truth, abs=0.012)
    assert inside >= 52


@pytest.mark.parametrize("likeness", [0.0, 0.4, 0.8])
def test_random_effects_have_their_rank_correlation_and_intervals_cover(likeness: float) -> None:
    rng = np.random.default_rng([2, int(10 * likeness)])
    truth, inside, values = of_ranks(likeness), 0, []
    for _ in range(60):
        sizes = 1 + rng.poisson(2.0, 400)
        owner = rng.permutation(np.repeat(np.arange(400), sizes))
        numbers = math.sqrt(likeness) * rng.standard_normal(400)[owner]
        numbers += math.sqrt(1 - likeness) * rng.standard_normal(len(owner))
        design = entity_design(owner, everywhere(len(owner)))
        assert design is not None
        found = rank_likeness(design, numbers)
        assert found is not None
        inside += abs(found.value - truth) <= 1.96 * math.sqrt(errors(found.influence[:, None], owner, 1)[0, 0])
        values.append(found.value)
    assert np.mean(values) == pytest.approx(truth, abs=0.012)
    assert inside >= 52


def test_chain_of_levels_has_its_agreement_beyond_chance() -> None:
    rng = np.random.default_rng(3)
    values = []
    for _ in range(40):
        draw, stays = rng.choice(3, 2_000, p=[0.6, 0.3, 0.1]), rng.random(2_000) < 0.7
        stays[0] = False
        levels = draw[np.maximum.accumulate(np.where(stays, 0, np.arange(2_000)))]
        design = sequence_design(None, np.arange(2_000.0), everywhere(2_000))
        assert design is not None
        found = level_likeness(design, levels, 3)
        assert found is not None
        values.append(found.value)
    assert np.mean(values) == pytest.approx(0.7, abs=0.012)


def test_order_within_entities_leaves_likeness_within_entities_out() -> None:
    rng = np.random.default_rng(4)
    values: dict[float, list[float]] = {0.0: [], 0.7: []}
    for correlation in values:
        for _ in range(20):
            owner, times = np.repeat(np.arange(200), 12), np.tile(np.arange(12.0), 200)
            numbers = np.concatenate([autoregressive(12, correlation, rng) for _ in range(200)])
            numbers += 3 * rng.standard_normal(200)[owner]
            design = sequence_design(owner, times, everywhere(len(owner)))
            assert design is not None
            found = rank_likeness(design, numbers)
            assert found is not None
            values[correlation].append(found.value)
    assert np.mean(values[0.0]) == pytest.approx(0.0, abs=0.015)
    assert np.mean(values[0.7]) > 0.45


def test_rows_of_one_time_need_no_order() -> None:
    rng = np.random.default_rng(5)
    times, numbers = rng.integers(0, 100, 600).astype(float), rng.standard_normal(600)
    numbers += np.sin(times / 5)
    shuffled = rng.permutation(600)
    first = sequence_design(None, times, everywhere(600))
    other = sequence_design(None, times[shuffled], everywhere(600))
    assert first is not None
    assert other is not None
    one, two = rank_likeness(first, numbers), rank_likeness(other, numbers[shuffled])
    assert one is not None
    assert two is not None
    assert two.value == pytest.approx(one.value, abs=1e-12)
    assert two.influence == pytest.approx(one.influence[shuffled], abs=1e-12)


def test_steps_between_tied_times_are_all_pairs_of_neighbours() -> None:
    times, values = np.array([0.0, 0.0, 1.0]), np.array([1.0, 2.0, 3.0])
    design = sequence_design(None, times, everywhere(3))
    assert design is not None
    # ranks 1, 2, 3; both pairs of neighbours weigh alike: A = (4 + 1) / 2 halved, B the weighted variance about 9 / 4
    spread = 0.25 * (1.25**2 + 0.25**2) + 0.5 * 0.75**2
    found = rank_likeness(design, values)
    assert found is not None
    assert found.value == pytest.approx(1 - 1.25 / spread)


def test_nothing_to_compare_gives_none() -> None:
    assert entity_design(np.arange(5), everywhere(5)) is None
    assert sequence_design(None, np.zeros(5), everywhere(5)) is None
    assert sequence_design(np.repeat(np.arange(5), 2), np.tile([0.0, 1.0], 5), everywhere(10)) is None
    design = entity_design(np.array([0, 0, 1, 1]), everywhere(4))
    assert design is not None
    assert rank_likeness(design, np.ones(4)) is None
