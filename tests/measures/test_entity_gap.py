from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family
from assay.measures.entity_gap import EntityGap
from assay.testing.measure_contract import MeasureContract, with_column


def visits(rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw patients of one to six visits, named anew in every table: sex and birth stay, pressure hardly, mood not at all."""
    sizes = rng.integers(1, 7, rows)
    owner = np.repeat(np.arange(rows), sizes)[:rows]
    names = rng.permutation(10 * rows)[:rows]
    columns = {
        "who": names[owner],
        "sex": rng.choice(np.array(["f", "m"]), rows)[owner],
        "birth": rng.integers(1930, 2010, rows)[owner],
        "pressure": rng.normal(130, 15, rows)[owner] + rng.normal(0, 8, rows),
        "mood": rng.standard_normal(rows),
    }
    order = rng.permutation(rows)
    return pa.table({name: pa.array(values[order]) for name, values in columns.items()})


def torn(table: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    """Permute the entities of a share of the rows."""
    order = np.arange(len(table))
    moved = np.flatnonzero(rng.random(len(table)) < share)
    order[moved] = rng.permutation(moved)
    return with_column(table, "who", table["who"].combine_chunks().take(pa.array(order)))


class EntityContract(MeasureContract):
    name = "entity_gap"
    roles: ClassVar[dict[str, Any]] = {"entity": "who"}

    def population(self, rows: int, rng: np.random.Generator) -> pa.Table:
        return visits(rows, rng)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        return torn(table, severity, rng)

    def of(self, evidence: Evidence, name: str) -> Family:
        return next(family for family in evidence.families if family.name == name)


class TestEntityGap(EntityContract):
    def test_torn_entities_lose_their_likeness(self) -> None:
        real, second, holdout = self.samples(7)
        found = self.evidence(real, torn(second, 1.0, np.random.default_rng(0)), holdout)
        effects = {item.estimate.columns[0]: item.estimate.effect for item in self.of(found, "entity_gap").items}
        assert effects["sex"] == pytest.approx(-1.0, abs=0.08)
        assert effects["birth"] == pytest.approx(-1.0, abs=0.08)
        assert effects["pressure"] == pytest.approx(-0.76, abs=0.08)  # normal, likeness 225 / 289
        assert effects["mood"] == pytest.approx(0.0, abs=0.1)
        assert self.of(found, "entity_rows").items[0].harm_low == 0.0
        worst = max(self.of(found, "entity_gap").items, key=lambda item: item.harm_low)
        assert "less alike" in EntityGap().describe(worst)
        assert worst.facts["columns"] == (*worst.estimate.columns, "who")

    def test_names_of_entities_do_not_matter(self) -> None:
        real, second, holdout = self.samples(7)
        renamed = with_column(second, "who", 7 * np.array(second["who"]) + 1)
        assert self.harm(self.evidence(real, renamed, holdout)) == pytest.approx(self.harm(self.evidence(real, second, holdout)))

    def test_columns_that_hardly_vary_are_left_out(self) -> None:
        tables = [
            t.append_column("rare", pa.array(np.where(np.arange(len(t)) % 500 == 0, "yes", "no").tolist()))
            for t in self.samples(7)
        ]
        found = self.evidence(*tables)
        assert "only at this size" in found.not_applicable["rare"]
        assert "rare" not in {item.estimate.columns[0] for item in self.of(found, "entity_gap").items}

    def test_rows_without_repeats_have_no_likeness(self) -> None:
        tables = [with_column(t, "who", np.arange(len(t))) for t in self.samples(7)]
        found = self.evidence(*tables)
        assert [family.name for family in found.families] == ["entity_rows"]
        assert "have two rows" in found.not_applicable["who"]

    def test_without_an_entity_it_does_not_apply(self) -> None:
        case = type("Case", (EntityContract,), {"roles": {}})()
        with pytest.raises(NotApplicable, match="--entity"):
            case.evidence(*self.samples(7))


class TestEntityConstants(EntityContract):
    family = "entity_constants"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        moved = rng.random(len(table)) < 0.3 * severity
        sex = np.array(table["sex"].to_pylist())
        return with_column(table, "sex", np.where(moved, np.where(sex == "f", "m", "f"), sex).tolist())

    def test_only_constant_columns_are_judged_and_the_share_is_right(self) -> None:
        real, second, holdout = self.samples(7)
        family = self.judged(self.evidence(real, self.damaged(second, 0.2, np.random.default_rng(0)), holdout))
        items = {item.estimate.columns[0]: item for item in family.items}
        assert set(items) == {"sex", "birth"}
        assert items["sex"].estimate.value == pytest.approx(0.055, abs=0.02)  # 6% moved; where half moved, the other half differs
        assert items["sex"].harm_low > 0.01
        assert items["birth"].estimate.value == 0.0
        assert items["birth"].harm_high < 0.01


class TestEntityRows(EntityContract):
    family = "entity_rows"

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        who = np.array(table["who"])
        alone = rng.random(len(table)) < severity
        return with_column(table, "who", np.where(alone, 10**7 + np.arange(len(table)), who))

    def test_entities_of_one_row_each_are_seen(self) -> None:
        real, second, holdout = self.samples(7)
        item = self.judged(self.evidence(real, with_column(second, "who", np.arange(len(second))), holdout)).items[0]
        sizes = np.arange(1, 7)  # the largest distance there can be is the mean logarithm; cells of sizes are exact up to ten
        assert item.estimate.value == pytest.approx((sizes * np.log(sizes)).sum() / sizes.sum(), abs=0.05)
        assert item.facts["code"] == "ENT02"
        assert "1.0 rows on average" in EntityGap().describe(item)
