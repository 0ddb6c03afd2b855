"""Ways to train, as a frame of whatever library is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from assay.core.mended import FormScored
from assay.reporting.frame import installed

_NUMBERS = ("share", "score", "low", "high", "against", "against_low", "against_high")
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("form", "rows", "learner")),
        ("staged", pa.bool_()),
        *((name, pa.float64()) for name in _NUMBERS),
    ]
)


def table(forms: Iterable[FormScored]) -> pa.Table:
    """Give one row per form of use, best first; ``against`` is the paired difference to the baseline, with its interval."""
    return pa.Table.from_pylist([_row(form) for form in forms], schema=_SCHEMA)


def frame(forms: Iterable[FormScored]) -> Any:
    """Give `table` as a pandas frame if pandas is installed, else polars, else as it is."""
    return installed(table(forms))


def _row(form: FormScored) -> dict[str, Any]:
    return {
        "form": form.words,
        "rows": form.rows,
        "learner": form.learner,
        "staged": form.staged,
        "share": form.share,
        "score": form.score.value,
        "low": form.score.low,
        "high": form.score.high,
        "against": form.against.value,
        "against_low": form.against.low,
        "against_high": form.against.high,
    }
