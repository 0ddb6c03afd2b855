from __future__ import annotations

import numpy as np
import pytest

from assay.stats.resample import BlockDraws, Draws, effective_tests, simultaneous_z


def test_errors_have_the_binomial_spread() -> None:
    rng = np.random.default_rng(0)
    n, p = 20_000, 0.3
    spreads = []
    for _ in range(20):
        rows = rng.multinomial(n, np.full(64, 1 / 64))
        counts = rng.binomial(rows, p)[:, None]
        spreads.append(BlockDraws.make(rows, 400, rng).errors(counts).std())
    assert np.mean(spreads) == pytest.approx(np.sqrt(p * (1 - p) / n), rel=0.06)


def test_errors_of_rows_that_belong_together_are_wider() -> None:
    rng = np.random.default_rng(1)
    rows = np.full(64, 300)
    together = (rng.random(64 * 30) < 0.3).reshape(64, 30).sum(axis=1)[:, None] * 10
    apart = rng.binomial(rows, 0.3)[:, None]
    draws = BlockDraws.make(rows, 400, rng)
    assert draws.errors(together).std() > 2 * draws.errors(apart).std()


def test_cells_are_drawn_jointly() -> None:
    rng = np.random.default_rng(2)
    rows = np.full(64, 100)
    first = rng.binomial(rows, 0.4)
    errors = BlockDraws.make(rows, 300, rng).errors(np.stack([first, rows - first], axis=1))
    assert errors.sum(axis=1) == pytest.approx(np.zeros(300), abs=1e-6)


def test_null_noise_scales_with_the_synthetic_size() -> None:
    rng = np.random.default_rng(3)
    rows, fewer = np.full(64, 400), np.full(64, 100)
    counts = rng.binomial(rows, 0.5)[:, None]
    draws = Draws.make(rows, fewer, 2_000, rng)
    assert draws.own_noise(counts).std() == pytest.approx(2 * draws.real.errors(counts).std(), rel=0.15)
    assert draws.null_noise(counts).std() == pytest.approx(np.sqrt(5) * draws.real.errors(counts).std(), rel=0.15)


def test_equal_tests_count_once_and_independent_ones_each() -> None:
    z = np.random.default_rng(4).standard_normal((50_000, 8))
    assert effective_tests(np.repeat(z[:, :1], 8, axis=1).max(axis=1)) == pytest.approx(1.0, abs=0.1)
    assert effective_tests(z.max(axis=1)) == pytest.approx(8.0, rel=0.1)


def test_simultaneous_quantile_is_sidaks() -> None:
    # 1 - (1 - .05)^(1/10) = .0051162, whose normal quantile is 2.5679.
    assert simultaneous_z(10, 0.05) == pytest.approx(2.5679, abs=2e-4)
