from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from models_world import Alone

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family
from assay.data.impose import impose
from assay.measures.group_gap import GroupGap
from assay.testing.measure_contract import MeasureContract, with_column
from assay.verbs.load import load

POINTS, TENTH = 0.05, 0.5  # the policy's margins of a rate, and of the log ratio of a small group's share


def town(rows: int, seed: int, *, rate: float = 0.6, share: float = 0.08, others: float = 0.3) -> pa.Table:
    """Groups a (by default 8% of the rows), b and c; the rate of the target in a, and outside of it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    group = rng.choice(np.array(["a", "b", "c"]), rows, p=[share, 0.5, 0.5 - share])
    odds = np.where(group == "a", np.log(rate / (1 - rate)), np.log(others / (1 - others)))
    yes = rng.random(rows) < 1 / (1 + np.exp(-odds))
    columns = {
        "x": x,
        "group": group.tolist(),
        "age": 40 + 10 * rng.normal(size=rows),
        "loan": np.where(yes, "yes", "no").tolist(),
    }
    return pa.table(columns)


def measured(*tables: pa.Table, holdout: bool = True, **roles: Any) -> tuple[Evidence, dict[str, Family]]:
    real = load(tables[0], name="real", **{"target": "loan", **roles})
    others = [
        impose(load(table).table, real.schema, name=role)
        for table, role in zip(tables[1:], ("synthetic", "holdout"), strict=True)
    ]
    context = Alone(real, others[0], others[1] if holdout else None)  # pyright: ignore[reportArgumentType]
    evidence = GroupGap().measure(context)  # pyright: ignore[reportArgumentType]
    return evidence, {family.name: family for family in evidence.families}


def item(family: Family, name: str):
    return next(item for item in family.items if item.estimate.slice == name)


def test_two_real_samples_keep_their_groups() -> None:
    evidence, families = measured(*(town(3000, seed) for seed in range(3)))
    assert set(families) == {"group_gap", "group_share", "group_prediction"}
    for family in families.values():
        assert {entry.estimate.slice for entry in family.items} >= {"group = a"}
        assert all(entry.harm_low <= 0.02 for entry in family.items), family.name
    assert all(estimate.low <= 0.0 <= estimate.high for estimate in evidence.reported)


def test_codes_of_few_values_are_groups_each_and_not_ranges() -> None:
    """Quarters of codes of which one has three quarters of the rows would be one group: everybody."""

    def coded(seed: int) -> pa.Table:
        table = town(3000, seed)
        codes = np.random.default_rng(seed).choice([1, 2, 3, 4], 3000, p=[0.8, 0.1, 0.06, 0.04])
        return table.append_column("race", pa.array(codes))

    _, families = measured(*(coded(seed) for seed in range(3)), sensitive=("race",))
    assert {entry.estimate.slice for entry in families["group_share"].items} == {f"race = {code}" for code in range(1, 5)}


def test_a_halved_rate_of_a_small_group_is_named_though_prevalence_is_kept() -> None:
    """8% of the rows, rate .6 halved, the others' rate raised so that the overall rate stays."""
    damaged = town(5000, 1, rate=0.3, others=0.3 + 0.3 * 0.08 / 0.92)
    evidence, families = measured(town(5000, 0), damaged, town(5000, 2))
    rate, prediction = item(families["group_gap"], "group = a"), item(families["group_prediction"], "group = a")
    assert rate.estimate.effect == pytest.approx(-0.3, abs=0.09)
    assert rate.harm_low > POINTS
    assert prediction.harm_low > POINTS
    assert item(families["group_gap"], "group = b").harm_low <= POINTS
    sentence = GroupGap().describe(rate)
    assert "reverses from +" in sentence
    assert "group = a" in sentence
    (amplification,) = (estimate for estimate in evidence.reported if estimate.columns == ("group",))
    assert amplification.high < 0.0


def test_a_raised_rate_is_amplified_bias() -> None:
    evidence, families = measured(town(5000, 0, rate=0.6), town(5000, 1, rate=0.9), town(5000, 2, rate=0.6))
    rate = item(families["group_gap"], "group = a")
    assert rate.harm_low > POINTS
    assert GroupGap.mechanism == "bias_amplification"
    assert "mechanism" not in rate.facts
    assert "grows from" in GroupGap().describe(rate)
    (amplification,) = (estimate for estimate in evidence.reported if estimate.columns == ("group",))
    assert amplification.low > 0.0


def test_a_group_that_shrinks_is_named_by_the_ratio_of_its_shares() -> None:
    _, families = measured(town(5000, 0), town(5000, 1, share=0.02), town(5000, 2))
    share = item(families["group_share"], "group = a")
    assert share.facts["metric"] == "ratio"
    assert share.harm_low > TENTH
    assert share.estimate.effect == pytest.approx(np.log(0.02 / 0.08), abs=0.3)
    assert "times" in GroupGap().describe(share)


def test_a_group_that_is_gone_has_a_share_and_no_rate() -> None:
    gone = town(3000, 1)
    gone = with_column(gone, "group", ["b" if name == "a" else name for name in gone.column("group").to_pylist()])
    _, families = measured(town(3000, 0), gone, town(3000, 2))
    assert item(families["group_share"], "group = a").harm_low > TENTH
    assert "group = a" not in {entry.estimate.slice for entry in families["group_gap"].items}


def test_declared_groups_are_looked_at_alone_and_their_utility_too() -> None:
    evidence, families = measured(*(town(2000, seed) for seed in range(3)), sensitive=("group", "age"))
    assert {entry.estimate.columns for entry in families["group_gap"].items} == {("group",), ("age",)}
    assert len([entry for entry in families["group_gap"].items if entry.estimate.columns == ("age",)]) == 4
    assert "group_utility" in families
    assert "ROC AUC" in GroupGap().missed(families["group_utility"].items[0])
    assert not evidence.not_applicable
    _, families = measured(*(town(2000, seed) for seed in range(3)), sensitive=("age",))
    assert {entry.estimate.columns for family in families.values() for entry in family.items} == {("age",)}


def test_groups_of_few_real_rows_are_never_named() -> None:
    tables = [town(1500, seed, share=0.03) for seed in range(3)]
    evidence, families = measured(*tables, sensitive=("group",))
    named = {entry.estimate.slice for family in families.values() for entry in family.items}
    assert "group = a" not in named
    assert "fewer than 100" in evidence.not_applicable["group"]
    assert "= a" not in evidence.not_applicable["group"]


def test_a_rate_of_fewer_than_ten_rows_is_not_told() -> None:
    """No row of the group has the target: both tables count as ten rows, which discloses nothing and is no difference."""
    tables = [town(4000, seed, rate=1e-9) for seed in range(3)]
    _, families = measured(*tables)
    rate = item(families["group_gap"], "group = a")
    assert rate.facts["real"] == rate.facts["synthetic"] > 0.01
    assert rate.estimate.value == 0.0


def test_without_target_or_holdout_shares_and_rates_remain() -> None:
    tables = [town(2000, seed) for seed in range(3)]
    assert set(measured(*tables, holdout=False)[1]) == {"group_gap", "group_share"}
    assert set(measured(*tables, target=None)[1]) == {"group_share"}


def test_rows_without_a_target_count_in_shares_and_in_no_rate() -> None:
    parts = [town(2000, seed) for seed in range(3)]
    nothing = with_column(parts[1], "loan", [None] * 2000)
    _, families = measured(parts[0], nothing, parts[2], sensitive=("group",))
    assert set(families) == {"group_share"}
    halved = [name if at % 2 else None for at, name in enumerate(parts[1].column("loan").to_pylist())]
    evidence, families = measured(parts[0], with_column(parts[1], "loan", halved), parts[2], sensitive=("group",))
    assert item(families["group_gap"], "group = b").estimate.n_synthetic < 600
    assert item(families["group_share"], "group = b").estimate.n_synthetic > 900
    assert evidence.reported[0].n_synthetic == 1000


def test_numbers_alone_make_no_groups() -> None:
    tables = [town(500, seed).select(["x", "age"]) for seed in range(3)]
    with pytest.raises(NotApplicable, match="--sensitive"):
        measured(*tables, target=None)


def test_a_regression_compares_means_in_standard_deviations() -> None:
    def wages(seed: int, extra: float) -> pa.Table:
        table = town(4000, seed)
        here = np.array(table.column("group").to_pylist()) == "a"
        wage = 1000 + 100 * np.random.default_rng(seed).normal(size=4000) + extra * here
        return table.set_column(3, "wage", pa.array(wage)).rename_columns(["x", "group", "age", "wage"])

    _, families = measured(wages(0, 0.0), wages(1, -80.0), wages(2, 0.0), target="wage")
    shifted = item(families["group_gap"], "group = a")
    assert shifted.facts["metric"] == "mean"
    assert shifted.estimate.effect == pytest.approx(-0.8, abs=0.2)
    assert shifted.harm_low > 0.15
    assert item(families["group_prediction"], "group = a").harm_low > 0.15
    assert "sd" in GroupGap().describe(shifted)


def test_rows_of_one_entity_count_once() -> None:
    tables = [town(600, seed) for seed in range(3)]
    fivefold = []
    for at, table in enumerate(tables):
        repeated = table.take(pa.array(np.repeat(np.arange(600), 5)))
        fivefold.append(repeated.append_column("who", pa.array([f"{at}-{row // 5}" for row in range(3000)])))
    alone = item(measured(*tables, sensitive=("group",))[1]["group_gap"], "group = b")
    together = item(measured(*fivefold, sensitive=("group",), entity="who")[1]["group_gap"], "group = b")
    assert together.estimate.high - together.estimate.low == pytest.approx(alone.estimate.high - alone.estimate.low, rel=0.05)


class TestGroupGap(MeasureContract):
    """The target is taken from those of one group."""

    name = "group_gap"
    severities: ClassVar[tuple[float, ...]] = (0.0, 0.4, 1.0)

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ill, ward = np.array(table.column("ill").to_pylist()), np.array(table.column("ward").to_pylist())
        struck = (ward == "cardiology") & (rng.random(len(ill)) < severity)
        return with_column(table, "ill", np.where(struck, "no", ill).tolist())


class TestGroupShare(MeasureContract):
    """A group thins out."""

    name = "group_gap"
    family = "group_share"
    repeats = 1
    test_frames_agree_and_are_left_alone = None
    test_constant_and_empty_columns_give_no_false_number = None
    test_same_seed_same_numbers = None
    test_metadata_is_complete = None

    def damaged(self, table: pa.Table, severity: float, rng: np.random.Generator) -> pa.Table:
        ward = np.array(table.column("ward").to_pylist())
        moved = (ward == "eye") & (rng.random(len(ward)) < severity)
        return with_column(table, "ward", np.where(moved, "skin", ward).tolist())
