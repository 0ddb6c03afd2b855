from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.testing.measure_contract import MeasureContract, with_column


class TestMissingnessGap(MeasureContract):
    name = "missingness_gap"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        lost = rng.random(len(table)) < 0.2 * severity
        lab = table.column("lab").to_pylist()
        return with_column(table, "lab", [None if gone else cell for gone, cell in zip(lost, lab, strict=True)])
