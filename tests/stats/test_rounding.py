import numpy as np
import pytest

from assay.stats.neighbours import References
from assay.stats.rounding import Bounds


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-35, 1e-3, 1.0, 1e6])
def test_the_bound_holds_for_every_pair(kind, scale):
    rng = np.random.default_rng(5)
    references = (scale * rng.normal(size=(640, 17))).astype(np.float32)
    queries = (scale * rng.normal(3, 1, (60, 17))).astype(np.float32)
    queries[:20] = references[:20] + np.float32(1e-4 * scale)
    known = References(references)
    side = known._side(kind)
    bounds = Bounds(known._moved(queries, kind), side)
    values = (side.right @ bounds.left).T
    for at in range(len(queries)):
        difference = queries[at].astype(float) - references[known._visits]
        squares = np.einsum("ij,ij->i", difference, difference) * known._scale**2
        one = Bounds(known._moved(np.repeat(queries[at : at + 1], 640, axis=0), kind), side)
        assert (values[at] <= one.limit(squares)).all()
        assert (squares <= one.squares(values[at].astype(float))).all()


def test_the_bound_is_no_wider_than_the_precision_warrants():
    rng = np.random.default_rng(6)
    points = rng.normal(size=(200, 30)).astype(np.float32)
    known = References(points)
    bounds = Bounds(known._moved(points, np.float32), known._side(np.float32))
    squares = np.full(200, 20.0) * known._scale**2
    assert (bounds.squares(bounds.limit(squares).astype(float)) <= squares * 1.001).all()
