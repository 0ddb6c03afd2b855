from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from assay import load
from assay.core.lineage import Lineage
from assay.data.dataset import Dataset
from assay.mending.proof.sealed import refused, unleaked

from .toy import rows


def joined(*parts: Dataset) -> Dataset:
    return Dataset(pa.concat_tables([part.table for part in parts]), parts[0].schema)


def some(dataset: Dataset, count: int) -> Dataset:
    return dataset.take(np.arange(count))


REAL, SYNTHETIC, HOLDOUT = rows(200, 1), rows(800, 2), rows(300, 3)


def test_a_sealed_holdout_is_left_whole():
    kept, withheld = unleaked(REAL, SYNTHETIC, HOLDOUT)
    assert len(kept) == 300
    assert (withheld.rows, withheld.leaked) == (0, False)


def test_rows_that_the_real_or_the_synthetic_table_has_are_withheld():
    kept, withheld = unleaked(REAL, joined(SYNTHETIC, some(HOLDOUT, 40)), joined(HOLDOUT, some(REAL, 50)))
    assert kept.tolist() == list(range(40, 300))
    assert (withheld.repeated, withheld.copied, withheld.entities, withheld.leaked) == (50, 40, 0, True)


def test_a_row_that_both_have_is_counted_once():
    both = joined(HOLDOUT, some(REAL, 50))
    _, withheld = unleaked(REAL, joined(SYNTHETIC, some(REAL, 50)), both)
    assert (withheld.repeated, withheld.copied) == (50, 0)


def test_one_row_is_withheld_and_proves_no_leak():
    kept, withheld = unleaked(REAL, SYNTHETIC, joined(HOLDOUT, some(REAL, 1)))
    assert len(kept) == 300
    assert (withheld.rows, withheld.leaked) == (1, False)


def few_levels(count: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    return load(pa.table({name: rng.choice(["a", "b", "c"], count) for name in ("u", "v", "w", "y")}), target="y")


def test_rows_that_repeat_each_other_by_chance_prove_all_the_same():
    kept, withheld = unleaked(few_levels(200, 1), few_levels(800, 2), few_levels(300, 3))
    assert len(kept) == 300
    assert (withheld.rows, withheld.leaked) == (0, False)


def test_rows_of_entities_that_the_real_rows_have_are_withheld():
    def people(first: int, seed: int) -> Dataset:
        plain = rows(120, seed)
        who = pa.array([f"p{first + at // 3}" if at else None for at in range(120)])
        return load(plain.table.append_column("person", who), target="y", entity="person")

    kept, withheld = unleaked(people(0, 1), people(100, 2), people(35, 3))
    assert (withheld.entities, withheld.leaked) == (14, True)  # persons 35 to 39 but for the row without one
    assert 0 in kept


def test_a_holdout_that_a_generator_made_or_saw_is_refused():
    stamp = Lineage(generator="copula", parents=(HOLDOUT.sha256,), parameters={}, seed=0, depth=1)
    made = Dataset(HOLDOUT.table, HOLDOUT.schema, lineage=replace(stamp, parents=()))
    seen = Dataset(SYNTHETIC.table, SYNTHETIC.schema, lineage=stamp)
    assert refused(SYNTHETIC, HOLDOUT) is None
    assert refused(SYNTHETIC, made).code == "holdout_not_real"
    assert refused(seen, HOLDOUT).code == "holdout_seen"
