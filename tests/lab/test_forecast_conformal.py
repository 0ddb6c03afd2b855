from __future__ import annotations

import numpy as np
import pytest

from assay.lab.forecast_conformal import Interval, distances, interval, scores_within, simultaneous
from assay.lab.forecast_map import Paths, Regimen


def test_a_reading_at_the_bound_has_score_one_on_either_side():
    own = Interval(np.zeros(2), np.array([-1.0, -1.0]), np.array([2.0, 2.0]))
    assert distances(np.array([[2.0, -1.0], [1.0, -2.0]]), own).tolist() == [[1.0, 1.0], [0.5, 2.0]]


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
    assert scores_within(values[:2], 1.0, Regimen(), rng, replicates="ab") == []
    assert scores_within(values[:, :2], 1.0, Regimen(), rng, replicates="abcde") == []
    found = scores_within(values, 1.0, Regimen(), rng, replicates="abcde")
    assert {one.replicate for one in found} == set("abcde")
    assert {one.ahead for one in found} == {1}


def test_a_lineage_left_out_leaves_no_trace_in_its_own_forecast():
    values, noises = np.random.default_rng(0).normal(size=(5, 3)), np.full((5, 3), 0.5)
    odd, loud = values.copy(), noises.copy()
    odd[4, :2] += 50.0  # would widen the grid of a map that saw it
    loud[4], loud[:, 2] = 90.0, 90.0  # neither its noise nor that of a later generation is known
    scores = [
        [one.score for one in scores_within(*each, Regimen(), np.random.default_rng(1), replicates="abcde")][4]
        for each in ((values, noises), (odd, loud))
    ]
    assert scores[0] == scores[1]
