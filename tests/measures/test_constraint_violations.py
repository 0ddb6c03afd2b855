from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import beta

from assay.checking.context import CheckContext
from assay.core.errors import NotApplicable
from assay.data.schema import Constraint
from assay.measures.constraint_violations import ConstraintViolations
from assay.testing.measure_contract import MeasureContract, clinic, with_column
from assay.verbs.load import load


class TestConstraintViolations(MeasureContract):
    name = "constraint_violations"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.01, 0.3)

    def population(self, rows: int, rng: np.random.Generator) -> pa.Table:
        """Add what is paid, which never exceeds the cost."""
        table = clinic(rows, rng)
        paid = (np.array(table["cost"]) * np.minimum(rng.uniform(0.2, 1.3, rows), 1.0)).round(2)
        return table.append_column("paid", pa.array(np.minimum(paid, np.array(table["cost"]))))

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Let a share of the rows pay more than they cost."""
        paid, broken = np.array(table["paid"]).copy(), int(severity * len(table))
        paid[:broken] = np.array(table["cost"])[:broken] + 1
        return with_column(table, "paid", paid)

    def test_exact_bounds_and_the_rule_in_words(self) -> None:
        real, second, holdout = self.samples(7)
        family = self.judged(self.evidence(real, self.damaged(second, 0.02, np.random.default_rng(0)), holdout))
        item = max(family.items, key=lambda item: item.harm_low)
        assert item.estimate.columns == ("paid", "cost")
        assert item.estimate.low == pytest.approx(beta.ppf(0.025, 30, 1471))
        assert item.harm_high == pytest.approx(beta.ppf(0.95, 31, 1470))
        assert item.harm_low == pytest.approx(beta.ppf(0.003 / len(family.items), 30, 1471))
        assert "'paid' is at most 'cost'" in ConstraintViolations().describe(item)


def test_a_declared_rule_that_real_rows_break_counts_only_the_excess() -> None:
    rng = np.random.default_rng(0)
    low = rng.normal(size=2000)
    high = low + np.where(rng.random(2000) < 0.9, 1.0, -1.0)
    data = load(pa.table({"low": low, "high": high}), name="real")
    data = data.with_schema(data.schema.with_changes(constraints=(Constraint("inequality", ("low", "high")),)))
    with CheckContext(data, data, None, seed=0, jobs=1, alpha=0.003) as context:
        item = ConstraintViolations().measure(context).families[0].items[0]
    assert item.estimate.value == pytest.approx(0.1, abs=0.03)
    assert item.estimate.effect == 0.0
    assert item.harm_low == 0.0


def test_no_rule_no_measure() -> None:
    data = load(pa.table({"x": np.random.default_rng(0).normal(size=50)}), name="real")
    with CheckContext(data, data, None, seed=0, jobs=1, alpha=0.003) as context, pytest.raises(NotApplicable, match="no rule"):
        ConstraintViolations().measure(context)


def test_a_key_that_nobody_declared_is_asked_of_no_more_rows_than_have_no_repeat() -> None:
    """Ids drawn from a million: among 1,000 none need repeat, among 20,000 of the same population about 200 do."""

    def people(rows: int, seed: int, ids: int = 1_000_000) -> pa.Table:
        rng = np.random.default_rng(seed)
        drawn = rng.choice(ids, rows, replace=rows > 10_000) if ids == 1_000_000 else rng.integers(0, ids, rows)
        return pa.table({"patient_id": [f"P{number:07d}" for number in drawn], "x": rng.normal(size=rows)})

    real = load(people(1_500, 1), name="real")
    assert real.schema.column("patient_id").kind == "id"

    def item(table: pa.Table):
        with CheckContext(real, load(table, schema=real.schema, name="synthetic"), None, seed=0, jobs=1, alpha=0.003) as context:
            items = ConstraintViolations().measure(context).families[0].items
        return next(one for one in items if one.estimate.columns == ("patient_id",))

    sound, narrow = item(people(20_000, 2)), item(people(20_000, 3, 20_000))
    assert (sound.estimate.n_synthetic, narrow.estimate.n_synthetic) == (1_500, 1_500)
    assert sound.estimate.value < 0.003 < 0.02 < narrow.harm_low
