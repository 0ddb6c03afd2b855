from __future__ import annotations

import numpy as np
import pytest

from assay.lab.forecast_conformal import (
    Interval,
    Score,
    distances,
    factor,
    interval,
    scores_within,
    simultaneous,
    weighted_quantile,
)
from assay.lab.forecast_map import Paths, Regimen


def test_a_reading_at_the_bound_has_score_one_on_either_side():
    own = Interval(np.zeros(2), np.array([-1.0, -1.0]), np.array([2.0, 2.0]))
    assert distances(np.array([[2.0, -1.0], [1.0, -2.0]]), own).tolist() == [[1.0, 1.0], [0.5, 2.0]]


def test_every_lineage_has_the_same_weight():
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 0.25]), 0.5) == 1.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 0.25]), 0.7) == 2.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.ones(3), 1.5) == 3.0


def test_few_lineages_never_narrow_an_interval_and_many_may():
    few = [Score(str(at), 1, 0.5) for at in range(5)]
    assert factor(few) == 1.0
    assert factor(few, known=1.4) == 1.4
    many = [Score(str(at), 1, 0.5) for at in range(500)]
    assert factor(many) == pytest.approx(0.5, abs=0.01)
    assert factor([], known=1.3) == 1.3


def test_a_stretch_restores_coverage_of_intervals_half_as_wide_as_they_should_be():
    rng = np.random.default_rng(0)
    drawn = np.abs(rng.normal(size=4_000)) / (1.6449 / 2)
    stretch = factor([Score(str(at), 1, float(one)) for at, one in enumerate(drawn)])
    assert stretch == pytest.approx(2.0, abs=0.08)


def test_a_simultaneous_band_holds_whole_lineages():
    rng = np.random.default_rng(2)
    paths = Paths(rng.normal(size=(20_000, 6)), np.zeros((20_000, 6)), np.zeros(20_000, int))
    stretch = simultaneous(paths, 3)
    fresh = distances(rng.normal(size=(20_000, 6)), interval(paths))[:, 2:]
    assert (fresh.max(axis=1) <= stretch).mean() == pytest.approx(0.9, abs=0.01)
    assert stretch == pytest.approx(2.2256 / 1.6449, abs=0.03)  # four independent normals, two-sided


def test_scores_need_lineages_and_generations():
    values = np.random.default_rng(0).normal(size=(5, 3))
    rng = np.random.default_rng(1)
    assert scores_within(values[:2], 1.0, Regimen(), rng, name="a") == []
    assert scores_within(values[:, :2], 1.0, Regimen(), rng, name="a") == []
    found = scores_within(values, 1.0, Regimen(), rng, name="a")
    assert {one.lineage for one in found} == {f"a:{at}" for at in range(5)}
    assert {one.ahead for one in found} == {1}
