"""A column that another determines follows it in every synthetic row."""

import numpy as np
import pyarrow as pa
import pytest

from assay.generators._determined import determiners
from assay.generators._values import ColumnValues
from assay.generators.tree_chain import TreeChain
from assay.testing.contracts import _dataset


def places(rows=3000):
    """A city, rare ones too, determines its country; grade and name of a degree determine each other; noise is free."""
    rng = np.random.default_rng(0)
    city = np.minimum(rng.geometric(0.08, rows), 60)
    grade = rng.integers(1, 17, rows)
    return _dataset(
        {
            "noise": ("numeric", pa.array(rng.normal(size=rows))),
            "country": ("categorical", pa.array([f"country {part % 7}" for part in city.tolist()])),
            "city": ("categorical", pa.array([f"city {part}" for part in city.tolist()])),
            "grade": ("numeric", pa.array(grade)),
            "degree": ("categorical", pa.array([f"degree {part * 7 % 17}" for part in grade.tolist()])),
        }
    )


def codes_of(data):
    learned = {name: ColumnValues.learn(data.table.column(name), ordered=data.schema.column(name).ordered) for name in data.names}
    return {name: part[1] for name, part in learned.items()}, {name: part[0] for name, part in learned.items()}


def test_found_both_ways_and_not_through_nearly_unique_columns():
    codes, values = codes_of(places())
    names = list(values)
    assert determiners(codes, values, names, names) == {"country": "city", "grade": "degree", "degree": "grade"}


@pytest.mark.parametrize("first", [(), ("country",), ("city",), ("noise", "country")])
def test_the_rule_holds_in_every_row(first):
    real = places()
    generator = TreeChain(first=first).fit(real, seed=0)
    pairs = (("city", "country"), ("grade", "degree"))
    rules = {(a, b): set(zip(real.table[a].to_pylist(), real.table[b].to_pylist(), strict=True)) for a, b in pairs}
    drawn = generator.sample(5000, seed=1)
    broken = {
        pair: np.mean([row not in allowed for row in zip(*(drawn.table[name].to_pylist() for name in pair), strict=True)])
        for pair, allowed in rules.items()
    }
    assert set(broken.values()) == {0}
    assert len(set(drawn.table["city"].to_pylist())) > 40
