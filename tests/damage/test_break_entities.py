"""Entities keep their numbers of rows and lose what their rows share."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.break_entities import BreakEntities

ROWS = 8000


def histories(alike: bool = True) -> pa.Table:
    rng = np.random.default_rng(0)
    person = np.sort(rng.integers(0, ROWS // 4, ROWS))
    blood = rng.choice(np.array(["A", "B", "AB", "0"]), ROWS // 4)[person] if alike else rng.choice(np.array(["A", "B"]), ROWS)
    table = made_table(ROWS).append_column("person", pa.array([f"p{one}" for one in person]))
    return table.append_column("blood", pa.array(blood.tolist()))


def agreement(dataset):
    """Give the share of all pairs of rows of one person that agree."""
    person, blood = (dataset.table[name].to_pylist() for name in ("person", "blood"))
    pairs, equal = (
        sum(count * (count - 1) for count in Counter(keys).values()) for keys in (person, zip(person, blood, strict=True))
    )
    return equal / pairs


@pytest.fixture(scope="module")
def ground():
    return made_ground(table=histories(), entity="person")


@pytest.mark.parametrize(("severity", "kept"), [(0.2, 0.64), (0.5, 0.25), (1.0, 0.0)])
def test_pairs_of_rows_that_still_belong_together(ground, severity, kept):
    found = planted(BreakEntities(severity), ground)
    assert found.columns == ("person", "blood")
    assert agreement(ground.sound) == 1.0
    chance = sum(count**2 for count in Counter(ground.sound.table["blood"].to_pylist()).values()) / len(ground.sound) ** 2
    assert agreement(found.synthetic) == pytest.approx(chance + kept * (1 - chance), abs=0.06)
    assert Counter(found.synthetic.table["person"].to_pylist()) == Counter(ground.sound.table["person"].to_pylist())


def test_nothing_alike_is_not_applicable():
    with pytest.raises(NotApplicable, match="alike"):
        planted(BreakEntities(), made_ground(table=histories(False), entity="person"))


def test_without_entity_not_applicable(ground):
    with pytest.raises(NotApplicable, match="several rows"):
        planted(BreakEntities(), made_ground(500))
