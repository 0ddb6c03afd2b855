"""What mending found, as a page: no network, no script, names as text, pictures."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from sample_mended import (
    ALL,
    FORMS,
    STEPS,
    gained,
    hostile,
    near,
    printed,
)

from assay.core.mended import GroupGain, Measured
from assay.reporting import mended_words as words
from assay.reporting.mended_charts import Row, calibration_chart, forms_chart, groups_chart, intervals, proof_chart, steps_chart

HOSTILE = ["<script>alert(1)</script>", "a\u202eb\x1b[31m", "x" * 5000, "\"&'<>]]>", "[red]bold[/red]"]


def test_many_groups_stay_within_bounds():
    groups = tuple(GroupGain("c", f"c = {at}", 30, near(0.01)) for at in range(80))
    result = replace(gained(), proof=replace(gained().proof, groups=groups))
    assert "50 more are not shown here" in result.to_html()
    assert "and 68 more; the JSON report holds all of them" in printed(result)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text_everywhere(name):
    shown = printed(hostile(name))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    for page in (hostile(name).to_html(), hostile(name)._repr_html_()):
        assert "<script" not in page
        assert "\u202e" not in page
        assert len(page) < 1_500_000


@pytest.mark.parametrize("name", ALL)
def test_the_page_needs_no_network_and_no_script(name):
    page = ALL[name]().to_html()
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|@import|url\((?!#)", page)
    assert words.gained(ALL[name]()) in page
    proof = ALL[name]().proof
    of_proof = 0 if proof is None else 1 + bool(proof.groups) + (proof.calibration is not None)
    pictures = 2 * of_proof + 2 * bool(ALL[name]().steps) + 2 * bool(ALL[name]().forms)
    assert page.count("<svg class") == pictures


def test_many_steps_and_forms_stay_within_bounds():
    forms = tuple(replace(one, words=f"{one.words} {at}") for at in range(200) for one in FORMS)
    result = replace(gained(), steps=STEPS * 200, forms=forms, left=gained().left * 500, wanted=gained().wanted * 500)
    page = result.to_html()
    assert len(page) < 1_500_000
    assert "560 more are not shown here" in page


@pytest.mark.parametrize("gains", [0, 1, 40])
def test_groups_that_cannot_be_told_leave_the_picture_to_the_others(gains):
    groups = tuple(GroupGain("race", f"race = {at}", 9, None) for at in range(40))
    groups += tuple(GroupGain("sex", f"sex = {at}", 900, Measured(0.01, 0.0, 0.02)) for at in range(gains))
    page = replace(gained(), proof=replace(gained().proof, groups=groups)).to_html()
    charts = re.findall(r'aria-label="As chosen over the baseline in each group[^"]*"', page)
    assert [chart.count("sex = ") for chart in charts] == [min(gains, 30)] * (2 if gains else 0)


def test_a_column_without_groups_is_named():
    groups = (GroupGain("ssn", "ssn: no groups, as it is an id", 0, None),)
    result = replace(gained(), proof=replace(gained().proof, groups=groups))
    assert words.group_lines(result) == [("ssn: no groups, as it is an id", 0, "cannot tell")]
    assert "- ssn: no groups, as it is an id; cannot tell, 0 rows" in printed(result)


@pytest.mark.parametrize("width", [720, 340])
def test_pictures_are_sound_svg_with_every_number_said(width):
    charts = (
        proof_chart(gained().proof, width=width),
        steps_chart(STEPS, width=width),
        forms_chart(FORMS, gained().baseline, gained().chosen, width=width),
        groups_chart(gained().proof.groups, width=width),
        calibration_chart(gained().proof, width=width),
    )
    shown = ((4, "0.872"), (4, "0.562"), (10, "0.871"), (2, "0.021"), (3, "0.061"))
    for chart, (dots, said) in zip(charts, shown, strict=True):
        root = ElementTree.fromstring(chart)
        assert len(list(root.iter("circle"))) == dots
        assert said in root.get("aria-label")
        _, _, across, down = map(float, root.get("viewBox").split())
        assert all(0 <= float(dot.get("cx")) <= across and 0 <= float(dot.get("cy")) <= down for dot in root.iter("circle"))
    places = [float(dot.get("cx")) for dot in ElementTree.fromstring(charts[1]).iter("circle")]
    assert places == sorted(places, reverse=True)  # told apart less with every step


def test_an_endless_interval_ends_in_an_arrow():
    wide = replace(gained().proof, real=Measured(0.85, -40.0, 40.0))
    dots = {(dot.get("cx")) for dot in ElementTree.fromstring(proof_chart(wide)).iter("circle")}
    assert len(dots) == 4  # the others do not fall together


def test_intervals_of_scores_that_are_alike_are_drawn_whole():
    alike = [Row(name, "of-real", Measured(value, value - 0.03, value + 0.03)) for name, value in (("a", 0.893), ("b", 0.894))]
    endless = Row("c", "of-real", Measured(0.9, -50.0, 50.0))
    cut = re.compile(r'class="whisker" d="M[^"]*L[^"]*L')  # an arrow, where an interval leaves the picture
    assert not cut.search(intervals(alike, "Score"))
    assert len(cut.findall(intervals([*alike, endless], "Score"))) == 2
