from __future__ import annotations

import numpy as np
import pytest

from assay.stats.bands import distance_curves, family_z, mean_curves, shrunken
from assay.stats.distances import le_cam
from assay.stats.resample import BlockDraws

BLOCKS = 64


def blocks_of(shares: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    rows = rng.multinomial(n, np.full(BLOCKS, 1 / BLOCKS))
    return rows, np.stack([rng.multinomial(r, shares) for r in rows])


def curves_of(p: np.ndarray, q: np.ndarray, n: int, rng: np.random.Generator):
    rows, real = blocks_of(p, n, rng)
    rows_s, synthetic = blocks_of(q, n, rng)
    first, again, other = (BlockDraws.make(r, 300, rng) for r in (rows, rows, rows_s))
    shares_real, shares_synthetic = real.sum(axis=0) / n, synthetic.sum(axis=0) / n
    noise_real = first.errors(real)
    starts = np.array([0])
    return distance_curves(
        shares_synthetic - shares_real,
        other.errors(synthetic) - noise_real,
        again.errors(real) - noise_real,
        le_cam(np.maximum(shares_real + shares_synthetic, 1 / n), starts),
        np.zeros(len(p), dtype=np.int64),
        le_cam(np.maximum(2 * shares_real, 1 / n), starts),
    )


@pytest.mark.parametrize("size", [0.0, 0.0369, 0.0615])
def test_interval_covers_the_true_distance_where_value_minus_floor_does_not(size: float) -> None:
    """180 cells, 5,000 rows: distances of .0369 and .0615 drown in the floor; the interval must still hold them."""
    p = np.full(180, 1 / 180)
    q = p * (1 + 2 * size * np.where(np.arange(180) % 2, 1, -1))
    covered, effects, raw = [], [], []
    for seed in range(60):
        curves = curves_of(p, q, 5_000, np.random.default_rng([1, seed]))
        covered.append(curves.low()[0] <= size <= curves.high()[0])
        effects.append(curves.effect[0])
        raw.append(curves.value[0] - curves.mean[0, 0])
    # 60 trials of a 95% interval: at least 52 hold with probability .997.
    assert sum(covered) >= 52
    if size:
        assert np.mean(effects) == pytest.approx(size, rel=0.25)
        assert np.mean(raw) < 0.6 * size


def test_items_found_by_luck_are_rare_over_a_family() -> None:
    rng = np.random.default_rng(3)
    noise, null = rng.normal(size=(400, 30)), rng.normal(size=(400, 30))
    owner = np.repeat(np.arange(10), 3)

    def norm(x: np.ndarray) -> np.ndarray:
        return np.sqrt((x.reshape(*x.shape[:-1], 10, 3) ** 2).sum(axis=-1))

    false = 0
    for _ in range(200):
        curves = distance_curves(rng.normal(size=30), noise, null, norm, owner)
        false += bool((curves.low(family_z([curves], 0.05)) > 0).any())
    assert false <= 22  # nominal 10 of 200; more than 22 has probability .0004


def test_mean_is_the_root_mean_square_without_noise() -> None:
    still = np.zeros((50, 2))
    curves = distance_curves(np.array([0.3, 0.4]), still, still, np.abs, np.array([0, 1]))
    whole = mean_curves([curves])
    assert curves.effect == pytest.approx([0.3, 0.4])
    assert whole.effect[0] == pytest.approx(np.sqrt((0.09 + 0.16) / 2), rel=1e-6)


def test_distance_below_its_floor_is_no_effect_and_claims_no_precision() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(400, 20))

    def norm(x: np.ndarray) -> np.ndarray:
        return np.sqrt((x**2).sum(axis=-1, keepdims=True))

    curves = distance_curves(np.full(20, 0.2), noise, noise, norm, np.zeros(20, dtype=np.int64))
    assert curves.effect[0] == 0.0
    assert curves.low()[0] == 0.0
    assert curves.high()[0] > 1.0


def test_shrinking_keeps_large_cells_and_quiets_small_ones() -> None:
    difference = np.array([0.1, -0.2, 0.1, 20.0])
    shrunk = shrunken(difference, np.ones(4), np.zeros(4, dtype=np.int64), 1)
    assert np.all(shrunk[:3] == 0.0)
    assert shrunk[3] == pytest.approx(20.0, rel=0.01)


def test_bounds_of_a_skewed_distance_hold_at_their_rate() -> None:
    """The largest of |normals| has a long right tail: a normal bound at 97.5% would be passed by 4% of null samples."""
    rng = np.random.default_rng(8)
    noise, null = rng.normal(size=(600, 4)), rng.normal(size=(600, 4))

    def norm(x: np.ndarray) -> np.ndarray:
        return np.abs(x).max(axis=-1, keepdims=True)

    false = sum(
        distance_curves(rng.normal(size=4), noise, null, norm, np.zeros(4, dtype=np.int64)).low()[0] > 0 for _ in range(600)
    )
    assert false <= 27  # nominal 15 of 600; more than 27 has probability .002
