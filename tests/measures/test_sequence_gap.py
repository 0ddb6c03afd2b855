from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from scipy.signal import lfilter

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence
from assay.measures.sequence_gap import SequenceGap
from assay.testing.measure_contract import MeasureContract, with_column

HOUR = np.datetime64("2024-01-01", "s")


def weather(rows: int, rng: np.random.Generator, *, every: int = 3_600) -> pa.Table:
    """Draw hours in any order: a strongly and a weakly autocorrelated number, one without order, and a state that lasts."""
    strong, weak = (
        lfilter([1.0], [1.0, -slope], rng.standard_normal(rows + 300) * np.sqrt(1 - slope**2))[300:] for slope in (0.9, 0.5)
    )
    changes = rng.random(rows) < 0.3
    changes[0] = True
    state = rng.choice(np.array(["dry", "rain", "fog"]), rows, p=[0.6, 0.3, 0.1])
    state = state[np.maximum.accumulate(np.where(changes, np.arange(rows), 0))]
    order = rng.permutation(rows)
    at = HOUR + (every * np.arange(rows)).astype("timedelta64[s]")
    columns = {"at": at, "strong": strong, "weak": weak, "loose": rng.standard_normal(rows), "state": state}
    return pa.table({name: pa.array(values[order]) for name, values in columns.items()})


def shuffled(table: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    """Permute the times of a share of the rows."""
    order = np.arange(len(table))
    moved = np.flatnonzero(rng.random(len(table)) < share)
    order[moved] = rng.permutation(moved)
    return with_column(table, "at", table["at"].combine_chunks().take(pa.array(order)))


class TestSequenceGap(MeasureContract):
    name = "sequence_gap"
    roles: ClassVar[dict[str, Any]] = {"time": "at"}

    def population(self, rows: int, rng: np.random.Generator) -> pa.Table:
        return weather(rows, rng)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        return shuffled(table, severity, rng)

    def effect(self, evidence: Evidence, name: str) -> float:
        return next(i.estimate.effect for i in self.judged(evidence).items if i.estimate.columns == (name,))

    def test_lost_order_is_named_by_its_size(self) -> None:
        real, second, holdout = self.samples(7)
        found = self.evidence(real, shuffled(second, 1.0, np.random.default_rng(0)), holdout)
        assert self.effect(found, "strong") == pytest.approx(-0.89, abs=0.08)
        assert self.effect(found, "loose") == pytest.approx(0.0, abs=0.08)
        assert self.effect(found, "state") == pytest.approx(-0.7, abs=0.08)
        family = self.judged(found)
        worst = max(family.items, key=lambda item: item.harm_low)
        assert worst.harm_low > 0.6
        assert worst.facts["columns"] == (*worst.estimate.columns, "at")
        assert "less alike" in SequenceGap().describe(worst)
        assert family.mean is not None
        assert family.mean.harm_low > 0.3

    def test_a_thinned_sample_is_compared_at_one_spacing(self) -> None:
        rng = np.random.default_rng(1)
        whole = weather(12_000, rng)
        order = rng.permutation(12_000)
        real, synthetic = whole.take(pa.array(order[:2_000])), whole.take(pa.array(order[2_000:12_000]))
        found = self.evidence(real, synthetic, real)
        assert "thinned" in self.judged(found).items[0].estimate.method
        assert max(item.harm_low for item in self.judged(found).items) <= 0.05
        assert abs(self.effect(found, "strong")) < 0.12

    def test_order_within_entities(self) -> None:
        rng = np.random.default_rng(2)

        def visits() -> pa.Table:
            parts = [weather(8, rng).append_column("who", pa.array([f"p{who}"] * 8)) for who in range(150)]
            table = pa.concat_tables(parts)
            own = dict(zip((f"p{who}" for who in range(150)), rng.normal(0, 3, 150), strict=True))
            level = np.array(table["strong"]) + np.array([own[who] for who in table["who"].to_pylist()])
            return with_column(table, "strong", level)

        self_roles = {"time": "at", "entity": "who"}
        known, second = visits(), visits()
        case = type("Case", (TestSequenceGap,), {"roles": self_roles})()
        assert max(i.harm_low for i in case.judged(case.evidence(known, second, second)).items) <= 0.05
        codes = np.array([int(who[1:]) for who in second["who"].to_pylist()])
        order = np.lexsort((rng.random(len(codes)), codes))
        back = np.empty(len(codes), dtype=np.int64)
        back[np.argsort(codes, kind="stable")] = order
        mixed = with_column(second, "at", second["at"].combine_chunks().take(pa.array(back)))
        assert case.effect(case.evidence(known, mixed, second), "strong") < -0.3

    def test_times_as_numbers_and_as_text_give_the_same(self) -> None:
        real, second, holdout = self.samples(7)
        bad = shuffled(second, 0.5, np.random.default_rng(0))
        seen = []
        for write in (lambda at: at, lambda at: at.astype(np.int64), lambda at: np.datetime_as_string(at)):
            tables = [t.set_column(0, "at", pa.array(write(np.array(t["at"])))) for t in (real, bad, holdout)]
            seen.append(self.effect(self.evidence(*tables), "strong"))
        assert seen == pytest.approx([seen[0]] * 3, abs=1e-9)

    def test_one_time_for_all_rows_cannot_pass(self) -> None:
        real, second, holdout = self.samples(7)
        flat = with_column(second, "at", [HOUR.item()] * len(second))
        assert max(item.harm_high for item in self.judged(self.evidence(real, flat, holdout)).items) > 0.3

    def test_without_a_time_column_it_does_not_apply(self) -> None:
        real, second, holdout = self.samples(7)
        case = type("Case", (TestSequenceGap,), {"roles": {}})()
        with pytest.raises(NotApplicable, match="--time"):
            case.evidence(real, second, holdout)
