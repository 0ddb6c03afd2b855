"""Rows selected along columns are weighed back, and sound rows are left alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.remedies.weighed_scenes import alarms, made, mended, odd_scenes, scene

from assay.remedies.weigh_columns import WeighColumns


def upwards(columns):
    return np.exp(0.6 * np.minimum(columns["x"] - 3.0, 0.0))


def by_city_and_count(columns):
    return np.where(columns["city"] == "Wien", 0.9, 0.3) * np.minimum(np.exp(0.25 * (columns["count"] - 8.0)), 1.0)


@pytest.mark.parametrize("rows", [300, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_a_selection_along_one_column_is_weighed_back(rows, seed):
    found = scene(made(rows, seed), made(4000, seed + 50, upwards))
    plans = WeighColumns().signs(found)
    assert plans[0].columns == ("x",)
    assert plans[0].p_value < 1e-6
    assert plans[0].numbers == 1
    weighed = mended(WeighColumns(), plans[0], found)
    for name in ("x", "y"):
        values = weighed.table.numbers(name)
        known = ~np.isnan(values)
        assert values[known].mean() > 0.25
        assert np.average(values[known], weights=weighed.weights[known]) == pytest.approx(0.0, abs=4 / np.sqrt(rows))
    assert 0.5 < weighed.effective / len(weighed) < 0.95
    assert f"worth {100 * weighed.effective / len(weighed):.0f}% of their number" in plans[0].sign


def test_what_only_followed_is_left_out_and_what_was_selected_is_taken():
    found = scene(made(1000, 5), made(4000, 60, by_city_and_count))
    plans = WeighColumns().signs(found)
    assert len(plans) == 2
    assert set(plans[1].columns) == {"city", "count"}
    assert plans[1].mechanism == "selection_bias"
    weighed = mended(WeighColumns(), plans[1], found)
    vienna = np.array(weighed.table.table["city"]) == "Wien"
    assert np.average(vienna, weights=weighed.weights) == pytest.approx(0.1, abs=0.03)
    assert np.average(weighed.table.numbers("count"), weights=weighed.weights) == pytest.approx(3.0, abs=0.2)
    assert WeighColumns().signs(scene(made(1000, 5), made(4000, 60, by_city_and_count), weights=weighed.weights)) == []


def test_levels_get_their_shares_in_closed_form():
    real, synthetic = made(1000, 1), made(4000, 2, lambda columns: np.where(columns["city"] == "Bonn", 0.2, 0.9))
    found = scene(real, synthetic)
    plan = WeighColumns().signs(found)[0]
    assert plan.columns == ("city",)
    weighed = mended(WeighColumns(), plan, found)
    for level in ("Bonn", "Kiel", "Ulm", "Wien"):
        share = np.average(np.array(synthetic["city"]) == level, weights=weighed.weights)
        assert share == pytest.approx(np.mean(np.array(real["city"]) == level), abs=0.003)


def test_a_setting_names_no_rare_level_and_no_lone_value():
    cities = pa.array([*np.array(made(1000, 1)["city"])[:995], *["Goslar"] * 5])
    real = made(1000, 1).set_column(3, "city", cities)
    found = scene(real, made(4000, 2, lambda columns: np.where(columns["city"] == "Bonn", 0.2, 0.9)))
    setting = str(WeighColumns().learn(WeighColumns().signs(found)[0], found))
    assert "Bonn" in setting
    assert "Goslar" not in setting


@pytest.mark.parametrize("weighed", [False, True])
def test_sound_rows_give_no_sign(weighed):
    assert alarms(WeighColumns(), 100, weighed=weighed) <= 12


def test_rows_of_an_entity_count_together():
    def repeated(rows, seed):
        table = made(rows, seed)
        return pa.concat_tables([table] * 6).append_column("who", pa.array(np.tile(np.arange(rows), 6)))

    found = [WeighColumns().signs(scene(repeated(50, seed), made(4000, 900).append_column("who", pa.array(np.arange(4000))),
             entity="who")) for seed in range(40)]  # fmt: skip
    assert sum(map(bool, found)) <= 3


def test_odd_tables_give_no_plan():
    assert [WeighColumns().signs(odd) for odd in odd_scenes()] == [[]] * len(odd_scenes())
