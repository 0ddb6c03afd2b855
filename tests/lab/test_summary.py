from __future__ import annotations

import pytest

from assay.core.drilled import Planting
from assay.lab.summary import detection, false_alarms, kinds_drilled
from assay.stats.intervals import clopper_pearson


def planting(severity, verdict="not_trusted", rank=1, rows=400, columns=True, kind="shift_values", note=""):
    return Planting(kind, rows, 0, severity, verdict, rank, columns, (), note)


PLANTINGS = [
    planting(0.4),
    planting(0.4, rank=3),
    planting(0.4, rank=5, columns=False),
    planting(0.2, "cannot_tell", None, columns=False),
    planting(0.4, rank=2, rows=100),
    planting(0.2, "trusted", None, rows=100, columns=False),
]


def test_doses_count_both_sizes_apart():
    (kind,), absent = kinds_drilled(["shift_values"], 400, PLANTINGS)
    assert absent == []
    dose = {one.severity: one for one in kind.doses}
    assert [one.severity for one in kind.doses] == [0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5]
    assert (dose[0.4].plantings, dose[0.4].caught, dose[0.4].small_plantings, dose[0.4].small_caught) == (3, 3, 1, 1)
    assert (dose[0.2].plantings, dose[0.2].caught, dose[0.2].small_plantings, dose[0.2].small_caught) == (1, 0, 1, 0)
    assert kind.plantings == len(PLANTINGS)
    assert kind.at_material == dose[0.4].chance
    assert [reach.rows for reach in (kind.reach, *kind.more)] == [400, 800, 1600]


def test_names_are_counted_among_catches_at_the_full_size():
    (kind,), _ = kinds_drilled(["shift_values"], 400, PLANTINGS)
    assert (kind.named.caught, kind.named.first, kind.named.among_three, kind.named.columns) == (3, 1, 2, 2)


def test_a_result_alone_suffices_for_predictions():
    (kind,), _ = kinds_drilled(["shift_values"], 400, PLANTINGS)
    for dose in kind.doses:
        assert detection(kind).chance(dose.severity) == dose.chance
    assert detection(kind).reach() == kind.reach


def test_kinds_that_were_not_planted_say_why():
    never = [planting(0.4, None, None, columns=False, note="no column will do")] * 3
    drilled, absent = kinds_drilled(["shift_values", "swap_levels"], 400, never)
    assert drilled == []
    assert [(one.kind, one.reason) for one in absent] == [
        ("shift_values", "no column will do"),
        ("swap_levels", "the budget ended before it was planted"),
    ]
    assert all(one.harm for one in absent)


@pytest.mark.parametrize("alarms", [0, 2])
def test_false_alarms_have_an_exact_interval(alarms):
    sound = [planting(None, "not_trusted" if at < alarms else "trusted", None, kind=None) for at in range(20)]
    found = false_alarms([*sound, *PLANTINGS])
    assert (found.checks, found.alarms) == (20, alarms)
    assert (found.chance.low, found.chance.high) == clopper_pearson(alarms, 20)
    assert false_alarms(PLANTINGS).chance.high == 1
