"""The guide names every key, distribution and function there is, and its examples can be made."""

import re
from pathlib import Path

import pytest

from assay.scenario import keys
from assay.scenario.distributions import FAMILIES
from assay.scenario.functions import FUNCTIONS
from assay.scenario.reading import read_scenario
from assay.scenario.reading_events import FAULTS
from assay.scenario.reading_rules import SOURCES, SPECIAL
from assay.scenario.world import make_tables

GUIDE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
KEYS = [
    *keys.SCENARIO_KEYS, *keys.TABLE_KEYS, *keys.COLUMN_KEYS, *keys.RULE_KEYS, *keys.ARRIVALS_KEYS, *keys.CLOCK_KEYS,
    *keys.EVENT_KEYS, *FAMILIES, *SPECIAL, *SOURCES,
]  # fmt: skip
BEFORE = """
[tables.t.columns]
age = 3
male = true
rich = true
price = 2.5
amount = 3
city = "'Bonn'"
popularity = 2
x = RULE
[tables.merchants]
rows = 9
[tables.merchants.columns]
id = { numbering = 1 }
popularity = 2
"""


@pytest.mark.parametrize("key", sorted(set(KEYS)))
def test_every_key_and_distribution_is_in_the_guide(key):
    assert re.search(rf"(?<![\w-]){key}(?![\w-])", GUIDE)
    assert f"`{key}`" in GUIDE or f"{key} = " in GUIDE


@pytest.mark.parametrize("name", [*FUNCTIONS, "where"])
def test_every_function_is_in_the_guide(name):
    assert re.search(rf"`{name}[`(]", GUIDE)


def test_every_parameter_and_fault_is_in_the_guide():
    for family, described in FAMILIES.items():
        line = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{family}` |"))
        assert all(f"`{name}`" in line for name in described.parameters), family
        for name, (default, _) in described.parameters.items():
            assert default is None or f"`{name}` ({default:g})" in line, (family, name)
    assert all(f'`"{name}"`' in GUIDE for name in FAULTS)


def test_the_first_scenario_can_be_made():
    text = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)[0]
    made = make_tables(read_scenario(text), 500, seed=0)
    assert {name: table.num_rows for name, table in made.items()} == {"customers": 100, "orders": 500}


RULES = re.findall(r"^\| [^|]* \| [^|]* \| `(\{.*\})` \|$", GUIDE.partition("## Rules")[2].partition("**Distributions")[0], re.M)


@pytest.mark.parametrize("rule", RULES)
def test_every_example_of_a_rule_can_be_made(rule):
    if "fake" in rule:
        pytest.importorskip("faker")
    text = f'main = "t"\n{BEFORE.replace("RULE", rule)}'
    text += "" if "planted" not in rule else '[[tables.t.events]]\nname = "e"\nrate = 0.1\n'
    assert make_tables(read_scenario(text), 50, seed=0)["t"].num_rows == 50
    assert len(RULES) == 12
