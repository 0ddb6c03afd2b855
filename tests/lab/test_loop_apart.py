from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.split import split
from assay.lab.loop_apart import made_by_generators, require_apart

from .toy_loop import made, real_rows

ORDER = np.random.default_rng(5).permutation(300)


def both(real: Dataset, *others: Dataset) -> Dataset:
    return Dataset(pa.concat_tables([real.table, *(other.table for other in others)]), real.schema, name="holdout")


def discrete(rows: int, seed: int, *, levels: int) -> Dataset:
    rng = np.random.default_rng(seed)
    names = np.array([f"level {at}" for at in range(levels)])
    share = 1 / np.arange(1, levels + 1)
    table = pa.table({name: names[rng.choice(levels, rows, p=share / share.sum())].tolist() for name in "abc"})
    return Dataset(table, infer_schema(table), name="real")


@pytest.mark.parametrize(
    "holdout",
    [
        lambda real: real,
        lambda real: real.take(ORDER),
        lambda real: real.take(ORDER[:60]),
        lambda real: both(real, real_rows(9, 9).take(np.zeros(1, int))),
        lambda real: both(real_rows(200, 1), real.take(ORDER[:30])),
    ],
)
def test_a_holdout_of_real_rows_is_refused_in_whatever_order_and_company(holdout):
    real = real_rows(300)
    with pytest.raises(InputError, match=r"the real table itself|among the [0-9]+ of the holdout.* lead to expect 0\."):
        require_apart(real, holdout(real))


def test_other_rows_are_taken():
    require_apart(real_rows(300), real_rows(300, 1))
    require_apart(real_rows(300), both(real_rows(200, 1), real_rows(300).take(ORDER[:1])))  # one alone may be chance


@pytest.mark.parametrize("levels", [3, 8, 30])
def test_equal_rows_of_a_discrete_table_are_chance(levels):
    refused = 0
    for seed in range(60):
        refused += not apart(*split(discrete(400, seed, levels=levels), holdout=0.3, seed=seed))
        refused += not apart(discrete(300, seed, levels=levels), discrete(300, seed + 1000, levels=levels))
    assert refused == 0


@pytest.mark.parametrize("levels", [3, 8, 30])
def test_a_discrete_table_in_another_order_is_seen(levels):
    real = discrete(300, 0, levels=levels)
    assert not apart(real, real.take(ORDER))
    if levels == 30:
        assert not apart(real, both(discrete(100, 1, levels=levels), real.take(ORDER[:150])))


def test_an_entity_with_rows_in_both_is_refused():
    who = np.repeat(np.arange(40), 5)
    table = pa.table({"who": pa.array([None if at == 39 else f"p{at}" for at in who]), "x": pa.array(np.arange(200.0))})
    whole = Dataset(table, infer_schema(table, entity="who"), name="real")
    real, holdout = split(whole, holdout=0.3, seed=0)
    require_apart(real, holdout)  # nobody in particular stands in both
    with pytest.raises(InputError, match="3 of the 3 entities of the holdout have rows in the real table, too") as caught:
        require_apart(whole.take(np.arange(0, 200, 2)), whole.take(np.arange(1, 15, 2)))
    assert "--entity who" in str(caught.value)


def test_keys_do_not_hide_that_rows_are_the_same():
    rows = real_rows(300).table
    one = rows.append_column("key", pa.array([f"first-{at:05d}" for at in range(300)]))
    two = rows.append_column("key", pa.array([f"later-{at:05d}" for at in range(300)]))
    schema = infer_schema(one, target="class")
    assert schema.column("key").kind == "id"
    assert not apart(Dataset(one, schema), Dataset(two, schema).take(ORDER))


def test_what_a_generator_made_is_told():
    real = real_rows(50)
    assert list(made_by_generators(real, real)) == []
    assert list(made_by_generators(made(real, 0))) == []
    (told,) = made_by_generators(made(real, 2), real)
    assert told.startswith("The real table is not real: its stamp says that toy made it, 2 generations away from real rows.")


def apart(real: Dataset, holdout: Dataset) -> bool:
    try:
        require_apart(real, holdout)
    except InputError:
        return False
    return True
