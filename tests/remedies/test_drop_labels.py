"""Slices with flipped labels dropped: weight zero inside, more outside, rows made from real ones kept."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.remedies.label_scenes import flipped, odd_scenes, scene, slice_of

from assay.data.amended import Amended
from assay.data.scene import Scene
from assay.remedies.drop_labels import DropLabels


def test_rows_of_the_flipped_slice_weigh_nothing():
    damaged = flipped(scene(300, 6000, 1))
    plan = DropLabels().signs(damaged)[0]
    setting = DropLabels().learn(plan, damaged)
    json.dumps(setting, allow_nan=False)
    anchored = np.zeros(len(damaged.rows), dtype=bool)
    anchored[-100:] = True
    rows = Amended(damaged.synthetic, damaged.rows.weights, anchored)
    after = DropLabels().apply(setting, rows, damaged.real, np.random.default_rng(0))
    inside = slice_of(damaged.synthetic) & ~anchored
    assert (after.weights[inside] == 0).mean() > 0.9
    assert (after.weights[~inside] == 0).mean() < 0.03
    assert (after.weights[anchored] > 0).all()
    assert after.weights.mean() == pytest.approx(1.0)
    assert after.table is damaged.synthetic
    assert (rows.weights == 1.0).all()


def test_dropped_rows_give_no_new_sign():
    damaged = flipped(scene(300, 6000, 1))
    setting = DropLabels().learn(DropLabels().signs(damaged)[0], damaged)
    rows = DropLabels().apply(setting, damaged.rows, damaged.real, np.random.default_rng(0))
    assert not DropLabels().signs(Scene(damaged.real, rows))


@pytest.mark.parametrize("odd", list(odd_scenes()))
def test_odd_tables_give_no_plan(odd):
    assert not DropLabels().signs(odd)
