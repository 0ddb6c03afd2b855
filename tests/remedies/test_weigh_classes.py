"""Classes and numbers of the target get their real shares, and sound rows are left alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.remedies.weighed_scenes import alarms, made, mended, odd_scenes, scene

from assay.remedies.weigh_classes import WeighClasses


def rarer(columns):
    return np.where(columns["grant"] == "yes", 0.3, 0.9)


@pytest.mark.parametrize("rows", [300, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_two_classes_in_closed_form(rows, seed):
    real, synthetic = made(rows, seed), made(4000, seed + 50, rarer)
    found = scene(real, synthetic)
    (plan,) = WeighClasses().signs(found)
    assert plan.columns == ("grant",)
    assert plan.numbers == 1
    weighed = mended(WeighClasses(), plan, found)
    own, real_share = np.array(synthetic["grant"]) == "yes", np.mean(np.array(real["grant"]) == "yes")
    gap = 2 * (real_share - own.mean()) ** 2
    held = (1 - real_share**2 - (1 - real_share) ** 2) / gap
    expected = (rows * real_share + held * own.mean()) / (rows + held)
    assert np.average(own, weights=weighed.weights) == pytest.approx(expected, abs=1e-3)
    assert len(np.unique(weighed.weights.round(9))) == 2


def test_one_real_row_of_a_class_tells_that_it_is_rare():
    real, synthetic = ({"x": np.arange(rows) % 97 * 1.0, "grant": np.where(np.arange(rows) < few, "yes", "no")}
                       for rows, few in ((300, 1), (2000, 300)))  # fmt: skip
    found = scene(pa.table(real), pa.table(synthetic))
    (plan,) = WeighClasses().signs(found)
    weighed = mended(WeighClasses(), plan, found)
    assert np.average(np.array(synthetic["grant"]) == "yes", weights=weighed.weights) < 0.01


def test_many_classes():
    real, synthetic = made(1000, 1), made(4000, 2, lambda columns: np.where(columns["city"] == "Ulm", 0.9, 0.4))
    found = scene(real, synthetic, target="city")
    (plan,) = WeighClasses().signs(found)
    assert plan.numbers == 3
    weighed = mended(WeighClasses(), plan, found)
    for level in ("Bonn", "Kiel", "Ulm", "Wien"):
        share = np.average(np.array(synthetic["city"]) == level, weights=weighed.weights)
        assert share == pytest.approx(np.mean(np.array(real["city"]) == level), abs=0.01)


def test_numbers_by_a_tilt_and_by_ranges():
    real, synthetic = made(1000, 1), made(4000, 2, lambda columns: np.where(columns["x"] > 0, 0.7, 0.3))
    found = scene(real, synthetic, target="x")
    plans = WeighClasses().signs(found)
    assert [plan.options["by"] for plan in plans] == ["score", "ranges"]
    for plan in plans:
        weighed = mended(WeighClasses(), plan, found)
        assert np.average(weighed.table.numbers("x"), weights=weighed.weights) == pytest.approx(0.0, abs=0.12)


@pytest.mark.parametrize("target", ["grant", "city", "x"])
@pytest.mark.parametrize("weighed", [False, True])
def test_sound_rows_give_no_sign(target, weighed):
    assert alarms(WeighClasses(), 100, target=target, weighed=weighed) <= 12


def test_odd_tables_give_no_plan():
    assert [list(WeighClasses().signs(odd)) for odd in odd_scenes()] == [[]] * len(odd_scenes())
