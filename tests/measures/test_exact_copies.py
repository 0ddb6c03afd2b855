from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence
from assay.data.impose import impose
from assay.data.readers import read_table
from assay.measures.exact_copies import ExactCopies
from assay.testing.measure_contract import MeasureContract
from assay.verbs.load import load


class TestExactCopies(MeasureContract):
    name = "exact_copies"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.05, 0.5)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by copies of real ones."""
        real, _, _ = self.samples(7)
        copied = int(severity * len(table))
        return pa.concat_tables([real.take(pa.array(rng.integers(0, len(real), copied))), table.slice(copied)])

    @pytest.mark.parametrize("share", [0.05, 0.3])
    def test_interval_covers_the_share_copied(self, share: float) -> None:
        real, second, holdout = self.samples(7)
        found = self.judged(self.evidence(real, self.damaged(second, share, np.random.default_rng(0)), holdout)).items[0]
        assert found.estimate.low <= share <= found.estimate.high
        assert found.estimate.effect == pytest.approx(share, abs=0.02)
        assert found.harm_low > 0.005

    def test_a_bootstrap_of_the_real_rows_scores_one(self) -> None:
        real, _, holdout = self.samples(7)
        again = real.take(pa.array(np.random.default_rng(0).integers(0, len(real), len(real))))
        item = self.judged(self.evidence(real, again, holdout)).items[0]
        assert item.estimate.value == 1.0
        assert item.estimate.effect == pytest.approx(1.0, abs=0.01)
        assert "100.00% of the synthetic rows (1,500 of 1,500)" in ExactCopies().describe(item)

    def test_works_without_a_holdout(self) -> None:
        real, second, _ = self.samples(7)
        copied = self.damaged(second, 0.1, np.random.default_rng(0))
        item = self.judged(measured(copied, real)).items[0]
        assert item.harm_low > 0.05
        assert "own duplicates" in item.estimate.method
        assert self.judged(measured(second, real)).items[0].harm_low == 0.0

    def test_rows_that_all_repeat_each_other_tell_nothing(self) -> None:
        coins = pa.table({"a": [0, 1] * 200, "b": [1, 1, 0, 0] * 100})
        with pytest.raises(NotApplicable, match="repeat each other"):
            measured(coins, coins, target=None)

    def test_an_id_column_hides_nothing(self) -> None:
        real, _, holdout = self.samples(7)
        tables = [
            table.append_column("key", pa.array([f"{mark}{at}" for at in range(len(table))]))
            for mark, table in (("r", real), ("s", real), ("h", holdout))
        ]
        assert self.judged(self.evidence(*tables)).items[0].estimate.effect == pytest.approx(1.0, abs=0.01)


def test_honest_duplicates_of_a_real_table_are_no_copies(shared_data) -> None:
    """A third of mammography's rows repeat another one, most of them one and the same row."""
    table = read_table(shared_data / "mammography.csv")
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(table))
        real, second, holdout = (table.take(pa.array(order[start : start + 3700])) for start in (0, 3700, 7400))
        item = measured(second, real, holdout, target="class").families[0].items[0]
        assert item.estimate.value > 0.25
        assert item.harm_low == 0.0
        assert item.harm_high < 0.01


def measured(synthetic: pa.Table, real: pa.Table, holdout: pa.Table | None = None, target: str | None = "ill") -> Evidence:
    known = load(real, name="real", target=target)
    other = impose(load(synthetic).table, known.schema, name="synthetic")
    sealed = None if holdout is None else impose(load(holdout).table, known.schema, name="holdout")
    with CheckContext(known, other, sealed, seed=0, jobs=1, alpha=0.003) as context:
        return ExactCopies().measure(context)
