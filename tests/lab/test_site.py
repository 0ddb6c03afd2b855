from __future__ import annotations

import pytest

from assay.core.errors import UsageError
from assay.lab.site import Site, Task, sizes


@pytest.mark.parametrize(
    ("there", "rows", "expected"),
    [
        (100_000, None, (5000, 1250)),
        (275, None, (100, None)),
        (100, None, (40, None)),
        (1000, 400, (400, 100)),
        (3000, 161, (161, 40)),
    ],
)
def test_sizes_are_what_the_table_allows(there, rows, expected):
    assert sizes(there, rows) == expected


@pytest.mark.parametrize(("there", "rows", "said"), [(99, None, "at least 100"), (1000, 401, "to 400"), (1000, 39, "from 40")])
def test_sizes_that_cannot_be_drilled_are_refused(there, rows, said):
    with pytest.raises(UsageError, match=said):
        sizes(there, rows)


def test_a_planting_depends_on_its_task_alone(make_dataset, quick):
    dataset = make_dataset(500, 1)
    task = Task("shift_values", 150, 2, 0.8)
    first = Site(dataset, quick, 3).plant(task)
    again = Site(dataset, quick, 3)
    again.plant(Task("shift_values", 150, 1, 0.8))
    assert again.plant(task) == first
    assert first.verdict in ("not_trusted", "cannot_tell", "trusted")
    others = {Site(dataset, quick, seed).plant(Task("shift_values", 150, at, 0.8)).note for seed in (3, 4) for at in range(4)}
    assert len(others) > 1


def test_gross_damage_is_caught_and_sound_rows_are_not(make_dataset, quick):
    site = Site(make_dataset(1200, 2), quick, 0)
    assert site.plant(Task("shift_values", 400, 0, 1.5)).caught
    assert not site.plant(Task(None, 400, 0, None)).caught


def test_what_cannot_be_planted_says_why(make_dataset, quick):
    found = Site(make_dataset(500, 1), quick, 0).plant(Task("break_order", 150, 0, 0.5))
    assert found.verdict is None
    assert not found.caught
    assert "time" in found.note
