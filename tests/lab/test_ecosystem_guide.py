"""The guide to a shared corpus: it names every key, axis and omission, and its scenario can be read."""

from __future__ import annotations

from pathlib import Path

from assay.lab.ecosystem import LEFT_OUT
from assay.lab.ecosystem_reading import read_scenario
from assay.lab.ecosystem_scenario import QUANTITIES, RANGE, TOP, WRITER
from assay.reporting.ecosystem_words import AXES

GUIDE = Path(__file__).parents[2] / "docs" / "ecosystem.md"


def test_every_key_axis_and_omission_is_told():
    said = GUIDE.read_text(encoding="utf-8")
    keys = [*(key for key in TOP if key not in QUANTITIES), *WRITER, *RANGE]
    keys += [f"{section}.{key}" for section, entries in QUANTITIES.items() for key in entries]
    assert [key for key in [*keys, *AXES] if f"`{key}`" not in said] == []
    assert [each for each in LEFT_OUT if each not in said] == []


def test_its_scenario_can_be_read():
    text = GUIDE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert len(read_scenario(text).ranged) == 4
