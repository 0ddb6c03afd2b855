from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from sample_reports import estimate, headline

from assay.reporting.charts import Bounds, floor_band, headline_chart, signed, strip
from assay.reporting.svg import Scale, nice_ticks, text


def marks(svg: str, kind: str) -> list[list[float]]:
    root = ElementTree.fromstring(svg)
    found = [part for part in root.iter() if part.get("class") == kind]
    return [[float(part.get(key, "nan")) for key in ("cx", "cy", "x", "width")] for part in found]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-3, 12, [0, 5, 10]), (0.0001, 0.0009, [2e-4, 4e-4, 6e-4, 8e-4])],
)
def test_ticks_are_round(low, high, ticks):
    assert nice_ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize("seed", range(40))
def test_ticks_are_few_and_inside(seed):
    low = -(2.0 ** (seed - 20)) * (seed % 3)
    high = low + 10.0 ** (seed % 9 - 4) * (1 + seed / 7)
    ticks = nice_ticks(low, high, 5)
    slack = 1e-6 * (high - low)
    assert 1 <= len(ticks) <= 6
    assert all(low - slack <= tick <= high + slack for tick in ticks)


def test_an_axis_without_width_has_one_tick():
    assert nice_ticks(2, 2) == [2]
    assert Scale(2, 2, 0, 10)(2) == 0


@pytest.mark.parametrize("width", [720, 340])
def test_dots_stand_in_the_order_of_the_scores(width):
    svg = headline_chart(headline(), width=width)
    at = {kind: marks(svg, f"dot {kind}")[0][0] for kind in ("trained", "believed", "actual", "attainable")}
    assert at["actual"] < at["attainable"] < at["believed"] < at["trained"]
    assert "Illusion gap +0.078 (0.070 to 0.086)" in svg
    assert "Utility gap +0.052 (0.044 to 0.060)" in svg


def test_a_picture_says_its_numbers_aloud():
    label = ElementTree.fromstring(headline_chart(headline())).get("aria-label")
    assert label is not None
    assert label.startswith("ROC AUC: Trained 0.961, 95% interval 0.959 to 0.963;")


def test_equal_scores_and_points_without_interval_can_be_drawn():
    one = headline(0.9, 0.9, 0.9)
    assert "nan" not in headline_chart(one)
    assert "nan" not in strip(estimate("schema_match", 0.0, 0.0, floor=(0, 0, 0)), Bounds(0.0, 0.0), "pass")
    assert "nan" not in strip(estimate("schema_match", 0.0, 0.0, floor=(0, 0, 0)), Bounds(None, None), "error")


def test_the_dot_stands_beyond_the_margin_when_the_effect_is():
    svg = strip(estimate("ks_distance", 0.2, 0.01), Bounds(0.05, 0.1), "fail")
    lines = {kind: float(re.findall(rf'class="{kind}" d="M([\d.]+)', svg)[0]) for kind in ("margin", "blind", "zero")}
    assert lines["zero"] < lines["margin"] < lines["blind"] < marks(svg, "dot fail")[0][0]


@pytest.mark.parametrize(
    ("effect", "half", "outcome", "lines"),
    [
        (0.2, 0.05, "fail", 1),
        (-0.2, 0.05, "fail", 2),
        (-0.02, 0.01, "pass", 2),
        (-0.2, 0.05, "pass", 1),
        (-0.02, 0.2, "cannot_tell", 2),
    ],
)
def test_the_margin_of_the_other_side_is_drawn_only_where_it_counts(effect, half, outcome, lines):
    svg = strip(estimate("any", effect, half), Bounds(0.05, None), outcome)
    assert svg.count('class="margin"') == lines


def test_a_huge_interval_ends_in_an_arrow_and_stays_inside():
    svg = strip(estimate("any", 0.1, 50.0), Bounds(0.05, None), "cannot_tell", width=320)
    numbers = [float(number) for number in re.findall(r"[ML](-?[\d.]+) ", svg)]
    assert min(numbers) >= 0
    assert max(numbers) <= 320
    assert len(re.findall(r'class="whisker" d="M[^L]*L[^L]*L', svg)) == 2


@pytest.mark.parametrize(
    ("value", "effect", "floor", "band"),
    [
        (0.817, 0.317, (0.489, 0.5, 0.507), (-0.011, 0.007)),
        (0.05, 0.05, (0.01, 0.012, 0.02), (0.01, 0.02)),
        (0.489, 0.011, (0.482, 0.5, 0.512), (-0.012, 0.018)),
        (0.165, 0.1572, (0.04, 0.05, 0.058), (0.0, 0.02939)),
        (-0.5, -0.5, (-0.1, 0.0, 0.1), (-0.1, 0.1)),
        (840.0, 0.01, (0.0, 10.0, 20.0), None),
    ],
)
def test_the_floor_stands_on_the_scale_of_the_effect(value, effect, floor, band):
    one = estimate("any", effect, 0.01, value=value, floor=floor)
    assert floor_band(one) == (None if band is None else pytest.approx(band, abs=1e-5))


def test_text_is_escaped_in_svg():
    assert text(0, 0, '<script>&"') == '<text x="0" y="0">&lt;script&gt;&amp;&quot;</text>'


def test_differences_carry_their_sign():
    assert [signed(value) for value in (0.0521, -0.0521, 0.0, -0.0001)] == ["+0.052", "-0.052", "0.000", "0.000"]
