from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

import assay
from assay.core.errors import InputError, UsageError
from assay.reporting.documents import report_schema
from assay.testing.measure_contract import clinic, with_column


def tables(rows: int = 1_200, seed: int = 0) -> tuple[pa.Table, pa.Table, pa.Table]:
    rng = np.random.default_rng([11, seed])
    return clinic(rows, rng), clinic(rows, rng), clinic(rows, rng)


def without_timings(report: assay.Report) -> str:
    document = report.to_dict()
    del document["run"]["timings"]
    return json.dumps(document, sort_keys=True)


def test_same_report_at_any_number_of_jobs_and_from_any_source(tmp_path: Path) -> None:
    real, second, holdout = tables()
    one = assay.check(real, second, holdout=holdout, target="ill", seed=3, jobs=1)
    two = assay.check(real, second, holdout=holdout, target="ill", seed=3, jobs=2)
    assert without_timings(one) == without_timings(two)
    paths = [tmp_path / f"{name}.parquet" for name in ("real", "second", "holdout")]
    for path, table in zip(paths, (real, second, holdout), strict=True):
        pq.write_table(table, path)
    filed = assay.check(*paths[:2], holdout=paths[2], target="ill", seed=3, jobs=1)
    assert without_timings(filed) == without_timings(one)


def test_report_keeps_the_schema_and_never_holds_nan() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    real, second, holdout = tables(seed=1)
    document = assay.check(real, second, holdout=holdout, target="ill", jobs=1).to_dict()
    jsonschema.validate(document, report_schema())
    json.dumps(document, allow_nan=False)
    assert document["verdict"] in ("trusted", "cannot_tell")


def test_shuffled_columns_are_not_trusted_for_broken_dependence() -> None:
    real, _, holdout = tables(3_000, seed=2)
    rng = np.random.default_rng(0)
    shuffled = pa.table({name: real.column(name).take(pa.array(rng.permutation(len(real)))) for name in real.column_names})
    report = assay.check(real, shuffled, holdout=holdout, target="ill", jobs=1)
    assert report.verdict == "not_trusted"
    assert not report.trusted
    assert report.findings[0].mechanism == "broken_dependence"
    assert report.headline is not None
    assert report.headline.actual.value < report.headline.attainable.value - 0.1


def test_the_real_rows_themselves_are_not_trusted_for_memorisation() -> None:
    real, _, holdout = tables(seed=3)
    report = assay.check(real, real, holdout=holdout, target="ill", jobs=1)
    assert report.verdict == "not_trusted"
    assert report.findings[0].mechanism == "memorisation"
    assert {"exact_copies", "below_floor"} <= {check.family for check in report.scorecard.checks if check.outcome == "fail"}


def test_constant_offset_is_not_trusted() -> None:
    real, _, holdout = tables(seed=4)
    moved = with_column(real, "lab", [None if x is None else x + 22.5 for x in real.column("lab").to_pylist()])
    assert assay.check(real, moved, holdout=holdout, target="ill", jobs=1).verdict == "not_trusted"


def test_without_a_holdout_nothing_is_trusted_and_the_report_says_why() -> None:
    real, second, _ = tables(seed=5)
    report = assay.check(real, second, target="ill", jobs=1)
    assert report.verdict == "cannot_tell"
    assert "assay split" in report.reasons[0]
    assert {"two_sample", "utility", "membership"} <= {part.measure for part in report.scorecard.not_checked}
    assert report.headline is None


def test_policy_test_can_trust_without_a_holdout() -> None:
    real, second, _ = tables(3_000, seed=6)
    assert assay.check(real, second, policy="test", jobs=1).verdict == "trusted"


def test_without_a_target_the_headline_is_null_and_train_cannot_trust() -> None:
    real, second, holdout = tables(seed=7)
    report = assay.check(real, second, holdout=holdout, jobs=1)
    assert report.headline is None
    assert report.verdict == "cannot_tell"
    assert "utility" in {part.measure for part in report.scorecard.not_checked}


def test_spent_budget_skips_and_never_passes() -> None:
    real, second, holdout = tables(seed=8)
    report = assay.check(real, second, holdout=holdout, target="ill", jobs=1, budget=1e-6)
    assert report.verdict == "cannot_tell"
    assert {part.outcome for part in report.scorecard.not_checked} == {"skipped"}


def test_fewer_than_twenty_rows_tell_nothing() -> None:
    real, second, holdout = tables(seed=9)
    report = assay.check(real, second.slice(0, 19), holdout=holdout, target="ill", jobs=1)
    assert report.verdict == "cannot_tell"
    assert "19 rows" in report.reasons[0]


def test_holdout_that_is_the_real_table_is_refused() -> None:
    real, second, _ = tables(seed=10)
    with pytest.raises(InputError, match="holdout is the real table itself"):
        assay.check(real, second, holdout=real, target="ill")


def test_faults_of_both_tables_are_listed_together() -> None:
    real, second, holdout = tables(seed=11)
    with pytest.raises(InputError) as caught:
        assay.check(
            real, second.drop_columns(["age"]), holdout=holdout.rename_columns([*holdout.column_names[:-1], "sick"]), target="ill"
        )
    assert {"age", "ill", "sick"} <= {error.column for error in caught.value.errors}


@pytest.mark.parametrize("options", [{"seed": -1}, {"jobs": 0}, {"budget": 0}])
def test_options_that_cannot_be_used(options: dict[str, int]) -> None:
    real, second, holdout = tables(100, seed=12)
    with pytest.raises(UsageError, match=next(iter(options))):
        assay.check(real, second, holdout=holdout, target="ill", **options)


def test_no_level_of_fewer_than_ten_rows_is_told() -> None:
    real, second, holdout = tables(seed=13)
    ward = real.column("ward").to_pylist()
    ward[:4] = ["TELLTALE"] * 4
    real = with_column(real, "ward", ward)
    report = assay.check(real, second, holdout=holdout, target="ill", jobs=1)
    assert "TELLTALE" not in json.dumps(report.to_dict())
    assert "TELLTALE" not in report.to_html()


def test_few_entities_cannot_tell() -> None:
    real, second, holdout = tables()
    few = [table.append_column("site", pa.array([row % 5 for row in range(len(table))])) for table in (real, second, holdout)]
    report = assay.check(few[0], few[1], holdout=few[2], target="ill", entity="site", jobs=1)
    assert report.verdict == "cannot_tell"
    assert "the real table has 5 entities in 'site'" in report.reasons[0]


def test_columns_at_the_ends_of_the_doubles_and_of_spans_are_measured() -> None:
    rng = np.random.default_rng(4)
    parts = []
    for table in tables(600):
        widened = table.append_column("lumped", pa.array(rng.choice([-1e308, 0.0, 1.0, 1e308], len(table))))
        spans = pa.array(rng.integers(0, 99_999, len(table))).cast(pa.duration("s"))
        tiny = pa.array(rng.uniform(-1e-310, 1e-310, len(table)))
        parts.append(widened.append_column("tiny", tiny).append_column("span", spans))
    report = assay.check(parts[0], parts[1], holdout=parts[2], target="ill", jobs=1)
    assert not [part for part in report.to_dict()["not_checked"] if part["outcome"] == "error"]


def test_holdout_that_repeats_the_real_table_fails_without_errors(capfd: pytest.CaptureFixture[str]) -> None:
    real, second, _ = tables(600)
    shuffled = real.take(pa.array(np.random.default_rng(0).permutation(len(real))))
    report = assay.check(real, second, holdout=shuffled, target="ill", jobs=1)
    assert report.verdict == "not_trusted"
    assert "LINE02" in {finding.code for finding in report.findings}
    assert not [part for part in report.to_dict()["not_checked"] if part["outcome"] == "error"]
    assert "Traceback" not in capfd.readouterr().err


def test_scorer_by_name_and_unusable_ones() -> None:
    real, second, holdout = tables(400)
    model = LogisticRegression(max_iter=500)
    report = assay.check(real, second, holdout=holdout, target="ill", learners=[model], scorer="balanced_accuracy", jobs=1)
    assert report.headline is not None
    for wrong in ({"scorer": "no_such_score"}, {"scorer": 3}, {"learners": [LogisticRegression]}, {"learners": ["forest"]}):
        with pytest.raises(UsageError, match="Got"):
            assay.check(real, second, target="ill", **wrong)
    for wrong in ({"learners": [object()]}, {"learners": [lambda: 3]}, {"learners": model}):
        with pytest.raises(UsageError, match="Got"):
            assay.check(real, second, target="ill", **wrong)


def test_a_learner_that_fails_is_an_error_and_never_trusted() -> None:
    class Failing(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            raise ValueError("it will not learn")

    real, second, holdout = tables(400)
    report = assay.check(real, second, holdout=holdout, target="ill", learners=[lambda: Failing()], jobs=1)
    assert report.verdict != "trusted"
    said = {part["measure"]: part for part in report.to_dict()["not_checked"] if part["outcome"] == "error"}
    assert {"utility", "calibration", "group_gap"} <= set(said)
    assert "Failing failed in fit: ValueError: it will not learn" in said["utility"]["reason"]
