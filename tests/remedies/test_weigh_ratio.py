"""A general density ratio brings selected rows back, keeps quiet about sound ones, and can be read from JSON."""

from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.weighed_scenes import alarms, made, mended, odd_scenes, scene

from assay.remedies.weigh_ratio import WeighRatio


def upwards(columns):
    return np.exp(0.8 * np.minimum(columns["x"] - 3.0, 0.0))


def crosswise(columns):
    """Take rows of one sign of x in one city, of the other sign elsewhere."""
    return np.where((columns["x"] > 0) == (columns["city"] == "Bonn"), 0.8, 0.2)


@pytest.mark.parametrize("seed", range(2))
def test_selected_rows_are_weighed_back(seed):
    found = scene(made(500, seed), made(3000, seed + 50, upwards))
    plans = WeighRatio().signs(found)
    assert [plan.options["target"] for plan in plans] == [True, False]
    assert all(plan.numbers > 10 for plan in plans)
    assert "harm" in plans[0].sign
    for plan in plans:
        weighed = mended(WeighRatio(), plan, found)
        values = weighed.table.numbers("x")
        assert abs(np.average(values, weights=weighed.weights)) < 0.5 * values.mean()
        assert weighed.weights.max() < 21


def test_pairs_are_seen():
    found = scene(made(1000, 0), made(4000, 50, crosswise))
    plan = WeighRatio().signs(found)[0]
    assert plan.options["model"] == "additive"
    weighed = mended(WeighRatio(), plan, found)
    inside = np.array(weighed.table.table["city"]) == "Bonn"
    values = weighed.table.numbers("x")
    assert np.average(values[inside], weights=weighed.weights[inside]) < 0.5 * values[inside].mean()


@pytest.mark.parametrize("weighed", [False, True])
def test_sound_rows_give_no_sign(weighed):
    assert alarms(WeighRatio(), 20, rows=200, weighed=weighed) <= 4


def test_odd_tables_give_no_plan():
    assert [list(WeighRatio().signs(odd)) for odd in odd_scenes()] == [[]] * len(odd_scenes())
