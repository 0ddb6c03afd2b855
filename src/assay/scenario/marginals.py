"""What one real column is like, coarse enough to show: levels and quantiles with at least ten rows behind each."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.dataset import TICKS, Dataset

FEWEST = 10  # rows behind anything shown
MOST_CELLS = 40
MOST_VALUES = 120
MOST_HEAVY = 30
MOST_LEVELS = 5_000
HEAVY_SHARE = 0.005
MOST_DECIMALS = 6

Entry = dict[str, Any]


def numbers_of(dataset: Dataset, name: str) -> np.ndarray:
    """Give an ordered column as float64 without nulls: numbers as they are, durations in their unit, moments in microseconds."""
    kind = dataset.table.column(name).type
    values = dataset.numbers(name)
    values = values[np.isfinite(values)]
    if pa.types.is_duration(kind):
        return np.round(values * TICKS[kind.unit])
    return np.round(values * 1e6) if pa.types.is_temporal(kind) else values


def decimals_of_values(values: np.ndarray, kind: pa.DataType) -> int | None:
    """Give the fewest decimals that keep all values, None for more than 6."""
    if pa.types.is_integer(kind) or pa.types.is_duration(kind) or pa.types.is_temporal(kind):
        return 0
    single = pa.types.is_float32(kind)
    for decimals in range(MOST_DECIMALS + 1):
        rounded = np.round(values, decimals)
        same = rounded.astype(np.float32) == values.astype(np.float32) if single else rounded == values
        if bool(same.all()):
            return decimals
    return None


def step_of(values: np.ndarray, decimals: int | None) -> float | None:
    """Give the distance that all values are multiples of, where it is coarser than their decimals say."""
    if decimals is None or len(values) < FEWEST:
        return None
    whole = np.round(np.unique(values) * 10.0**decimals)
    if len(whole) < 3 or np.abs(whole).max() >= 2.0**53:
        return None
    step = int(np.gcd.reduce(whole.astype(np.int64)))
    return step / 10.0**decimals if step > 1 else None


def ordered_rule(values: np.ndarray, decimals: int | None, *, moments: bool) -> Entry | None:
    """Describe numbers or moments.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (rows,)
        Without nulls.
    decimals : int or None
        Decimals that they have.
    moments : bool
        Whether they are microseconds since 1970.

    Returns
    -------
    dict or None
        A rule; None from fewer than 10 rows.

    Notes
    -----
    Few different values are listed with their counts, of many the heavy ones. The rest is described by quantiles, each the mean
    of the 10 neighbouring values in order, so that none is one row's own; between two neighbours lie at least 10 rows.
    """
    n = len(values)
    if n < FEWEST:
        return None
    levels, counts = np.unique(values, return_counts=True)
    backed = counts >= FEWEST
    if len(levels) <= MOST_VALUES and counts[backed].sum() >= 0.95 * n:
        return _listed(levels[backed], counts[backed], decimals, moments)
    heavy = counts >= max(2 * FEWEST, HEAVY_SHARE * n)
    if heavy.sum() > MOST_HEAVY:
        least = np.sort(counts[heavy])[-MOST_HEAVY]
        heavy &= counts >= least
    rest = values if not heavy.any() else values[~np.isin(values, levels[heavy])]
    if len(rest) < 2 * FEWEST:
        return _listed(levels[backed], counts[backed], decimals, moments) if backed.any() else None
    spread = {"quantiles": _shown(_points(rest), decimals, moments)}
    if not heavy.any():
        return spread
    some = _listed(levels[heavy], counts[heavy], decimals, moments)
    return {"mixture": [some, spread], "weights": [int(counts[heavy].sum()), len(rest)]}


def level_rule(column: pa.ChunkedArray) -> tuple[Entry | None, int]:
    """Describe levels by their counts.

    Returns
    -------
    dict or None
        A rule with the levels of at least 10 rows, the most frequent first; None where there is none.
    int
        How many levels are left out.
    """
    cells = pc.drop_null(column)
    counted = pc.value_counts(cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells)
    levels = [plain(level) for level in counted.field("values").to_pylist()]
    counts = counted.field("counts").to_pylist()
    pairs = sorted(zip(levels, counts, strict=True), key=lambda pair: (-pair[1], str(pair[0])))
    shown = [(level, count) for level, count in pairs if count >= FEWEST and level is not None][:MOST_LEVELS]
    if not shown:
        return None, len(pairs)
    entry: Entry = {"values": [level for level, _ in shown]}
    if len(shown) > 1:
        entry["weights"] = [count for _, count in shown]
    return entry, len(pairs) - len(shown)


def plain(level: Any) -> Any:
    """Give a level as TOML writes it: a number, text, truth or moment; None for what is none of these."""
    if isinstance(level, bool | str | int):
        return level
    if isinstance(level, float):
        return level if np.isfinite(level) else None
    if level is None:
        return None
    try:
        return float(level)  # decimals
    except (TypeError, ValueError):
        return (
            level if hasattr(level, "isoformat") and getattr(level, "tzinfo", None) is None and hasattr(level, "year") else None
        )


def null_rate(count: int, rows: int) -> float:
    """Give the share of nulls, never that of fewer than 10 rows."""
    return float(f"{max(count, min(FEWEST, rows)) / rows:.4g}")


def cut_points(values: np.ndarray, cells: int) -> np.ndarray:
    """Give inner quantiles of sorted values, each the mean of its 10 neighbours."""
    return _points(values, cells)[1:-1]


def _listed(levels: np.ndarray, counts: np.ndarray, decimals: int | None, moments: bool) -> Entry:
    entry: Entry = {"values": _shown(levels, decimals, moments)}
    if len(levels) > 1:
        entry["weights"] = [int(count) for count in counts]
    return entry


def _points(values: np.ndarray, most: int = MOST_CELLS) -> np.ndarray:
    ordered = np.sort(values)
    n = len(ordered)
    cells = max(min(most, n // FEWEST), 1)
    places = np.linspace(0, n, cells + 1).astype(np.int64)
    begins = np.clip(places - FEWEST // 2, 0, n - FEWEST)
    return np.maximum.accumulate(np.array([ordered[begin : begin + FEWEST].mean() for begin in begins]))


def _shown(values: np.ndarray, decimals: int | None, moments: bool) -> list[Any]:
    if moments:
        return list(np.round(values).astype(np.int64).astype("datetime64[us]"))
    if decimals is None:
        return [float(f"{value:.7g}") for value in values]
    return [float(value) for value in np.round(values, decimals)]
