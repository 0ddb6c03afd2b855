"""What `check` promises on any input, held against one case."""

from __future__ import annotations

import contextlib
import json
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from cases import Case
from columns import SECRET

import assay
from assay.core.errors import AssayError
from assay.reporting.documents import to_json
from promises import BrokenPromise, refusal_is_helpful, require, sound

CPU_SECONDS, HANG_SECONDS = 20.0, 120
FEWEST_ROWS = 20


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
    require(_trust_is_earned(document, given, options["policy"]), "trusted without evidence")
    if "secret" in case.recipes:
        for text in (to_json(document), report.to_html(), report.to_junit()):
            require(SECRET not in text, "a level of three rows is told")
    if case.twice and "budget" not in case.options:
        again = _answer(call)
        require(again is not None, "the second run is refused")
        assert again is not None
        require(_lasting(again.to_dict()) == _lasting(document), "two runs differ")
    return document["verdict"]


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
    require(spent <= cpu, f"took {spent:.1f} s of a core, allowed are {cpu:g}")


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
