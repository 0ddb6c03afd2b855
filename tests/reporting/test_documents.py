from __future__ import annotations

import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError
from sample_reports import bad

from assay.core.errors import InputError, InputErrors
from assay.core.finding import MECHANISMS
from assay.reporting.documents import error_document, plain, report_schema, to_json


def test_the_schema_is_a_valid_one_and_knows_every_mechanism():
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["mechanism"]["enum"] == list(MECHANISMS)


@pytest.mark.parametrize("path", [(), ("policy",), ("inputs", "real"), ("run",), ("headline",), ("checks", 0), ("findings", 0)])
def test_the_schema_refuses_unknown_and_missing_keys(path):
    validator = Draft202012Validator(report_schema())
    for change in ("more", "fewer"):
        document = bad().to_dict()
        place = document
        for step in path:
            place = place[step]
        if change == "more":
            place["surprise"] = 1
        else:
            del place[next(reversed(place))]
        with pytest.raises(ValidationError):
            validator.validate(document)


def test_all_errors_of_an_input_are_listed():
    error = InputErrors([InputError("No rows.", file="a.csv", fix="Give rows."), InputError("Ragged line.", row=7)])
    document = error_document(error)
    Draft202012Validator(report_schema()).validate(document)
    assert [entry["message"] for entry in document["errors"]] == ["No rows.", "Ragged line."]
    assert document["errors"][1]["row"] == 7


def test_an_unforeseen_error_without_words_still_has_a_message():
    document = error_document(KeyError())
    Draft202012Validator(report_schema()).validate(document)
    assert document["errors"][0]["message"] == "KeyError"


def test_plain_turns_numpy_into_json_types():
    content = plain({"a": np.float64("nan"), "b": np.int64(3), "c": (np.bool_(True), np.float32(0.5)), 4: None})
    assert json.dumps(content) == '{"a": null, "b": 3, "c": [true, 0.5], "4": null}'


def test_lone_surrogates_can_be_written():
    text = to_json({"name": "a\udc80b\U000e0041"})
    assert text.encode("utf-8").isascii()
    assert json.loads(text)["name"] == "a\udc80b\U000e0041"


def test_every_error_names_a_next_step():
    for error in (ValueError("x"), InputError("x")):
        assert all(entry["fix"] for entry in error_document(error)["errors"])
