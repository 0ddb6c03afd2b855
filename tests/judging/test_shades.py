from __future__ import annotations

from assay.core.finding import Finding
from assay.judging.shades import SHADE, SHADOWS, USE_SHADE, shade


def finding(code: str, mechanism: str, *columns: str) -> Finding:
    return Finding(code, mechanism, "critical", columns, "says what", (), "mend it", 0.99)  # type: ignore[arg-type]


def test_uses_follow_from_any_cause() -> None:
    assert shade("tail_loss", ("a",), finding("USE01", "broken_dependence")) == USE_SHADE
    assert shade("covariate_shift", ("a",), finding("GROUP03", "bias_amplification", "b")) == USE_SHADE


def test_rounding_makes_rows_equal_not_near() -> None:
    assert shade("artefact", ("a",), finding("COPY01", "memorisation")) == SHADE
    assert shade("artefact", ("a",), finding("COPY03", "memorisation")) == 0.0
    assert shade("artefact", ("a",), finding("DUP03", "duplication")) == 0.0


def test_rates_of_groups_and_slices_of_labels_hang_on_the_target() -> None:
    group, slice_ = finding("GROUP01", "bias_amplification", "sex"), finding("LABEL02", "label_shift", "age")
    assert shade("label_shift", ("income",), group, "income") == SHADE
    assert shade("label_noise", ("income",), slice_, "income") == SHADE
    assert shade("label_shift", ("income",), group, None) == 0.0


def test_whole_table_explains_the_same_mechanism_in_a_column_but_not_the_reverse() -> None:
    assert shade("memorisation", (), finding("ATTR01", "memorisation", "a")) == SHADE
    assert shade("memorisation", ("a",), finding("MIA01", "memorisation")) == 0.0
    assert shade("broken_dependence", ("a", "b"), finding("PAIR01", "broken_dependence", "a", "c")) == 0.0


def test_no_mechanism_is_listed_as_its_own_consequence() -> None:
    assert all(cause not in effects for cause, effects in SHADOWS.items())
