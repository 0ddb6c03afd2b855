"""Modes that are lost, blurred or made up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.lab.scenes import point, scene, value

from assay.core.errors import NotApplicable

CENTRES = np.array([[-6.0, 0.0], [6.0, 0.0], [0.0, 8.0], [0.0, -8.0]])


def modes(rows: int, seed: int, shares: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1), spread: float = 1.0) -> pa.Table:
    rng = np.random.default_rng([41, seed])
    where = CENTRES[rng.choice(4, rows, p=np.array(shares) / np.sum(shares))] + spread * rng.normal(size=(rows, 2))
    return pa.table({"x": where[:, 0], "y": where[:, 1]})


def test_a_lost_mode_is_the_mass_that_is_not_covered():
    shown = scene(modes(2000, 0), modes(1000, 1), modes(2000, 2, (0.5, 0.4, 0.1, 0.0)))
    found = point("mode_coverage", shown)
    # the fourth mode is gone, the third is at half: its clusters fall on either side
    assert 0.65 < found.work < 0.92
    assert found.low <= found.work <= found.high
    assert value("mode_coverage", scene(modes(2000, 0), modes(1000, 1), modes(2000, 3))) > 0.97


def test_between_modes_fresh_real_rows_are_as_rare_as_sealed_ones():
    gaps = [
        value("between_modes", scene(modes(1000, 9 * at), modes(500, 9 * at + 1), modes(1000, 9 * at + 2))) for at in range(25)
    ]
    assert abs(np.mean(gaps)) < 3.5 * np.std(gaps) / 5 + 1e-9


def test_modes_that_blur_put_rows_between_them():
    shown = scene(modes(2000, 0), modes(1000, 1), modes(2000, 2, spread=2.5))
    assert value("between_modes", shown) > -0.02  # k-means cells within a mode dominate; far rows are told by the next axis
    assert value("hallucinated", shown) > 0.3


def test_five_percent_of_real_rows_are_far_from_any_other():
    shares = [
        value("hallucinated", scene(modes(1500, 5 * at), modes(800, 5 * at + 1), modes(1500, 5 * at + 2))) for at in range(12)
    ]
    assert np.mean(shares) == pytest.approx(0.05, abs=0.012)


def test_hallucinated_rows_are_counted_whole():
    rows = modes(1000, 2)
    x, y = rows["x"].to_numpy().copy(), rows["y"].to_numpy().copy()
    x[:300], y[:300] = 6.0, 8.0  # a combination that reality has in no row
    shown = scene(modes(1000, 0), modes(1000, 1), pa.table({"x": x, "y": y}))
    assert value("hallucinated", shown) == pytest.approx(0.3 + 0.7 * 0.05, abs=0.04)


def test_one_row_over_and_over_is_covered_by_hardly_anything():
    rows = pa.table({"x": [-6.0] * 500, "y": [0.0] * 500})
    assert value("mode_coverage", scene(modes(1000, 0), modes(500, 1), rows)) < 0.4


@pytest.mark.parametrize("name", ["mode_coverage", "between_modes"])
def test_clusters_of_rows_that_are_all_alike_are_none(name):
    alike = pa.table({"x": [1.0] * 600, "y": [2.0] * 600})
    # what varies stands in the sealed rows alone, so that the rows clusters are made of are one
    with pytest.raises(NotApplicable, match="all alike"):
        point(name, scene(alike, modes(300, 1), modes(300, 2)))
