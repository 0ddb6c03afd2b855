"""A drill as a frame of whatever library is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from assay.core.drilled import Dose, KindDrilled
from assay.reporting.frame import installed

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("kind", "harm", "unit")),
        ("severity", pa.float64()),
        *((name, pa.bool_()) for name in ("harmless", "material")),
        *((name, pa.int64()) for name in ("plantings", "caught", "small_plantings", "small_caught")),
        *((name, pa.float64()) for name in ("rate", "low", "high", "reach", "reach_low", "reach_high")),
        *((name, pa.string()) for name in ("reach_standing", "standing")),
    ]
)


def table(kinds: Iterable[KindDrilled]) -> pa.Table:
    """Give one row per kind and severity; ``reach`` is the smallest severity caught with 80% probability, null where not told."""
    return pa.Table.from_pylist([_row(kind, dose) for kind in kinds for dose in kind.doses], schema=_SCHEMA)


def frame(kinds: Iterable[KindDrilled]) -> Any:
    """Give `table` as a pandas frame if pandas is installed, else polars, else as it is."""
    return installed(table(kinds))


def _row(kind: KindDrilled, dose: Dose) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "harm": kind.harm,
        "unit": kind.unit,
        "severity": dose.severity,
        "harmless": kind.harmless is not None and dose.severity <= kind.harmless,
        "material": dose.severity >= kind.material,
        "plantings": dose.plantings,
        "caught": dose.caught,
        "small_plantings": dose.small_plantings,
        "small_caught": dose.small_caught,
        "rate": dose.chance.rate,
        "low": dose.chance.low,
        "high": dose.chance.high,
        "reach": kind.reach.severity,
        "reach_low": kind.reach.low,
        "reach_high": kind.reach.high,
        "reach_standing": kind.reach.standing,
        "standing": kind.standing,
    }
