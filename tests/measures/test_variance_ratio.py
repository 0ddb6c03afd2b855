from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.testing.measure_contract import MeasureContract, with_column


class TestVarianceRatio(MeasureContract):
    name = "variance_ratio"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        age = np.array(table.column("age")).astype(float)
        return with_column(table, "age", np.round(age.mean() + (age - age.mean()) * (1 - 0.6 * severity)).astype(np.int64))
