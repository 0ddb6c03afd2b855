from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa

from assay.core.evidence import Evidence
from assay.measures.too_close import TooClose
from assay.testing.measure_contract import MeasureContract


class TestTooClose(MeasureContract):
    name = "too_close"
    rows = 600
    repeats = 2
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.2, 0.6)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by copies of training rows."""
        real, _, _ = self.samples(7)
        copied = int(severity * len(table))
        return pa.concat_tables([real.slice(0, copied), table.slice(copied)])

    def harm(self, evidence: Evidence) -> float:
        return self.judged(evidence).items[0].estimate.effect

    def test_a_fifth_of_copies_is_proven_and_never_folded(self) -> None:
        real, second, holdout = self.samples(7)
        item = self.judged(self.evidence(real, self.damaged(second, 0.2, np.random.default_rng(0)), holdout)).items[0]
        assert item.estimate.value < 0.46
        assert item.harm_low > 0.02
        assert "below the 0.500" in TooClose().describe(item)

    def test_a_table_far_from_the_real_one_is_not_too_close(self) -> None:
        real, second, holdout = self.samples(7)
        rng = np.random.default_rng(0)
        shuffled = pa.table(
            {name: second.column(name).take(pa.array(rng.permutation(len(second)))) for name in second.column_names}
        )
        assert self.judged(self.evidence(real, shuffled, holdout)).items[0].harm_low == 0.0
