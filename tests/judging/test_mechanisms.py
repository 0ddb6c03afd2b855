from __future__ import annotations

from assay.core.estimate import Estimate
from assay.core.evidence import Item
from assay.core.finding import Finding
from assay.judging.findings import Found
from assay.judging.mechanisms import rank


def finding(mechanism: str, *columns: str, severity: str = "critical") -> Finding:
    return Finding("X01", mechanism, severity, columns, "says what", (), "mend it", 0.99)  # type: ignore[arg-type]


def found(*pairs: tuple[Finding, float]) -> list[Found]:
    item = Item(Estimate("depth", 1.0, 0.0, 0.0, 0.0, 1.0, 0.5, 1.5, 100, 100, "by hand"), 0.5, 1.5)
    return [Found(one, strength, "depth", item) for one, strength in pairs]


def first(*pairs: tuple[Finding, float]) -> str:
    return rank(found(*pairs))[0][0].mechanism


def test_cut_tail_comes_before_what_it_moves() -> None:
    assert first((finding("covariate_shift", "a"), 6.0), (finding("tail_loss", "a"), 5.0)) == "tail_loss"


def test_other_columns_are_not_explained_away() -> None:
    assert first((finding("covariate_shift", "b"), 6.0), (finding("tail_loss", "a"), 5.0)) == "covariate_shift"


def test_weak_cause_does_not_explain_a_strong_effect() -> None:
    assert first((finding("covariate_shift", "a"), 20.0), (finding("tail_loss", "a"), 1.0)) == "covariate_shift"


def test_broken_dependence_comes_before_the_rules_it_breaks() -> None:
    assert (
        first((finding("constraint_violation", "a", "b"), 20.0), (finding("broken_dependence", "a", "b"), 12.0))
        == "broken_dependence"
    )


def test_minor_findings_come_last_and_scores_add_up_to_one() -> None:
    findings, mechanisms = rank(found((finding("overconfidence", severity="minor"), 20.0), (finding("duplication"), 1.1)))
    assert [part.mechanism for part in findings] == ["duplication", "overconfidence"]
    assert abs(sum(score for _, score in mechanisms) - 1.0) < 1e-12


def test_nothing_found() -> None:
    assert rank([]) == ((), ())
