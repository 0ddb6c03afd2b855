"""Scenario files that are wrong in every way: each is refused with its line and key, and what was got and wanted."""

from __future__ import annotations

import json
import re

import pytest
from tests.lab.ecosystem_text import ONE, text

from assay.cli.__main__ import main
from assay.core.errors import InputError, UsageError
from assay.lab.ecosystem import run
from assay.lab.ecosystem_reading import load_scenario, read_scenario

TOLD = 'assumption = "A test."'
STOCK = 'stock = { value = 50, assumption = "A test." }'
HUGE = "1" + "0" * 400  # a whole number that no float holds
HUGER = "0x" + "f" * 5_000  # and one that Python does not write out
VALUES = ["true", "[]", "{}", '["quarter"]', "nan", "inf", "-inf", "-1", "1e308", HUGE, HUGER, "2025-01-01", "07:32:00"]
PLACES = {
    "ecosystem": ('"assay.ecosystem/1"', "{}"),
    "title": ('"A test"', "{}"),
    "start": ("2025", "{}"),
    "end": ("2031", "{}"),
    "step": ('"year"', "{}"),
    "human": ("[human]\n", "human = {}\n[humans]\n"),
    "human.stock": (STOCK, "stock = {}"),
    "human.stock.value": (STOCK, f"stock = {{{{ value = {{}}, {TOLD} }}}}"),
    "human.stock.low": (STOCK, f"stock = {{{{ low = {{}}, high = 60, {TOLD} }}}}"),
    "human.stock.high": (STOCK, f"stock = {{{{ low = 60, high = {{}}, {TOLD} }}}}"),
    "human.stock.source": (STOCK, "stock = {{ value = 50, source = {} }}"),
    "human.stock.assumption": (STOCK, 'stock = {{ value = 50, source = "Us (2025)", assumption = {} }}'),
    "detection.by": ("[corpus]", f"[detection]\nby = {{}}\ntrue_positive_later = {{{{ value = 0.1, {TOLD} }}}}\n[corpus]"),
    "generators[0].name": ('name = "a"', "name = {}"),
    "generators[0].every": ("every = 1", "every = {}"),
    "generators[0].rows": ("rows = 50", "rows = {}"),
    "generators[0].share": ("rows = 50", "rows = 50\nshare = {}"),
    "generators": (ONE, "[generators]\nname = {}\n"),
}


def changed(was: str, becomes: str) -> str:
    good = text()
    assert was in good
    return good.replace(was, becomes, 1)


def refused(content: str) -> list[str]:
    """Give the messages, each of which must have a line and a key and say what is wanted."""
    with pytest.raises(InputError) as raised:
        read_scenario(content, file="mine.toml")
    messages = [str(error) for error in raised.value.errors]
    for message in messages:
        assert re.match(
            r"mine\.toml: line \d+, [\w.\[\]]+: (must|needs|is not a key of|is missing|goes with|\w+ must)", message
        ), message
        assert len(message) < 500
    return messages


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", PLACES)
def test_a_value_of_the_wrong_kind_or_size_is_refused_at_its_line(key, value):
    was, becomes = PLACES[key]
    content = changed(was, becomes.format(value))
    messages = refused(content)
    about = [message for message in messages if f", {key}" in message or f", {key.rpartition('.')[0]}:" in message]
    assert about, messages
    if value in ("true", "nan", "-1", "1e308"):
        assert any({"true": "True", "1e308": "1e+308"}.get(value, value) in message for message in about), messages


@pytest.mark.parametrize(
    ("was", "becomes", "key", "told"),
    [
        (STOCK, f"stock = {{ low = 60, high = 50, {TOLD} }}", "human.stock", "low <= high"),
        (STOCK, f"stock = {{ low = 50, {TOLD} }}", "human.stock", "Got low, assumption"),
        (STOCK, f"stock = {{ value = 50, low = 50, high = 60, {TOLD} }}", "human.stock", "value, or low and high"),
        (STOCK, f"stock = {{ value = 5, {TOLD} }}", "human.stock", "from 10 to 1e+15"),
        (STOCK, f"stock = {{ value = 50, unit = 1, {TOLD} }}", "human.stock.unit", "Known: value"),
        (STOCK, f"stock = {{ value = 50, {TOLD}, source = 0 }}", "human.stock.source", "not empty. Got 0"),
        (STOCK, f"stock = {{ value = 50, {TOLD}, source = [] }}", "human.stock.source", "not empty. Got []"),
        (STOCK, 'stock = { value = 50, source = " " }', "human.stock.source", "not empty. Got ' '"),
        (STOCK, "stock = { value = 50 }", "human.stock", "Got neither"),
        (STOCK, "", "human.stock", "is missing"),
        ("[human]", "[[human]]", "human", "must be a table [human]"),
        ("end = 2031", "end = 2025", "end", "after start (2025). Got 2025"),
        ("end = 2031", "end = 2226", "end", "1 to 200 years"),
        ("start = 2025", "start = 1899", "start", "from 1900 to 3000"),
        ("start = 2025", "start = 2025.0", "start", "whole year"),
        ("end = 2031", "end = 2031\nseed = 3", "seed", "is not a key"),
        ("every = 1", "every = 0.3", "generators[0].every", "whole number of steps"),
        ("every = 1", "every = 0", "generators[0].every", "Got 0"),
        ("every = 1", "", "generators[0].every", "Got nothing"),
        ("rows = 50", "rows = 2", "generators[0].rows", "from 10"),
        ("rows = 50", "rows = 50\ncolour = 1", "generators[0].colour", "is not a key"),
        (ONE, ONE + ONE, "generators[1].name", "no other of the generators has. Got 'a'"),
        (ONE, ONE * 51, "generators", "up to 50"),
        ("[corpus]", f"[detection]\ntrue_positive_later = {{ value = 1, {TOLD} }}\n[corpus]", "detection.by", "Got nothing"),
        ("[corpus]", "[provenance]\nby = 2030.5\nmarks = 1\n[corpus]", "provenance.marks", "marked"),
    ],
)
def test_what_does_not_fit_together_is_refused(was, becomes, key, told):
    assert any(f", {key}: " in message and told in message for message in refused(changed(was, becomes)))


@pytest.mark.parametrize(
    "content", ["", "\0", "a = 1 b", "a = " + "1" * 5_000, "a = " + "[" * 3_000 + "]" * 3_000, "[generators"]
)
def test_what_is_no_scenario_at_all_is_refused(content):
    with pytest.raises(InputError):
        read_scenario(content)


@pytest.mark.parametrize(
    ("good", "bad", "more", "fine"),
    [
        ("low = 0.1, high = 0.5", "low = 0.05, high = 0.1", "", True),
        ("low = 0.1, high = 0.9", "low = 0.05, high = 0.2", "", False),  # the middles are in order, draws need not be
        ("value = 0.5", "value = 0.1", "keep_bad_later = { value = 0.6, source = 'x' }\nby = 2030\n", False),
        ("value = 0.5", "value = 0.1", "keep_good_later = { low = 0.05, high = 0.9, source = 'x' }\nby = 2030\n", False),
        ("value = 0.5", "value = 0.1", "keep_good_later = { low = 0.1, high = 0.9, source = 'x' }\nby = 2030\n", True),
    ],
)
def test_curation_never_keeps_wrong_rows_more_often_than_right_ones(good, bad, more, fine):
    content = changed(
        "[corpus]", f"[curation]\nkeep_good = {{ {good}, source = 'x' }}\nkeep_bad = {{ {bad}, source = 'x' }}\n{more}[corpus]"
    )
    if fine:
        read_scenario(content)
    else:
        (message,) = refused(content)
        assert "must not be above keep_good" in message


GROWING = {"human.growth": 10, "human.stock": 1e12}
VANISHING = {"human.inflow": 0, "synthetic.inflow": 0, "corpus.retention": 0}
ALONE = {"human.inflow": 1, "human.growth": -0.9, "synthetic.inflow": 0.9, "corpus.retention": 0}


@pytest.mark.parametrize(
    ("quantities", "every", "end", "told"),
    [
        (GROWING, 1, 2045, r"has 6.2e\+18 rows in 2033; it may have 1e\+18"),
        ({"synthetic.growth": 10, "human.stock": 1e15}, 1, 2060, r"rows in 2030; it may have 1e\+18"),
        (VANISHING, 5, 2031, "has no rows in 2026"),
        ({**ALONE, "making.spread": 10, "human.stock": 100}, 1, 2225, r"variance .* above 1e\+100 .* in 21\d\d"),
    ],
)
def test_what_grows_or_goes_beyond_all_bounds_is_told_with_the_year(quantities, every, end, told):
    readers = f"[[generators]]\nevery = {every}\nrows = 50\n"
    with pytest.raises(UsageError, match=told):
        run(read_scenario(text(quantities, readers=readers, end=end)), draws=2, seeds=2)


@pytest.mark.parametrize("dimension", [1, 2, 8])
def test_the_fewest_rows_that_can_be_said_can_be_run(dimension):
    readers = "".join(f"[[generators]]\nname = '{name}'\nevery = 1\nrows = 10\n" for name in "abc")
    given = {"human.stock": (10, 1e15), "synthetic.stock": 0.5, "provenance.marked": 0.5}
    found = run(read_scenario(text(given, readers=readers, end=2035)), draws=40, seeds=4, dimension=dimension)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.at("synthetic_share", 2035)["middle"] > 0.3
    assert "rare_levels" not in found.axes  # of 10 rows none is rare enough to be called so


def test_a_corpus_that_shrinks_to_a_point_is_run_to_its_end():
    given = {**ALONE, "human.stock": 100, "making.spread": 0.01, "making.wrong": 0.49, "human.wrong": 0.49}
    found = run(read_scenario(text(given, end=2200)), draws=3, seeds=2)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.at("log_variance", 2200)["middle"] < -600
    assert found.at("tail_mass", 2200)["middle"] == 0


def test_the_command_line_exits_2(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text(changed('step = "year"', 'step = ["quarter"]'), encoding="utf-8")
    for given, told in (
        (str(path), "line 5, step:"),
        ("x" * 5_000, "scenario"),
        (str(tmp_path), "cannot be read"),
        ("", "scenario"),
    ):
        assert main(["loop", "--scenario", given]) == 2
        assert told in " ".join(capsys.readouterr().err.split())
    with pytest.raises(UsageError, match="Got 5"):
        load_scenario(5)
