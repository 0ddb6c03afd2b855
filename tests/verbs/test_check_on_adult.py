from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import assay
from assay.core import registry
from assay.data.dataset import Dataset


@pytest.fixture(scope="module")
def adult(shared_data: Path) -> tuple[Dataset, Dataset, Dataset]:
    whole = assay.load(shared_data / "adult.csv", target="income", null="?")
    order = np.random.default_rng(3).permutation(len(whole))
    real, second, holdout = (whole.take(order[at : at + 5_000]) for at in (0, 5_000, 10_000))
    return real, second, holdout


def made(generator: str, real: Dataset) -> Dataset:
    return registry.get("generator", generator)().fit(real, seed=1).sample(len(real), seed=2)


def test_second_real_sample_is_not_refused(adult: tuple[Dataset, Dataset, Dataset]) -> None:
    real, second, holdout = adult
    report = assay.check(real, second, holdout=holdout)
    assert report.verdict != "not_trusted"
    assert not report.findings
    assert report.headline is not None
    assert report.headline.actual.value == pytest.approx(report.headline.attainable.value, abs=0.02)


def test_independent_columns_are_refused_for_broken_dependence(adult: tuple[Dataset, Dataset, Dataset]) -> None:
    real, _, holdout = adult
    report = assay.check(real, made("marginals", real), holdout=holdout)
    assert report.verdict == "not_trusted"
    assert {finding.mechanism for finding in report.findings[:3]} == {"broken_dependence"}
    outcomes = {check.family: check.outcome for check in report.scorecard.checks}
    assert outcomes["ks_distance"] == outcomes["category_gap"] == outcomes["exact_copies"] == "pass"
    assert report.headline is not None
    assert report.headline.actual.value < report.headline.attainable.value - 0.2


def test_repeated_rows_are_refused_for_memorisation(adult: tuple[Dataset, Dataset, Dataset]) -> None:
    real, _, holdout = adult
    report = assay.check(real, made("bootstrap_rows", real), holdout=holdout)
    assert report.verdict == "not_trusted"
    assert {finding.mechanism for finding in report.findings[:3]} == {"memorisation"}
    failed = {check.family for check in report.scorecard.checks if check.outcome == "fail"}
    assert {"exact_copies", "near_copies", "membership", "too_close", "duplicate_rows"} <= failed


def test_trees_copy_nothing(adult: tuple[Dataset, Dataset, Dataset]) -> None:
    real, _, holdout = adult
    report = assay.check(real, made("tree_chain", real), holdout=holdout, policy="share")
    outcomes = {check.family: check.outcome for check in report.scorecard.checks}
    assert "fail" not in {outcomes[family] for family in ("exact_copies", "near_copies", "membership", "constraint_violations")}


def test_cut_tail_is_found_first_with_its_place(adult: tuple[Dataset, Dataset, Dataset]) -> None:
    real, second, holdout = adult
    hours = np.minimum(np.asarray(second.table.column("hours-per-week")), 60)
    cut = second.table.set_column(second.names.index("hours-per-week"), "hours-per-week", pa.array(hours, pa.int64()))
    report = assay.check(real, Dataset(cut, real.schema), holdout=holdout)
    assert report.verdict == "not_trusted"
    assert (report.findings[0].mechanism, report.findings[0].columns) == ("tail_loss", ("hours-per-week",))
    assert report.findings[0].message.startswith("0.00% of synthetic rows exceed the real 99th percentile of hours-per-week")
