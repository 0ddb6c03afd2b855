import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from assay.stats import neighbours
from assay.stats.neighbours import References, nearest


def brute(queries, references, k, exclude=None):
    """Look at every pair in float64; of equal distances the lowest index comes first."""
    pairs = np.repeat(queries.astype(float), len(references), axis=0) - np.tile(references.astype(float), (len(queries), 1))
    squares = np.einsum("ij,ij->i", pairs, pairs).reshape(len(queries), len(references))
    if exclude is not None:
        squares[np.flatnonzero(exclude >= 0), exclude[exclude >= 0]] = np.inf
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    found = np.sqrt(np.take_along_axis(squares, order, axis=1))
    return found, np.where(np.isinf(found), -1, order)


def cloud(rows, columns, seed, scale=1.0, place=0.0):
    return (np.random.default_rng(seed).normal(size=(rows, columns)) * scale + place).astype(np.float32)


def same(found, expected):
    assert np.array_equal(found[0], expected[0])
    assert np.array_equal(found[1], expected[1])


CLOUDS = {
    "plain": lambda: (cloud(300, 30, 0), cloud(3000, 30, 1)),
    "one column": lambda: (cloud(300, 1, 0), cloud(3000, 1, 1)),
    "off the centre": lambda: (cloud(200, 6, 0, place=500), cloud(2500, 6, 1, place=500)),
    "queries far away": lambda: (cloud(200, 6, 0, place=300), cloud(2500, 6, 1)),
    "huge": lambda: (cloud(200, 8, 0, scale=1e30), cloud(2500, 8, 1, scale=1e30)),
    "tiny": lambda: (cloud(200, 8, 0, scale=1e-36), cloud(2500, 8, 1, scale=1e-36)),
    "columns of all scales": lambda: (
        cloud(200, 6, 0) * np.float32([1e-30, 1e-12, 1, 1e3, 1e12, 1e-3]),
        cloud(2500, 6, 1) * np.float32([1e-30, 1e-12, 1, 1e3, 1e12, 1e-3]),
    ),
    "integers with ties": lambda: (np.rint(cloud(300, 3, 0)), np.rint(cloud(3000, 3, 1))),
    "binary with ties": lambda: ((cloud(300, 20, 0) > 0.5).astype(np.float32), (cloud(3000, 20, 1) > 0.5).astype(np.float32)),
    "all at one distance": lambda: (np.zeros((100, 60), np.float32), np.eye(60, dtype=np.float32)),
    "one point many times": lambda: (cloud(100, 4, 0), np.ones((2500, 4), np.float32)),
    "every point five times": lambda: (cloud(200, 5, 0), np.tile(cloud(500, 5, 0), (5, 1))),
    "itself": lambda: (cloud(2000, 12, 3), cloud(2000, 12, 3)),
    "sorted": lambda: (cloud(200, 2, 0, scale=50), np.sort(cloud(4000, 2, 1, scale=50), axis=0)),
    "no more than one group": lambda: (cloud(50, 4, 0), cloud(20, 4, 1)),
    "one block and one row": lambda: (cloud(513, 4, 0), cloud(1025, 4, 1)),
}


@pytest.mark.parametrize("k", [1, 2, 10])
@pytest.mark.parametrize("name", CLOUDS)
def test_equals_all_pairs_bit_by_bit(name, k):
    queries, references = CLOUDS[name]()
    same(nearest(queries, references, k), padded(brute(queries, references, k), k))


@pytest.mark.parametrize("name", CLOUDS)
def test_faiss_gives_the_same_numbers(name):
    pytest.importorskip("faiss", reason="faiss-cpu comes with the extra 'fast'")
    queries, references = CLOUDS[name]()
    for k in (1, 10):
        same(References(references).nearest(queries, k, backend="faiss"), nearest(queries, references, k))


def padded(found, k):
    missing = ((0, 0), (0, k - found[0].shape[1]))
    return np.pad(found[0], missing, constant_values=np.inf), np.pad(found[1], missing, constant_values=-1)


@pytest.mark.parametrize("name", ["itself", "every point five times", "integers with ties"])
def test_itself_is_left_out(name):
    _, points = CLOUDS[name]()
    points, exclude = points[:1500], np.arange(1500)
    exclude[::7] = -1
    same(nearest(points, points, 3, exclude), brute(points, points, 3, exclude))


def test_near_duplicates_far_from_the_centre_fall_back_to_wide_products(monkeypatch):
    # Two clusters a million apart: float32 products cannot tell distances within one (an ulp of |r|^2 is 3e4).
    centres = np.float32([[0, 0], [1e6, 0]])
    references = np.concatenate([cloud(2000, 2, 1) + centre for centre in centres])
    queries = np.concatenate([cloud(100, 2, 2) + centre for centre in centres])
    wide = []
    found = References(references)
    monkeypatch.setattr(References, "_double", property(lambda self: wide.append(1) or side))
    side = found._side(np.float64)
    same(found.nearest(queries, 2), brute(queries, references, 2))
    assert wide


def test_tiny_distances_are_exact_far_from_the_origin():
    base = np.random.default_rng(2).normal(0, 100, (500, 20)).astype(np.float32)
    moved = base.copy()
    moved[:, 0] += np.float32(0.01)
    distances, indices = nearest(moved, base, k=1)
    assert np.array_equal(indices[:, 0], np.arange(500))
    assert np.array_equal(distances[:, 0], np.abs(moved[:, 0].astype(float) - base[:, 0]))


def test_ties_beyond_measure_are_found_in_bounded_memory(monkeypatch):
    monkeypatch.setattr(neighbours, "PENDING", 1)
    rng = np.random.default_rng(4)
    queries, references = (rng.integers(0, 2, (rows, 11)).astype(np.float32) for rows in (600, 1900))
    same(nearest(queries, references, 4), brute(queries, references, 4))


def test_nothing_depends_on_threads_or_blocks(monkeypatch):
    queries, references = cloud(1300, 9, 7), cloud(2100, 9, 8)
    seen = [nearest(queries, references, 3, jobs=jobs) for jobs in (1, 2, 3)]
    monkeypatch.setattr(neighbours, "QUERY_BLOCK", 11)
    monkeypatch.setattr(neighbours, "REFERENCE_BLOCK", 64)
    with threadpool_limits(2):
        seen.append(nearest(queries, references, 3))
    order = np.random.default_rng(0).permutation(1300)
    shuffled = nearest(queries[order], references, 3)
    seen.append(tuple(part[np.argsort(order)] for part in shuffled))
    for other in seen[1:]:
        same(other, seen[0])


def test_too_few_references():
    distances, indices = nearest(np.zeros((2, 1), np.float32), np.ones((1, 1), np.float32), k=2)
    assert distances.tolist() == [[1.0, np.inf]] * 2
    assert indices.tolist() == [[0, -1]] * 2
    assert np.isinf(nearest(np.zeros((2, 1), np.float32), np.ones((0, 1), np.float32))[0]).all()
    only = np.zeros((1, 1), np.float32)
    assert nearest(only, only, 1, np.array([0]))[1].tolist() == [[-1]]


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="Every reference must be finite"):
        nearest(np.zeros((1, 1), np.float32), np.float32([[np.nan]]))
    with pytest.raises(ValueError, match="Queries must have 2 columns"):
        nearest(np.zeros((1, 1), np.float32), np.zeros((3, 2), np.float32))
