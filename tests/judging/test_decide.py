from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest

from assay.checking.run import Run
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.judging.decide import judge
from assay.judging.policy import Policy, Rule
from assay.judging.verdict import conclude


class Depth(Measure):
    """A measure whose evidence the test writes."""

    question = "How deep?"
    family = "marginals"
    reads = "profile"
    codes: ClassVar[dict[str, str]] = {"DEEP01": "too deep"}
    mechanism = "tail_loss"
    remedy = "fill it up"
    cannot_see = "width"

    def measure(self, context: Context) -> Evidence:
        raise AssertionError

    def describe(self, item: Item) -> str:
        return f"{'/'.join(item.estimate.columns)} is off by {item.estimate.effect}"

    def missed(self, item: Item) -> str:
        return f"up to {item.harm_high} in {'/'.join(item.estimate.columns)}"


def item(column: str, effect: float, low: float, high: float, n: int = 1_000) -> Item:
    estimate = Estimate("depth", effect, 0, 0, 0, effect, min(low, effect), max(high, effect), n, n, "by hand", columns=(column,))
    return Item(estimate, max(low, 0), high, score=effect)


def policy(*, mean: float | None = None, required: bool = True, needs: tuple[str, ...] = ()) -> Policy:
    rule = Rule("depth", "depth", required, 0.10, mean, 0.30, "because")
    return Policy("own", "a test", 0.05, needs, {"depth": rule}, "0" * 64)


def outcome_of(items: tuple[Item, ...], mean: Item | None = None, rules: Policy | None = None):
    runs = [Run("depth", Depth(), None, Evidence((Family("depth", items, mean),)))]
    rules = rules or policy()
    judgement = judge(runs, rules, rows=1_000)
    return judgement, conclude(judgement, rules)


def test_all_bounds_inside_the_blind_margin_pass_and_say_what_could_be_missed() -> None:
    judgement, verdict = outcome_of((item("a", 0.0, 0.0, 0.1), item("b", 0.05, 0.0, 0.25)))
    check = judgement.families[0].check
    assert check.outcome == "pass"
    assert check.could_have_missed == "Up to 0.25 in b."
    assert verdict.verdict == "trusted"
    assert verdict.exit_code == 0


def test_one_lower_bound_above_the_material_margin_fails_and_is_found() -> None:
    judgement, verdict = outcome_of((item("a", 0.0, 0.0, 0.1), item("b", 0.2, 0.15, 0.25)))
    assert judgement.families[0].check.outcome == "fail"
    assert verdict.verdict == "not_trusted"
    assert verdict.exit_code == 1
    (finding,) = verdict.findings
    assert (finding.code, finding.mechanism, finding.columns) == ("DEEP01", "tail_loss", ("b",))
    assert judgement.scorecard is not None
    assert judgement.scorecard.estimates[finding.evidence[0]].columns == ("b",)


def test_effect_above_the_margin_that_is_not_proven_does_not_fail() -> None:
    judgement, _ = outcome_of((item("a", 0.2, 0.05, 0.28),))
    assert judgement.families[0].check.outcome == "pass"


def test_upper_bound_beyond_the_blind_margin_cannot_be_told_and_rows_are_reckoned() -> None:
    judgement, verdict = outcome_of((item("a", 0.1, 0.0, 0.5),))
    assert judgement.families[0].check.outcome == "cannot_tell"
    assert verdict.verdict == "cannot_tell"
    assert verdict.exit_code == 3
    # Half-width .4 must shrink to .2: four times the rows.
    assert verdict.rows_needed == 4_000
    assert "up to 0.5 in a" in verdict.reasons[0]


def test_mean_decides_as_well() -> None:
    quiet = tuple(item(name, 0.0, 0.0, 0.1) for name in "abcde")
    assert outcome_of(quiet, item("", 0.05, 0.03, 0.07), policy(mean=0.02))[1].verdict == "not_trusted"
    assert outcome_of(quiet, item("", 0.015, 0.0, 0.03), policy(mean=0.02))[1].verdict == "cannot_tell"
    assert outcome_of(quiet, item("", 0.005, 0.0, 0.01), policy(mean=0.02))[1].verdict == "trusted"


def test_mean_over_few_items_must_only_stay_below_the_margin_of_one() -> None:
    few = tuple(item(name, 0.0, 0.0, 0.1) for name in "abc")
    assert outcome_of(few, item("", 0.015, 0.0, 0.03), policy(mean=0.02))[1].verdict == "trusted"
    assert outcome_of(few, item("", 0.05, 0.0, 0.15), policy(mean=0.02))[1].verdict == "cannot_tell"
    assert outcome_of(few, item("", 0.05, 0.03, 0.07), policy(mean=0.02))[1].verdict == "not_trusted"


@pytest.mark.parametrize("outcome", ["error", "skipped"])
def test_required_check_that_did_not_run_never_passes(outcome: str) -> None:
    rules = policy()
    judgement = judge([Run("depth", Depth(), outcome, None, "it broke")], rules, rows=1_000)  # type: ignore[arg-type]
    verdict = conclude(judgement, rules)
    assert verdict.verdict == "cannot_tell"
    assert "it broke" in verdict.reasons[0]
    assert judgement.scorecard is not None
    assert judgement.scorecard.not_checked[0].outcome == outcome


def test_measure_that_does_not_apply_blocks_only_where_the_user_left_something_out() -> None:
    rules = policy()
    other = Rule("other", "other", True, 0.1, None, 0.3, "because")
    rules = Policy(rules.name, rules.purpose, rules.error, (), {**rules.rules, "other": other}, rules.sha256)
    passing = Run("depth", Depth(), None, Evidence((Family("depth", (item("a", 0, 0, 0.1),)),)))
    for lacking, expected in ((False, "trusted"), (True, "cannot_tell")):
        runs = [passing, Run("other", Depth(), "not_applicable", None, "no such column", lacking=lacking)]
        assert conclude(judge(runs, rules, rows=1_000), rules).verdict == expected


def test_what_the_policy_needs_and_is_not_there_keeps_from_trust() -> None:
    rules = policy(needs=("holdout",))
    judgement = judge([Run("depth", Depth(), None, Evidence((Family("depth", (item("a", 0, 0, 0.1),)),)))], rules, rows=1_000)
    verdict = conclude(judgement, rules, lacking=["a holdout is missing"])
    assert verdict.verdict == "cannot_tell"
    assert verdict.reasons[0] == "a holdout is missing"


def test_advisory_failure_is_a_minor_finding_and_no_verdict() -> None:
    rules = policy(required=False)
    needed = Rule("base", "depth2", True, 0.1, None, 0.3, "because")
    rules = Policy("own", "x", 0.05, (), {**rules.rules, "base": needed}, "0")
    runs = [
        Run("depth", Depth(), None, Evidence((Family("depth", (item("a", 0.2, 0.15, 0.25),)),))),
        Run("depth2", Depth(), None, Evidence((Family("depth2", (item("b", 0, 0, 0.1),), name="base"),))),
    ]
    verdict = conclude(judge(runs, rules, rows=1_000), rules)
    assert verdict.verdict == "trusted"
    assert [finding.severity for finding in verdict.findings] == ["minor"]


def test_a_failing_family_also_names_what_benjamini_yekutieli_confirms() -> None:
    proven, likely, unlikely = item("a", 0.3, 0.2, 0.35), item("b", 0.2, 0.08, 0.22), item("c", 0.11, 0.05, 0.2)
    near = Item(replace(likely.estimate, low=0.17, high=0.23), 0.08, 0.22)
    judgement, verdict = outcome_of((proven, near, unlikely))
    assert [part.estimate.columns for part, _ in judgement.families[0].failing] == [("a",), ("b",)]
    assert {finding.columns for finding in verdict.findings} == {("a",), ("b",)}
    assert outcome_of((near, unlikely))[0].families[0].failing == ()
