from __future__ import annotations

import copy
import io
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator, ValidationError

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.loop_record import Origin
from assay.lab.loop_summary import Course, Level
from assay.reporting.documents import loop_schema
from assay.reporting.loop import Loop
from assay.reporting.loop_terminal import show
from assay.reporting.loop_words import Extent, Step, axis_words, first_to_leave, steps

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
    assert "Not measured" not in shown
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


def test_nothing_is_said_of_a_loop_that_was_not_run():
    single = loop(lineages=2)
    first = tuple(each for each in single.trajectory.generations if each.number == 1)
    missing = tuple((Descent("toy", "replace", seed), 2, "it failed") for seed in range(2))
    said = " ".join(
        printed(replace(single, trajectory=replace(single.trajectory, generations=first, unfinished=missing))).split()
    )
    assert "Only generation 1 is there, so nothing can be said of the loop." in said
    assert "Nothing left" not in said
    nobody = replace(single, trajectory=replace(single.trajectory, generations=(), unfinished=missing), origins={})
    assert "No generation is there, so nothing can be said of the loop." in " ".join(printed(nobody).split())


def test_how_far_nothing_left_is_said():
    def said(*found: Step, **extent: int) -> str:
        return first_to_leave(found, Extent(**{"last": 4, "asked": 8, "begun": 3, "short": 0, "unmeasured": 0} | extent))

    own = Step(1, ("alpha",), ())
    assert said() == "Nothing left its margin."
    assert said(short=2) == "Nothing left its margin by generation 4, and 2 of 3 lineages did not reach generation 8."
    assert said(unmeasured=2) == "Nothing left its margin by generation 4, and 2 axes were not measured to the end."
    assert said(own, short=1).endswith("takes no other by generation 4, and 1 of 3 lineages did not reach generation 8.")
    assert said(own, last=1).endswith("misses 1 axis; only generation 1 is there, so nothing can be said of the loop.")


def cut_short() -> Loop:
    """A loop whose first axis, which never left, is measured in its first generation only."""
    whole = loop(lineages=2, axes=2)
    generations = tuple(
        each if each.number == 1 else replace(each, readings=tuple(one for one in each.readings if one.axis != "toy"))
        for each in whole.trajectory.generations
    )
    origins = {
        place: replace(
            one, skipped={"tstr": "no target", "calibration": "no target"} | ({"toy": "too few"} if place[1] > 1 else {})
        )
        for place, one in whole.origins.items()
    }
    return replace(whole, trajectory=replace(whole.trajectory, generations=generations), origins=origins)


def test_what_is_no_longer_measured_has_not_stayed():
    shown = printed(cut_short())
    said = " ".join(shown.split())
    assert "unknown" in said
    assert "never" not in said
    assert "at generation 1; not measured since generation 2" in said


def test_what_was_skipped_is_listed_with_its_reason_and_where():
    said = " ".join(printed(cut_short()).split())
    assert "Not measured" in said
    assert "TSTR, calibration: no target" in said
    assert "Toy (in 2 of 4 generations, first in toy, replace, seed 0, generation 2): too few" in said
    assert said.index("too few") < said.index("no target")
    page = cut_short().to_html()
    listed = page.split('<section id="unmeasured">')[1].split("</section>")[0]
    assert "TSTR, calibration: no target" in listed
    assert "not measured since generation 2" in page
    assert '<section id="unmeasured">' not in loop().to_html()


@pytest.mark.parametrize("name", HOSTILE)
def test_reasons_and_columns_that_were_skipped_stay_text(name):
    whole = loop()
    origins = {place: replace(one, skipped={f"log_variance: {name}": name}) for place, one in whole.origins.items()}
    hostile = replace(whole, origins=origins)
    assert not set(printed(hostile)) & {"\x1b", "\u202e"}
    page = hostile.to_html()
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_margins_of_a_regression_are_told_as_such():
    found = axis_words("tstr", "regression")
    assert (found["margin"], axis_words("tstr", "binary")["margin"]) == ("0.03", "0.02")
    assert "R2" in found["because"]


def test_groups_say_what_left_and_which_definitions_are_met():
    (group,) = loop(lineages=3, axes=2).to_dict()["groups"]
    assert (group["generator"], group["regime"]) == ("toy", "replace")
    assert [(one["axis"], one["generation"], one["sure"]) for one in group["left"]] == [("toy", 2, 2), ("axis_1", 2, 2)]
    assert [one["answer"] for one in group["collapse"]] == ["cannot_tell"] * 8  # none of their axes was measured
    assert "Collapsed by 0 of 8 published definitions; 8 cannot be told." in " ".join(printed(loop()).split())
