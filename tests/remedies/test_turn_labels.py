"""Labels turned back: found where they were flipped, restored, and nothing said of sound rows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.remedies.label_scenes import agreement, flipped, made, odd_scenes, scene, slice_of, sorted_by_target

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._conditions import inside
from assay.remedies.turn_labels import TurnLabels


def mended(damaged, which=0, rows=None):
    plan = TurnLabels().signs(damaged)[which]
    setting = TurnLabels().learn(plan, damaged)
    json.dumps(setting, allow_nan=False)
    after = TurnLabels().apply(setting, rows or damaged.rows, damaged.real, np.random.default_rng(0))
    return plan, setting, after


@pytest.mark.parametrize(("rows", "share"), [(300, 1.0), (300, 0.8), (1000, 0.8)])
def test_flipped_slice_is_found_and_its_labels_come_back(rows, share):
    sound = scene(rows, 6000, 1)
    damaged = flipped(sound, share)
    before = damaged.synthetic.table
    plan, setting, after = mended(damaged)
    assert plan.mechanism == "label_noise"
    assert plan.p_value < damaged.error
    assert plan.columns[0] == "y"
    assert "noise" in plan.columns
    true = slice_of(sound.synthetic)
    found = inside(setting["slices"][0]["conditions"], sound.synthetic)
    assert (true & found).sum() > 0.85 * (true | found).sum()
    restored = agreement(sound.synthetic, after.table, true & found)
    assert restored == 1.0 if share == 1.0 else restored > 0.72
    assert agreement(damaged.synthetic, after.table, ~found) == 1.0
    assert after.table.table.schema == before.schema
    assert damaged.synthetic.table.equals(before)


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_numbers_exchanged_between_halves_go_back(share):
    sound = scene(300, 6000, 2, "regression")
    damaged = flipped(sound, share)
    _, setting, after = mended(damaged)
    assert setting["slices"][0]["way"] == "exchange"
    true = slice_of(sound.synthetic)
    truth, now, then = (one.numbers("y")[true] for one in (sound.synthetic, after.table, damaged.synthetic))
    assert np.abs(now - truth).mean() < (0.2 if share == 1.0 else 0.6) * np.abs(then - truth).mean()
    assert after.table.table.schema == damaged.synthetic.table.schema
    assert set(after.table.numbers("y")) <= set(damaged.synthetic.numbers("y"))


def test_of_three_classes_the_right_one_becomes_likelier():
    sound = scene(1000, 6000, 3, "multiclass")
    damaged = flipped(sound, 1.0)
    _, _, after = mended(damaged)
    assert agreement(sound.synthetic, damaged.synthetic, slice_of(sound.synthetic)) < 0.01
    assert agreement(sound.synthetic, after.table, slice_of(sound.synthetic)) > 0.6
    assert after.table.table.schema == damaged.synthetic.table.schema


def test_what_was_learned_mends_other_rows_of_the_same_generator():
    damaged = flipped(scene(300, 6000, 1))
    sound = Dataset(made(2000, 77), damaged.schema, name="synthetic")
    from_same = flipped(Scene(damaged.real, Amended.of(sound)))
    _, _, after = mended(damaged, rows=from_same.rows)
    assert agreement(sound, after.table, slice_of(sound)) > 0.95


def test_rows_made_from_real_ones_stay_and_the_same_seed_gives_the_same():
    damaged = flipped(scene(300, 6000, 1), 0.8)
    anchored = np.zeros(len(damaged.rows), dtype=bool)
    anchored[-50:] = True
    rows = Amended(damaged.synthetic, damaged.rows.weights, anchored)
    _, _, after = mended(damaged, rows=rows)
    assert agreement(damaged.synthetic, after.table, anchored) == 1.0
    assert after.table.table.equals(mended(damaged, rows=rows)[2].table.table)


def test_sound_rows_show_nothing():
    alarms = sum(bool(TurnLabels().signs(scene(300, 1500, seed, error=0.05))) for seed in range(100, 140))
    assert alarms <= 5  # of 40 at .05: more has a chance of .014


def test_nor_do_sound_rows_with_weights():
    alarms = 0
    for seed in range(20):
        sound = scene(300, 1500, seed, error=0.05)
        x = np.nan_to_num(sound.synthetic.numbers("z"))
        kept = np.random.default_rng(seed).random(len(x)) < 1 / (1 + np.exp(-x))
        rows = sound.rows.take(np.flatnonzero(kept)).weighed(1 + np.exp(-x[kept]))
        alarms += bool(TurnLabels().signs(Scene(sound.real, rows, seed, 0.05)))
    assert alarms <= 4


@pytest.mark.parametrize("odd", list(odd_scenes()))
def test_odd_tables_give_no_plan(odd):
    assert not TurnLabels().signs(odd)


def test_models_learn_from_any_rows_and_not_from_the_first(monkeypatch):
    monkeypatch.setattr("assay.remedies._label_slices.MOST_FITTED", 1_000)
    damaged = flipped(scene(300, 6_000, 1))
    for given in (damaged, sorted_by_target(damaged)):
        assert [plan.columns for plan in TurnLabels().signs(given)] == [("y", "noise")]


def test_each_error_gets_its_own_answer_from_one_scene():
    def answers(*errors):
        given = flipped(scene(80, 3_000, 2), 0.8)
        return [[plan.p_value for plan in TurnLabels().signs(replace(given, error=error))] for error in errors]

    (loose,), (strict,) = answers(0.2), answers(1e-9)
    assert loose
    assert not strict
    assert answers(1e-9, 0.2) == [strict, loose]
    assert answers(0.2, 1e-9) == [loose, strict]
