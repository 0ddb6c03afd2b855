from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from assay.core.picture import Picture
from assay.reporting.pictures import MOST_BINS, MOST_CELLS, MOST_LEVELS, draw


def count(svg: str, kind: str) -> int:
    return sum(part.get("class") == kind for part in ElementTree.fromstring(svg).iter())


def boxes(svg: str, kind: str) -> int:
    return sum(part.get("d", "").count("M") for part in ElementTree.fromstring(svg).iter() if part.get("class") == kind)


def test_a_histogram_has_a_bar_per_bin_and_hatches_what_is_suppressed():
    svg, note = draw(Picture("histogram", "age", ("age",), ("0", "1", "2", "3"), (0.5, 0.3, 0.2), (0.6, 0.4, None)))
    assert boxes(svg, "real") == 3
    assert boxes(svg, "hatched") == 1
    assert "fewer than 10 rows" in note


def test_bars_are_as_high_as_their_shares():
    svg, _ = draw(Picture("histogram", "age", ("age",), ("0", "1", "2"), (0.5, 0.25), (0.5, 0.5)))
    heights = [float(height) for height in re.findall(r"v([\d.]+)", svg)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)


def test_a_wide_range_of_shares_gets_a_square_root_scale_and_says_so():
    svg, note = draw(Picture("histogram", "age", ("age",), ("0", "1", "2"), (0.99, 0.01), (0.99, 0.01)))
    heights = [float(height) for height in re.findall(r"v([\d.]+)", svg)]
    assert heights[0] / heights[1] == pytest.approx(99**0.5, rel=0.02)
    assert "square-root" in note


def test_levels_say_what_was_suppressed_and_how_many_are_left_out():
    k = MOST_LEVELS + 5
    svg, note = draw(Picture("levels", "job", ("job",), tuple(f"<b>{at}" for at in range(k)), (0.1,) * k, (None,) * k))
    assert count(svg, "real") == MOST_LEVELS
    assert svg.count("under 10 rows</text>") == MOST_LEVELS
    assert "5 levels not shown" in note
    assert "<b>" not in svg


def test_a_heatmap_shades_by_share_in_both_grids_alike():
    grid = ((0.4, 0.2), (None, 0.2))
    svg, _ = draw(Picture("heatmap", "a & b", ("a", "b"), (("x", "y"), ("u", "v")), grid, ((0.2, 0.0), (0.2, 0.4))))
    assert (boxes(svg, "shade8"), boxes(svg, "shade4"), boxes(svg, "shade0"), boxes(svg, "hatched")) == (2, 4, 1, 1)


@pytest.mark.parametrize("kind", ["histogram", "levels", "heatmap"])
def test_large_pictures_stay_small(kind):
    n = 400
    row = tuple(1 / n for _ in range(n))
    names = tuple("n" * 500 for _ in range(n + 1))
    if kind == "heatmap":
        picture = Picture(kind, "t", ("a", "b"), (names[:n], names[:n]), (row,) * n, (row,) * n)
    else:
        picture = Picture(kind, "t", ("a",), names[: n + (kind == "histogram")], row, row)
    svg, note = draw(picture)
    assert len(svg) < 25_000
    assert "not shown" in note or f"{MOST_CELLS} by {MOST_CELLS}" in note
    assert n > MOST_BINS


@pytest.mark.parametrize("share", [None, 0.0])
def test_pictures_of_nothing_can_be_drawn(share):
    for picture in (
        Picture("histogram", "t", ("a",), ("0", "1"), (share,), (share,)),
        Picture("histogram", "t", ("a",), (), (), ()),
        Picture("levels", "t", ("a",), ("x",), (share,), (share,)),
        Picture("levels", "t", ("a",), (), (), ()),
        Picture("heatmap", "t", ("a", "b"), (("x",), ("y",)), ((share,),), ((share,),)),
        Picture("heatmap", "t", ("a", "b"), ((), ()), (), ()),
    ):
        svg, _ = draw(picture)
        ElementTree.fromstring(svg)
        assert "nan" not in svg
