from __future__ import annotations

import numpy as np
import pytest

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.forecast_conformal import Score
from assay.lab.forecast_pilots import pilots
from assay.lab.forecast_scores import NOTHING, known_stretch, read_stretch
from assay.lab.forecast_stretch import Stretch, quantile, stretch_of, stretches, weighted_quantile


def scores(count, score, *, ahead=1):
    return [Score(str(at), ahead, score) for at in range(count)]


def test_every_replicate_has_the_same_weight():
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 0.25]), 0.5) == 1.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 0.25]), 0.7) == 2.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.ones(3), 1.5) == 3.0
    assert quantile([*scores(20, 1.0), *[Score("0", 1, 9.0)] * 100]) == (1.0, 20)


def test_few_replicates_never_narrow_an_interval_and_many_may():
    for few in range(9):
        assert stretch_of(scores(few, 0.5))[:2] == (1.0, 1.0)
        assert stretch_of(scores(few, 0.5), known=0.8)[:2] == (1.0, 1.0)
    assert stretch_of(scores(5, 0.5), known=1.4)[:2] == (1.4, 1.4)
    assert stretch_of(scores(9, 0.5)).within < 1.0
    assert stretch_of(scores(500, 0.5)).within == pytest.approx(0.5, abs=0.01)
    assert stretch_of([], known=1.3) == Stretch(1.3, 1.3, 0)


def test_a_stretch_restores_coverage_of_intervals_half_as_wide_as_they_should_be():
    rng = np.random.default_rng(0)
    drawn = np.abs(rng.normal(size=4_000)) / (1.6449 / 2)
    found = stretch_of([Score(str(at), 1, float(one)) for at, one in enumerate(drawn)])
    assert found.within == pytest.approx(2.0, abs=0.08)


def test_what_other_tables_have_shown_is_not_washed_out_where_no_own_score_reaches():
    for replicates in (5, 50, 5_000):
        found = stretch_of(scores(replicates, 1.0), known=3.0)
        assert found.beyond == 3.0
        assert found.reach == 1
    assert stretch_of(scores(5_000, 1.0), known=3.0).within == pytest.approx(1.0, abs=0.01)
    assert stretch_of(scores(50, 4.0), known=3.0).beyond == 4.0


def test_own_scores_count_as_far_ahead_as_those_of_every_replicate_reach():
    found = stretch_of([Score("a", 1, 1.0), Score("a", 2, 1.0), Score("b", 1, 2.0)])
    assert found.reach == 1
    assert found.over(4, 7).tolist() == [found.within] * 5 + [found.beyond] * 2
    assert stretch_of(scores(3, 1.0, ahead=4)).reach == 4


def constant(regimes, *, odd=1.0, half=0.0, seeds=5):
    """Lineages that read 1 always, but for one reading."""
    generations = []
    for regime in regimes:
        for replicate in range(seeds):
            for number in (1, 2, 3):
                value = odd if (regime, replicate, number) == (regimes[0], 2, 3) else 1.0
                reading = Reading("mode_coverage", value, value - half, min(value + half, 1.0), 0.99, 1.0, 1.0)
                generations.append(Generation(Descent("g", regime, replicate), number, (reading,)))
    return pilots([Trajectory(tuple(generations), {}, {"size": 1000, "seed": 4})])[0]


def test_lineages_of_one_replicate_are_one_cluster_under_all_regimes():
    found = constant(("replace", "mix:0.1", "mix:0.3"))
    assert {each.replicates for each in found.values()} == {("4:0", "4:1", "4:2", "4:3", "4:4")}
    told = stretches(found, 0, {})["mode_coverage", 1000]
    assert told[:2] == (1.0, 1.0)  # fifteen lineages of five replicates do not narrow


@pytest.mark.parametrize("half", [0.0, 0.005])
def test_an_axis_that_reads_constant_does_not_explode(half):
    told = stretches(constant(("replace", "mix:0.1", "mix:0.3"), odd=0.99, half=half), 0, {})["mode_coverage", 1000]
    assert 1.0 < told.within < 2.0
    assert told.beyond < 6.0


def test_it_is_said_where_no_other_table_was_measured_and_which_were():
    assert known_stretch().origin == NOTHING or "held-out lineages of" in known_stretch().origin
    text = (
        '{"tables": ["adult", "magic"], "generators": ["g"], "regimes": ["replace"], "lineages": 50, "generations": [4, 8], '
        '"pilots": 3, "stretch": {"": 1.2, "tstr": 1.4}}'
    )
    found = read_stretch(text)
    assert found.stretch == {"": 1.2, "tstr": 1.4}
    assert "50 held-out lineages of adult, magic" in found.origin
    assert "generations 4 to 8 from pilots of 3" in found.origin
