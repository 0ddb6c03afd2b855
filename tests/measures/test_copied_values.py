from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import NotApplicable
from assay.testing.measure_contract import MeasureContract, clinic, with_column


def patients(rows: int, rng: np.random.Generator) -> pa.Table:
    names = [f"{part:016x}" for part in rng.integers(0, 2**63, rows)]
    return clinic(rows, rng).append_column("patient", pa.array(names))


class TestCopiedValues(MeasureContract):
    name = "copied_values"
    rows = 600

    def population(self, rows: int, rng: np.random.Generator) -> pa.Table:
        return patients(rows, rng)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        real = self.samples(7)[0].column("patient").to_pylist()
        own = table.column("patient").to_pylist()
        taken = rng.random(len(table)) < severity
        return with_column(table, "patient", [r if t else o for r, o, t in zip(real, own, taken, strict=True)])

    def test_all_real_ids_are_proven_copies(self) -> None:
        real, second, holdout = self.samples(7)
        family = self.judged(self.evidence(real, self.damaged(second, 1.0, np.random.default_rng(0)), holdout))
        (item,) = family.items
        assert item.estimate.columns == ("patient",)
        assert item.estimate.effect == pytest.approx(1.0)
        assert item.harm_low > 0.9

    def test_running_numbers_are_left_out(self) -> None:
        tables = [t.drop_columns(["patient"]).append_column("number", pa.array(range(len(t)))) for t in self.samples(1)]
        with pytest.raises(NotApplicable, match="by chance"):
            self.evidence(*tables)

    def test_without_such_a_column_it_does_not_apply(self) -> None:
        tables = [t.drop_columns(["patient"]) for t in self.samples(1)]
        with pytest.raises(NotApplicable, match="no id"):
            self.evidence(*tables)
