from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from assay.core.errors import UsageError
from assay.core.forecast import Answers, Leaving
from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.forecast import cost, forecast_of
from assay.lab.forecast_failures import SPENT
from assay.lab.forecast_leaving import leaving
from assay.lab.forecast_pilots import pilots
from assay.lab.forecast_scores import NOTHING, Known
from assay.lab.forecast_share import safe_share
from assay.lab.forecast_size import rounded_up, size_effect
from assay.lab.forecast_stretch import Stretch

UNKNOWN = Known({})
UNSTRETCHED = Stretch(1.0, 1.0, 1)


def trajectory(
    regimes=("replace",), *, step=0.04, keep=1.0, first=0.0, lineages=5, generations=4, size=1000, spread=0.004, seed=0
):
    """AUCs that rise by a step a generation, less what real rows hold back; log variance stays."""
    rng = np.random.default_rng(seed)
    made = []
    for regime in regimes:
        share = float(regime.partition(":")[2] or 0.0)
        for replicate in range(lineages):
            away = first + step
            for number in range(1, generations + 1):
                value = 0.5 + away + spread * rng.normal()
                readings = (
                    Reading("two_sample_auc", value, value - 0.01, value + 0.01, 0.48, 0.5, 0.52),
                    Reading("log_variance", 0.01 * rng.normal(), -0.03, 0.03, -0.04, 0.0, 0.04),
                    Reading("believed_auc", 0.5, 0.49, 0.51, 0.48, 0.5, 0.52),
                )
                seconds = {"fit": 1.0 + number * (regime == "accumulate"), "sample": 0.0, "measure": 1.0}
                made.append(Generation(Descent("g", regime, replicate), number, readings, seconds))
                away = keep * (1.0 - share) * away + step
    return Trajectory(tuple(made), {}, {"size": size})


def told(answers, axis="two_sample_auc", regime="replace"):
    return next(one for one in answers.outlooks if (one.axis, one.regime) == (axis, regime))


def test_an_axis_that_drifts_leaves_when_it_must_and_one_that_does_not_stays():
    answers = forecast_of([trajectory(step=0.01, spread=0.002)], 12, known=UNKNOWN)
    rising = told(answers)
    assert rising.limit_low is None
    assert rising.limit_high == pytest.approx(0.55)
    assert rising.leaving.status == "leaves"
    assert rising.leaving.low <= 6 <= (rising.leaving.high or 13)  # .5 + .01 k passes .55 at 5 or 6
    at = rising.bands[7]
    assert at.low < 0.58 < at.high
    assert at.low_all <= at.low <= at.middle <= at.high <= at.high_all
    steady = told(answers, "log_variance")
    assert steady.leaving.status == "stays"
    assert (steady.leaving.generation, steady.leaving.high) == (None, None)
    assert not any(one.axis == "believed_auc" for one in answers.outlooks)


def test_what_is_outside_at_generation_1_is_said_to_be():
    found = told(forecast_of([trajectory(first=0.2)], 8, known=UNKNOWN)).leaving
    assert (found.status, found.generation) == ("outside", 1)


def test_one_lineage_or_two_generations_are_refused_with_the_reason():
    for short in (trajectory(lineages=2), trajectory(generations=2)):
        answers = forecast_of([short], 8)
        assert answers.outlooks == ()
        assert all("needs 3 lineages of 3 generations" in why for what, why in answers.untold.items() if "share" not in what)
    for horizon in (3, 4):
        with pytest.raises(UsageError, match="must reach beyond the pilots"):
            forecast_of([trajectory()], horizon)
    with pytest.raises(UsageError, match="at least one trajectory"):
        forecast_of([], 3)


def test_equal_seeds_give_equal_answers_and_they_read_back():
    both = ("replace", "mix:0.2", "mix:0.5")
    answers = forecast_of([trajectory(both), trajectory(both, size=500, seed=1)], 8, seed=3)
    assert answers == forecast_of([trajectory(both), trajectory(both, size=500, seed=1)], 8, seed=3)
    assert Answers.from_dict(json.loads(json.dumps(answers.to_dict()))) == answers


def test_a_drawn_lineage_leaves_at_its_first_reading_beyond():
    pilot = next(iter(pilots([trajectory()])[0].values()))
    beyond, within = pilot.scale.to(0.9), pilot.scale.to(0.5)
    paths = np.full((100, 10), within)
    paths[:40, 6] = beyond
    paths[40:60, 2:] = beyond
    assert leaving(pilot, paths).status == "cannot_tell"  # from generation 3, with pilots of 4, to beyond the horizon
    paths[40:60, 2:6] = within
    assert leaving(pilot, paths) == Leaving("some", 7, 7, None, 0.6, "")
    paths[:] = within
    assert leaving(pilot, paths) == Leaving("stays", None, None, None, 0.0, "")


def test_what_leaves_only_because_it_was_stretched_cannot_be_told_to_leave():
    pilot = next(iter(pilots([trajectory()])[0].values()))
    within, beyond = (np.full((100, 10), pilot.scale.to(value)) for value in (0.5, 0.9))
    assert leaving(pilot, beyond).status == "outside"
    assert leaving(pilot, beyond, plain=beyond).status == "outside"
    assert leaving(pilot, beyond, plain=within).status == "cannot_tell"
    later = beyond.copy()
    later[:, 0] = within[:, 0]
    assert leaving(pilot, later, plain=later).status == "leaves"
    assert leaving(pilot, later, plain=within).status == "cannot_tell"
    assert leaving(pilot, within, plain=within).status == "stays"


def test_no_share_is_refused_only_because_of_a_stretch():
    tried = by_share((0.0, 0.3), step=0.045, spread=0.01)  # at generation 1 just inside .55
    wide = safe_share("mix", tried, 8, Stretch(4.0, 4.0, 1), np.random.default_rng(0))
    assert wide.status == "cannot_tell"


def test_first_readings_that_are_alike_do_not_prove_that_real_rows_alone_stay_inside():
    near, far = (by_share((0.0, 0.5), step=step, spread=0.0) for step in (0.04, 0.012))  # at generation 1 .54 and .512 of .55
    found = [safe_share("mix", tried, 8, UNSTRETCHED, np.random.default_rng(0)) for tried in (near, far)]
    assert [one.status for one in found] == ["cannot_tell", "share"]
    assert found[0].tried[-1][1] < 0.5  # inside at share 1


def by_share(shares, **options):
    found = pilots([trajectory(tuple(f"mix:{share}" if share else "replace" for share in shares), **options)])[0]
    return {share: found["g", f"mix:{share}" if share else "replace", "two_sample_auc", 1000] for share in shares}


def test_the_safe_share_is_at_least_the_one_that_the_law_needs():
    # away settles at step / share: .01 / .2 = .05 is the margin
    tried = by_share((0.0, 0.1, 0.25, 0.5), step=0.01, spread=0.001, generations=5)
    found = safe_share("mix", tried, 30, UNSTRETCHED, np.random.default_rng(0))
    assert found.status == "share"
    assert 0.17 <= found.share <= 0.5
    assert found.low <= found.high <= found.share + 1e-3
    assert [round(share, 2) for share, _ in found.tried] == [0.0, 0.1, 0.25, 0.5, 1.0]
    inside = [each for _, each in found.tried]
    assert inside[0] < 0.05
    assert inside[-1] > 0.99


def test_no_share_helps_where_real_rows_alone_do_not():
    found = safe_share("mix", by_share((0.0, 0.3), first=0.2), 8, UNSTRETCHED, np.random.default_rng(0))
    assert (found.status, found.share, found.low) == ("none", None, None)


def test_any_share_does_where_nothing_drifts():
    found = safe_share("mix", by_share((0.1, 0.3), step=0.001, spread=0.001), 8, UNSTRETCHED, np.random.default_rng(0))
    assert (found.status, found.share) == ("any", 0.1)
    found = safe_share("mix", by_share((0.0, 0.3), step=0.001, spread=0.001), 8, UNSTRETCHED, np.random.default_rng(0))
    assert (found.status, str(found.share)) == ("any", "0.0")


def of_sizes(level, slope, *, spread=0.001):
    found = {}
    for size in (500, 1000, 2000):
        rows = trajectory(first=level + slope / size, step=0.0, spread=spread, size=size, lineages=8, seed=size)
        found[size] = next(one for one in pilots([rows])[0].values() if one.axis == "two_sample_auc")
    return found


def test_what_vanishes_with_rows_wants_more_rows_and_what_stays_another_generator():
    rng = np.random.default_rng(0)
    assert size_effect(of_sizes(0.01, 10.0), rng).answer == "inside"
    bias = size_effect(of_sizes(0.2, 10.0), rng)
    assert bias.answer == "another_generator"
    assert bias.low <= 0.7 <= bias.high
    assert bias.rows is None
    error = size_effect(of_sizes(0.0, 150.0), rng)
    assert error.answer == "more_rows"
    assert 2000 < error.rows <= 20_000  # .05 is reached at 3,000 if the law is 1/n
    assert size_effect(of_sizes(0.05, 60.0, spread=0.05), rng).answer == "cannot_tell"


def test_cost_counts_the_shared_first_generation_once_and_lets_growing_fits_grow():
    found = cost([trajectory(("replace", "accumulate"), lineages=3, generations=3)], 5, 2)
    # pilots: 3 firsts of 2 s; replace 3 x 2 x 2 s; accumulate 3 x (4 + 5) s
    assert found.pilots == pytest.approx(6 + 12 + 27)
    # loop: a first of 2 s; replace 4 x 2 s; accumulate 4 + 5 + 6 + 7 s; two lineages
    assert found.loop == pytest.approx(2 * (2 + 8 + 22))
    assert found.saved == pytest.approx(found.loop - found.pilots)


def test_answers_are_plain_data():
    answers = forecast_of([trajectory()], 6)
    assert dataclasses.is_dataclass(answers)
    assert set(answers.to_dict()) == {"horizon", "outlooks", "shares", "sizes", "mixtures", "cost", "untold", "known"}


def ended(trajectory, count, *, number=3, reason="fitting failed: singular", lost=()):
    """The same, with lineages that lack their last generations; `lost` ones have none at all."""
    gone = [Descent("g", "replace", at) for at in range(count)]
    lost = [Descent("g", "replace", at) for at in lost]
    kept = tuple(
        each for each in trajectory.generations if each.descent not in lost and (each.descent not in gone or each.number < number)
    )
    last = max(each.number for each in trajectory.generations)
    unfinished = [(one, k, reason) for one in gone for k in range(number, last + 1)]
    unfinished += [(one, k, reason) for one in lost for k in range(1, last + 1)]
    return Trajectory(kept, {}, trajectory.settings, tuple(unfinished))


def test_lineages_that_failed_are_told_and_their_survivors_prove_nothing():
    whole = trajectory(step=0.0, lineages=10)
    assert told(forecast_of([whole], 8)).leaving.status == "stays"
    for broken in (ended(whole, 7), ended(whole, 5, lost=(8, 9))):
        answers = forecast_of([broken], 8)
        assert {one.leaving.status for one in answers.outlooks} == {"cannot_tell"}
        assert {one.unfinished for one in answers.outlooks} == {7}
        assert "7 of 10 lineages ended early" in answers.untold["g, replace, 1000 rows"]
        assert "before generation 3 (fitting failed: singular)" in answers.untold["g, replace, 1000 rows"]
    one = forecast_of([ended(whole, 1)], 8)
    assert told(one).leaving.status == "stays"
    assert "1 of 10 lineages" in one.untold["g, replace, 1000 rows"]
    none = forecast_of([ended(whole, 0, lost=range(10))], 8)
    assert none.outlooks == ()
    assert "10 of 10 lineages" in none.untold["g, replace, 1000 rows"]


def test_a_generator_that_always_fails_in_the_same_generation_is_not_said_to_stay():
    alike = ended(trajectory(step=0.0, lineages=5, generations=5), 5, number=4)
    assert told(forecast_of([alike], 8)).leaving.status == "cannot_tell"
    assert told(forecast_of([alike], 8)).generations == 3


def test_a_budget_that_cut_all_lineages_alike_only_shortens_pilots():
    whole = trajectory(step=0.0, lineages=5, generations=5)
    alike = forecast_of([ended(whole, 5, number=4, reason=SPENT)], 8)
    assert told(alike).leaving.status == "stays"
    assert "5 before generation 4 (the budget was spent)" in alike.untold["g, replace, 1000 rows"]
    some = forecast_of([ended(whole, 2, number=4, reason=SPENT)], 8)
    assert told(some).leaving.status == "cannot_tell"


def test_an_axis_that_some_lineages_lack_is_not_told_from_the_others():
    whole = trajectory(step=0.0)
    torn = [
        dataclasses.replace(each, readings=each.readings[1:]) if each.descent.seed == 2 and each.number == 3 else each
        for each in whole.generations
    ]
    answers = forecast_of([Trajectory(tuple(torn), {}, whole.settings)], 8)
    assert told(answers).leaving.status == "cannot_tell"
    assert told(answers, "log_variance").leaving.status == "stays"
    assert answers.untold["g, replace, two_sample_auc, 1000 rows"] == "1 of 5 lineages lack a reading that others have"


def test_cost_counts_all_loops_of_the_largest_size():
    together = cost([trajectory(("replace", "mix:0.1"), lineages=3)], 8, 5)
    apart = cost([trajectory(("replace",), lineages=3), trajectory(("mix:0.1",), lineages=3)], 8, 5)
    assert apart.loop == together.loop


def test_shares_and_sizes_are_not_told_from_survivors():
    tried = by_share((0.1, 0.3), step=0.001, spread=0.001)
    tried[0.1] = dataclasses.replace(tried[0.1], unfinished=2)
    assert safe_share("mix", tried, 8, UNSTRETCHED, np.random.default_rng(0)).status == "cannot_tell"
    sizes = of_sizes(0.01, 10.0)
    sizes[500] = dataclasses.replace(sizes[500], unfinished=2)
    assert size_effect(sizes, np.random.default_rng(0)).answer == "cannot_tell"


def test_a_limit_that_no_value_can_lie_beyond_is_never_crossed():
    made = [
        Generation(Descent("g", "replace", at), k, (Reading("two_sample_auc", 0.99, 0.98, 1.0, 0.9, 0.97, 0.99),), {"fit": 1.0})
        for at in range(4)
        for k in (1, 2, 3)
    ]
    rows = Trajectory(tuple(made), {}, {"size": 1000})
    pilot = next(iter(pilots([rows])[0].values()))
    assert pilot.limits.high == np.inf  # .97 + .05 is beyond 1
    assert (pilot.outside(np.array([-50.0, 0.0, 50.0])) < 0).all()
    assert told(forecast_of([rows], 6)).limit_high is None


def test_with_endless_rows_the_margin_alone_counts():
    of_few = {  # .75 at 2,000 rows, outside the floor; .60 to .70 with endless rows, inside it and outside the margin
        rows: dataclasses.replace(one, limits=one.limits._replace(high=0.72)) for rows, one in of_sizes(0.2, 100.0).items()
    }
    assert of_few[2000].endless.high == pytest.approx(0.55)
    assert size_effect(of_few, np.random.default_rng(0)).answer == "another_generator"
    assert rounded_up(2_010) == 2_100


def test_what_is_known_of_other_tables_is_said_and_applied_past_the_pilots():
    plain = forecast_of([trajectory(lineages=10)], 12, known=UNKNOWN)
    wide = forecast_of([trajectory(lineages=10)], 12, known=Known({"two_sample_auc": 4.0}, "Of tables."))
    assert (plain.known, wide.known) == (NOTHING, "Of tables.")
    assert (told(plain).reach, told(plain).generations) == (6, 4)
    assert told(wide).stretch_beyond == 4.0
    ends = [told(one).bands[-1] for one in (plain, wide)]
    assert ends[1].high - ends[1].low > 1.5 * (ends[0].high - ends[0].low)
