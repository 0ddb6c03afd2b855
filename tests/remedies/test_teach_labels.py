"""Labels drawn by a teacher: only where it knows better, by its chances, with what right labels know kept."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.remedies.label_scenes import agreement, flipped, odd_scenes, scene, slice_of, sorted_by_target

from assay.remedies._conditions import inside
from assay.remedies.teach_labels import TeachLabels


def mended(damaged, which):
    plan = TeachLabels().signs(damaged)[which]
    setting = TeachLabels().learn(plan, damaged)
    json.dumps(setting, allow_nan=False)
    return plan, setting, TeachLabels().apply(setting, damaged.rows, damaged.real, np.random.default_rng(0))


def test_a_flipped_slice_gets_labels_of_the_right_chances():
    sound = scene(300, 6000, 1)
    damaged = flipped(sound)
    _, setting, after = mended(damaged, 0)
    true = slice_of(sound.synthetic) & ~np.isnan(sound.synthetic.numbers("x"))
    x = sound.synthetic.numbers("x")[true]

    def slope(dataset):
        return np.polyfit(x, np.array(dataset.table["y"].to_pylist())[true] == "yes", 1)[0]

    assert slope(damaged.synthetic) < 0
    assert slope(after.table) == pytest.approx(slope(sound.synthetic), rel=0.25)
    found = inside(setting["slices"][0]["conditions"], sound.synthetic)
    assert agreement(damaged.synthetic, after.table, ~found) == 1.0


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_labels_wrong_anywhere_come_nearer(task):
    sound = scene(1000, 6000, 4, task)
    everywhere = np.ones(6000, dtype=bool)
    damaged = flipped(sound, 0.35, everywhere)
    plan, _, after = mended(damaged, -1)
    assert plan.options["slices"] == [[]]
    before = agreement(sound.synthetic, damaged.synthetic, everywhere)
    assert agreement(sound.synthetic, after.table, everywhere) > before + 0.02
    assert after.table.table.schema == damaged.synthetic.table.schema
    assert after.table.table.equals(mended(damaged, -1)[2].table.table)


def test_numbers_wrong_anywhere_come_nearer():
    sound = scene(1000, 6000, 4, "regression")
    damaged = flipped(sound, 0.5, np.ones(6000, dtype=bool))
    _, _, after = mended(damaged, -1)
    truth, now, then = (one.numbers("y") for one in (sound.synthetic, after.table, damaged.synthetic))
    assert np.corrcoef(truth, now)[0, 1] > np.corrcoef(truth, then)[0, 1] + 0.2
    assert set(now) <= set(then)


def test_sound_rows_show_nothing():
    assert sum(bool(TeachLabels().signs(scene(300, 1500, seed, error=0.05))) for seed in range(15)) <= 3


@pytest.mark.parametrize("odd", list(odd_scenes())[:-1])
def test_odd_tables_give_no_plan(odd):
    assert not TeachLabels().signs(odd)


def test_a_class_that_synthetic_rows_lack_comes_back():
    alone = list(odd_scenes())[-1]
    _, _, after = mended(alone, -1)
    share = np.mean(np.array(after.table.table["y"].to_pylist()) == "yes")
    assert share == pytest.approx(np.mean(np.array(alone.real.table["y"].to_pylist()) == "yes"), abs=0.1)


def test_it_does_not_matter_what_rows_are_sorted_by():
    sound = scene(400, 14_000, 4)
    damaged = flipped(sound, 0.3, np.ones(14_000, dtype=bool))
    _, setting, after = mended(sorted_by_target(damaged), -1)
    assert min(np.sum(setting["slices"][0]["confusion"], axis=0)) > 0
    order = np.argsort(np.array(damaged.synthetic.table["y"].to_pylist()), kind="stable")
    truth = sound.synthetic.take(order)
    everywhere = np.ones(14_000, dtype=bool)
    other = agreement(sound.synthetic, mended(damaged, -1)[2].table, everywhere)
    assert agreement(truth, after.table, everywhere) == pytest.approx(other, abs=0.02)
