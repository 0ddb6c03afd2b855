"""What any report and any refusal promises, whatever the input was."""

from __future__ import annotations

import io
import json
from typing import Any
from xml.etree import ElementTree

import jsonschema

import assay
from assay.core.errors import AssayError, InputError
from assay.reporting.documents import error_document, report_schema, to_json
from assay.reporting.terminal import show
from assay.reporting.text import UNSAFE

VALIDATOR = jsonschema.Draft202012Validator(report_schema())


class BrokenPromise(AssertionError):
    """Something that must never happen did."""


def sound(report: assay.Report) -> dict[str, Any]:
    """Hold a report in every form against what any report promises, and give its document."""
    text = report.to_json()
    document = json.loads(text, parse_constant=lambda constant: broken(f"{constant} in the JSON"))
    errors = [error.message[:300] for error in VALIDATOR.iter_errors(document)]
    require(not errors, f"the JSON breaks its schema: {errors[:3]}")
    failed = [entry for entry in [*document["checks"], *document["not_checked"]] if entry["outcome"] == "error"]
    require(not failed, f"measures ended in error: {failed[:3]}")
    require(bool(document["reasons"]), "a verdict without a reason")
    require(document["schema"] == "assay.report/1", "another document")
    ElementTree.fromstring(report.to_junit().encode("utf-8"))
    html = report.to_html()
    require("<script>alert" not in html and not UNSAFE.search(html.replace("\n", "").replace("\t", "")), "unsafe HTML")
    printed = io.StringIO()
    show(report, file=printed)
    require(not UNSAFE.search(printed.getvalue().replace("\n", "")), "unsafe letters in the terminal")
    require(len(report.to_frame()) == len(document["checks"]), "the frame lacks checks")
    return document


def refusal_is_helpful(error: AssayError) -> None:
    """Require that a refusal says what is wrong and what to do, and fits its document."""
    said = str(error)
    require(bool(said) and "Traceback" not in said, f"an empty refusal: {error!r}")
    if isinstance(error, InputError):
        require(all(part.message and part.fix for part in error.errors), f"a refusal without a fix: {said}")
    document = json.loads(to_json(error_document(error)))
    require(VALIDATOR.is_valid(document), f"the error document breaks its schema: {said}")


def require(kept: bool, promise: str) -> None:
    """Raise `BrokenPromise` unless it was kept."""
    if not kept:
        broken(promise)


def broken(promise: str) -> None:
    """Raise `BrokenPromise`."""
    raise BrokenPromise(promise)
