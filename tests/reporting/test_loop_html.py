from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from sample_loops import AXES, layout, loop

from assay.core.errors import UsageError
from assay.core.trajectory import Descent, Trajectory
from assay.lab.loop_summary import Course, Level
from assay.reporting.loop import Loop
from assay.reporting.loop_believed import stand_alone
from assay.reporting.loop_html import LARGEST
from assay.reporting.loop_words import Step, first_to_leave, steps

HOSTILE = ["<script>window.hacked=1</script>", "a\u202eb\x1b[31m", "x" * 5000, "\"&'<>]]>", "</style></svg></title>", "{{ 7*7 }}"]


@pytest.fixture(scope="module")
def page():
    return loop().to_html()


def section(page, name):
    return page.split(f'<section id="{name}">')[1].split("</section>")[0]


def test_the_page_needs_no_network_and_its_one_script_is_the_one_it_allows(page):
    assert not re.search(r"https?://(?!www\.w3\.org)|@import|url\((?!#)|\son[a-z]+=", page)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert len(scripts[0]) < 1500


def test_every_picture_is_well_formed_and_has_a_label(page):
    svgs = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(svgs) > 20
    for svg in svgs:
        found = ElementTree.fromstring(svg)
        assert found.get("role") == "img"
        assert len(found.get("aria-label")) > 3


def test_what_left_first_is_said_with_its_generation_and_the_eight_definitions(page):
    first = section(page, "first")
    assert "Two-sample AUC" in first
    assert "TSTR" in first
    assert "Nothing, by generation 3." in first  # accumulate
    assert first.count('<th scope="row">') == 8
    assert "from generation 2" in first
    assert "the loop first takes" in page.replace("The", "the")


def test_believed_stands_beside_actual_with_numbers_for_those_who_hear_it(page):
    believed = section(page, "believed")
    assert (
        "believed 0.501 at generation 1, 0.501 at generation 3; actual 0.501 at generation 1, 0.701 at generation 3" in believed
    )
    assert believed.count("<figure>") == 4
    assert "not measured" in section(loop(axes=("two_sample_auc",)).to_html(), "believed")


def test_one_frame_is_seen_at_a_time_and_the_last_one_without_motion(page):
    steps = section(page, "steps")
    assert steps.count('class="frame f0"') == 2
    assert 'data-numbers="0 1 2 3"' in steps
    assert 'class="stage n4"' in steps
    assert "@keyframes n4f3{" in page
    assert ".n4 .f3{opacity:1}" in page
    assert "prefers-reduced-motion:reduce" in page
    for mark in re.findall(r'href="#(p[^"]+)"', steps):
        assert page.count(f'id="{mark}"') == 1


def test_the_columns_that_moved_most_stand_first_and_say_where(page):
    columns = section(page, "columns")
    assert columns.index("level</h4>" if "level</h4>" in columns else "level <span") < columns.index("x</h4>")
    assert "the largest change by generation 3" in columns
    assert "1 to 2, 60.0% of real rows, 22.2% then" in columns


def test_rare_levels_stand_beside_what_chance_would_leave(page):
    assert 'class="law"' in section(page, "rare")
    assert "dashed grey line" in section(page, "rare")
    without = replace(loop(), layout=replace(layout(), drift=()))
    assert "dashed grey line" not in section(without.to_html(), "rare")
    assert "were not measured" in section(loop(axes=("tstr",)).to_html(), "rare")


def test_a_loop_whose_rows_nobody_counted_has_its_other_pictures():
    plain = replace(loop(), layout=None)
    page = plain.to_html()
    assert page.count("Rows were not counted in this loop") == 2
    assert "<h4>Rare survival" in page
    old = replace(loop(), origins={key: replace(one, portrait=None) for key, one in loop().origins.items()})
    assert "Rows were not counted" in old.to_html()


def test_lineages_of_different_ages_and_axes_of_ones_own_are_drawn():
    whole = loop(axes=("of_ones_own", "tstr"))
    cut = tuple(each for each in whole.trajectory.generations if each.descent.regime == "replace" or each.number == 1)
    missing = ((Descent("toy", "accumulate", 0), 2, "the budget was spent"),)
    page = replace(whole, trajectory=replace(whole.trajectory, generations=cut, unfinished=missing)).to_html()
    assert "Of ones own" in page
    assert "the budget was spent" in page
    assert "not to be read as sound" in page


def test_a_loop_without_a_generation_says_so():
    page = Loop(Trajectory((), {}, {}, ((Descent("toy", "replace", 0), 1, "fitting failed"),))).to_html()
    assert "fitting failed" in page


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text_everywhere(name):
    hostile = loop((name,), (name, "replace"), columns=(name,), levels=(name, "b"))
    hostile = replace(hostile, run={**hostile.run, "command": name})
    for page in (hostile.to_html(), hostile._repr_html_()):
        assert "<script>window" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
        assert "x" * 450 not in page  # a command is told at length
        assert ">49<" not in page
        for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
            ElementTree.fromstring(svg)


def test_many_generators_regimes_generations_and_columns_stay_within_bounds():
    many = loop(
        tuple(f"generator_{at}" for at in range(5)),
        tuple(f"mix:0.{at}" for at in range(1, 8)),
        generations=20,
        seeds=1,
        axes=(*AXES, *(f"axis_{at}" for at in range(4))),
        columns=tuple(f"column {at}" for at in range(5)),
    )
    page = many.to_html()
    assert len(page.encode()) < LARGEST
    assert "more generators are not shown" in page
    assert "more regimes are not shown" in page


def test_the_card_says_what_left_and_draws_nothing():
    card = loop()._repr_html_()
    assert "<svg" not in card
    assert "toy, replace" in card
    assert "of 8 definitions at generation 3" in card


def test_it_is_saved_as_what_the_suffix_says(tmp_path):
    assert loop().save(tmp_path / "x.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(UsageError, match=r"\.html"):
        loop().save(tmp_path / "x.pdf")


def test_what_only_the_mean_says_is_told_from_what_lineages_bear_out():
    def course(axis, left, sure):
        return Course("toy", "replace", axis, Level(0, 0, 0, 2), Level(0, 0, 0, 2), 3, 0, 1, left, sure)

    found = steps([course("support", 1, None), course("tstr", 3, 3), course("rare_mass", 3, None), course("x", None, None)])
    assert found == [Step(1, (), ("support",)), Step(3, ("tstr",), ("rare_mass",))]
    assert first_to_leave(found[1:]) == "The loop first takes TSTR and rare mass, at generation 3."
    assert first_to_leave(found[:1]) == "Before any loop the generator misses 1 axis; the loop takes no other."


def test_the_picture_for_a_readme_stands_alone():
    svg = stand_alone(loop().trajectory)
    root = ElementTree.fromstring(svg)
    assert root.get("width") == "720"
    assert "toy, replace" in svg
    assert svg.count("believed</text>") == 2
    assert "<style>" in svg
    one = stand_alone(loop(axes=("two_sample_auc", "believed_auc")).trajectory, regime="accumulate")
    assert 'width="352"' in one
    with pytest.raises(UsageError, match="Lineages: toy replace, toy accumulate"):
        stand_alone(loop().trajectory, generator="other")
