"""Within a group the target gets its real shares, and sound rows are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.weighed_scenes import alarms, made, mended, odd_scenes, scene

from assay.remedies.balance_groups import BalanceGroups


def denied(columns):
    """Take few of those in Kiel who were granted something."""
    return np.where(columns["city"] != "Kiel", 0.5, np.where(columns["grant"] == "yes", 0.16, 0.64))


def rate(table, city, label, weights=None):
    inside = np.array(table["city"]) == city
    return np.average(np.array(table["grant"])[inside] == label, weights=None if weights is None else weights[inside])


@pytest.mark.parametrize("seed", range(3))
def test_the_group_gets_its_rate_and_keeps_its_share(seed):
    real, synthetic = made(1000, seed), made(4000, seed + 50, denied)
    found = scene(real, synthetic)
    group, column = BalanceGroups().signs(found)
    assert group.columns == ("city", "grant")
    assert (group.numbers, column.numbers) == (1, 7)
    weighed = mended(BalanceGroups(), group, found)
    assert rate(synthetic, "Kiel", "yes", weighed.weights) == pytest.approx(rate(real, "Kiel", "yes"), abs=0.03)
    assert rate(synthetic, "Bonn", "yes", weighed.weights) == pytest.approx(rate(synthetic, "Bonn", "yes"), abs=1e-3)
    inside = np.array(synthetic["city"]) == "Kiel"
    assert np.average(inside, weights=weighed.weights) == pytest.approx(inside.mean(), abs=1e-3)
    weighed = mended(BalanceGroups(), column, found)
    assert rate(synthetic, "Kiel", "yes", weighed.weights) == pytest.approx(rate(real, "Kiel", "yes"), abs=0.06)


def test_sensitive_columns_alone_are_looked_at_where_there_are_some():
    real, synthetic = made(1000, 0), made(4000, 50, denied)
    assert BalanceGroups().signs(scene(real, synthetic, sensitive=("flag",))) == []
    assert BalanceGroups().signs(scene(real, synthetic, sensitive=("city",)))[0].columns[0] == "city"


def test_a_target_of_numbers():
    real, synthetic = (
        made(1000, 0),
        made(4000, 50, lambda columns: np.where((columns["city"] == "Kiel") & (columns["x"] > 0), 0.2, 0.6)),
    )
    found = scene(real, synthetic, target="x")
    plan = BalanceGroups().signs(found)[0]
    weighed = mended(BalanceGroups(), plan, found)
    inside = np.array(synthetic["city"]) == "Kiel"
    values = np.array(synthetic["x"])
    assert values[inside].mean() < -0.25
    assert np.average(values[inside], weights=weighed.weights[inside]) == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize("target", ["grant", "x"])
@pytest.mark.parametrize("weighed", [False, True])
def test_sound_rows_give_no_sign(target, weighed):
    assert alarms(BalanceGroups(), 100, target=target, weighed=weighed) <= 12


def test_odd_tables_give_no_plan():
    assert [list(BalanceGroups().signs(odd)) for odd in odd_scenes()] == [[]] * len(odd_scenes())
