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

    def test_tail_index_is_hills_and_sees_how_far_out_the_extremes_lie(self) -> None:
        rng = np.random.default_rng(51)

        def pareto(rows: int, index: float) -> pa.Table:
            # Beyond the 99% point, distances from the median grow as a power: log excesses are exponential with mean `index`.
            body = np.sign(rng.random(rows) - 0.5) * rng.random(rows) * 10
            far = rng.random(rows) < 0.02
            return pa.table(
                {"x": np.where(far, 10 * np.exp(index * rng.exponential(size=rows)), body), "ill": rng.random(rows) < 0.4}
            )

        evidence = self.evidence(pareto(40_000, 0.5), pareto(40_000, 0.8), pareto(40_000, 0.5))
        found = {e.slice: e for e in evidence.reported if e.columns == ("x",)}
        index = found["upper tail index"]
        assert index.low <= 0.3 <= index.high
        assert index.floor_high < 0.15
        assert found["upper .1% tail"].value > np.log(1.5)
