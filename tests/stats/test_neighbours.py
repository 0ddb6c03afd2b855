import numpy as np
import pytest

from assay.stats import neighbours
from assay.stats.neighbours import nearest


@pytest.mark.parametrize("block", [7, 4096])
def test_agrees_with_all_pairs(monkeypatch, block):
    monkeypatch.setattr(neighbours, "REFERENCE_BLOCK", block)
    monkeypatch.setattr(neighbours, "QUERY_BLOCK", 11)
    rng = np.random.default_rng(0)
    queries, references = (rng.normal(5, 1, (rows, 6)).astype(np.float32) for rows in (40, 90))
    pairs = np.sqrt(((queries[:, None].astype(float) - references[None].astype(float)) ** 2).sum(axis=2))
    distances, indices = nearest(queries, references, k=3)
    assert distances == pytest.approx(np.sort(pairs, axis=1)[:, :3], rel=1e-12)
    assert np.array_equal(indices, np.argsort(pairs, axis=1)[:, :3])


def test_itself_is_left_out():
    points = np.random.default_rng(1).normal(size=(30, 2)).astype(np.float32)
    with_itself, _ = nearest(points, points, k=2)
    without, indices = nearest(points, points, k=1, exclude=np.arange(30))
    assert (with_itself[:, 0] == 0).all()
    assert np.array_equal(without[:, 0], with_itself[:, 1])
    assert not (indices[:, 0] == np.arange(30)).any()


def test_tiny_distances_are_exact_far_from_the_origin():
    base = np.random.default_rng(2).normal(0, 100, (500, 20)).astype(np.float32)
    moved = base.copy()
    moved[:, 0] += np.float32(0.01)
    distances, indices = nearest(moved, base, k=1)
    assert np.array_equal(indices[:, 0], np.arange(500))
    assert np.array_equal(distances[:, 0], np.abs(moved[:, 0].astype(float) - base[:, 0]))


def test_too_few_references():
    distances, indices = nearest(np.zeros((2, 1), np.float32), np.ones((1, 1), np.float32), k=2)
    assert distances.tolist() == [[1.0, np.inf]] * 2
    assert indices.tolist() == [[0, -1]] * 2
    assert np.isinf(nearest(np.zeros((2, 1), np.float32), np.ones((0, 1), np.float32))[0]).all()
