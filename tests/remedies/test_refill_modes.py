"""Lost modes: found in boxes, clusters and clusters of one class, and filled."""

from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.losing import assert_filled, false_alarms, lost, odd_scene, odd_tables, scene

from assay.remedies.refill_modes import RefillModes


@pytest.mark.parametrize(("kind", "rows"), [("box", 300), ("box", 1_000), ("ball", 300), ("ball", 1_000)])
def test_finds_the_loss_and_fills_it(kind: str, rows: int) -> None:
    given = scene(kind, rows=rows)
    remedy = RefillModes()
    plans = list(remedy.signs(given))
    amended = assert_filled(remedy, kind, plans, given)
    assert plans[0].columns[0] in ("x", "y", "n")
    added = amended.table.take(np.flatnonzero(amended.anchored))
    assert lost(added, kind).mean() > 0.5


def test_a_loss_in_one_class_is_found() -> None:
    given = scene("class", rows=600)
    plans = [plan for plan in RefillModes().signs(given) if plan.options["kind"] == "class"]
    assert "label" in plans[0].columns
    amended = assert_filled(RefillModes(), "class", plans, given)
    added = amended.table.take(np.flatnonzero(amended.anchored))
    assert lost(added, "class").mean() > 0.5


def test_says_nothing_on_sound_rows() -> None:
    assert false_alarms(RefillModes(), 25) <= 2  # with a chance of .01 each, more have one below .002


def test_says_nothing_on_sound_rows_with_weights() -> None:
    assert false_alarms(RefillModes(), 15, weighted=True) <= 2


@pytest.mark.parametrize("name", odd_tables())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not RefillModes().signs(odd_scene(name))
