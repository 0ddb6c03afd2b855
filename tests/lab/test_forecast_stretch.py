from __future__ import annotations

import numpy as np
import pytest

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.forecast_conformal import Score
from assay.lab.forecast_pilots import pilots
from assay.lab.forecast_scores import NOTHING, Known, known_stretch, read_stretch
from assay.lab.forecast_stretch import Stretch, quantile, stretch_of, stretches, weighted_quantile


def scores(count, score, *, ahead=1):
    return [Score(str(at), ahead, score) for at in range(count)]


def test_every_replicate_has_the_same_weight():
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 0.25]), 0.5) == 1.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 0.25]), 0.7) == 2.0
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.ones(3), 1.5) == 3.0
    assert quantile([*scores(20, 1.0), *[Score("0", 1, 9.0)] * 100]) == (1.0, 20)


def test_where_nothing_is_known_few_replicates_never_narrow_an_interval_and_many_may():
    for few in range(9):
        assert stretch_of(scores(few, 0.5))[:2] == (1.0, 1.0)
    assert stretch_of([*scores(4, 0.5), Score("4", 1, 3.0)]).beyond == 3.0  # the largest of five
    assert stretch_of(scores(9, 0.5)).within < 1.0
    assert stretch_of(scores(500, 0.5)).within == pytest.approx(0.5, abs=0.01)
    assert stretch_of(scores(500, 0.5)).beyond == 1.0


def test_where_other_tables_have_shown_something_the_largest_of_few_scores_does_not_count():
    usual = [Score(str(replicate), 1, 1.0) for replicate in range(5) for _ in range(20)]
    odd = [*usual[:-1], Score("4", 1, 50.0)]
    assert stretch_of(odd, known=0.8) == stretch_of(usual, known=0.8)
    assert stretch_of(odd).beyond == 50.0


def test_few_scores_move_what_other_tables_have_shown_a_little_and_many_much():
    assert stretch_of([], known=1.3) == Stretch(1.3, 1.3, 0)
    assert stretch_of([], known=0.8) == Stretch(0.8, 0.8, 0)
    told = [stretch_of(scores(count, 0.5), known=0.8) for count in (1, 5, 50, 5_000)]
    assert all(one.beyond == 0.8 for one in told)
    assert sorted((one.within for one in told), reverse=True) == [one.within for one in told]
    assert 0.5 <= told[-1].within < 0.51 < 0.6 < told[1].within < 0.8


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


def test_a_table_that_needs_more_nearby_needs_no_less_far_off():
    found = stretch_of(scores(50, 4.0), known=3.0)
    assert found.beyond == found.within == pytest.approx(4.0, abs=0.2)


def test_what_other_tables_have_shown_covers_a_new_table_from_five_replicates_as_asked():
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(300):  # tables whose intervals are half as wide as they should be, more or less
        wide = 2.0 * np.exp(0.15 * rng.normal(size=5))
        drawn = wide[:, None, None] * np.abs(rng.normal(size=(5, 5, 20))) / 1.6449
        known = quantile([Score(f"{t}|{r}", 2, float(one)) for t in range(4) for r in range(5) for one in drawn[t, r]])[0]
        own = [Score(str(r), 1, float(one)) for r in range(5) for one in drawn[4, r, :4]]
        found = stretch_of(own, known=known)
        fresh = wide[4] * np.abs(rng.normal(size=1_000)) / 1.6449
        covered.append([(fresh <= found.within).mean(), (fresh <= found.beyond).mean()])
    within, beyond = np.mean(covered, axis=0)
    assert 0.88 < within < 0.95
    assert 0.90 < beyond < 0.95


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


def test_an_axis_that_other_tables_have_not_shown_takes_what_all_axes_needed():
    found = constant(("replace", "mix:0.1"))
    by_name, by_all, other = (
        stretches(found, 0, known)["mode_coverage", 1000] for known in ({"mode_coverage": 2.0, "": 3.0}, {"": 3.0}, {"tstr": 2.0})
    )
    assert (by_name.beyond, by_all.beyond) == (2.0, 3.0)
    assert other == stretches(found, 0, {})["mode_coverage", 1000]


@pytest.mark.parametrize("half", [0.0, 0.005])
def test_an_axis_that_reads_constant_does_not_explode(half):
    told = stretches(constant(("replace", "mix:0.1", "mix:0.3"), odd=0.99, half=half), 0, {})["mode_coverage", 1000]
    assert 1.0 < told.within < 2.0
    assert told.beyond < 6.0


def test_it_is_said_where_no_other_table_was_measured_and_which_were():
    assert "held-out lineages of" in known_stretch().origin
    assert set(known_stretch().stretch) >= {"", "tstr", "two_sample_auc"}
    assert read_stretch('{"tables": [], "stretch": {"": 1.0}}') == Known({}, NOTHING)  # 1 would be a measurement
    text = (
        '{"tables": ["adult", "magic"], "generators": ["g"], "regimes": ["replace"], "lineages": 50, "generations": [4, 8], '
        '"pilots": 3, "stretch": {"": 1.2, "tstr": 1.4}}'
    )
    found = read_stretch(text)
    assert found.stretch == {"": 1.2, "tstr": 1.4}
    assert "50 held-out lineages of adult, magic" in found.origin
    assert "generations 4 to 8 from pilots of 3" in found.origin
