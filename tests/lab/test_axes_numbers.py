"""Spread and tails of numbers against closed forms."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import ndtr, ndtri
from tests.lab.scenes import gaussian, point, scene, value

from assay.core.errors import NotApplicable
from assay.lab.axes.log_variance import MOST


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_a_variance_that_halves_or_doubles_moves_the_log_by_ln_two(share):
    shown = scene(gaussian(2000, 0), gaussian(1000, 1), gaussian(2000, 2, np.sqrt(share)))
    for name in ("log_variance", "log_determinant"):
        found = point(name, shown)
        assert abs(found.work - np.log(share)) < 2.6 * found.error + 0.02  # the ridge takes 1% of it
    # log s^2 of n Gaussian values has variance 2 / n: three independent columns, two samples
    assert point("log_variance", shown).error == pytest.approx(np.sqrt((2 / 2000 + 2 / 1000) / 3), rel=0.15)


def test_intervals_of_log_variance_cover_as_often_as_they_say():
    inside = 0
    for seed in range(200):
        shown = scene(gaussian(60, 0), gaussian(200, 3 * seed + 1), gaussian(300, 3 * seed + 2, np.sqrt(0.5)))
        found = point("log_variance", shown)
        inside += abs(found.work - np.log(0.5)) <= 1.96 * found.error
    assert 180 <= inside <= 198  # 95% of 200 within 3.2 binomial errors


def test_equal_columns_count_once():
    one = gaussian(500, 0, columns=1)
    two = gaussian(400, 1, columns=1)
    rows = gaussian(500, 2, columns=1)
    many = [pa.table({f"x{at}": table["x0"] for at in range(5)}) for table in (one, two, rows)]
    single, fivefold = point("log_variance", scene(one, two, rows)), point("log_variance", scene(*many))
    assert fivefold.work == pytest.approx(single.work)
    assert fivefold.error == pytest.approx(single.error)


def test_a_lost_direction_lowers_the_determinant_and_no_variance():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=2000), rng.normal(size=2000)
    rho = 0.9
    rows = pa.table({"x0": x, "x1": rho * x + np.sqrt(1 - rho**2) * y})
    shown = scene(gaussian(2000, 0, columns=2), gaussian(2000, 1, columns=2), rows)
    assert abs(value("log_variance", shown)) < 0.1
    expected = 0.5 * np.log((1.01**2 - rho**2) / 1.01**2)
    assert value("log_determinant", shown) == pytest.approx(expected, abs=0.06)


def test_a_flat_column_is_clipped_and_a_column_flat_in_reality_is_left_out():
    real = gaussian(300, 0, columns=2).append_column("flat", pa.array([1.0] * 300))
    holdout = gaussian(300, 1, columns=2).append_column("flat", pa.array([1.0] * 300))
    rows = pa.table({"x0": [0.5] * 300, "x1": gaussian(300, 2)["x0"], "flat": [1.0] * 300})
    shown = scene(real, holdout, rows, schema=None)
    assert point("log_variance", shown, "x0").work == -MOST
    assert np.isfinite(value("log_determinant", shown))
    assert "flat" not in {each.column for each in _all("log_variance", shown)}


def test_huge_numbers_and_lost_columns_stay_finite():
    real, holdout = gaussian(300, 0, columns=2), gaussian(300, 1, columns=2)
    rows = pa.table({"x0": [1e308, -1e308] * 150, "x1": pa.array([None] * 300, pa.float64())})
    shown = scene(real, holdout, rows)
    assert point("log_variance", shown, "x0").work == MOST
    assert point("log_variance", shown, "x1").work == -MOST
    for name in ("log_variance", "log_determinant", "tail_mass"):
        for found in _all(name, shown):
            assert np.isfinite(found.work)
            assert np.isfinite(found.error)


def test_tail_mass_is_the_log_ratio_of_exceedances():
    scale = 1.3
    shown = scene(gaussian(20000, 0), gaussian(20000, 1), gaussian(20000, 2, scale))
    expected = np.log(ndtr(ndtri(0.01) / scale) / 0.01)
    for name in ("tail_mass", "upper_tail_mass", "lower_tail_mass"):
        found = point(name, shown)
        assert abs(found.work - expected) < 3.0 * found.error
        assert found.error < 0.1


def test_a_clipped_tail_is_told_on_its_side_and_column():
    rows = gaussian(4000, 2)
    clipped = pa.table({**{name: rows[name] for name in rows.column_names}, "x1": np.minimum(rows["x1"].to_numpy(), 2.0)})
    shown = scene(gaussian(4000, 0), gaussian(4000, 1), clipped)
    assert point("upper_tail_mass", shown, "x1").work < -3.0
    assert abs(point("lower_tail_mass", shown, "x1").work) < 0.7
    assert abs(point("upper_tail_mass", shown, "x0").work) < 0.7


def test_tail_index_follows_the_tail_and_not_its_mass():
    # beyond a point, |x| of a Pareto tail has log excess of mean 1 / exponent
    rng = np.random.default_rng(8)

    def heavy(rows: int, exponent: float) -> pa.Table:
        body, out = rng.uniform(-1, 1, rows), rng.random(rows) < 0.02
        signs = np.sign(rng.normal(size=rows))
        return pa.table({"x": np.where(out, signs * rng.random(rows) ** (-1.0 / exponent), body)})

    shown = scene(heavy(20000, 2.0), heavy(20000, 2.0), heavy(20000, 4.0))
    found = point("tail_index", shown)
    assert abs(found.work - np.log(0.5)) < 3 * found.error + 0.1
    assert abs(point("tail_mass", shown).work) < 0.4


def test_a_table_without_tails_says_so():
    table = pa.table({"x": np.arange(400.0) % 4})
    with pytest.raises(NotApplicable, match="no column has such a tail"):
        point("tail_mass", scene(table, table, table))


def _all(name, shown):
    from assay.lab.axes import axis

    return axis(name)().measure(shown)
