"""Scenarios that somebody broke: whatever is in them, they are made, or refused with a message that says what is wrong."""

from __future__ import annotations

import random
import re
from importlib.resources import files

import pytest

from assay.core.errors import AssayError
from assay.scenario.reading import read_scenario, shipped
from assay.scenario.world import make_tables

VALUE = re.compile(r'(?<== )("[^"\n]*"|[-\d.e]+|true|false|\[[^\[\]\n]*\])')
JUNK = [
    "-1",
    "0",
    "1e308",
    "nan",
    "inf",
    "true",
    '""',
    '"x"',
    '"null"',
    "[]",
    "{}",
    "[1]",
    '"1/0"',
    "2024-01-01",
    '"age"',
    '"n"',
    "1.5",
    '"row"',
    '"turn"',
    '"customers.age"',
    "999999999999",
    '"time"',
    '"card_id"',
    "1979-05-27T07:32:00Z",
    "07:32:00",
    '"2020-01-01"',
    "0.5",
    "100",
    '"amount"',
    '"all"',
    '"true"',
    '{values=["a"]}',
    '{distribution="normal"}',
    "{formula='null'}",
    "{planted='all'}",
    "{reference='cards'}",
    "1e-300",
    "-1e308",
    '"1e999"',
    "\"'2024-01-01T00:00Z'\"",
]


def broken(text: str, rng: random.Random) -> str:
    for _ in range(rng.choice([1, 1, 2, 3])):
        found = list(VALUE.finditer(text))
        one, other = rng.choice(found), rng.choice(found)
        chance = rng.random()
        if chance < 0.8:
            text = text[: one.start()] + (rng.choice(JUNK) if chance < 0.6 else other.group()) + text[one.end() :]
        else:
            lines = text.split("\n")
            del lines[rng.randrange(len(lines))]
            text = "\n".join(lines)
    return text


@pytest.mark.parametrize("seed", range(5))
def test_broken_scenarios_are_made_or_refused(seed):
    rng = random.Random(seed)
    texts = [(files("assay.scenario") / "shipped" / f"{name}.toml").read_text(encoding="utf-8") for name in shipped()]
    refused: list[str] = []
    for _ in range(40):
        text = broken(rng.choice(texts), rng)
        try:
            make_tables(read_scenario(text, file="broken.toml"), rng.choice([1, 2, 60]), seed=0)
        except AssayError as error:
            refused.append(str(error))
    assert refused
    assert all(told.startswith("broken.toml: ") for told in refused)
