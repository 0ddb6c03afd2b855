from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from assay.core.evidence import Evidence
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.measures.two_sample import TwoSample
from assay.testing.measure_contract import MeasureContract, with_column


class TestTwoSample(MeasureContract):
    name = "two_sample"
    rows = 500
    repeats = 2

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        age = np.array(table.column("age")).copy()
        moved = rng.random(len(age)) < severity
        age[moved] = rng.permutation(age[moved]) + 20
        return with_column(table, "age", age)


class Alone:
    """A context of one process."""

    learners = scorer = None
    alpha = 0.01

    def __init__(self, real: Dataset, synthetic: Dataset, holdout: Dataset, seed: int = 0) -> None:
        self.real, self.synthetic, self.holdout, self.schema, self.seed, self.made = (
            real,
            synthetic,
            holdout,
            real.schema,
            seed,
            {},
        )

    def rng(self, *task: str | int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *(hash(part) % 2**31 for part in task if isinstance(part, int))])

    def map(self, function, tasks, *, apart=False):
        with threadpool_limits(1):
            return [function(*task) for task in tasks]

    def share(self, key, make):
        return self.made.setdefault(key, make()) if key not in self.made else self.made[key]


def parity(rows: int, seed: int, planted: bool) -> Dataset:
    """Three binary columns among nine continuous ones; planted: their sum is always even, though every pair stays independent."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (rows, 3))
    if planted:
        bits[:, 2] = (bits[:, 0] + bits[:, 1]) % 2
    columns = {f"bit{at}": pa.array(bits[:, at] == 1) for at in range(3)}
    columns |= {f"x{at}": pa.array(rng.normal(size=rows)) for at in range(9)}
    kinds = tuple(
        Column(name, "boolean" if name.startswith("bit") else "numeric", str(cells.type)) for name, cells in columns.items()
    )
    return Dataset(pa.table(columns), Schema(kinds), name="rows")


def found(real: Dataset, synthetic: Dataset, holdout: Dataset) -> dict[str, object]:
    evidence: Evidence = TwoSample().measure(Alone(real, synthetic, holdout))  # pyright: ignore[reportArgumentType]
    return {item.facts["learner"]: item for item in evidence.families[0].items}


def test_random_trees_see_parity_that_boosting_cannot() -> None:
    holdout = parity(2500, 1, False)
    items = found(parity(2500, 0, False), parity(2500, 2, True), holdout)
    seen, missed = items["random_trees"], items["boosted_trees"]
    assert seen.estimate.value > 0.7 > 0.6 > missed.estimate.value
    assert seen.harm_low > 0.15
    assert set(seen.facts["columns"]) == {"bit0", "bit1", "bit2"}
    assert seen.facts["mechanism"] == "broken_dependence"
    assert "bit1" in TwoSample().describe(seen)


def test_a_shifted_column_is_named_as_a_shift() -> None:
    real, synthetic, holdout = (parity(800, seed, False) for seed in range(3))
    table = with_column(synthetic.table, "x3", np.array(synthetic.table.column("x3")) + 1.0)
    item = found(real, Dataset(table, real.schema), holdout)["boosted_trees"]
    assert item.facts["columns"] == ["x3"]
    assert item.facts["mechanism"] == "covariate_shift"
    # two unit normals one apart have AUC Phi(1 / sqrt 2) = .760; a classifier that has to find the column stays below
    assert 0.66 < item.estimate.value < 0.78
    assert item.facts["single_auc"] == pytest.approx(0.76, abs=0.05)


def test_repeated_rows_are_named_as_duplication() -> None:
    real, holdout = parity(900, 0, False), parity(900, 1, False)
    repeated = parity(300, 2, False).take(np.repeat(np.arange(300), 3))
    item = found(real, repeated, holdout)["random_trees"]
    assert item.harm_low > 0.05
    assert item.facts["mechanism"] == "duplication"


def test_nulls_in_the_synthetic_table_alone_give_it_away() -> None:
    real, synthetic, holdout = (parity(600, seed, False) for seed in range(3))
    cells = pa.array(np.array(synthetic.table.column("x0")), mask=np.arange(600) % 3 == 0)
    at = synthetic.table.column_names.index("x0")
    item = found(real, Dataset(synthetic.table.set_column(at, "x0", cells), real.schema), holdout)["boosted_trees"]
    # a third of the synthetic rows is certain: 1/3 + 2/3 * 1/2
    assert item.estimate.value == pytest.approx(2 / 3, abs=0.04)


def test_too_few_rows_do_not_apply() -> None:
    from assay.core.errors import NotApplicable

    small = parity(30, 0, False)
    with pytest.raises(NotApplicable, match="at least 40 rows"):
        found(small, small, small)


def test_entities_keep_the_rate_of_false_alarms() -> None:
    """Ten rows an entity, all nearly equal: without clusters the classifier would recognise entities across folds."""
    rng = np.random.default_rng(0)
    schema = Schema(
        (Column("who", "id", "int64"), Column("x", "numeric", "double"), Column("z", "numeric", "double")), entity="who"
    )

    def draw() -> Dataset:
        who = np.repeat(np.arange(100), 10)
        base = rng.normal(size=(100, 2))[who]
        return Dataset(pa.table({"who": who, "x": base[:, 0] + 0.01 * rng.normal(size=1000), "z": base[:, 1]}), schema)

    for _ in range(2):
        items = found(draw(), draw(), draw())
        assert all(item.harm_low == 0.0 for item in items.values())
        estimate = items["random_trees"].estimate
        assert estimate.high - estimate.low > 0.12  # 100 entities, not 1,000 rows
        assert estimate.floor_low <= estimate.value <= estimate.floor_high


def test_codec_is_shared() -> None:
    tables = [parity(100, seed, False) for seed in range(3)]
    context = Alone(*tables)
    TwoSample().measure(context)  # pyright: ignore[reportArgumentType]
    assert isinstance(context.made["codec"], Codec)
