from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import NotApplicable
from assay.measures.singling_out import SinglingOut, _matches
from assay.testing.measure_contract import MeasureContract


class TestSinglingOut(MeasureContract):
    name = "singling_out"
    repeats = 4
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.3, 0.9)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by real ones."""
        real, _, _ = self.samples(7)
        copied = int(severity * len(table))
        return pa.concat_tables([real.take(pa.array(rng.permutation(len(real))[:copied])), table.slice(copied)])

    def test_every_condition_on_a_copy_singles_its_original_out(self) -> None:
        real, _, holdout = self.samples(7)
        (item,) = self.judged(self.evidence(real, real, holdout)).items
        assert item.estimate.value == 1.0
        assert item.estimate.floor_median < 0.4
        assert item.harm_low > 0.9
        assert "100.0% of the conditions" in SinglingOut().describe(item)

    def test_an_independent_sample_of_five_thousand_rows_can_pass(self) -> None:
        rng = np.random.default_rng(6)
        (item,) = self.judged(self.evidence(*(self.population(5000, rng) for _ in range(3)))).items
        assert item.harm_low <= 0.05
        assert item.harm_high <= 0.15

    def test_rows_that_hardly_differ_cannot_be_singled_out(self) -> None:
        tables = [table.select(["smoker", "ill"]) for table in self.samples(2)]
        with pytest.raises(NotApplicable, match="rows hardly differ"):
            self.evidence(*tables)


def test_conditions_count_what_they_say() -> None:
    table = np.array([[1.0, 5.0], [2.0, np.nan], [2.0, 7.0], [0.0, 7.0]])
    assert _matches(table, [(0, "is", 2.0)]) == 2
    assert _matches(table, [(0, "is", 2.0), (1, "null", np.nan)]) == 1
    assert _matches(table, [(1, "least", 6.0), (0, "most", 1.0)]) == 1
    assert _matches(table, [(1, "most", 4.0)]) == 0
