"""Rows kept by the chance that their label is right: wrong ones go first, and the rates are what was measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.remedies.label_scenes import flipped, odd_scenes, scene, sorted_by_target

from assay.remedies.verify_rows import VerifyRows


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_rows_with_wrong_labels_are_left_out_more_often(task):
    sound = scene(1000, 6000, 5, task)
    damaged = flipped(sound, 0.3, np.ones(6000, dtype=bool))
    (plan,) = VerifyRows().signs(damaged)
    setting = VerifyRows().learn(plan, damaged)
    json.dumps(setting, allow_nan=False)
    after = VerifyRows().apply(setting, damaged.rows, damaged.real, np.random.default_rng(0))
    again = VerifyRows().apply(setting, damaged.rows, damaged.real, np.random.default_rng(0))
    assert after.table.table.equals(again.table.table)
    assert after.table.table.schema == damaged.synthetic.table.schema
    assert after.weights.mean() == pytest.approx(1.0)
    truth = np.array(sound.synthetic.table["y"].to_pylist(), dtype=object)
    stands = np.array(damaged.synthetic.table["y"].to_pylist(), dtype=object)
    # rows are known by their first columns
    numbers = damaged.synthetic.numbers("noise") * 1000 + damaged.synthetic.numbers("z")
    kept = np.isin(numbers, after.table.numbers("noise") * 1000 + after.table.numbers("z"))
    wrong = truth != stands
    assert kept[~wrong].mean() > kept[wrong].mean() + 0.2
    assert wrong[kept].mean() < 0.8 * wrong.mean()


def test_sound_rows_show_nothing():
    assert sum(bool(VerifyRows().signs(scene(300, 1500, seed, error=0.05))) for seed in range(60)) <= 7


@pytest.mark.parametrize("odd", list(odd_scenes()))
def test_odd_tables_give_no_plan(odd):
    assert not VerifyRows().signs(odd)


def test_it_does_not_matter_what_rows_are_sorted_by():
    damaged = flipped(scene(400, 14_000, 5), 0.3, np.ones(14_000, dtype=bool))
    left = []
    for given in (damaged, sorted_by_target(damaged)):
        setting = VerifyRows().learn(VerifyRows().signs(given)[0], given)
        after = VerifyRows().apply(setting, given.rows, given.real, np.random.default_rng(0))
        left.append((len(after), np.mean(np.array(after.table.table["y"].to_pylist()) == "yes")))
    np.testing.assert_allclose(*left, rtol=0.03)
