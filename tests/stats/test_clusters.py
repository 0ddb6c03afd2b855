from __future__ import annotations

import numpy as np

from assay.stats.clusters import main_axes, nearest_centre, stable_centres


def blobs(rows: int, rng: np.random.Generator, many: int) -> tuple[np.ndarray, np.ndarray]:
    centres = np.random.default_rng(9).normal(0, 20, (many, 6))
    own = rng.integers(0, many, rows)
    return np.float32(centres[own] + rng.normal(size=(rows, 6))), own


def test_clusters_that_are_there_come_back() -> None:
    points, own = blobs(2_000, np.random.default_rng(0), 5)
    centres, agreement = stable_centres(points, np.random.default_rng(1))
    assert agreement > 0.7
    assert len(centres) >= 5
    found = nearest_centre(points, centres)
    for blob in range(5):  # no cluster mixes two blobs, or agreement would be low
        assert np.bincount(found[own == blob]).max() > 0


def test_main_axes_keep_distances_along_the_directions_that_vary() -> None:
    rng = np.random.default_rng(2)
    flat = np.float32(rng.normal(size=(500, 3)) @ rng.normal(size=(3, 40)))
    placed = main_axes(flat).place(flat)
    assert placed.shape == (500, 12)
    apart = np.linalg.norm(flat[:50, None] - flat[:50], axis=2)
    assert np.allclose(np.linalg.norm(placed[:50, None] - placed[:50], axis=2), apart, atol=1e-2)


def test_few_points_make_one_cluster() -> None:
    points = np.float32(np.random.default_rng(3).normal(size=(30, 2)))
    centres, _ = stable_centres(points, np.random.default_rng(0))
    assert len(centres) == 1
