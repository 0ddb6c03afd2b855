"""Lost tails: found at either end of a column, and filled."""

from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.losing import assert_filled, false_alarms, odd_scene, odd_tables, scene

from assay.core.errors import NotApplicable
from assay.data.amended import Amended
from assay.data.scene import Scene
from assay.remedies.refill_tails import RefillTails


@pytest.mark.parametrize(("kind", "rows"), [("tail", 300), ("lower tail", 300), ("tail", 1_000)])
def test_finds_the_loss_and_fills_it(kind: str, rows: int) -> None:
    given = scene(kind, rows=rows)
    plans = list(RefillTails().signs(given))
    assert plans[0].columns == ("x",)
    amended = assert_filled(RefillTails(), kind, plans, given)
    added = amended.table.take(np.flatnonzero(amended.anchored)).numbers("x")
    old = given.synthetic.numbers("x")
    assert added.min() > old.max() if kind == "tail" else added.max() < old.min()


def test_two_lost_tails_make_two_plans() -> None:
    given = scene("tail", rows=600)
    kept = np.flatnonzero(given.synthetic.numbers("n") < np.quantile(given.synthetic.numbers("n"), 0.94))
    given = Scene(given.real, given.rows.take(kept), 0)
    plans = RefillTails().signs(given)
    assert [len(plan.columns) for plan in plans] == [1, 2]
    setting = RefillTails().learn(plans[1], given)
    assert {tail["place"]["where"][0]["column"] for tail in setting["tails"]} == {"x", "n"}


def test_learning_from_rows_without_a_tail_is_not_applicable() -> None:
    given = scene("tail")
    plan = RefillTails().signs(given)[0]
    sound = given.real.take(np.flatnonzero(given.real.numbers("x") < 1.0))
    with pytest.raises(NotApplicable, match="beyond"):
        RefillTails().learn(plan, Scene(sound, given.rows, 0))


def test_a_handful_of_synthetic_rows_is_no_evidence() -> None:
    given = scene("tail")
    assert not RefillTails().signs(Scene(given.real, Amended.of(given.synthetic.take(np.arange(60))), 0))


def test_says_nothing_on_sound_rows() -> None:
    assert false_alarms(RefillTails(), 100) <= 4  # with a chance of .01 each, more have one below .002


def test_says_nothing_on_sound_rows_with_weights() -> None:
    assert false_alarms(RefillTails(), 15, weighted=True) <= 2


@pytest.mark.parametrize("name", odd_tables())
def test_odd_tables_give_no_plan(name: str) -> None:
    assert not RefillTails().signs(odd_scene(name))
