from __future__ import annotations

import math
from dataclasses import replace

import pytest

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.loop_summary import courses, level


def reading(axis, value, column=""):
    return Reading(axis, value, value, value, -1.0, 0.0, 1.0, column)


def trajectory(**axes):
    """Values by axis, seed and generation."""
    seeds, numbers = len(next(iter(axes.values()))), len(next(iter(axes.values()))[0])
    return Trajectory(
        tuple(
            Generation(
                Descent("toy", "replace", seed),
                number + 1,
                (*(reading(axis, values[seed][number]) for axis, values in axes.items()), reading("far", 9.0, "x")),
            )
            for seed in range(seeds)
            for number in range(numbers)
        )
    )


def test_the_mean_over_lineages_has_students_interval():
    found = level([reading("mean", value) for value in (1.0, 2.0, 3.0)])
    assert (found.mean, found.lineages) == (2.0, 3)
    assert found.high - 2.0 == pytest.approx(4.302652729911275 / math.sqrt(3))  # t with two degrees of freedom, spread 1
    assert found.low == pytest.approx(4.0 - found.high)
    alone = level([reading("mean", 1.0)])
    assert (alone.mean, alone.low, alone.high) == (1.0, None, None)


def test_an_axis_has_left_its_floor_once_its_mean_stays_outside():
    found = courses(
        trajectory(
            stays=[[0.0, 2.0, 0.0], [0.0, 2.0, 0.5], [0.0, 2.0, -0.5]],  # outside once, and back
            goes=[[0.0, 2.0, 2.0], [0.0, 2.0, 1.9], [0.0, 0.0, 0.0]],
            gone=[[2.0, 2.1, 2.0], [2.1, 2.0, 2.0], [2.0, 2.0, 2.1]],
        )
    )
    assert [(one.axis, one.left, one.sure) for one in found] == [("gone", 1, 1), ("goes", 2, None), ("stays", None, None)]
    assert {one.generation for one in found} == {3}
    assert found[1].first.mean == 0.0
    assert found[1].last.mean == pytest.approx(1.3)
    assert (found[0].floor_low, found[0].floor_high) == (-1.0, 1.0)


def test_what_people_believe_has_no_margin_to_leave():
    found = courses(trajectory(believed_auc=[[2.0, 2.0], [2.0, 2.0]], mean=[[0.0, 0.0], [0.0, 0.0]]))
    assert [(one.axis, one.left) for one in found] == [("mean", None), ("believed_auc", None)]


def test_an_axis_that_is_no_longer_measured_says_since_when():
    whole = trajectory(gone=[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], stays=[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    cut = tuple(
        replace(each, readings=tuple(one for one in each.readings if one.axis != "gone" or each.number == 1))
        for each in whole.generations
    )
    found = {one.axis: one for one in courses(replace(whole, generations=cut))}
    assert (found["gone"].left, found["gone"].unmeasured, found["gone"].generation) == (None, 2, 1)
    assert (found["stays"].left, found["stays"].unmeasured, found["stays"].generation) == (None, None, 3)
    late = tuple(
        replace(each, readings=tuple(one for one in each.readings if one.axis != "gone" or each.number > 1))
        for each in whole.generations
    )
    assert next(one for one in courses(replace(whole, generations=late)) if one.axis == "gone").began == 2


def test_a_mean_of_shares_has_no_interval_beyond_one():
    found = level([reading("rare_survival", value) for value in (1.0, 0.9, 0.6)])
    assert found.high == 1.0
    assert 0.0 < found.low < found.mean


def test_lineages_that_ended_early_count_as_far_as_they_came():
    whole = trajectory(mean=[[0.0, 2.0, 2.0], [0.0, 2.0, 2.0]])
    found = courses(Trajectory(whole.generations[:-1]))
    assert found[0].last.lineages == 1
    assert found[0].left == 2
    assert courses(Trajectory(())) == ()
