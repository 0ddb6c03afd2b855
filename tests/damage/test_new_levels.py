from __future__ import annotations

import pyarrow as pa
import pytest

from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.damage.new_levels import NewLevels
from assay.data.dataset import Dataset
from assay.data.ground import Ground
from assay.data.infer import infer_schema
from assay.testing.damage_contract import made_grounds


@pytest.mark.parametrize("seed", range(8))
def test_one_level_is_spelled_as_no_real_row_spells_it(seed: int) -> None:
    ground = made_grounds()["clinic"]
    planted = NewLevels(0.06).plant(ground, spawn(seed, "test"))
    (name,) = planted.columns
    known = {cell for part in (ground.real, ground.spare, ground.holdout) for cell in part.table.column(name).to_pylist()}
    before, after = (part.table.column(name).to_pylist() for part in (ground.sound, planted.synthetic))
    assert [row for row, cell in enumerate(after) if cell not in known] == planted.rows.tolist()
    assert len({after[row] for row in planted.rows}) == len({before[row] for row in planted.rows}) == 1
    assert after[planted.rows[0]].strip(" .").lower() == before[planted.rows[0]].lower()
    assert len(planted.rows) == round(0.06 * ground.rows)


def test_columns_of_dictionaries_keep_their_type() -> None:
    ground = made_grounds()["clinic"]
    parts: list[Dataset] = []
    for part in (ground.real, ground.spare, ground.holdout):
        column = part.table.column("ward").combine_chunks().dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))
        table = part.table.set_column(part.table.column_names.index("ward"), "ward", column)
        parts.append(Dataset(table, infer_schema(table, target="ill"), name=part.name))
    planted = NewLevels().plant(Ground(*parts), spawn(1, "test"))
    assert planted.synthetic.table.schema.equals(parts[1].table.schema)
    assert planted.synthetic.table.column("ward").to_pylist() != parts[1].table.column("ward").to_pylist()[: ground.rows]


def test_numbers_have_no_spelling() -> None:
    ground = made_grounds()["houses"]
    parts = [part.select(("income", "rooms", "price")) for part in (ground.real, ground.spare, ground.holdout)]
    with pytest.raises(NotApplicable, match="text"):
        NewLevels().plant(Ground(*parts), spawn(0, "test"))
