from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from assay.lab.power import GUESS, LAPSE_PRIOR, SPREAD, SPREAD_LOG, Detection, Trial

SEVERITIES = (0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
ROWS, SMALL = 4000, 1000


class World:
    """A damage with a known detection curve."""

    def __init__(self, threshold, width, lapse, floor):
        self.threshold, self.width, self.lapse, self.floor = threshold, width, lapse, floor

    def chance(self, severity, rows=ROWS):
        threshold = self.threshold * (self.floor + (1 - self.floor) * math.sqrt(ROWS / rows))
        return GUESS + (1 - GUESS - self.lapse) * ndtr(np.log(severity / threshold) / self.width)

    def reach(self, rows=ROWS):
        severities = np.exp(np.linspace(math.log(1e-4), math.log(1e3), 100_001))
        found = np.flatnonzero(self.chance(severities, rows) >= 0.8)
        return severities[found[0]] if len(found) else math.inf

    def drill(self, rounds, rng):
        trials = []
        for round_ in range(rounds):
            curve = Detection(SEVERITIES, ROWS, trials)
            plan = [(ROWS, 0.2 if round_ == 0 else curve.next(ROWS))]
            plan += [(SMALL, curve.next(SMALL, 4 * ROWS))] if round_ else []
            trials += [Trial(rows, severity, bool(rng.random() < self.chance(severity, rows))) for rows, severity in plan]
        return Detection(SEVERITIES, ROWS, trials)


def drawn(rng):
    threshold = math.exp(rng.uniform(math.log(SEVERITIES[0]) - 1, math.log(SEVERITIES[-1]) + 1))
    return World(threshold, SPREAD * math.exp(SPREAD_LOG * rng.normal()), rng.beta(1, LAPSE_PRIOR), rng.random())


def holds(reach, truth):
    low = 0 if reach.low is None else reach.low
    high = math.inf if reach.high is None else reach.high
    return (low <= truth or low == SEVERITIES[-1]) and (truth <= high or high == SEVERITIES[0])


def test_intervals_hold_the_truth_at_their_rate_in_simulated_drills():
    rng = np.random.default_rng(5)
    told, more, shares = [], [], []
    for _ in range(250):
        world = drawn(rng)
        curve = world.drill(6, rng)
        told.append(holds(curve.reach(), world.reach()))
        more.append(holds(curve.reach(4 * ROWS), world.reach(4 * ROWS)))
        for severity in (0.05, 0.2, 0.5):
            _, low, high = curve.predicted(severity, 40)
            shares.append(low <= rng.binomial(40, world.chance(severity)) / 40 <= high)
    assert 0.91 <= np.mean(told) <= 1
    assert np.mean(more) >= 0.91
    assert 0.92 <= np.mean(shares) <= 1


@pytest.mark.parametrize("world", [World(0.12, 0.35, 0.03, 0.5), World(0.05, 0.2, 0.0, 0.2), World(0.1, 0.8, 0.05, 0.9)])
def test_intervals_hold_one_truth_and_narrow_with_rounds(world):
    rng = np.random.default_rng(2)
    widths = {}
    for rounds in (3, 12):
        drills = [world.drill(rounds, rng).reach() for _ in range(60)]
        assert np.mean([holds(reach, world.reach()) for reach in drills]) >= 0.87
        low, high = 0.5 * SEVERITIES[0], 2 * SEVERITIES[-1]
        widths[rounds] = np.mean([math.log((reach.high or high) / (reach.low or low)) for reach in drills])
    assert widths[12] < 0.75 * widths[3]


def trials(severity, caught, missed, rows=ROWS):
    return [Trial(rows, severity, at < caught) for at in range(caught + missed)]


def test_where_nothing_is_known_nothing_is_told():
    nothing = Detection(SEVERITIES, ROWS)
    assert nothing.reach().standing == "cannot_tell"
    assert nothing.reach().severity is None
    assert not nothing.scaling_told


def test_what_is_never_caught_lies_above_all_severities():
    curve = Detection(SEVERITIES, ROWS, trials(0.5, 0, 12))
    reach = curve.reach()
    assert curve.certainty(0.5) < 0.01
    assert reach.standing == "never"
    assert (reach.severity, reach.low, reach.high) == (None, 0.5, None)


def test_what_is_always_caught_lies_below_all_severities():
    curve = Detection(SEVERITIES, ROWS, trials(0.01, 40, 0))
    reach = curve.reach()
    assert curve.certainty(0.5) > curve.certainty(0.01) > 0.95
    assert reach.standing == "always"
    assert (reach.severity, reach.low, reach.high) == (None, None, 0.01)


def test_a_place_that_is_never_noticed_keeps_the_reach_open():
    half = Detection(SEVERITIES, ROWS, [*trials(0.5, 10, 10), *trials(0.2, 10, 10), *trials(0.01, 0, 20)])
    assert half.reach().high is None
    assert half.chance(0.5).high < 0.8


def test_many_plantings_are_fitted_closely_and_predicted_as_a_binomial():
    world = World(0.12, 0.35, 0.02, 0.5)
    many = [trial for s in SEVERITIES for trial in trials(s, round(400 * world.chance(s)), 400 - round(400 * world.chance(s)))]
    curve = Detection(SEVERITIES, ROWS, many)
    assert curve.reach().severity == pytest.approx(world.reach(), rel=0.1)
    for severity in SEVERITIES:
        assert curve.chance(severity).rate == pytest.approx(world.chance(severity), abs=0.04)
    rate, low, high = curve.predicted(0.15, 100)
    deviation = math.sqrt(rate * (1 - rate) / 100)
    assert low == pytest.approx(rate - 1.96 * deviation, abs=0.03)
    assert high == pytest.approx(rate + 1.96 * deviation, abs=0.03)
    assert curve.predicted(0.15, 1)[1:] == (0, 1)


def test_chances_never_fall_with_severity():
    curve = Detection(SEVERITIES, ROWS, [*trials(0.05, 3, 1), *trials(0.2, 1, 3), *trials(0.3, 2, 2)])
    for part in ("rate", "low", "high"):
        values = [getattr(curve.chance(severity), part) for severity in SEVERITIES]
        assert values == sorted(values)


@pytest.mark.parametrize(("floor", "gain"), [(0.0, 0.5), (1.0, 1.0)])
def test_two_sizes_tell_what_more_rows_buy(floor, gain):
    world = World(0.1, 0.3, 0.01, floor)
    many = []
    for rows in (ROWS, SMALL):
        for severity in SEVERITIES:
            caught = round(100 * world.chance(severity, rows))
            many += trials(severity, caught, 100 - caught, rows)
    curve = Detection(SEVERITIES, ROWS, many)
    assert curve.scaling_told
    assert curve.reach(4 * ROWS).severity / curve.reach().severity == pytest.approx(gain, abs=0.07)


def test_next_goes_up_after_misses_and_down_after_catches():
    caught = Detection(SEVERITIES, ROWS, trials(0.2, 3, 0)).next(ROWS)
    missed = Detection(SEVERITIES, ROWS, trials(0.2, 0, 3)).next(ROWS)
    assert caught < 0.2 < missed
    every = frozenset(SEVERITIES)
    assert Detection(SEVERITIES, ROWS).next(ROWS, without=every - {0.3}) == 0.3
    assert Detection(SEVERITIES, ROWS).next(ROWS, without=every) is None


def test_the_order_of_plantings_does_not_matter_to_the_last_bit():
    own = [*trials(0.05, 3, 1), *trials(0.2, 1, 3, SMALL), *trials(0.3, 2, 2)]
    forth, back = (Detection(SEVERITIES, ROWS, order) for order in (own, own[::-1]))
    assert np.array_equal(forth.weights, back.weights)


@pytest.mark.parametrize("wrong", [(0.0, 0.1), (0.2, 0.1), (0.1, 0.1)])
def test_severities_must_rise_from_above_zero(wrong):
    with pytest.raises(ValueError, match="must rise from above 0"):
        Detection(wrong, ROWS)
