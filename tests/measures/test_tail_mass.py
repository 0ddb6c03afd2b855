from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.testing.measure_contract import MeasureContract, with_column


class TestTailMass(MeasureContract):
    name = "tail_mass"
    severities = (0.0, 0.6, 1.0)
    rows = 4_000

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        cost = np.array(table.column("cost"))
        high = cost > np.quantile(cost, 0.985)
        cut = high & (rng.random(len(cost)) < severity)
        return with_column(table, "cost", np.where(cut, np.median(cost), cost))
