from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence
from assay.measures.attribute_inference import AttributeInference
from assay.testing.measure_contract import MeasureContract


class TestAttributeInference(MeasureContract):
    name = "attribute_inference"
    repeats = 4
    roles: ClassVar[dict[str, Any]] = {"target": "ill", "sensitive": ["ward"]}
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.3, 0.9)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by real ones."""
        real, _, _ = self.samples(7)
        copied = int(severity * len(table))
        return pa.concat_tables([real.take(pa.array(rng.permutation(len(real))[:copied])), table.slice(copied)])

    def test_the_training_table_itself_gives_everything_away(self) -> None:
        real, _, holdout = self.samples(7)
        for item in self.judged(self.evidence(real, real, holdout)).items:
            assert item.estimate.columns == ("ward",)
            assert item.estimate.value > 0.99
            assert item.harm_low > 0.9
            assert "ward is guessed right for 100.0% of the training rows" in AttributeInference().describe(item)

    def test_interval_covers_the_share_of_people_copied(self) -> None:
        real, second, holdout = self.samples(7)
        items = self.judged(self.evidence(real, self.damaged(second, 0.3, np.random.default_rng(1)), holdout)).items
        nearest = next(item for item in items if item.facts["attack"] == "the nearest synthetic row")
        assert nearest.estimate.low <= 0.3 <= nearest.estimate.high

    def test_both_attacks_are_made_on_declared_columns(self) -> None:
        items = self.judged(self.evidence(*self.samples(1))).items
        assert len({item.facts["attack"] for item in items}) == 2

    def test_without_declared_columns_all_are_attacked(self) -> None:
        real, _, holdout = self.samples(7)
        items = self.judged(undeclared(real, real, holdout)).items
        assert {item.facts["column"] for item in items} == set(real.column_names)
        assert all(item.harm_low > 0.9 for item in items)
        assert "none is declared sensitive: all 7 were attacked" in items[0].estimate.method

    def test_pass_is_possible_at_five_thousand_rows(self) -> None:
        rng = np.random.default_rng(6)
        tables = [self.population(rows, rng) for rows in (5000, 5000, 5000)]
        assert all(item.harm_high <= 0.2 for item in self.judged(self.evidence(*tables)).items)
        assert all(item.harm_high <= 0.2 for item in self.judged(undeclared(*tables)).items)

    def test_a_column_that_follows_from_the_others_leaves_nothing_to_find(self) -> None:
        tables = list(self.samples(2))
        for copy in range(12):
            tables = [table.append_column(f"ward {copy}", table["ward"]) for table in tables]
        with pytest.raises(NotApplicable, match="nothing is left to find"):
            self.evidence(*tables)

    def test_few_rows_are_refused(self) -> None:
        with pytest.raises(NotApplicable, match="at least 50 rows"):
            self.evidence(*(table.slice(0, 40) for table in self.samples(3)))


class Undeclared(MeasureContract):
    name = "attribute_inference"


def undeclared(*tables: pa.Table) -> Evidence:
    return Undeclared().evidence(*tables)
