from __future__ import annotations

import copy
import io

import pytest
from jsonschema import Draft202012Validator, ValidationError

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.loop_record import Origin
from assay.lab.loop_summary import Course, Level
from assay.reporting.documents import loop_schema
from assay.reporting.loop import Loop
from assay.reporting.loop_terminal import show
from assay.reporting.loop_words import first_to_leave, steps

HOSTILE = ["<script>alert(1)</script>", "a\u202eb\x1b[31m", "x" * 5000, "\"&'<>]]>", "[red]bold[/red]"]


def loop(name="toy", *, lineages=2, unfinished=(), axes=1):
    """A loop of two generations; the value of each axis leaves its floor in the second."""
    descents = [Descent(name, "replace", seed) for seed in range(lineages)]
    generations = tuple(
        Generation(
            descent,
            number,
            tuple(Reading(f"axis_{at}" if at else name, number / 2, 0.0, 1.0, 0.0, 0.4, 0.6) for at in range(axes)),
            {"fit": 1.0, "sample": 0.5, "measure": 0.25},
        )
        for descent in descents
        for number in (1, 2)
    )
    origins = {(each.descent, each.number): Origin("c" * 64, each.number, {"rows": 50.0}, {}) for each in generations}
    real = {"rows": 300, "columns": 3, "sha256": "a" * 64, "holdout_rows": 60, "holdout_sha256": "b" * 64, "target": None}
    real["task"] = None
    settings = {"generators": {name: {}}, "regimes": ["replace"], "generations": 2, "seeds": lineages, "size": 50, "seed": 0}
    run = {"assay_version": "0", "versions": {}, "command": "", "seed": 0, "jobs": 1, "timings": {"total": 2.0}}
    return Loop(Trajectory(generations, real, settings, tuple(unfinished)), origins, run)


def printed(result, **options):
    out = io.StringIO()
    show(result, file=out, **options)
    return out.getvalue()


def test_every_document_fits_the_schema_and_reads_back():
    Draft202012Validator.check_schema(loop_schema())
    for sample in (loop(), loop(lineages=1), loop(unfinished=[(Descent("toy", "mix:0.1", 0), 1, "it failed")])):
        Draft202012Validator(loop_schema()).validate(sample.to_dict())
        assert Loop.from_dict(sample.to_dict()).to_dict() == sample.to_dict()


@pytest.mark.parametrize(
    "path", [(), ("real",), ("lineages", 0), ("lineages", 0, "generations", 0), ("run",), ("run", "timings")]
)
def test_the_schema_takes_nothing_more_and_nothing_less(path):
    document = loop().to_dict()
    for change in ("more", "less"):
        broken = copy.deepcopy(document)
        part = broken
        for step in path:
            part = part[step]
        if change == "more":
            part["unknown"] = 1
        else:
            del part[next(iter(part))]
        with pytest.raises(ValidationError):
            Draft202012Validator(loop_schema()).validate(broken)


def test_seconds_are_all_that_stands_under_timings():
    document = loop().to_dict()
    assert document["run"]["timings"]["generations"][0] == {
        **{"generator": "toy", "regime": "replace", "seed": 0, "number": 1},
        **{"fit": 1.0, "sample": 0.5, "measure": 0.25},
    }
    assert "seconds" not in document["lineages"][0]["generations"][0]


def test_the_terminal_says_where_it_began_where_it_ended_and_what_left():
    shown = printed(loop(lineages=3))
    for said in ("LOOP", "300 real rows; 60 rows are sealed", "0 to 0.6", "0.5 (0.5 to 0.5)", "1 (1 to 1)", "at generation 2"):
        assert said in " ".join(shown.split())
    assert "0.5 (" not in printed(loop(lineages=1))
    assert "UNFINISHED" not in shown


def test_many_axes_and_many_gaps_are_cut_short_and_said_to_be():
    missing = [(Descent("toy", "replace", seed), 2, "the budget was spent") for seed in range(9)]
    shown = printed(loop(axes=20, unfinished=missing))
    assert "and 12 more axes" in shown
    assert "? UNFINISHED" in shown
    assert "and 3 more" in shown
    assert len(shown.splitlines()) < 50


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_shown_as_they_are_and_never_steer_a_terminal(name):
    shown = printed(loop(name, unfinished=[(Descent(name, name, 0), 2, name)]))
    assert not set(shown) & {"\x1b", "\u202e"}
    assert max(map(len, shown.splitlines())) <= 80


def test_what_is_the_generators_own_is_told_from_what_the_loop_does():
    def said(**left: int | None):
        whole = Level(0, 0, 0, 2)
        return first_to_leave(steps([Course("toy", "replace", axis, whole, whole, 3, 0, 1, at, at) for axis, at in left.items()]))

    assert said(alpha=None) == "Nothing left its margin."
    assert said(alpha=1, beta=None) == "Before any loop the generator misses 1 axis; the loop takes no other."
    assert (
        said(alpha=1, beta=2, gamma=3)
        == "Before any loop the generator misses 1 axis; the loop then takes beta, at generation 2."
    )
    assert (
        said(**dict.fromkeys(("up", "down", "left", "right", "in", "out"), 2))
        == "The loop first takes up, down, left and 3 more, at generation 2."
    )


def test_groups_say_what_left_and_which_definitions_are_met():
    (group,) = loop(lineages=3, axes=2).to_dict()["groups"]
    assert (group["generator"], group["regime"]) == ("toy", "replace")
    assert [(one["axis"], one["generation"], one["sure"]) for one in group["left"]] == [("toy", 2, 2), ("axis_1", 2, 2)]
    assert [one["answer"] for one in group["collapse"]] == ["cannot_tell"] * 8  # none of their axes was measured
    assert "Collapsed by 0 of 8 published definitions; 8 cannot be told." in " ".join(printed(loop()).split())
