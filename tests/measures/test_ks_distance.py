from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.testing.measure_contract import MeasureContract, with_column


class TestKsDistance(MeasureContract):
    name = "ks_distance"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        cost = np.array(table.column("cost"))
        return with_column(table, "cost", cost * (1 + severity))
