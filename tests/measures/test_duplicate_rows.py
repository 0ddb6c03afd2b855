from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assay.measures.duplicate_rows import DuplicateRows
from assay.testing.measure_contract import MeasureContract


class TestDuplicateRows(MeasureContract):
    name = "duplicate_rows"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.02, 0.5)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by repeats of the others."""
        kept = len(table) - int(severity * len(table))
        return pa.concat_tables([table.slice(0, kept), table.take(pa.array(rng.integers(0, kept, len(table) - kept)))])

    def test_interval_covers_the_share_repeated(self) -> None:
        real, second, holdout = self.samples(7)
        item = self.judged(self.evidence(real, self.damaged(second, 0.2, np.random.default_rng(0)), holdout)).items[0]
        assert item.estimate.value == pytest.approx(0.2)
        assert item.estimate.low <= 0.2 <= item.estimate.high
        assert item.harm_low > 0.005

    @pytest.mark.parametrize("rows", [500, 1500, 4000])
    def test_discrete_rows_repeat_each_other_honestly_at_any_size(self, rows: int) -> None:
        rng = np.random.default_rng(1)

        def draw(count: int) -> pa.Table:
            heavy = rng.zipf(1.5, count).clip(0, 3000)
            return pa.table({"ill": rng.choice(["yes", "no"], count).tolist(), "a": heavy, "b": rng.integers(0, 30, count)})

        item = self.judged(self.evidence(draw(1500), draw(rows), draw(500))).items[0]
        assert item.estimate.value > 0.1
        assert item.harm_low <= 0.005
        assert item.estimate.low <= 0 <= item.estimate.high
        assert ("extrapolated" in item.estimate.method) == (rows > 1500)


class TestDuplicateClass(MeasureContract):
    name = "duplicate_rows"
    family = "duplicate_class"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.1, 0.6)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Refill a share of one class with repeats of its own rows."""
        ill = table.filter(pc.equal(table["ill"], "yes"))
        kept = len(ill) - int(severity * len(ill))
        refilled = pa.concat_tables([ill.slice(0, kept), ill.take(pa.array(rng.integers(0, kept, len(ill) - kept)))])
        return pa.concat_tables([table.filter(pc.equal(table["ill"], "no")), refilled])

    def test_names_the_class(self) -> None:
        real, second, holdout = self.samples(7)
        family = self.judged(self.evidence(real, self.damaged(second, 0.3, np.random.default_rng(0)), holdout))
        harmed = [item for item in family.items if item.harm_low > 0.02]
        assert [item.estimate.slice for item in harmed] == ["ill = yes"]
        assert "with ill = yes repeat an earlier one" in DuplicateRows().describe(harmed[0])

    def test_a_class_of_few_rows_is_left_out_aloud(self) -> None:
        real, second, holdout = self.samples(7)
        tables = []
        for table in (real, second, holdout):
            values = table["ill"].to_pylist()
            values[:5] = ["hidden"] * 5
            tables.append(table.set_column(table.column_names.index("ill"), "ill", pa.array(values)))
        evidence = self.evidence(*tables)
        assert "1 class of ill with fewer than 20 rows" in evidence.warnings[0]
        assert all("hidden" not in str(item) for item in self.judged(evidence).items)
