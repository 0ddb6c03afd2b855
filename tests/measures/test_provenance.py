from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core.evidence import Evidence
from assay.core.lineage import Lineage
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.readers import read_table
from assay.measures.provenance import Provenance
from assay.testing.measure_contract import MeasureContract, clinic
from assay.verbs.load import load


class TestProvenance(MeasureContract):
    name = "provenance"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.02, 0.5)

    def evidence(self, real, synthetic, holdout, *, seed: int = 0) -> Evidence:
        """Put the damaged table in the holdout's place."""
        return super().evidence(real, holdout, synthetic, seed=seed)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Leak training rows into the holdout."""
        real, _, _ = self.samples(7)
        leaked = int(severity * len(table))
        return pa.concat_tables([real.take(pa.array(rng.permutation(len(real))[:leaked])), table.slice(leaked)])

    def test_two_in_a_hundred_are_proven(self) -> None:
        real, second, holdout = self.samples(7)
        item = self.judged(self.evidence(real, self.damaged(second, 0.02, np.random.default_rng(0)), holdout)).items[-1]
        assert item.facts["code"] == "LINE02"
        assert item.harm_low > 0.0
        assert item.estimate.low <= 0.02 <= item.estimate.high


def datasets(seed: int = 0) -> tuple[Dataset, Dataset, Dataset]:
    rng = np.random.default_rng(seed)
    known = load(clinic(400, rng), name="real", target="ill")
    return known, *(impose(clinic(400, rng), known.schema, name=name) for name in ("synthetic", "holdout"))


def stamped(dataset: Dataset, **lineage) -> Dataset:
    return Dataset(dataset.table, dataset.schema, name=dataset.name, lineage=Lineage("tree_chain", **lineage))


def measured(real: Dataset, synthetic: Dataset, holdout: Dataset | None) -> Evidence:
    with CheckContext(real, synthetic, holdout, seed=0, jobs=1, alpha=0.003) as context:
        return Provenance().measure(context)


@pytest.mark.parametrize("place", [0, 2])
def test_a_stamp_on_a_real_table_fails(place: int) -> None:
    tables = list(datasets())
    tables[place] = stamped(tables[place], depth=3)
    harmed = [item for item in measured(*tables).families[0].items if item.harm_low > 0]
    assert [(item.facts["code"], item.facts["mechanism"]) for item in harmed] == [("LINE01", "recursive_contamination")]
    assert "tree_chain made it, 3 generations away from real rows" in Provenance().describe(harmed[0])


def test_a_generator_that_saw_the_holdout_fails() -> None:
    real, synthetic, holdout = datasets()
    harmed = [
        item
        for item in measured(real, stamped(synthetic, parents=(holdout.sha256,)), holdout).families[0].items
        if item.harm_low > 0
    ]
    assert len(harmed) == 1
    assert harmed[0].facts["code"] == "LINE02"
    assert "not sealed" in Provenance().describe(harmed[0])


def test_an_honest_stamp_passes_and_a_late_generation_is_told() -> None:
    real, synthetic, holdout = datasets()
    evidence = measured(real, stamped(synthetic, parents=(real.sha256,), depth=2), holdout)
    assert all(item.harm_low == 0 for item in evidence.families[0].items)
    assert "2 generations away" in evidence.warnings[0]


def test_works_without_a_holdout() -> None:
    real, synthetic, _ = datasets()
    assert [item.harm_high for item in measured(real, synthetic, None).families[0].items] == [0.0]


@pytest.mark.parametrize(("file", "target", "rows"), [("adult.csv", "income", 5000), ("mammography.csv", "class", 3700)])
def test_honest_splits_of_real_tables_overlap_and_pass(shared_data, file: str, target: str, rows: int) -> None:
    table = read_table(shared_data / file)
    order = np.random.default_rng(3).permutation(len(table))
    known = load(table.take(pa.array(order[:rows])), name="real", target=target)
    others = [impose(table.take(pa.array(order[part * rows : (part + 1) * rows])), known.schema, name="x") for part in (1, 2)]
    assert measured(known, *others).families[0].items[-1].harm_low == 0.0
    leaked = pa.concat_tables([others[1].table.slice(rows // 50), known.table.slice(0, rows // 50)])
    assert measured(known, others[0], Dataset(leaked, known.schema)).families[0].items[-1].harm_low > 0.0
