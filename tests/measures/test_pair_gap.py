from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.testing.measure_contract import MeasureContract, with_column


class TestPairGap(MeasureContract):
    name = "pair_gap"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        age = np.array(table.column("age")).copy()
        moved = rng.random(len(age)) < severity
        age[moved] = rng.permutation(age[moved])
        return with_column(table, "age", age)
