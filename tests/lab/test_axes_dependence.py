"""Pairs and triples against closed forms."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from tests.lab.scenes import gaussian, point, scene, value

from assay.core.errors import NotApplicable
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.lab.axes._frame import Frame


def binary_pair(rows: int, seed: int, phi: float) -> pa.Table:
    rng = np.random.default_rng([31, seed])
    a = rng.integers(0, 2, rows)
    b = np.where(rng.random(rows) < (1 + phi) / 2, a, 1 - a)
    return pa.table({"a": [f"a{at}" for at in a], "b": [f"b{at}" for at in b]})


def parity(rows: int, seed: int, strength: float) -> pa.Table:
    rng = np.random.default_rng([32, seed])
    a, b = rng.integers(0, 2, rows), rng.integers(0, 2, rows)
    c = np.where(rng.random(rows) < (1 + strength) / 2, a ^ b, 1 - (a ^ b))
    return pa.table({name: [f"{name}{at}" for at in values] for name, values in (("a", a), ("b", b), ("c", c))})


def test_a_pair_that_falls_apart_loses_its_phi():
    # for two binary columns Tschuprow's T is |phi|
    shown = scene(binary_pair(4000, 0, 0.6), binary_pair(4000, 1, 0.6), binary_pair(4000, 2, 0.0))
    assert value("pair_dependence", shown) == pytest.approx(0.6, abs=0.05)
    assert value("pair_dependence", shown, "a") == pytest.approx(value("pair_dependence", shown))


def test_the_square_has_no_bias_where_nothing_changed():
    squares, triples = [], []
    for seed in range(60):
        shown = scene(parity(300, 3 * seed, 0.5), parity(300, 3 * seed + 1, 0.5), parity(300, 3 * seed + 2, 0.5))
        squares.append(point("pair_dependence", shown).work)
        triples.append(point("triple_dependence", shown).work)
    for found in (squares, triples):
        assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))
        assert min(found) < 0 < max(found)


def test_marginals_that_move_are_no_dependence():
    rng = np.random.default_rng(4)

    def independent(rows: int, share: float) -> pa.Table:
        return pa.table({name: np.where(rng.random(rows) < share, "u", "v").tolist() for name in ("a", "b", "c")})

    shown = scene(independent(4000, 0.5), independent(4000, 0.5), independent(4000, 0.3))
    for name in ("pair_dependence", "triple_dependence"):
        assert value(name, shown) < 0.06


def test_a_parity_is_seen_by_triples_alone():
    # the standardised third moment of a parity of strength s is s
    shown = scene(parity(4000, 0, 0.8), parity(4000, 1, 0.8), parity(4000, 2, 0.0))
    assert value("triple_dependence", shown) == pytest.approx(0.8, abs=0.06)
    assert value("pair_dependence", shown) < 0.06


def test_intervals_cover_the_square_of_a_change():
    inside = 0
    truth = 0.3**2  # one pair changes by .3
    for seed in range(100):
        shown = scene(binary_pair(100, 0, 0.6), binary_pair(500, 3 * seed + 1, 0.6), binary_pair(800, 3 * seed + 2, 0.3))
        found = point("pair_dependence", shown)
        inside += abs(found.work - truth) <= 1.96 * found.error
    assert inside >= 88


def test_too_few_columns_say_so():
    one, two = gaussian(200, 0, columns=1), gaussian(200, 0, columns=2)
    with pytest.raises(NotApplicable, match="fewer than two"):
        point("pair_dependence", scene(one, one, one))
    with pytest.raises(NotApplicable, match="fewer than three"):
        point("triple_dependence", scene(two, two, two))


def test_many_columns_take_the_strongest_for_triples():
    rng = np.random.default_rng(6)
    tables = []
    for _ in range(3):
        matrix = rng.normal(size=(400, 22))
        matrix[:, 21] = matrix[:, 20] + 0.1 * matrix[:, 21]
        tables.append(pa.table({f"x{at:02d}": matrix[:, at] for at in range(22)}))
    shown = scene(*tables)
    assert len(shown.frame.triple_names) == 16
    assert {"x20", "x21"} <= set(shown.frame.triple_names)
    assert np.isfinite(value("triple_dependence", shown))


def wide(rows: int, seed: int, columns: int) -> pa.Table:
    """A target at the end that follows the first column."""
    rng = np.random.default_rng([33, seed])
    matrix = rng.normal(size=(rows, columns))
    target = np.where(matrix[:, 0] > 0, "yes", "no")
    return pa.table({**{f"x{at:03d}": matrix[:, at] for at in range(columns)}, "y": target.tolist()})


def test_the_target_of_a_wide_table_is_measured_wherever_it_stands():
    schema = infer_schema(wide(300, 0, 70), target="y")
    torn = wide(300, 2, 70)
    torn = torn.set_column(70, "y", pa.array(np.random.default_rng(1).permutation(torn["y"].to_pylist()).tolist()))
    shown = scene(wide(300, 0, 70), wide(300, 1, 70), torn, schema=schema)
    assert len(shown.frame.pair_names) == 60
    assert shown.frame.pair_names[-1] == "y"
    assert list(shown.frame.pair_names[:-1]) == [f"x{at:03d}" for at in range(59)]
    found = point("pair_dependence", shown, "y")
    assert found.work > 3 * found.error
    assert "y" in shown.frame.triple_names


def test_memory_does_not_grow_with_the_square_of_the_columns():
    def peak(columns: int) -> int:
        tables = [Dataset(wide(200, seed, columns), infer_schema(wide(200, 0, columns), target="y")) for seed in range(2)]
        tracemalloc.start()
        Frame(*tables, size=200, seed=0)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(480) < 2.2 * peak(240)
