"""What mending found, as JSON, frame and files."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator, ValidationError
from sample_mended import (
    ALL,
    FORMS,
    gained,
)

import assay
from assay.core.errors import UsageError
from assay.core.finding import MECHANISMS
from assay.reporting import mended_words as words
from assay.reporting.documents import mend_schema
from assay.reporting.mended import Mended
from assay.reporting.mended_frame import table


@pytest.mark.parametrize("name", ALL)
def test_every_document_fits_the_schema_and_reads_back(name):
    schema = mend_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["mechanism"]["enum"] == list(MECHANISMS)
    Draft202012Validator(schema).validate(ALL[name]().to_dict())
    assert Mended.from_dict(ALL[name]().to_dict()) == ALL[name]()


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("steps", 0),
        ("steps", 0, "told_before"),
        ("left", 0),
        ("forms", 0),
        ("proof",),
        ("proof", "groups", 0),
        ("proof", "calibration"),
        ("withheld",),
        ("before",),
        ("wanted", 0),
        ("counts",),
        ("inputs", "real"),
        ("run",),
    ],
)
def test_the_schema_takes_nothing_more_and_nothing_less(path):
    document = gained().to_dict()
    for change in ("more", "less"):
        broken = copy.deepcopy(document)
        part = broken
        for step in path:
            part = part[step]
        if change == "more":
            part["surprise"] = 1
        else:
            del part[next(reversed(part))]
        with pytest.raises(ValidationError):
            Draft202012Validator(mend_schema()).validate(broken)


def test_the_schema_has_every_code_that_says_why():
    rooms = [Path(assay.__file__).parent / room for room in ("mending", "verbs")]
    made = {
        code
        for room in rooms
        for file in room.rglob("*.py")
        for code in re.findall(r'\bWhy\(\s*"(\w+)"', file.read_text("utf-8"))
    }
    assert made == set(mend_schema()["$defs"]["why"]["properties"]["code"]["enum"])


def test_a_frame_has_a_row_a_form():
    rows = table(FORMS).to_pylist()
    assert len(rows) == 10
    assert (rows[0]["rows"], rows[0]["share"], rows[0]["learner"]) == ("mended", 0.5, "linear")
    assert (rows[0]["score"], rows[0]["against_low"]) == (0.871, 0.002)
    assert len(gained().to_frame()) == 10
    assert table(()).num_rows == 0


def test_it_saves_as_json_or_as_a_page(tmp_path):
    assert gained().save(tmp_path / "m.json").exists()
    assert gained().save(tmp_path / "m.html").read_text(encoding="utf-8") == gained().to_html()
    with pytest.raises(UsageError, match=r"ends in \.json or \.html"):
        gained().save(tmp_path / "m.csv")
    with pytest.raises(UsageError, match="holds no rows"):
        gained().write_rows(tmp_path / "m.parquet")
    with pytest.raises(UsageError, match=r"assay\.mend/1"):
        Mended.from_dict({"schema": "assay.loop/1"})


def test_rows_are_written_with_their_weights_beside_them(tmp_path, make_dataset):
    data = make_dataset(40)
    weights = [2.0, 0.0] * 20
    result = replace(gained(), data=data, weights=np.array(weights))
    assert [path.name for path in result.write_rows(tmp_path / "m.v2.csv.gz")] == ["m.v2.csv.gz", "m.v2.weights.parquet"]
    assert pq.read_table(tmp_path / "m.v2.weights.parquet").column("weight").to_pylist() == weights
    even = replace(result, weights=np.ones(40))
    assert [path.name for path in even.write_rows(tmp_path / "m.v2.csv.gz")] == ["m.v2.csv.gz"]
    assert not (tmp_path / "m.v2.weights.parquet").exists()
    assert "Give each row its weight" in words.usage(result)
    assert "weight:" not in words.usage(even)
