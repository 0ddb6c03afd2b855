"""When axes leave: limits, intervals over seeds, onsets and what comes first."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from scipy.stats import t
from tests.lab.lineages import reading, spread, trajectory

from assay.core.trajectory import Trajectory
from assay.lab.axes import axis
from assay.lab.leaving import departure, first, groups, left, limits, onset, over_seeds

STEPS = np.arange(1, 9)


def policy_named(name: str) -> dict[str, Any]:
    return tomllib.loads((files("assay.judging") / "policies" / f"{name}.toml").read_text("utf-8"))


def only(made: Trajectory):
    (group,) = groups(made)
    return group


def test_a_limit_is_the_further_of_floor_and_margin_on_the_worse_side():
    auc = limits("two_sample_auc", reading("two_sample_auc", 0.5))
    assert auc.high == pytest.approx(0.55)
    assert auc.low == -np.inf
    score = limits("tstr", reading("tstr", 0.9))
    assert (score.low, score.high) == (pytest.approx(0.88), np.inf)
    both = limits("log_variance", reading("log_variance", 0.0))
    assert (both.low, both.high) == (pytest.approx(-axis("log_variance").margin), pytest.approx(axis("log_variance").margin))
    assert limits("tail_mass", reading("tail_mass", 0.0), margin=0.001).high == pytest.approx(0.02)


def test_the_interval_over_seeds_is_students():
    values = [0.1, 0.2, 0.4]
    mean, low, high = over_seeds([reading("log_variance", each) for each in values])
    expected = t.interval(0.95, 2, loc=np.mean(values), scale=np.std(values, ddof=1) / np.sqrt(3))
    assert (low, high) == pytest.approx(expected)
    assert mean == pytest.approx(np.mean(values))
    assert over_seeds([reading("log_variance", 0.3, half=0.05)]) == (0.3, pytest.approx(0.25), pytest.approx(0.35))


def test_an_axis_leaves_when_the_interval_over_seeds_is_beyond():
    group = only(trajectory({"two_sample_auc": spread(0.5 + 0.02 * STEPS)}))
    assert [left(group, "two_sample_auc", each) for each in (1, 2, 3, 4)] == ["no", "no", "yes", "yes"]
    assert onset(group, "two_sample_auc") == ("yes", 3)
    near = only(trajectory({"two_sample_auc": spread(np.full(8, 0.551))}))
    assert onset(near, "two_sample_auc") == ("cannot_tell", None)
    assert onset(only(trajectory({"two_sample_auc": spread(np.full(8, 0.51))})), "two_sample_auc") == ("no", None)


def test_what_comes_back_has_not_left():
    path = np.array([0.5, 0.7, 0.5, 0.5, 0.7, 0.7])
    assert onset(only(trajectory({"two_sample_auc": spread(path)})), "two_sample_auc") == ("yes", 5)


def test_sides_are_told_apart():
    shrinking = only(trajectory({"log_variance": spread(-0.1 * STEPS)}))
    assert onset(shrinking, "log_variance", "down")[0] == "yes"
    assert onset(shrinking, "log_variance", "up") == ("no", None)
    assert departure(shrinking, "log_variance").direction == "down"


def test_a_reading_of_few_lineages_tells_nothing():
    values = spread(np.full(4, 0.9), seeds=4)
    values[1:, 3] = np.nan
    group = only(trajectory({"two_sample_auc": values}))
    assert left(group, "two_sample_auc", 3) == "yes"
    assert left(group, "two_sample_auc", 4) == "cannot_tell"


def test_first_puts_the_earliest_axis_first_and_what_stays_last():
    made = trajectory(
        {
            "log_variance": spread(-0.02 * STEPS),
            "two_sample_auc": spread(0.5 + 0.03 * STEPS),
            "tstr": spread(np.full(8, 0.9)),
            "believed_auc": spread(np.full(8, 0.9)),
        }
    )
    found = first(made)
    assert [each.axis for each in found] == ["two_sample_auc", "log_variance", "tstr"]
    assert [each.crossing for each in found] == [2, 5, None]
    assert [each.generation for each in found] == [2, 5, None]
    assert all(each.low is None or each.low <= each.crossing for each in found if each.crossing)


def test_the_interval_of_a_crossing_widens_with_the_spread_of_seeds():
    path = 0.5 + 0.0125 * STEPS  # crosses between 4 and 5
    narrow = departure(only(trajectory({"two_sample_auc": spread(path, noise=0.0005)})), "two_sample_auc")
    wide = departure(only(trajectory({"two_sample_auc": spread(path, noise=0.04)})), "two_sample_auc")
    assert (narrow.low, narrow.crossing, narrow.high) in ((4, 5, 5), (5, 5, 5), (4, 4, 5))
    assert wide.low < narrow.low
    assert wide.high is None or wide.high > narrow.high


def test_what_was_not_measured_to_the_end_is_not_said_to_have_stayed():
    inside, nothing = np.full(3, 0.5), np.nan
    path = np.array([0.5, nothing, nothing])
    made = trajectory({"two_sample_auc": spread(path), "tstr": spread(inside + 0.4)})
    (group,) = groups(made)
    found = departure(group, "two_sample_auc")
    assert (found.crossing, found.unmeasured) == (None, 2)
    assert (group.unmeasured("two_sample_auc"), group.unmeasured("tstr")) == (2, None)
    assert onset(group, "two_sample_auc")[0] == "cannot_tell"
    gap = departure(only(trajectory({"two_sample_auc": spread(np.array([0.5, nothing, 0.9, 0.9]))})), "two_sample_auc")
    assert (gap.crossing, gap.unmeasured) == (3, None)
    went = departure(only(trajectory({"two_sample_auc": spread(np.array([0.5, 0.9, nothing]))})), "two_sample_auc")
    assert (went.crossing, went.unmeasured) == (2, 3)


def test_no_needs_a_floor_as_narrow_as_the_margin_and_the_interval_inside_the_margin():
    def answer(value: float, floor: tuple[float, float, float], side: str = "both"):
        made = trajectory({"log_variance": spread(np.full(3, value))}, floors={"log_variance": floor})
        return left(only(made), "log_variance", 3, side)

    assert answer(0.0, (-0.09, 0.0, 0.09)) == "no"
    assert answer(0.0, (-0.2, 0.0, 0.2)) == "cannot_tell"
    assert answer(0.0, (-0.2, 0.0, 0.02), "up") == "no"  # only the side that is asked about counts
    assert answer(0.0, (-0.2, 0.0, 0.02), "down") == "cannot_tell"
    assert answer(0.3, (-0.2, 0.0, 0.2)) == "yes"  # what real samples never show has left all the same
    # within the floor and beyond the margin: neither
    assert answer(0.15, (-0.2, 0.0, 0.2)) == "cannot_tell"


def test_what_came_back_into_a_wide_floor_has_not_left_either():
    path = np.array([0.0, 0.5, 0.0, 0.0])
    made = trajectory({"log_variance": spread(path)}, floors={"log_variance": (-0.2, 0.0, 0.2)})
    assert onset(only(made), "log_variance") == ("cannot_tell", None)


def test_scores_have_the_margin_of_their_task():
    values = spread(np.full(3, 0.862))  # .038 below what is attainable, .033 at the end of the interval
    floor = {"tstr": (0.895, 0.9, 0.905)}
    for task, margin, answer in (("binary", 0.02, "yes"), ("regression", 0.03, "yes"), (None, 0.02, "yes")):
        group = only(trajectory({"tstr": values}, floors=floor, task=task))
        assert group.margin("tstr") == margin
        assert left(group, "tstr", 3) == answer
    nearer = spread(np.full(3, 0.876))
    answers = [left(only(trajectory({"tstr": nearer}, floors=floor, task=task)), "tstr", 3) for task in ("binary", "regression")]
    assert answers == ["cannot_tell", "no"]
    assert limits("illusion_gap", reading("illusion_gap", 0.0), task="regression").high == pytest.approx(0.06)
    assert limits("group_gap", reading("group_gap", 0.0), task="regression").high == pytest.approx(0.15)


def test_intervals_of_shares_end_where_shares_do():
    mean, low, high = over_seeds([reading("rare_survival", each) for each in (1.0, 0.9, 0.6)])
    assert high == 1.0
    assert low < mean < high
    assert over_seeds([reading("rare_survival", each) for each in (0.0, 0.1, 0.4)])[1] == 0.0
    assert over_seeds([reading("of_ones_own", each) for each in (1.0, 0.9, 0.6)])[2] > 1.0


def test_margins_of_scores_are_those_of_the_policy():
    policy = policy_named("train")
    for name, task, measure, metric in (
        ("tstr", "binary", "utility", "auc"),
        ("tstr", "regression", "utility", "r2"),
        ("illusion_gap", "binary", "illusion_gap", "auc"),
        ("illusion_gap", "regression", "illusion_gap", "r2"),
        ("group_gap", "binary", "group_gap", "rate"),
        ("group_gap", "regression", "group_gap", "mean"),
    ):
        assert axis(name).margin_for(task) == policy["checks"][measure]["material"][metric]


def test_groups_hold_one_generator_and_regime_each():
    first_part, second = (
        trajectory({"tstr": spread(np.full(3, 0.9))}),
        trajectory({"tstr": spread(np.full(3, 0.9))}, regime="fresh:0.1"),
    )
    both = groups(Trajectory(first_part.generations + second.generations))
    assert [(each.regime, len(each.lineages)) for each in both] == [("replace", 5), ("fresh:0.1", 5)]
    assert both[0].series("tstr").shape == (5, 3)


def test_an_axis_whose_mean_came_back_has_not_left_though_its_interval_is_wide():
    series = np.tile(0.5 + 0.15 * (STEPS < 4), (5, 1)) + 0.0
    series[:, 3:] += np.array([-0.1, -0.04, 0.0, 0.08, 0.14])[:, None]  # from generation 4 on: about .516, from .40 to .63
    group = only(trajectory({"two_sample_auc": series}))
    assert onset(group, "two_sample_auc") == ("cannot_tell", None)
    assert departure(group, "two_sample_auc").crossing is None
