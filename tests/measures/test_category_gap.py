from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.testing.measure_contract import MeasureContract, with_column


class TestCategoryGap(MeasureContract):
    name = "category_gap"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ward = np.array(table.column("ward"))
        return with_column(table, "ward", np.where(rng.random(len(ward)) < 0.5 * severity, "surgery", ward))
