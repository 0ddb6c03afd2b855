"""What biased synthetic rows are worth beside real ones."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.held_to_law import held

from assay.core.errors import UsageError
from assay.lab.laws import expected, simulate
from assay.lab.worlds.worth import best_weight, effective_rows

PLACES = [(50, 1_000, 0.3), (50, 50, 0.0), (20, 10_000, 1.0), (200, 100, 0.1)]


def worth(n: int, m: int, delta: float, way: str) -> float:
    return 1 / expected("worth", f"weighted:{way}", 1, n, made=m, delta=delta)["squared_error"][0]


@pytest.mark.parametrize(("n", "m", "delta"), PLACES)
def test_best_weight_with_the_bias_known(n, m, delta):
    _, law = held("worth", "weighted:known", 1, n, 40_000, made=m, delta=delta)
    weight = (1 / n) / (1 / n + 1 / m + delta**2)
    assert law["weight"][0] == pytest.approx(weight)
    rows = n + 1 / (1 / m + delta**2)
    assert 1 / law["squared_error"][0] == pytest.approx(rows)
    assert effective_rows(delta, n, m) == pytest.approx(rows)
    if delta:
        assert rows <= n + 1 / delta**2
    for other in (weight - 0.05, weight + 0.05):
        if 0 < other < 1:
            assert worth(n, m, delta, str(1 - other)) < rows


@pytest.mark.parametrize("way", ["estimated", "debiased", "own", "0.7"])
@pytest.mark.parametrize(("n", "m", "delta"), PLACES)
def test_other_ways_of_weighting(n, m, delta, way):
    held("worth", f"weighted:{way}", 1, n, 40_000, made=m, delta=delta, variance=2.0)


def test_published_figures():
    assert worth(50, 1_000, 0.3, "known") == pytest.approx(61, abs=0.5)
    assert worth(50, 1_000, 0.3, "debiased") == pytest.approx(34.6, abs=0.05)
    assert worth(50, 1_000, 0.3, "estimated") == pytest.approx(42.1, abs=0.05)


@pytest.mark.parametrize("m", [10, 50, 1_000, 100_000])
def test_rows_made_from_the_same_real_ones_are_worth_nothing(m):
    assert 40 < worth(50, m, 0.0, "own") < 50


def test_many_biased_rows_are_worth_no_more_than_the_bias_allows():
    assert worth(50, 10**9, 0.3, "known") == pytest.approx(50 + 1 / 0.09)
    assert best_weight(0.0, 50, 50) == pytest.approx(0.5)
    assert np.all(np.diff(best_weight(np.linspace(0, 2, 20), 50, 50)) < 0)


def test_more_generations_and_unknown_ways_are_told():
    with pytest.raises(UsageError, match="one generation"):
        simulate("worth", "weighted:known", 2, 50, 5, made=10)
    with pytest.raises(UsageError, match="number in"):
        simulate("worth", "weighted:guessed", 1, 50, 5, made=10)
