from __future__ import annotations

import pytest

from assay.reporting.text import UNSAFE, decimals, number, place, shorten, visible


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.06, "0.06"),
        (-0.0004, "-4e-4"),
        (999.6, "1,000"),
        (1234.5, "1,230"),
        (20_000_000, "2e7"),
        (0.09999, "0.1"),
        (None, "\N{EN DASH}"),
        (float("inf"), "\N{EN DASH}"),
    ],
)
def test_numbers_are_short(value, shown):
    assert number(value) == shown


def test_a_score_of_minus_nothing_has_no_sign():
    assert decimals(-0.0001) == "0.000"
    assert decimals(-0.05) == "-0.050"


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x7f", "\x9b", "\u200b", "\u202e", "\u2028", "\u2066", "\ufeff", "\ud800", "\U000e0041"]
)
def test_characters_that_hide_or_turn_text_are_shown_as_escapes(character):
    assert visible(f"a{character}b").startswith("a\\")
    assert not UNSAFE.search(visible(f"a{character}b"))


def test_other_scripts_stay_as_they_are():
    for name in ("größe", "価格", "السعر", "цена", "😀"):
        assert visible(name) == name


def test_long_names_keep_both_ends():
    shown = shorten("start" + "x" * 5000 + "end", 20)
    assert len(shown) == 20
    assert shown.startswith("start")
    assert shown.endswith("end")


def test_a_place_names_few_columns_and_counts_the_rest():
    assert place(["a", "b", "c", "d", "e", "f"]) == "a & b & c & d and 2 more"
    assert place(["age"], "upper tail") == "age: upper tail"
    assert place(["sex"], "sex = F") == place([], "sex = F") == "where sex = F"
