from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core.evidence import Evidence
from assay.data.impose import impose
from assay.data.readers import read_table
from assay.measures.schema_match import SchemaMatch
from assay.testing.measure_contract import MeasureContract, with_column
from assay.verbs.load import load


class TestSchemaMatch(MeasureContract):
    name = "schema_match"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.01, 0.2)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Invent a ward for a share of the rows."""
        wards = table["ward"].to_pylist()
        invented = int(severity * len(table))
        return with_column(table, "ward", ["invented"] * invented + wards[invented:])

    def item(self, evidence: Evidence, column: str):
        return next(item for item in self.judged(evidence).items if item.estimate.columns == (column,))

    def test_an_invented_level_is_counted(self) -> None:
        real, second, holdout = self.samples(7)
        item = self.item(self.evidence(real, self.damaged(second, 0.02, np.random.default_rng(0)), holdout), "ward")
        assert item.estimate.value == pytest.approx(0.02)
        assert item.estimate.low <= 0.02 <= item.estimate.high
        assert item.harm_low > 0.001
        assert item.facts["code"] == "SCHEMA02"
        assert "invented" not in SchemaMatch().describe(item)

    def test_another_type_fails_outright(self) -> None:
        real, second, holdout = self.samples(7)
        texts = second.set_column(0, "age", pa.array([str(value) for value in second["age"].to_pylist()]))
        item = self.item(self.evidence(real, texts, holdout), "age")
        assert (item.estimate.effect, item.harm_low, item.harm_high) == (1.0, 1.0, 1.0)
        assert SchemaMatch().describe(item) == "Column age is string in the synthetic table and int64 in the real one."

    def test_negative_numbers_where_reality_has_none(self) -> None:
        real, second, holdout = self.samples(7)
        cost = np.array(second["cost"]).copy()
        cost[:60] *= -1
        item = self.item(self.evidence(real, with_column(second, "cost", cost), holdout), "cost")
        assert item.facts["code"] == "SCHEMA03"
        assert item.harm_low > 0.001
        assert item.estimate.value == 0.04

    def test_an_open_set_of_levels_is_named_and_not_judged(self) -> None:
        rng = np.random.default_rng(0)
        tables = []
        for table in self.samples(7):
            city = rng.zipf(1.6, len(table)).clip(0, 10**6).astype(str)
            tables.append(table.append_column("city", pa.array(city.tolist())))
        evidence = self.evidence(*tables)
        assert "open set" in evidence.not_applicable["city"]
        assert [estimate.columns for estimate in evidence.reported] == [("city",)]
        broken = with_column(tables[1], "city", [f"new {at}" for at in range(len(tables[1]))])
        item = self.item(self.evidence(tables[0], broken, tables[2]), "city")
        assert item.harm_low > 0.5


def test_diagnoses_of_real_patients_neither_fail_nor_block(shared_data) -> None:
    table = read_table(shared_data / "diabetes_130_hospitals.parquet")
    order = np.random.default_rng(0).permutation(len(table))[:12_500]
    parts = [table.take(pa.array(order[start : start + rows])) for start, rows in ((0, 5000), (5000, 5000), (10_000, 2500))]
    known = load(parts[0], name="real", target="readmitted")
    others = [impose(part, known.schema, name="other") for part in parts[1:]]
    with CheckContext(known, *others, seed=0, jobs=1, alpha=0.003) as context:
        evidence = SchemaMatch().measure(context)
    assert all(item.harm_low <= 0.001 and item.harm_high <= 0.005 for item in evidence.families[0].items)
    assert set(evidence.not_applicable) == {"diag_1", "diag_2", "diag_3"}
