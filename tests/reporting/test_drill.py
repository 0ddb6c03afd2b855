from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator, ValidationError
from sample_drills import drill, empty, full, hostile, kind

from assay.core.drilled import Reach
from assay.core.finding import MECHANISMS
from assay.reporting import drill_words as words
from assay.reporting.documents import drill_schema
from assay.reporting.drill import Drill
from assay.reporting.drill_charts import curve, reaches
from assay.reporting.drill_frame import table
from assay.reporting.drill_terminal import show

HOSTILE = ["<script>alert(1)</script>", "a\u202eb\x1b[31m", "x" * 5000, "\"&'<>]]>", "[red]bold[/red]"]
KINDS = {one.kind: one for one in full().kinds}


def printed(result, **options):
    out = io.StringIO()
    show(result, file=out, **options)
    return out.getvalue()


def test_the_schema_is_a_valid_one_and_holds_for_every_sample():
    schema = drill_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["mechanism"]["enum"] == list(MECHANISMS)
    for sample in (full(), empty()):
        Draft202012Validator(schema).validate(sample.to_dict())
        assert Drill.from_dict(sample.to_dict()) == sample


@pytest.mark.parametrize(
    "path", [(), ("kinds", 0), ("kinds", 0, "reach"), ("kinds", 0, "doses", 0), ("plantings", 0), ("sizes", 0)]
)
def test_the_schema_refuses_unknown_and_missing_keys(path):
    for change in ("more", "fewer"):
        document = full().to_dict()
        place = document
        for step in path:
            place = place[step]
        if change == "more":
            place["surprise"] = 1
        else:
            del place[next(reversed(place))]
        with pytest.raises(ValidationError):
            Draft202012Validator(drill_schema()).validate(document)


def test_the_least_noticed_stand_first():
    assert [one.standing for one in words.ordered(full().kinds)] == ["above", "cannot_tell", "below", "below"]
    assert words.weakest(full()) == KINDS["inflate_spread"]
    assert words.weakest(empty()) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shrink_spread", "0.12 (0.07 to 0.18)"),
        ("inflate_spread", "over 0.5 (0.3 to over 0.5)"),
        ("shift_values", "under 0.01"),
        ("spike_values", "cannot tell"),
    ],
)
def test_a_reach_is_said_within_what_was_planted(name, said):
    assert words.reach(KINDS[name].reach, KINDS[name]) == said


def test_ends_beyond_what_was_planted_are_said_as_such():
    one = kind("shrink_spread", (0.02, 0.3, 0.7, 0.95, 0.98), Reach(1000, 0.12, None, None, "told"))
    assert words.reach(one.reach, one) == "0.12 (under 0.01 to over 0.5)"
    assert words.reach(Reach(1000, None, 0.5, None, "never"), one) == "over 0.5"
    assert words.reach(Reach(1000, None, 0.02, None, "cannot_tell"), one) == "cannot tell (0.02 to over 0.5)"
    assert words.reach(Reach(1000, None, None, 0.03, "always"), one) == "under 0.01 (under 0.01 to 0.03)"


def test_what_more_rows_buy_says_where_it_is_assumed():
    assert words.more_rows(KINDS["shrink_spread"]) == (
        "With more rows: at 2,000 rows 0.12 (0.07 to 0.18); at 4,000 rows 0.12 (0.07 to 0.18)."
    )
    assert "assumed" in words.more_rows(KINDS["spike_values"])


def test_the_summary_counts_standings_catches_and_alarms():
    assert "2 of 4 kinds" in words.summary(full())
    assert "1 are not" in words.summary(full())
    assert "1 of 16 checks: 6% (<1% to 30%)" in words.alarms(full().false_alarms)
    assert "Of 16 catches the right mechanism stood first in 75%" in words.named(full())
    assert "1,000 real rows" in words.drilled_sizes(full())
    assert "250" in words.drilled_sizes(full())


def test_next_steps_are_commands_that_go_on():
    commands = [command for _, command in words.next_steps(full()) if command]
    assert commands[0] == "assay drill real.parquet --target income --seed 0 --kinds spike_values --rounds 32"
    assert words.next_steps(empty())[0][1] == full().run["command"]
    assert "budget" in words.next_steps(empty())[0][0]
    assert not any("Plant the open" in sentence for sentence, _ in words.next_steps(drill(full().kinds, done=3)))


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_terminal_shows_all_that_matters(width):
    shown = printed(full(), width=width)
    for said in ("inflate_spread", "0.12 (0.07 to 0.18)", "cannot tell", "✗", "?", "✓", "no column of time", "Weakest point"):
        assert said in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= width
    assert "Material" in shown
    assert "\x1b" not in shown


def test_a_drill_that_says_nothing_says_so():
    assert "CANNOT TELL" in printed(empty())
    assert "nothing can be said" in empty().to_html()
    assert empty().exit_code == 3
    assert repr(empty()).startswith("Drill(0 of 0")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text_everywhere(name):
    shown = printed(hostile(name))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    for page in (hostile(name).to_html(), hostile(name)._repr_html_()):
        assert "<script" not in page
        assert "\u202e" not in page
        assert len(page) < 1_500_000


def test_the_page_needs_no_network_and_no_script():
    page = full().to_html()
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|@import|url\((?!#)", page)
    assert page.count("<svg") >= 2 + len(full().kinds)
    for said in ("inflate_spread", "cannot tell", "no column of time", "False alarms have an exact"):
        assert said in page


def test_many_kinds_stay_within_bounds():
    many = drill([kind(f"kind_{at}", (0.02, 0.3, 0.7, 0.95, 0.98), Reach(1000, 0.12, 0.07, 0.18, "told")) for at in range(400)])
    page = many.to_html()
    assert len(page) < 1_500_000
    assert "320 more kinds" in page


@pytest.mark.parametrize("name", KINDS)
def test_curves_are_sound_svg_and_rise_to_the_right(name):
    root = ElementTree.fromstring(curve(KINDS[name]))
    fitted = next(part for part in root.iter("path") if part.get("class") == "fitted")
    points = [tuple(map(float, place.split())) for place in fitted.get("d")[1:].split("L")]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    _, _, width, height = map(float, root.get("viewBox").split())
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    assert sum(part.get("class") == "dot seen" for part in root.iter("circle")) == 5
    assert "%" in root.get("aria-label")


@pytest.mark.parametrize("width", [720, 340])
def test_the_overview_marks_what_lies_beyond(width):
    root = ElementTree.fromstring(reaches(words.ordered(full().kinds), width=width))
    dots = [part.get("class") for part in root.iter("circle")]
    assert dots == ["dot above beyond", "dot below", "dot below beyond"]  # none where it cannot be told
    shown = " ".join(part.text or "" for part in root.iter("text"))
    assert all(title in shown for title in ("Inflate spread", "Shift values", "Shrink spread", "Spike values"))


def test_a_frame_has_a_row_a_severity():
    rows = table(full().kinds)
    assert rows.num_rows == 20
    first = rows.to_pylist()[3]
    assert (first["kind"], first["severity"], first["material"], first["harmless"]) == ("inflate_spread", 0.2, True, False)
    assert len(full().to_frame()) == 20
