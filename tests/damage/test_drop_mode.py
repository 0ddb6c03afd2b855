from __future__ import annotations

import numpy as np
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.drop_mode import DropMode
from assay.testing.damage_contract import made_grounds

GROUNDS = ("clinic", "visits", "houses")


def _lost(label: str, severity: float, seed: int) -> set[int]:
    """Give the positions of the sound rows that are gone, found by their place among the others."""
    ground = made_grounds()[label]
    synthetic = DropMode(severity).plant(ground, spawn(seed, "test")).synthetic
    spare = ground.spare.table.to_pylist()
    kept, at = set(), 0
    for row in synthetic.table.to_pylist():
        while str(spare[at]) != str(row):
            at += 1
        kept.add(at)
        at += 1
    return set(range(at)) - kept


@pytest.mark.parametrize("label", GROUNDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_region_holds_its_share_of_the_rows(label: str, seed: int) -> None:
    ground = made_grounds()[label]
    lost = _lost(label, 0.05, seed)
    seen = ground.rows + len(lost)
    assert len(lost) / seen == pytest.approx(0.05, abs=0.015)


def test_a_larger_region_holds_the_smaller_one() -> None:
    assert _lost("houses", 0.02, 1) < _lost("houses", 0.1, 1)


@pytest.mark.parametrize("words", ["box of", "within one level"])
def test_a_box_is_empty(words: str) -> None:
    ground = made_grounds()["houses"]
    seed = next(seed for seed in range(40) if words in DropMode().plant(ground, spawn(seed, "test")).note)
    columns = DropMode(0.1).plant(ground, spawn(seed, "test")).columns
    lost = np.array(sorted(_lost("houses", 0.1, seed)))
    inside = np.ones(lost.max(), dtype=bool)
    for name in columns:
        if name in ("region", "garden", "rooms"):
            own = np.array([str(cell) for cell in ground.spare.table.column(name).to_pylist()])
            assert len(set(own[lost])) == 1
            inside &= own[: len(inside)] == own[lost[0]]
        else:
            values = ground.spare.numbers(name)
            inside &= (values[: len(inside)] > values[lost].min()) & (values[: len(inside)] < values[lost].max())
    assert inside.sum() > 100
    assert set(np.flatnonzero(inside)) <= set(lost.tolist())


def test_all_kinds_of_region_are_drawn() -> None:
    ground = made_grounds()["clinic"]
    notes = [DropMode(0.05).plant(ground, spawn(seed, "test")).note for seed in range(24)]
    for words in ("box of", "within one level", "in a cluster,", "one class"):
        assert any(words in note for note in notes), words


def test_a_class_is_named_with_its_cluster() -> None:
    ground = made_grounds()["visits"]
    plants = (DropMode(0.05).plant(ground, spawn(seed, "test")) for seed in range(40))
    assert next(one for one in plants if "one class" in one.note).columns[-1] == "outcome"


def test_one_number_alone_spans_no_region() -> None:
    ground = made_grounds()["houses"]
    names = ("region", "price")
    alone = type(ground)(*(part.select(names) for part in (ground.real, ground.spare, ground.holdout)))
    with pytest.raises(NotApplicable, match="region"):
        DropMode().plant(alone, spawn(0, "test"))
