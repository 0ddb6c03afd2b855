from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from assay.core.evidence import Evidence, Item
from assay.testing.measure_contract import MeasureContract, clinic, with_column


class TestValueSpikes(MeasureContract):
    name = "value_spikes"
    severities = (0.0, 0.3, 0.9)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        cost = np.array(table.column("cost"))
        return with_column(table, "cost", np.where(rng.random(len(cost)) < severity, np.round(cost, -1), cost))

    def found(self, evidence: Evidence) -> dict[str, Item]:
        """Give the failing item of each code; the clinic has whole ages, costs in cents and real-valued lab results."""
        return {item.facts["code"]: item for item in self.judged(evidence).items if item.harm_low > 0.02}

    def test_rounding_to_tens_changes_digits(self) -> None:
        real, second, holdout = self.samples(40)
        age = np.round(np.array(second.column("age")), -1)
        found = self.found(self.evidence(real, with_column(second, "age", age), holdout))
        assert {"SPIKE02", "SPIKE03"} <= set(found)
        assert all(item.estimate.columns == ("age",) for item in found.values())

    def test_a_constant_in_a_twentieth_of_the_rows_is_a_new_spike(self) -> None:
        rng = np.random.default_rng(41)
        real, second, holdout = (clinic(4_000, rng) for _ in range(3))
        lab = np.array(second.column("lab").to_pylist(), dtype=float)
        spoilt = np.where(rng.random(len(lab)) < 0.05, 99.5, lab)
        values = pa.array(spoilt, from_pandas=True)
        found = self.found(self.evidence(real, with_column(second, "lab", values.to_pylist()), holdout))
        assert "SPIKE01" in found
        estimate = found["SPIKE01"].estimate
        assert estimate.columns == ("lab",)
        assert estimate.low <= 0.05 <= estimate.high + 20 / 4_000

    def test_noise_on_whole_numbers_loses_their_grid(self) -> None:
        real, second, holdout = self.samples(42)
        age = np.array(second.column("age")) + np.random.default_rng(1).normal(0, 0.1, self.rows)
        as_numbers = real.set_column(0, "age", real.column("age").cast(pa.float64()))
        found = self.found(self.evidence(as_numbers, second.set_column(0, "age", pa.array(age)), holdout))
        assert found["SPIKE03"].estimate.columns == ("age",)
        assert found["SPIKE03"].estimate.effect == pytest.approx(1.0, abs=0.05)

    def test_rounding_of_a_real_valued_column_is_a_new_grid(self) -> None:
        real, second, holdout = self.samples(43)
        lab = [None if cell is None else round(cell, 1) for cell in second.column("lab").to_pylist()]
        found = self.found(self.evidence(real, with_column(second, "lab", lab), holdout))
        assert found["SPIKE03"].estimate.columns == ("lab",)

    def test_a_heap_that_is_smeared_is_named(self) -> None:
        rng = np.random.default_rng(44)

        def weeks(rows: int) -> pa.Table:
            hours = np.where(rng.random(rows) < 0.45, 40, np.clip(rng.normal(41, 12, rows), 1, 99).round())
            return clinic(rows, rng).append_column("hours", pa.array(hours))

        real, second, holdout = weeks(4_000), weeks(4_000), weeks(4_000)
        hours = np.array(second.column("hours"))
        smeared = np.where((hours == 40) & (rng.random(4_000) < 0.3), hours + rng.choice([-2, -1, 1, 2], 4_000), hours)
        found = self.found(self.evidence(real, with_column(second, "hours", smeared), holdout))
        assert found["SPIKE02"].estimate.columns == ("hours",)
        assert found["SPIKE02"].facts["value"] == "40"

    def test_one_of_many_heavy_values_that_swells_is_proven_though_all_of_them_are_noisy(self) -> None:
        rng = np.random.default_rng(45)
        real, second, holdout = (with_column(clinic(5_000, rng), "age", rng.integers(20, 90, 5_000)) for _ in range(3))
        age = np.array(second.column("age")).copy()
        age[rng.random(5_000) < 0.08] = 43
        found = self.found(self.evidence(real, with_column(second, "age", age), holdout))
        assert found["SPIKE02"].facts["value"] == "43"
        assert 0.03 < found["SPIKE02"].harm_low < 0.08
        assert not self.found(self.evidence(real, second, holdout))

    def test_rounding_to_fours_of_few_whole_numbers_is_seen_by_its_heaps(self) -> None:
        rng = np.random.default_rng(46)
        real, second, holdout = (with_column(clinic(4_000, rng), "age", rng.integers(25, 60, 4_000)) for _ in range(3))
        rounded = np.round(np.array(second.column("age")) / 4) * 4
        found = self.found(self.evidence(real, with_column(second, "age", rounded.astype(int)), holdout))
        assert found["SPIKE02"].estimate.columns == ("age",)

    def test_a_shifted_distribution_is_no_artefact(self) -> None:
        real, second, holdout = self.samples(45)
        age, lab = np.array(second.column("age")), second.column("lab").to_pylist()
        moved = with_column(second, "age", age + 3)
        moved = with_column(moved, "lab", [None if cell is None else cell * 1.1 for cell in lab])
        assert not self.found(self.evidence(real, moved, holdout))
