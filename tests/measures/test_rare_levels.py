from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.testing.measure_contract import MeasureContract, with_column


class TestRareLevels(MeasureContract):
    name = "rare_levels"
    severities = (0.0, 0.6, 1.0)
    rows = 3_000

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ward = np.array(table.column("ward"))
        return with_column(table, "ward", np.where((ward == "rare") & (rng.random(len(ward)) < severity), "surgery", ward))
