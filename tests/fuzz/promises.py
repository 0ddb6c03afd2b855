"""What `check` promises on any input, held against one case."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from xml.etree import ElementTree

import jsonschema
from cases import Case
from columns import SECRET

import assay
from assay.core.errors import AssayError, InputError
from assay.reporting.documents import error_document, report_schema, to_json
from assay.reporting.terminal import show
from assay.reporting.text import UNSAFE

CPU_SECONDS, HANG_SECONDS = 20.0, 120
FEWEST_ROWS = 20
VALIDATOR = jsonschema.Draft202012Validator(report_schema())


class BrokenPromise(AssertionError):
    """Something that must never happen did."""


def keep(case: Case, folder: Path) -> str:
    """Run a case and give its outcome (the verdict, or ``refused``).

    Raises
    ------
    BrokenPromise
        With what was broken.
    """
    real, synthetic, holdout = case.sources(folder)
    given = case.tables()
    options = {**case.options, "seed": case.seed % 1000, "jobs": 1}
    if case.form == "pandas" and case.numbered:
        for role in ("target", "entity", "time"):
            if role in options:
                options[role] = case.names.index(options[role]) if options[role] in case.names else options[role]

    def call() -> assay.Report:
        return assay.check(real, synthetic, holdout=holdout, **options)

    report = _answer(call)
    if report is None:
        return "refused"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        document = sound(report)
    _require(_trust_is_earned(document, given, options["policy"]), "trusted without evidence", document)
    if "secret" in case.recipes:
        for text in (to_json(document), report.to_html(), report.to_junit()):
            _require(SECRET not in text, "a level of three rows is told", document)
    if case.twice and "budget" not in case.options:
        again = _answer(call)
        _require(again is not None, "the second run is refused", document)
        assert again is not None
        _require(_lasting(again.to_dict()) == _lasting(document), "two runs differ", document)
    return document["verdict"]


def sound(report: assay.Report) -> dict[str, Any]:
    """Hold a report in every form against what any report promises, and give its document."""
    text = report.to_json()
    document = json.loads(text, parse_constant=lambda constant: _broken(f"{constant} in the JSON"))
    errors = [error.message[:300] for error in VALIDATOR.iter_errors(document)]
    _require(not errors, f"the JSON breaks its schema: {errors[:3]}", document)
    failed = [entry for entry in [*document["checks"], *document["not_checked"]] if entry["outcome"] == "error"]
    _require(not failed, f"measures ended in error: {failed[:3]}", document)
    _require(bool(document["reasons"]), "a verdict without a reason", document)
    _require(document["schema"] == "assay.report/1", "another document", document)
    ElementTree.fromstring(report.to_junit().encode("utf-8"))
    html = report.to_html()
    _require("<script>alert" not in html and not UNSAFE.search(html.replace("\n", "").replace("\t", "")), "unsafe HTML", document)
    printed = io.StringIO()
    show(report, file=printed)
    _require(not UNSAFE.search(printed.getvalue().replace("\n", "")), "unsafe letters in the terminal", document)
    _require(len(report.to_frame()) == len(document["checks"]), "the frame lacks checks", document)
    return document


def refusal_is_helpful(error: AssayError) -> None:
    """Require that a refusal says what is wrong and what to do, and fits its document."""
    said = str(error)
    _require(bool(said) and "Traceback" not in said, f"an empty refusal: {error!r}", None)
    if isinstance(error, InputError):
        _require(all(part.message and part.fix for part in error.errors), f"a refusal without a fix: {said}", None)
    document = json.loads(to_json(error_document(error)))
    _require(VALIDATOR.is_valid(document), f"the error document breaks its schema: {said}", None)


@contextlib.contextmanager
def in_time(cpu: float = CPU_SECONDS, wall: int = HANG_SECONDS) -> Iterator[None]:
    """Require that the block ends, and costs no more than so many seconds of a core."""

    def late(number: int, frame: FrameType | None) -> None:
        raise BrokenPromise(f"a hang: not done after {wall} s")

    usual = signal.signal(signal.SIGALRM, late)
    signal.alarm(wall)
    begun = time.process_time()
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, usual)
    spent = time.process_time() - begun
    _require(spent <= cpu, f"took {spent:.1f} s of a core, allowed are {cpu:g}", None)


def _answer(call: Callable[[], assay.Report]) -> assay.Report | None:
    with in_time(), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return call()
        except AssayError as error:
            refusal_is_helpful(error)
            return None


def _trust_is_earned(document: dict[str, Any], given: tuple[Any, ...], policy: str) -> bool:
    if document["verdict"] != "trusted":
        return True
    if given[2] is None and policy != "test":
        return False
    if any(table is not None and len(table) < FEWEST_ROWS for table in given):
        return False
    required = [entry["outcome"] for entry in document["checks"] if entry["required"]]
    return "pass" in required and set(required) <= {"pass", "not_applicable"}


def _lasting(document: dict[str, Any]) -> str:
    run = {key: entry for key, entry in document["run"].items() if key != "timings"}
    return json.dumps({**document, "run": run}, sort_keys=True)


def _require(kept: bool, promise: str, document: dict[str, Any] | None) -> None:
    if not kept:
        _broken(promise)


def _broken(promise: str) -> None:
    raise BrokenPromise(promise)
