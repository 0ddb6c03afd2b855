"""Scenarios of a shared corpus: what ships, what is refused, and with which line and key."""

from __future__ import annotations

import pytest
from tests.lab.ecosystem_text import ONE, scenario, text

from assay.core.errors import InputError, UnknownNameError, UsageError
from assay.lab.ecosystem_reading import load_scenario, read_scenario, shipped
from assay.lab.ecosystem_scenario import QUANTITIES, offsets


def test_three_scenarios_ship_and_every_figure_has_a_source_or_says_that_it_is_an_assumption():
    assert shipped() == ("business_as_usual", "filtering_only", "provenance_adopted")
    for name in shipped():
        found = load_scenario(name)
        assert (found.start, found.end, found.steps) == (2025, 2045, 80)
        assert len(found.generators) > 1
        assert found.classifiers
        for each in found.quantities.values():
            assert bool(each.source) != bool(each.assumption), each.name
            if each.source:  # author, year, where
                assert any(char.isdigit() for char in each.source)
                assert len(each.source) > 20
        assert {"human.inflow", "making.spread"} <= {each.name for each in found.ranged}


def test_shipped_scenarios_differ_only_in_what_their_names_say():
    usual, marked, filtered = (
        load_scenario(name).quantities for name in ("business_as_usual", "provenance_adopted", "filtering_only")
    )

    def changed(other):
        return {name.partition(".")[0] for name in usual.keys() | other.keys() if usual.get(name) != other.get(name)}

    assert changed(marked) == {"provenance"}
    assert changed(filtered) == {"detection"}


def test_all_problems_are_told_at_once_with_line_and_key():
    bad = text({"human.growth": '"fast"', "detection.true_positive": (0.9, 0.2), "corpus.retention": 1.5})
    for was, becomes in (("[human]", "[human]\nstok = 3"), ('step = "year"', 'step = "month"'), ("every = 1", "every = 0.3")):
        bad = bad.replace(was, becomes)
    with pytest.raises(InputError) as raised:
        read_scenario(bad, file="mine.toml")
    messages = [str(error) for error in raised.value.errors]
    wanted = [
        ("line 5, step:", '"quarter" or "year"'),
        ("human.stok:", "Did you mean 'stock'?"),
        ("human.growth:", "must be a number from -0.9 to 10. Got 'fast'"),
        ("corpus.retention:", "from 0 to 1"),
        ("detection.true_positive:", "low <= high"),
        ("generators[0].every:", "whole number of steps"),
    ]
    assert len(messages) == len(wanted)
    lines = bad.splitlines()
    for message, (key, told) in zip(messages, wanted, strict=True):
        assert key in message
        assert told in message
        row = int(message.split("line ")[1].split(",")[0])
        assert key.split(":")[0].split(".")[-1].split(" ")[-1] in lines[row - 1]


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('value = 0.7, assumption = "A test."', "value = 0.7", "either a source"),
        ('value = 0.7, assumption = "A test."', 'low = 0.7, assumption = "A test."', "needs value, or low and high"),
        ("retention = {", "# retention = {", "corpus.retention: is missing"),
        ("start = 2025", "start = 2040", "years after start"),
        ('"assay.ecosystem/1"', '"assay.scenario/1"', "assay.ecosystem/1"),
        (ONE, "", "at least one [[generators]]"),
        ("rows = 50", "rows = 9", "from 10 to 1e+15"),
        ("[human]\n", "[human]\nby = 2030\n", "keys that end in _later"),
        ("[corpus]", '[detection]\nfalse_positive_later = { value = 0.1, source = "x" }\n[corpus]', "by: must be a year"),
        ("[corpus]", '[curation]\nkeep_good = { value = 0.1, source = "x" }\n[corpus]', "not be above keep_good"),
        ("[corpus]", '[making]\nwrong_later = { value = 0.1, source = "x" }\n[corpus]', "wrong_later: is not a key of [making]"),
    ],
)
def test_refuses(was, becomes, told):
    good = text()
    assert was in good
    with pytest.raises(InputError) as raised:
        read_scenario(good.replace(was, becomes))
    assert told in str(raised.value)


def test_files_are_read_and_what_is_none_is_told(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text(), encoding="utf-8")
    assert load_scenario(path).name == "mine"
    with pytest.raises(UnknownNameError, match="business_as_usual"):
        load_scenario("busines_as_usual")
    with pytest.raises(InputError, match="cannot be read"):
        load_scenario(tmp_path / "other.toml")
    path.write_bytes(b'title = "\xff"')
    with pytest.raises(InputError, match="not UTF-8"):
        load_scenario(path)
    with pytest.raises(InputError, match="is not TOML"):
        read_scenario("title = ")


def test_change_in_time_is_even_until_its_year():
    import numpy as np

    found = scenario({"provenance.marked": 0.1, "provenance.marked_later": 0.5, "provenance.by": 2027}, step="quarter")
    values = {name: np.array([each.middle]) for name, each in found.quantities.items()}
    at = [float(found.at(values, "provenance.marked", step)[0]) for step in (0, 4, 8, 20)]
    assert at == pytest.approx([0.1, 0.3, 0.5, 0.5])


def test_readers_of_one_rhythm_take_turns():
    readers = "".join('[[generators]]\nevery = 1\nrows = 50\nname = "{name}"\n'.replace("{name}", name) for name in "abcd")
    found = scenario(readers=readers, step="quarter")
    assert offsets(found.generators) == (4, 3, 2, 1)


def test_scaling_keeps_the_proportions():
    found = load_scenario("business_as_usual")
    small = found.scaled(3_000)
    assert small.quantities["human.stock"].middle == 3_000
    assert [each.rows for each in small.generators] == [150, 150, 150, 50]
    assert small.quantities["human.inflow"] == found.quantities["human.inflow"]
    assert [each.rows for each in found.scaled(10).generators] == [10] * 4  # fewer could not be said in a file either
    with pytest.raises(UsageError, match=r"stock must be a number of rows >= 10\. Got 9"):
        found.scaled(9)
    assert set(QUANTITIES) == {name.partition(".")[0] for name in found.quantities}
