from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.core.evidence import Evidence
from assay.measures.below_floor import BelowFloor
from assay.testing.measure_contract import MeasureContract


class TestBelowFloor(MeasureContract):
    name = "below_floor"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.5, 1.0)
    order_tolerance = 0.05  # the chance level is the mean of 300 draws of blocks, and rows go to blocks by their position

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Put the first real rows themselves, each once, in the place of as many others."""
        real, _, _ = self.samples(7)
        repeated = int(severity * len(table))
        return pa.concat_tables([real.slice(0, repeated), table.slice(repeated)])

    def harm(self, evidence: Evidence) -> float:
        """Give the shortfall, which lies below zero where nothing is wrong."""
        return self.judged(evidence).items[0].estimate.effect

    def test_the_real_table_itself_falls_short_by_all(self) -> None:
        real, _, holdout = self.samples(1)
        shuffled = real.take(pa.array(np.random.default_rng(0).permutation(len(real))))
        item = self.judged(self.evidence(real, shuffled, holdout)).items[0]
        assert item.estimate.effect == pytest.approx(1.0)
        assert item.harm_low > 0.5
        assert "100% closer" in BelowFloor().describe(item)

    def test_a_bootstrap_of_the_real_rows_scores_about_zero(self) -> None:
        rng = np.random.default_rng(0)
        seen = []
        for seed in range(4):
            real, second, holdout = self.samples(seed)
            bootstrap = real.take(pa.array(rng.integers(0, len(real), len(real))))
            item = self.judged(self.evidence(real, bootstrap, holdout)).items[0]
            assert item.harm_low == 0.0
            # another sample lies sqrt(2) as far as a bootstrap does
            other = self.judged(self.evidence(real, second, holdout)).items[0]
            seen.append((item.estimate.effect, other.estimate.effect))
        assert np.mean(seen, axis=0) == pytest.approx([0.0, 1 - np.sqrt(2)], abs=0.1)
