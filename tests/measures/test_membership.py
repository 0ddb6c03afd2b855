from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import CheckContext
from assay.checking.run import Run
from assay.data.impose import impose
from assay.judging.decide import Judged, judge
from assay.judging.policy import load_policy
from assay.measures._neighbours import near
from assay.measures.membership import Membership
from assay.testing.measure_contract import MeasureContract, clinic
from assay.verbs.load import load


class TestMembership(MeasureContract):
    name = "membership"
    repeats = 4
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.3, 0.9)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        """Replace a share of the rows by real ones."""
        real, _, _ = self.samples(7)
        copied = int(severity * len(table))
        return pa.concat_tables([real.take(pa.array(rng.permutation(len(real))[:copied])), table.slice(copied)])

    def test_the_training_table_itself_gives_all_members_away(self) -> None:
        real, _, holdout = self.samples(7)
        item = max(self.judged(self.evidence(real, real, holdout)).items, key=lambda item: item.harm_low)
        assert item.estimate.value > 0.99
        assert item.harm_low > 0.9
        assert "of the training rows while it wrongly accuses 1.0% of the holdout rows" in Membership().describe(item)

    def test_interval_covers_the_share_of_members_copied(self) -> None:
        real, second, holdout = self.samples(7)
        items = self.judged(self.evidence(real, self.damaged(second, 0.3, np.random.default_rng(1)), holdout)).items
        nearest = next(item for item in items if item.facts["attack"] == "nearest synthetic row")
        assert nearest.estimate.low <= 0.3 + 0.7 * 0.01 <= nearest.estimate.high

    def test_a_leak_of_the_isolated_rows_alone_is_seen_there(self) -> None:
        real, second, holdout = self.samples(7)
        cost = np.array(real["cost"])
        alone = np.flatnonzero(cost > np.quantile(cost, 0.95))
        leaked = pa.concat_tables([real.take(pa.array(alone)), second.slice(len(alone))])
        items = self.judged(self.evidence(real, leaked, holdout)).items
        rates = {item.facts["attack"]: item.estimate.value for item in items}
        assert rates["nearest synthetic row, most isolated rows"] > 3 * rates["nearest synthetic row"]
        assert max(item.harm_low for item in items if "isolated" in item.facts["attack"]) > 0.05

    def test_pass_is_possible_at_five_thousand_rows(self) -> None:
        rng = np.random.default_rng(6)
        evidence = self.evidence(*(self.population(rows, rng) for rows in (5000, 5000, 2500)))
        assert all(item.harm_high <= 0.05 for item in self.judged(evidence).items)
        assert "0.1% false positives" in evidence.reported[0].method

    @pytest.mark.parametrize("rows", [30, 60])
    def test_few_rows_cannot_pass(self, rows: int) -> None:
        rng = np.random.default_rng(7)
        items = self.judged(self.evidence(*(self.population(rows, rng) for _ in range(3)))).items
        assert all(item.harm_high > 0.05 for item in items)
        assert all(item.harm_low < 0.05 for item in items)


def numbers(rows: int, rng: np.random.Generator) -> pa.Table:
    """Draw correlated numbers of unit spread."""
    common = rng.normal(size=(rows, 1))
    values = 0.6 * common + 0.8 * rng.normal(size=(rows, 6))
    return pa.table({f"x{at}": values[:, at] for at in range(6)})


def moved(table: pa.Table, offset: float, noise: float, rng: np.random.Generator) -> pa.Table:
    """Add a constant, and noise of a share of the spread, to every number."""
    columns = {
        name: np.asarray(table[name]) + offset + noise * np.std(np.asarray(table[name])) * rng.normal(size=len(table))
        for name in table.column_names
    }
    return pa.table(columns)


def contexts(real: pa.Table, synthetic: pa.Table, holdout: pa.Table, target: str | None = None) -> CheckContext:
    known = load(real, name="real", target=target)
    others = [impose(table, known.schema, name=role) for role, table in (("synthetic", synthetic), ("holdout", holdout))]
    return CheckContext(known, *others, seed=0, jobs=1, alpha=0.003)


def verdict(policy: str, *tables: pa.Table, target: str | None = None) -> Judged:
    """Let the policy judge what the measure found."""
    with contexts(*tables, target=target) as context:
        run = Run("membership", Membership(), None, Membership().measure(context))
    return judge([run], load_policy(policy), rows=len(tables[0])).families[0]


class TestRedFixtures:
    """Tables that must be refused for ever, and one that must not be."""

    @pytest.mark.parametrize("policy", ["share", "train"])
    def test_the_real_table_itself_fails(self, policy: str) -> None:
        rng = np.random.default_rng(30)
        real, holdout = clinic(2000, rng), clinic(2000, rng)
        found = verdict(policy, real, real, holdout, target="ill")
        assert found.check.outcome == "fail"
        assert found.failing[0][0].estimate.value > 0.99

    @pytest.mark.parametrize("policy", ["share", "train"])
    def test_a_constant_offset_fails(self, policy: str) -> None:
        rng = np.random.default_rng(31)
        real, holdout = numbers(2000, rng), numbers(2000, rng)
        found = verdict(policy, real, moved(real, 1.5, 0.0, rng), holdout)
        assert found.check.outcome == "fail"
        worst = found.failing[0][0]
        assert "numbers aligned" in worst.facts["attack"]
        assert worst.estimate.value > 0.99
        assert worst.harm_low > 0.9

    def test_who_knows_the_offset_accuses_all_members_and_nobody_else(self) -> None:
        rng = np.random.default_rng(31)
        real, holdout = numbers(2000, rng), numbers(2000, rng)
        with contexts(real, moved(real, 1.5, 0.0, rng), holdout) as context:
            found = near(context)
        assert found.real_aligned is not None
        assert found.holdout_aligned is not None
        assert found.real_aligned[:, 0].max() < found.holdout_aligned[:, 0].min()
        assert np.median(found.synthetic_real[:, 0]) > np.median(found.real_real[:, 0])

    @pytest.mark.parametrize("policy", ["share", "train"])
    @pytest.mark.parametrize("offset", [0.0, 1.5])
    def test_near_copies_fail(self, policy: str, offset: float) -> None:
        rng = np.random.default_rng(32)
        real, holdout = numbers(2000, rng), numbers(2000, rng)
        assert verdict(policy, real, moved(real, offset, 0.05, rng), holdout).check.outcome == "fail"

    @pytest.mark.parametrize("policy", ["share", "train"])
    @pytest.mark.parametrize("seed", [33, 34])
    def test_an_independent_sample_passes(self, policy: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        assert verdict(policy, *(numbers(5000, rng) for _ in range(3))).check.outcome == "pass"
        assert verdict(policy, *(clinic(5000, rng) for _ in range(3)), target="ill").check.outcome == "pass"
