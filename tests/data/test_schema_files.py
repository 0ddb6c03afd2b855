"""Schemas to TOML and back, and from SDV's metadata."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.data.schema import Column, Constraint, Schema
from assay.data.schema_files import complete, load_schema, schema_from_toml, schema_to_toml

FULL = Schema(
    (
        Column("age", "numeric", "int64"),
        Column('say "hi"\\\n\t\x7f\x00 ü 𝄞', "categorical", "string", nullable=True),
        Column("when", "datetime", "timestamp[us, tz=Europe/Berlin]"),
        Column("money", "numeric", "decimal128(10, 2)"),
        Column("ill", "boolean", "int64"),
        Column("patient", "id", "string"),
    ),
    target="ill",
    task="binary",
    positive="1",
    entity="patient",
    sensitive=("age",),
    time="when",
    constraints=(
        Constraint("functional", ("age", "ill"), {"pairs": [["1", "0"], ["2", "1"]]}),
        Constraint("grid", ("money",), {"step": 0.05}),
        Constraint("unique", ("patient",)),
    ),
)


def test_toml_round_trip(tmp_path):
    assert schema_from_toml(schema_to_toml(FULL)) == FULL
    path = tmp_path / "schema.toml"
    path.write_text(schema_to_toml(FULL), encoding="utf-8")
    assert load_schema(path) == FULL


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_any_name_survives_toml(name):
    schema = Schema((Column(name, "numeric", "int64"),), target=name)
    assert schema_from_toml(schema_to_toml(schema)) == schema


def test_a_partial_schema_is_completed():
    table = pa.table({"age": [31, 40, 52], "code": [7, 8, 9], "ill": ["no", "yes", "no"]})
    declared = schema_from_toml('target = "ill"\n[[columns]]\nname = "code"\nkind = "categorical"\ndtype = "string"\n')
    table, schema = complete(declared, table)
    assert [column.kind for column in schema.columns] == ["numeric", "categorical", "categorical"]
    assert (schema.task, schema.positive) == ("binary", "yes")
    assert table.column("code").to_pylist() == ["7", "8", "9"]


def test_roles_given_win_over_the_file():
    table = pa.table({"a": [0, 1, 0, 1], "b": ["x", "y", "y", "y"]})
    _, schema = complete(Schema((), target="a", task="binary", positive="0"), table, target="b")
    assert (schema.target, schema.positive) == ("b", "x")


def test_a_type_that_does_not_fit():
    declared = Schema((Column("a", "numeric", "int64"), Column("agee", "numeric", "")))
    with pytest.raises(InputError) as caught:
        complete(declared, pa.table({"a": ["1", "x"], "age": [1, 2]}))
    assert [error.column for error in caught.value.errors] == ["a", "agee"]
    assert "Did you mean 'age'" in caught.value.errors[1].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("target =", "no TOML"),
        ('tarket = "a"', "Did you mean 'target'"),
        ('[[columns]]\nname = "a"\nkind = "numerical"', "Did you mean 'numeric'"),
        ('[[columns]]\nname = "a"\ndtype = "int46"', "Did you mean 'int64'"),
        ('[[columns]]\nkind = "id"', "no name"),
        ('task = "binry"', "Did you mean 'binary'"),
        ('[[constraints]]\nkind = "sums"\ncolumns = ["a"]', "Did you mean 'sum'"),
        ("columns = 3", "list of tables"),
        ("sensitive = 3", r"^schema.toml: sensitive must be the name of a column. Got 3. Write it in quotes.$"),
        ('sensitive = ["a", 3]', r"^schema.toml: sensitive\[1\] must be the name of a column. Got 3."),
        ("sensitive = {a = 1}", "sensitive must be the name"),
        ("target = [{a=1}]", r"^schema.toml: target must be the name of a column. Got \[{'a': 1}\]."),
        ("target = " + "[" * 5000, "^schema.toml: The schema is nested too deep to be read. Take out"),
        ("target = " + "9" * 5000, "^schema.toml: The schema is no TOML .*5000 digits"),
    ],
)
def test_faults_of_the_file(text, words):
    with pytest.raises(InputError, match=words):
        schema_from_toml(text, file="schema.toml")


SINGLE = {
    "METADATA_SPEC_VERSION": "SINGLE_TABLE_V1",
    "primary_key": "guest",
    "columns": {
        "guest": {"sdtype": "id"},
        "room": {"sdtype": "categorical"},
        "paid": {"sdtype": "numerical", "computer_representation": "Float"},
        "in": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"},
        "email": {"sdtype": "email", "pii": True},
        "odd": {"sdtype": "unknown"},
    },
}


@pytest.mark.parametrize("document", [SINGLE, {"tables": {"guests": SINGLE}, "relationships": []}])
def test_sdv_metadata(tmp_path, document):
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(document))
    kinds = {column.name: column.kind for column in load_schema(path).columns}
    assert kinds == {"guest": "id", "room": "categorical", "paid": "numeric", "in": "datetime", "email": "id", "odd": ""}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"tables": {"a": {}, "b": {}}}, "2 tables"),
        ({"x": 1}, "no SDV metadata"),
        ({"tables": []}, "0 tables"),
        (SINGLE | {"primary_key": 3}, r"metadata.json: primary_key must be the name of a column. Got 3."),
        (SINGLE | {"primary_key": ["guest", 3]}, r"primary_key\[1\] must be the name of a column. Got 3."),
        (SINGLE | {"sequence_index": [3]}, r"sequence_index must be the name of a column. Got \[3\]."),
        ({"columns": {"a": {"sdtype": [3]}}}, r"metadata.json: sdtype of 'a' must be a word. Got \[3\]. Known: numerical"),
    ],
)
def test_other_json(tmp_path, document, words):
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=words):
        load_schema(path)


def test_json_may_be_too_deep(tmp_path):
    path = tmp_path / "metadata.json"
    path.write_text('{"columns": ' + "[" * 5000 + "]" * 5000 + "}")
    with pytest.raises(InputError, match=r"metadata.json: The schema is nested too deep to be read\. Give SDV metadata or TOML"):
        load_schema(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load_schema(tmp_path / "absent.toml")
