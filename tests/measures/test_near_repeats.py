from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.measures.near_repeats import NearRepeats
from assay.testing.measure_contract import MeasureContract, with_column


class TestNearRepeats(MeasureContract):
    name = "near_repeats"
    repeats = 4
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.1, 0.5)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by others of the table with noise on their numbers."""
        kept = len(table) - int(severity * len(table))
        return pa.concat_tables(
            [table.slice(0, kept), jittered(table.take(pa.array(rng.integers(0, kept, len(table) - kept))), rng)]
        )

    def test_jitter_within_one_class_names_it(self) -> None:
        real, second, holdout = self.samples(7)
        rng = np.random.default_rng(0)
        ill, well = (second.filter(pc.equal(second["ill"], value)) for value in ("yes", "no"))
        few = ill.slice(0, len(ill) // 5)
        refilled = jittered(few.take(pa.array(rng.integers(0, len(few), len(ill)))), rng)
        item = self.judged(self.evidence(real, pa.concat_tables([well, refilled]), holdout)).items[0]
        assert item.harm_low > 0.005
        assert item.facts["class"] == "ill = yes"
        assert "with ill = yes" in NearRepeats().describe(item)

    def test_narrow_rows_do_not_repeat_each_other(self) -> None:
        real, second, holdout = self.samples(7)
        for name in ("cost", "lab", "age"):
            values = np.array(second[name].to_numpy(zero_copy_only=False), dtype=float)
            moved = np.nanmean(values) + 0.5 * (values - np.nanmean(values))
            kind = second.schema.field(name).type
            moved = np.round(moved) if pa.types.is_integer(kind) else moved
            column = pa.array(moved, mask=np.isnan(values)).cast(kind)
            second = second.set_column(second.column_names.index(name), name, column)
        item = self.judged(self.evidence(real, second, holdout)).items[0]
        assert item.harm_low <= 0.005

    def test_exact_repeats_and_copies_are_left_to_others(self) -> None:
        real, second, holdout = self.samples(7)
        item = self.judged(
            self.evidence(real, pa.concat_tables([second.slice(0, 700), second.slice(0, 300), real.slice(0, 500)]), holdout)
        ).items[0]
        assert item.harm_low <= 0.005


def jittered(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Add noise of 1% of the scale to the numbers."""
    table = with_column(table, "cost", np.array(table["cost"]) * np.exp(rng.normal(0, 0.01, len(table))))
    lab = np.array(table["lab"].to_numpy(zero_copy_only=False), dtype=float)
    noisy = pa.array(lab + rng.normal(0, 0.15, len(lab)), mask=np.isnan(lab))
    return table.set_column(table.column_names.index("lab"), "lab", noisy)
