"""Tables that do not fit together, roles that do not exist, and rows that are where they should not be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_input.made import failing, patients, warned, with_column


def test_column_sets_differ(refused, file):
    real = file(patients(), "real.parquet")
    made = file(patients().rename_columns(["age", "lba", "ward", "ill"]), "made.parquet")
    error = refused(real, made)
    assert [fault.column for fault in error.errors] == ["lab", "lba"]
    assert "Did you mean 'lba'?" in error.errors[0].message


def test_types_differ_is_handled_and_fails(handled):
    made = with_column(patients(80, 1), "age", [f"{age} years" for age in patients(80, 1).column("age").to_pylist()])
    assert "schema_match" in failing(handled(patients(), made))


def test_new_categories_are_handled_and_fail(handled):
    cells = patients(300, 1).column("ward").to_pylist()
    made = with_column(patients(300, 1), "ward", ["attic" if row % 2 else cell for row, cell in enumerate(cells)])
    assert failing(handled(patients(300), made)) & {"schema_match", "category_gap"}


def test_target_absent(refused, file):
    path = file(patients(), "real.parquet")
    error = refused(path, None, target="il")
    assert error.column == "il"
    assert "Did you mean 'ill'" in error.message
    for role in ("entity", "time"):
        assert refused(path, None, **{role: "nowhere"}).column == "nowhere"


def test_one_class(refused, file):
    path = file(with_column(patients(), "ill", ["no"] * 80), "real.parquet")
    error = refused(path, None, target="ill")
    assert error.column == "ill"
    assert "one class only" in error.message


def test_one_class_in_the_synthetic_table(handled):
    made = with_column(patients(80, 1), "ill", ["no"] * 80)
    document = handled(patients(), made, holdout=patients(60, 2), target="ill")
    assert document["verdict"] == "not_trusted"


def test_class_of_one_member_cannot_tell(handled):
    tables = [with_column(patients(120, seed), "ill", ["yes"] + ["no"] * 119) for seed in range(3)]
    document = handled(tables[0], tables[1], holdout=tables[2], target="ill")
    assert document["verdict"] == "cannot_tell"


def test_feature_that_copies_the_target_is_warned_of(handled):
    tables = [with_column(table, "copy", table.column("ill")) for table in (patients(80, 0), patients(80, 1), patients(80, 2))]
    document = handled(tables[0], tables[1], holdout=tables[2], target="ill")
    assert "'copy' is a copy of the target" in warned(document)
    assert "'ward' is a copy" not in warned(document)


def test_nothing_but_duplicates_is_warned_of(handled):
    table = pa.table({"a": [1, 2] * 30, "b": ["x", "y"] * 30})
    document = handled(table, table, holdout=table.slice(0, 40))
    assert "repeat an earlier one" in warned(document)
    assert document["verdict"] != "trusted"


def test_synthetic_that_is_the_real_table_fails_on_privacy(handled):
    real = patients(300)
    document = handled(real, real, holdout=patients(200, 2), target="ill")
    assert document["verdict"] == "not_trusted"
    assert "exact_copies" in failing(document)
    assert document["findings"][0]["mechanism"] == "memorisation"


def test_holdout_that_is_the_real_file(refused, file):
    path = file(patients(), "real.parquet")
    error = refused(path, None, holdout=str(path))
    assert error.file == str(path)
    assert "assay split" in error.fix


def test_holdout_that_is_the_real_table_in_another_file(refused, file, folder):
    real = file(patients(), "real.parquet")
    pq.write_table(patients(), folder / "copy.parquet", compression="none", row_group_size=7)
    assert "holdout is the real table itself" in refused(real, None, holdout=str(folder / "copy.parquet")).message


def test_holdout_that_overlaps_the_real_table_fails(handled):
    real = patients(300)
    shuffled = real.take(pa.array(np.random.default_rng(0).permutation(300)[:200]))
    document = handled(real, patients(300, 1), holdout=shuffled, target="ill")
    assert "LINE02" in {finding["code"] for finding in document["findings"]}
    assert document["verdict"] == "not_trusted"


def test_duplicates_of_the_real_tables_own_are_no_overlap(handled):
    tables = [patients(300, seed).select(["ward", "ill"]) for seed in range(3)]
    document = handled(tables[0], tables[1], holdout=tables[2])
    assert "LINE02" not in {finding["code"] for finding in document["findings"]}


def test_all_faults_are_told_at_once(refused, file, folder):
    error = refused(file("a,a\n1,2\n3,4\n"), file('a,b\n1,"2\n', "made.csv"), holdout=str(folder / "absent.csv"))
    assert {fault.file.rsplit("/")[-1] for fault in error.errors} == {"table.csv", "made.csv", "absent.csv"}
