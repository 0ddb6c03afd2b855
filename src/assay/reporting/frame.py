"""The checks as a frame of whatever library is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

import pyarrow as pa

from assay.core.scorecard import Check
from assay.reporting.text import place

_NUMBERS = ("effect", "low", "high", "value", "floor_low", "floor_median", "floor_high", "p_value", "n_real", "n_synthetic")
_SCHEMA = pa.schema(
    [
        ("measure", pa.string()),
        ("family", pa.string()),
        ("required", pa.bool_()),
        ("outcome", pa.string()),
        ("where", pa.string()),
        *((name, pa.float64()) for name in ("effect", "low", "high", "margin", "blind", "value")),
        *((name, pa.float64()) for name in ("floor_low", "floor_median", "floor_high", "p_value")),
        *((name, pa.float64()) for name in ("mean_effect", "mean_low", "mean_high", "mean_margin")),
        *((name, pa.int64()) for name in ("n_real", "n_synthetic")),
        ("could_have_missed", pa.string()),
        ("reason", pa.string()),
    ]
)


def table(checks: Iterable[Check]) -> pa.Table:
    """Give one row per check; the numbers are those of its worst item, and ``mean_...`` those of the family's mean."""
    return pa.Table.from_pylist([_row(check) for check in checks], schema=_SCHEMA)


def frame(checks: Iterable[Check]) -> Any:
    """Give `table` as a pandas frame if pandas is installed, else polars, else as it is."""
    return installed(table(checks))


def installed(rows: pa.Table) -> Any:
    """Give a table as a pandas frame if pandas is installed, else polars, else as it is."""
    if find_spec("pandas"):
        return rows.to_pandas()
    if find_spec("polars"):
        return importlib.import_module("polars").from_arrow(rows)
    return rows


def _row(check: Check) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(check, name) for name in ("measure", "family", "required", "outcome", "margin", "blind")}
    row |= {"could_have_missed": check.could_have_missed, "reason": check.reason, "mean_margin": check.mean_margin}
    if check.worst is not None:
        row["where"] = place(check.worst.columns, check.worst.slice)
        for name in (
            *("effect", "low", "high", "value"),
            *("floor_low", "floor_median", "floor_high"),
            "p_value",
            "n_real",
            "n_synthetic",
        ):
            row[name] = getattr(check.worst, name)
    if check.mean is not None:
        row |= {"mean_effect": check.mean.effect, "mean_low": check.mean.low, "mean_high": check.mean.high}
    return row
