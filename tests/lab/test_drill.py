from __future__ import annotations

import pytest

from assay.lab.drill import Drilling, Plan
from assay.lab.journal import FILE, Journal
from assay.lab.site import Site

PLAN = Plan(("break_order", "shift_values", "spike_values"), 160, 40, 3)


@pytest.fixture
def site(make_dataset, quick):
    return Site(make_dataset(440, 1), quick, 7)


def drilled(site, plan=PLAN, folder=None, **options):
    journal = Journal(folder, {"seed": site.seed})
    drilling = Drilling(site, plan, journal, **options)
    try:
        return drilling, drilling.run()
    finally:
        journal.close()


def test_the_plan_is_carried_out(site):
    told = []
    drilling, plantings = drilled(site, progress=lambda *step: told.append(step))
    assert drilling.finished
    for kind in ("shift_values", "spike_values"):
        own = [planting for planting in plantings if planting.kind == kind]
        assert [(one.rows, one.round) for one in own] == [(160, 0), (160, 1), (40, 1), (160, 2), (40, 2)]
    assert sum(planting.kind is None for planting in plantings) == 3
    absent = [planting for planting in plantings if planting.kind == "break_order"]
    assert absent
    assert all(planting.verdict is None for planting in absent)
    assert told[-1][1:] == (len(plantings), len(plantings))
    assert [done for _, done, _ in told] == list(range(1, len(plantings) + 1))


def test_severities_begin_at_the_material_one_and_go_up_where_it_is_missed(site):
    _, plantings = drilled(site, Plan(("shift_values",), 160, None, 4))
    own = [planting for planting in plantings if planting.kind]
    assert own[0].severity == 0.4
    caught, then = own[0].caught, own[1].severity
    assert then <= 0.4 if caught else then >= 0.4


def test_any_number_of_jobs_gives_the_same(site):
    assert drilled(site, jobs=2)[1] == drilled(site)[1]


def test_a_drill_broken_off_goes_on_where_it_was_and_ends_the_same(site, tmp_path):
    whole = drilled(site)[1]

    def interrupt(kind, done, total):
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drilled(site, folder=tmp_path, progress=interrupt)
    assert len((tmp_path / FILE).read_bytes().splitlines()) == 7
    done_again = []
    assert drilled(site, folder=tmp_path, progress=lambda *step: done_again.append(step))[1] == whole
    assert len(done_again) == len(whole) - 6
    assert drilled(site, folder=tmp_path, progress=lambda *step: pytest.fail("nothing is left to do"))[1] == whole


def test_more_rounds_and_kinds_go_on_from_fewer(site, tmp_path):
    few = drilled(site, Plan(("shift_values",), 160, 40, 2), folder=tmp_path)[1]
    more = drilled(site, folder=tmp_path)[1]
    assert [planting for planting in more if planting.kind == "shift_values"][:3] == [one for one in few if one.kind]
    assert more == drilled(site)[1]


def test_a_deadline_leaves_the_rest_and_treats_kinds_alike(site):
    ticks = iter(range(1000))
    drilling, plantings = drilled(
        site, Plan(("shift_values", "spike_values"), 160, None, 50), deadline=20, now=lambda: next(ticks)
    )
    assert not drilling.finished
    assert 4 <= len(plantings) < drilling.total == 150
    counts = [sum(one.kind == kind for one in plantings) for kind in ("shift_values", "spike_values", None)]
    assert max(counts) - min(counts) <= 1


def test_a_deadline_that_has_passed_plants_nothing(site):
    drilling, plantings = drilled(site, deadline=0, now=lambda: 1)
    assert plantings == []
    assert not drilling.finished
