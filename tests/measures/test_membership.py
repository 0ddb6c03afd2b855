from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.measures.membership import Membership
from assay.testing.measure_contract import MeasureContract


class TestMembership(MeasureContract):
    name = "membership"
    repeats = 4
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.3, 0.9)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by real ones."""
        real, _, _ = self.samples(7)
        copied = int(severity * len(table))
        return pa.concat_tables([real.take(pa.array(rng.permutation(len(real))[:copied])), table.slice(copied)])

    def test_the_training_table_itself_gives_all_members_away(self) -> None:
        real, _, holdout = self.samples(7)
        item = max(self.judged(self.evidence(real, real, holdout)).items, key=lambda item: item.harm_low)
        assert item.estimate.value > 0.99
        assert item.harm_low > 0.9
        assert "of the training rows while it wrongly accuses 1.0% of the holdout rows" in Membership().describe(item)

    def test_interval_covers_the_share_of_members_copied(self) -> None:
        real, second, holdout = self.samples(7)
        items = self.judged(self.evidence(real, self.damaged(second, 0.3, np.random.default_rng(1)), holdout)).items
        nearest = next(item for item in items if item.facts["attack"] == "nearest synthetic row")
        assert nearest.estimate.low <= 0.3 + 0.7 * 0.01 <= nearest.estimate.high

    def test_a_leak_of_the_isolated_rows_alone_is_seen_there(self) -> None:
        real, second, holdout = self.samples(7)
        cost = np.array(real["cost"])
        alone = np.flatnonzero(cost > np.quantile(cost, 0.95))
        leaked = pa.concat_tables([real.take(pa.array(alone)), second.slice(len(alone))])
        items = self.judged(self.evidence(real, leaked, holdout)).items
        rates = {item.facts["attack"]: item.estimate.value for item in items}
        assert rates["nearest synthetic row, most isolated rows"] > 3 * rates["nearest synthetic row"]
        assert max(item.harm_low for item in items if "isolated" in item.facts["attack"]) > 0.05

    def test_pass_is_possible_at_five_thousand_rows(self) -> None:
        rng = np.random.default_rng(6)
        evidence = self.evidence(*(self.population(rows, rng) for rows in (5000, 5000, 2500)))
        assert all(item.harm_high <= 0.05 for item in self.judged(evidence).items)
        assert "0.1% false positives" in evidence.reported[0].method

    @pytest.mark.parametrize("rows", [30, 60])
    def test_few_rows_cannot_pass(self, rows: int) -> None:
        rng = np.random.default_rng(7)
        items = self.judged(self.evidence(*(self.population(rows, rng) for _ in range(3)))).items
        assert all(item.harm_high > 0.05 for item in items)
        assert all(item.harm_low < 0.05 for item in items)
