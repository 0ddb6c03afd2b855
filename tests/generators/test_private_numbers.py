"""Scales, octaves, finer intervals, thresholds: what noised counts make of columns."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from assay.generators._private_budget import Budget, spent
from assay.generators._private_numbers import SpanValues, outer, refined, scale_of, simplex
from assay.generators._private_scale import Scale, supported

pytest.importorskip("opacus")

KINDS = (
    *(pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.uint32(), pa.int64(), pa.float32(), pa.float64()),
    *(pa.decimal128(9, 2), pa.decimal128(18, 0), pa.date32(), pa.time32("s"), pa.time64("us")),
    *(pa.timestamp("s", tz="UTC"), pa.timestamp("ns"), pa.duration("ms")),
)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_octaves_cover_the_type_and_every_step_has_cells(kind):
    assert supported(kind)
    for scale in Scale.ladder(kind):
        edges, (low, high) = scale.octaves(), scale.limits
        assert (np.diff(edges) > 0).all()
        assert edges[0] <= low <= high < edges[-1]
        ends = np.array([0, min(7, high)] if pa.types.is_floating(kind) else [low, 0, high], dtype=edges.dtype)
        np.testing.assert_array_equal(scale.positions(scale.cells(ends)), ends)
        assert scale.on(scale.cells(ends)).all()


def test_ladders_are_chains():
    for kind in KINDS:
        ladder = Scale.ladder(kind)
        for at, scale in enumerate(ladder):
            cells = scale.cells(np.clip(np.arange(-3, 4), *scale.limits).astype(np.int64))
            assert all(finer.on(cells).all() for finer in ladder[1:at]), scale


@pytest.mark.parametrize(
    ("cells", "step", "decimals"),
    [
        (pa.array([10.25, 3.5, 7.75] * 50), 1, 2),
        (pa.array([10, 35, 75] * 50), 5, 0),
        (pa.array([np.pi, np.e, 1 / 3] * 50), 0, 0),
        (pa.array([datetime.datetime(2020, 1, day, 3) for day in (1, 2, 5)] * 50, pa.timestamp("us")), 3_600_000_000, 0),
        (pa.array([Decimal("1.50"), Decimal("20.00"), Decimal("3.00")] * 50, pa.decimal128(9, 2)), 50, 0),
    ],
)
def test_the_step_is_the_coarsest_that_holds_all_rows(cells, step, decimals):
    ladder = Scale.ladder(cells.type)
    place = np.zeros(len(cells), dtype=int)
    for at, scale in enumerate(ladder[1:], 1):
        place[scale.on(cells)] = at
    found = scale_of(ladder, np.bincount(place, minlength=len(ladder)).astype(float), 0.1, len(cells))
    assert (found.step, found.decimals) == (step, decimals)
    assert scale_of(ladder, np.zeros(len(ladder)), 1e3, len(cells)) == ladder[0]  # noise alone is no reason to be coarse


def counting(deviation, seed=0):
    rng = np.random.default_rng(seed)
    return lambda place, many: np.bincount(place, minlength=many) + np.rint(rng.normal(0, deviation, many))


def test_heaps_and_shape_are_found_and_outliers_are_not():
    rng = np.random.default_rng(1)
    positions = np.concatenate([np.full(4000, 40), rng.integers(1, 100, 5990), np.full(3, 10**9)])
    edges, counts = outer(Scale(pa.int64(), 1).octaves(), positions, counting(10.0), 10.0)
    assert edges[-1] == 128
    spans = refined(edges, counts, positions, counting(10.0), 10.0, 32)
    heap = np.flatnonzero((spans.starts == 40) & (spans.stops == 41))
    assert len(heap) == 1
    assert spans.masses[heap[0]] == pytest.approx(4000, abs=150)
    assert spans.masses.sum() == pytest.approx(len(positions), abs=600)
    assert (spans.starts[1:] >= spans.stops[:-1]).all()
    assert spans.stops[-1] <= 110
    below = spans.masses[spans.stops <= 41].sum() / spans.masses.sum()
    assert below == pytest.approx((positions < 41).mean(), abs=0.04)


def test_a_heap_at_zero_among_floats_stays_exactly_zero():
    rng = np.random.default_rng(5)
    positions = np.where(rng.random(5000) < 0.6, 0.0, rng.exponential(100, 5000))
    scale = Scale(pa.float64(), 0)
    spans = refined(*outer(scale.octaves(), positions, counting(5.0), 5.0), positions, counting(5.0, 1), 5.0, 32)
    values, _ = SpanValues.of(spans, np.zeros(2), scale)
    heap = int(np.argmax(values.counts[2:]))
    assert set(values.within(np.full(9, heap), np.linspace(0, 1, 9)).to_pylist()) == {0.0}
    assert values.counts[2:][heap] == pytest.approx(3000, abs=150)


def test_rows_too_few_for_the_noise_show_nothing():
    assert outer(Scale(pa.float64(), 0).octaves(), np.linspace(0, 1, 50), counting(100.0), 100.0) is None


def test_continuous_columns_on_both_sides_of_zero_keep_their_middle():
    positions = np.random.default_rng(2).normal(size=20_000)
    scale = Scale(pa.float64(), 0)
    spans = refined(*outer(scale.octaves(), positions, counting(20.0), 20.0), positions, counting(20.0, 1), 20.0, 64)
    values, code = SpanValues.of(spans, np.zeros(2), scale)
    drawn = np.random.default_rng(3).choice(len(values.starts), 20_000, p=values.counts[2:] / values.counts[2:].sum())
    cells = np.sort(values.within(drawn, np.random.default_rng(4).random(20_000)).to_numpy())
    assert np.abs(norm.cdf(cells) - np.linspace(0, 1, 20_000)).max() < 0.04
    assert code.state_of.max() + 1 == len(spans.starts)


def test_the_nearest_counts_keep_total_and_order():
    noisy = np.array([50.0, -7.0, 3.0, 20.0, -1.0])
    found = simplex(noisy, noisy.sum())
    assert found.sum() == pytest.approx(65.0)
    assert (found >= 0).all()
    assert found[0] > found[3] > found[2] >= found[1] == 0


def test_one_gaussian_mechanism_costs_at_least_the_exact_epsilon_and_little_more():
    for noise in (1.0, 5.0, 50.0):
        epsilon = spent([(noise, 1.0, 1)], 1e-5)
        mean = 1 / noise  # Balle and Wang 2018, theorem 8
        exact = norm.cdf(mean / 2 - epsilon / mean) - np.exp(epsilon) * norm.cdf(-mean / 2 - epsilon / mean)
        assert exact <= 1e-5
        tighter = epsilon * 0.85
        assert norm.cdf(mean / 2 - tighter / mean) - np.exp(tighter) * norm.cdf(-mean / 2 - tighter / mean) > 1e-5


@pytest.mark.parametrize("epsilon", [0.5, 8.0])
def test_budgets_are_kept_and_a_level_of_one_row_is_named_as_rarely_as_delta_allows(epsilon):
    budget = Budget.made(epsilon, 1e-5, share=0.2, touches=11, open_columns=3, sampling=0.03, steps=40)
    assert 0.99 * epsilon < budget.spent() <= epsilon
    chance = norm.sf((budget.threshold - 1) / budget.count_noise)
    assert 3 * chance == pytest.approx(1e-6, rel=1e-6)
    more = Budget.made(epsilon, 1e-5, share=0.4, touches=11, open_columns=3, sampling=0.03, steps=40)
    assert more.count_noise == pytest.approx(budget.count_noise / np.sqrt(2), rel=1e-3)
    assert more.training_noise > budget.training_noise
