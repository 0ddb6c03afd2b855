from __future__ import annotations

import numpy as np
import pytest
from tests.remedies.value_scenes import assert_no_plans, false_signs, mend, most_false, scene, toy

from assay.data.amended import Amended
from assay.data.ground import replaced
from assay.remedies._turns import turned
from assay.remedies.match_covariance import MatchCovariance

REAL, SOUND = toy(300, 3), toy(4000, 2)


def shuffled(name: str, seed: int = 0) -> Amended:
    order = np.random.default_rng(seed).permutation(len(SOUND))
    return Amended.of(replaced(SOUND, name, SOUND.table.column(name).take(order)))


def ranked(table: object, one: str, other: str) -> float:
    a, b = table.numbers(one), table.numbers(other)  # type: ignore[attr-defined]
    known = ~(np.isnan(a) | np.isnan(b))
    return float(np.corrcoef(a[known].argsort().argsort(), b[known].argsort().argsort())[0, 1])


def test_a_shuffled_column_depends_again_and_keeps_its_margin() -> None:
    damaged = shuffled("money").table
    found = scene(REAL, damaged)
    plan = MatchCovariance().signs(found)[0]
    assert plan.columns[0] in ("money", "x")
    mended = mend(MatchCovariance(), found).table
    assert abs(ranked(damaged, "x", "money")) < 0.05
    assert ranked(mended, "x", "money") == pytest.approx(ranked(SOUND, "x", "money"), abs=0.12)
    for name in SOUND.names:
        assert (
            np.array_equal(np.sort(mended.numbers(name)), np.sort(damaged.numbers(name)), equal_nan=True)
            if (name != "sick")
            else mended.table.column(name).equals(damaged.table.column(name))
        )
    assert np.array_equal(mended.nulls("lab"), damaged.nulls("lab"))


def test_the_class_is_told_of_the_column_again() -> None:
    damaged = shuffled("x").table
    mended = mend(MatchCovariance(), scene(toy(1000, 1), damaged)).table
    sick = np.array(SOUND.table.column("sick").to_pylist()) == "True"
    means = [table.numbers("x")[sick].mean() - table.numbers("x")[~sick].mean() for table in (SOUND, damaged, mended)]
    assert abs(means[1]) < 1
    assert means[2] == pytest.approx(means[0], rel=0.35)


def test_the_map_gives_the_correlations_asked_for() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(5000, 4)) @ rng.normal(size=(4, 4))
    old = np.corrcoef(data.T)
    new = 0.5 * old + 0.5 * np.eye(4)
    inside = np.array([True, True, False, False])
    new[2:, 2:] = old[2:, 2:]
    turn, pull = turned(old, new, inside)
    z = (data - data.mean(axis=0)) / data.std(axis=0)
    moved = np.column_stack([z[:, :2] @ turn + z[:, 2:] @ pull, z[:, 2:]])
    assert np.allclose(np.cov(moved.T, bias=True), new, atol=0.02)


def test_equal_correlations_need_no_turn() -> None:
    old = np.array([[1.0, 0.3, 0.2], [0.3, 1.0, 0.1], [0.2, 0.1, 1.0]])
    turn, pull = turned(old, old, np.array([True, True, False]))
    assert np.allclose(turn, np.eye(2))
    assert np.allclose(pull, 0.0)


def test_uneven_weights_keep_the_weighted_margin() -> None:
    damaged = shuffled("money").table
    weights = np.random.default_rng(1).uniform(0.2, 2.0, len(SOUND))
    found = scene(REAL, damaged, weights=weights)
    mended = mend(MatchCovariance(), found)
    before, after = (np.average(table.numbers("money"), weights=mended.weights) for table in (damaged, mended.table))
    assert after == pytest.approx(before, rel=0.02)


@pytest.mark.parametrize("weighted", [False, True])
def test_sound_rows_give_no_signs(weighted: bool) -> None:
    assert false_signs(MatchCovariance(), 100, weighted=weighted) <= most_false(100)


def test_odd_tables_give_no_plan() -> None:
    assert_no_plans(MatchCovariance())
