from __future__ import annotations

import numpy as np
import pytest

from assay.stats.distances import area, debiased, kolmogorov, le_cam, pooled, total_variation


def test_le_cam_equals_total_variation_where_all_cells_differ_alike() -> None:
    p = np.full(10, 0.1)
    q = p * (1 + 0.2 * np.where(np.arange(10) % 2, 1, -1))
    # (q - p) / (p + q) is not quite constant: 0.02/.22 and .02/.18.
    assert le_cam(p + q, np.array([0]))(q - p)[0] == pytest.approx(total_variation(q - p, np.array([0]))[0], rel=0.01)


def test_le_cam_of_disjoint_tables_is_one() -> None:
    p, q = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert le_cam(p + q, np.array([0]))(q - p)[0] == pytest.approx(1.0)


def test_le_cam_is_never_below_total_variation() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(6))
        assert le_cam(p + q, np.array([0]))(q - p)[0] >= total_variation(q - p, np.array([0]))[0] - 1e-12


def test_tables_end_to_end_are_measured_apart() -> None:
    difference = np.array([0.1, -0.1, 0.3, -0.3])
    assert total_variation(difference, np.array([0, 2])) == pytest.approx([0.1, 0.3])
    assert kolmogorov([2, 2])(difference) == pytest.approx([0.1, 0.3])


def test_kolmogorov_and_area_of_a_shift() -> None:
    # All mass moves from the first cell to the last of four, each one unit of axis wide.
    difference = np.array([-1.0, 0.0, 0.0, 1.0])
    assert kolmogorov([4])(difference)[0] == 1.0
    assert area([np.array([1.0, 1.0, 1.0, 0.0])])(difference)[0] == pytest.approx(3.0)


def test_debiased_total_variation_of_180_cells() -> None:
    """At 5,000 rows a floor near .087 leaves excesses of .009 and .024; the distances behind them are .042 and .067."""
    assert debiased(0.087 + 0.009, 0.087) == pytest.approx(0.042, abs=0.003)
    assert debiased(0.087 + 0.024, 0.087) == pytest.approx(0.067, abs=0.003)
    assert debiased(0.1, 0.2) == 0.0


def test_debiasing_finds_a_distance_that_the_excess_hides() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(180, 2.0))
    starts = np.array([0])

    def seen(q: np.ndarray) -> float:
        pairs = [(rng.multinomial(5_000, p) - rng.multinomial(5_000, q)) / 5_000 for _ in range(300)]
        return float(np.mean([total_variation(d, starts)[0] for d in pairs]))

    floor = seen(p)
    for size in (0.0369, 0.0615):
        q = p * (1 + 2 * size * np.where(rng.permutation(180) % 2, 1, -1))
        q /= q.sum()
        true = total_variation(q - p, starts)[0]
        value = seen(q)
        assert value - floor < 0.5 * true
        assert debiased(value, floor) == pytest.approx(true, rel=0.15)


def test_small_cells_share_a_number() -> None:
    assert pooled(np.array([10, 2, 8, 0, 20]), 5).tolist() == [0, 3, 1, 3, 2]
    assert pooled(np.array([7, 9]), 5).tolist() == [0, 1]
