from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from models_world import Alone, draw

from assay.core.evidence import Evidence, Family, Item
from assay.measures.worth_in_real_rows import WorthInRealRows
from assay.testing.measure_contract import MeasureContract, with_column


class TestWorthInRealRows(MeasureContract):
    name = "worth_in_real_rows"
    rows = 1_500
    repeats = 1
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.4)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Turn the labels of a share of the rows over."""
        ill = np.array(table.column("ill").to_pylist())
        turned = np.where(ill == "yes", "no", "yes")
        return with_column(table, "ill", np.where(rng.random(len(ill)) < severity, turned, ill).tolist())

    def judged(self, evidence: Evidence) -> Family:
        """Take the estimate, which is reported and judged nowhere, for an item without harm."""
        estimate = evidence.reported[0]
        return Family(self.name, (Item(estimate, 0.0, 0.0),))

    def harm(self, evidence: Evidence) -> float:
        """Give the real rows that the synthetic ones fall short of."""
        estimate = self.judged(evidence).items[0].estimate
        return estimate.n_real - estimate.value


def test_adding_synthetic_rows_gains_what_real_rows_would_and_costs_where_their_labels_are_wrong() -> None:
    real, holdout = draw(800, 0), draw(3000, 2)
    for synthetic, gains in ((draw(800, 1), True), (draw(4000, 1, flipped=0.9), False)):
        _, marginal = WorthInRealRows().measure(Alone(real, synthetic, holdout)).reported  # pyright: ignore[reportArgumentType]
        assert "TRTR(real + synthetic) - TRTR(real)" in marginal.method
        assert marginal.low <= marginal.value <= marginal.high
        if gains:
            assert marginal.floor_low <= marginal.value <= marginal.floor_high
        else:
            assert marginal.high < 0.0
