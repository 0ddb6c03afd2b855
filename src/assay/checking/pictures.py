"""Small pictures of real against synthetic, from profiles, without a cell that fewer than 10 rows stand behind."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from assay.checking.cells import Cells
from assay.checking.profile import Profile
from assay.core.picture import Picture

LEAST = 10
BARS = 24
LEVELS = 12
MOST = 12
TINY, HUGE = 1e-290, 1e290  # outside, steps and slopes leave what floats hold: no picture


def pictures(real: Profile, synthetic: Profile, places: Iterable[tuple[str, ...]], dates: frozenset[str]) -> tuple[Picture, ...]:
    """Draw the first places that have one or two columns, each once."""
    wanted = list(dict.fromkeys(columns for columns in places if 1 <= len(columns) <= 2))[:MOST]
    drawn = (picture(real, synthetic, columns, dates=dates) for columns in wanted)
    return tuple(part for part in drawn if part is not None)


def picture(
    real: Profile, synthetic: Profile, columns: tuple[str, ...], *, dates: frozenset[str] = frozenset()
) -> Picture | None:
    """Draw one column or one pair of columns.

    Parameters
    ----------
    real, synthetic : Profile
        Profiles of one layout.
    columns : tuple of str
        One or two modelled columns.
    dates : frozenset of str
        Columns whose numbers are seconds since 1970.
    """
    if any(name not in real.layout.by_name for name in columns) or len(columns) not in (1, 2):
        return None
    if len(columns) == 2:
        return _heatmap(real, synthetic, columns, dates)
    cells = real.layout.by_name[columns[0]]
    return _histogram(real, synthetic, cells, columns[0] in dates) if cells.ordered else _levels(real, synthetic, cells)


def _histogram(real: Profile, synthetic: Profile, cells: Cells, date: bool) -> Picture | None:
    assert cells.edges is not None
    counts = real.counts(cells.name)
    body = counts[:-1]
    if body.sum() < LEAST or len(cells.edges) < 2:
        return None
    cumulative = np.cumsum(body) / body.sum()
    low = cells.edges[min(int(np.searchsorted(cumulative, 0.005)), len(cells.edges) - 1)]
    high = cells.edges[min(int(np.searchsorted(cumulative, 0.995)), len(cells.edges) - 1)]
    if not (high > low and TINY < _reach(cells.edges) < HUGE and float(high) - float(low) > TINY):
        return None
    step = _nice((high - low) / BARS)
    edges = np.arange(math.floor(low / step), math.ceil(high / step) + 1) * step
    if len(edges) > 2 * BARS:
        return None
    bars_real, bars_synthetic = (_rebinned(p.counts(cells.name), cells.edges, edges) for p in (real, synthetic))
    return Picture(
        "histogram",
        f"{cells.name}: share of rows",
        (cells.name,),
        tuple(_text(edge, step, date) for edge in edges),
        _shares(bars_real, real.total, bars_real),
        _shares(bars_synthetic, synthetic.total, bars_synthetic),
    )


def _levels(real: Profile, synthetic: Profile, cells: Cells) -> Picture | None:
    assert cells.levels is not None
    a, b = real.counts(cells.name), synthetic.counts(cells.name)
    named = [at for at in range(min(len(cells.levels), LEVELS)) if a[at] >= LEAST]
    if not named:
        return None
    rest = np.setdiff1d(np.arange(cells.null), named)
    labels = [str(cells.levels[at].as_py()) for at in named]
    rows_a, rows_b = [a[at] for at in named], [b[at] for at in named]
    if a[rest].sum() + b[rest].sum() > 0:
        labels.append("all other levels")
        rows_a.append(a[rest].sum())
        rows_b.append(b[rest].sum())
    if a[cells.null] + b[cells.null] > 0:
        labels.append("missing")
        rows_a.append(a[cells.null])
        rows_b.append(b[cells.null])
    return Picture(
        "levels",
        f"{cells.name}: share of rows",
        (cells.name,),
        tuple(labels),
        _shares(np.array(rows_a), real.total, np.array(rows_a)),
        _shares(np.array(rows_b), synthetic.total, np.array(rows_b)),
    )


def _heatmap(real: Profile, synthetic: Profile, columns: tuple[str, ...], dates: frozenset[str]) -> Picture | None:
    spans = [real.layout.group_span(name) for name in columns]
    tables = [p.pairs[:, spans[0], spans[1]].sum(axis=0, dtype=np.float64) for p in (real, synthetic)]
    keep = [tables[0].sum(axis=1 - axis) + tables[1].sum(axis=1 - axis) > 0 for axis in (0, 1)]
    tables = [table[np.ix_(keep[0], keep[1])] for table in tables]
    labels = tuple(
        tuple(label for label, kept in zip(_group_labels(real, name, name in dates), keep[axis], strict=True) if kept)
        for axis, name in enumerate(columns)
    )
    shares = [tuple(_shares(row, p.total, row) for row in table) for table, p in zip(tables, (real, synthetic), strict=True)]
    return Picture("heatmap", f"{columns[0]} and {columns[1]}: share of rows", columns, labels, shares[0], shares[1])


def _group_labels(profile: Profile, name: str, date: bool) -> list[str]:
    cells = profile.layout.by_name[name]
    labels: list[str] = []
    for group in range(cells.group_count - 1):
        members = np.flatnonzero(cells.groups[:-1] == group)
        if cells.edges is None:
            assert cells.levels is not None
            single = len(members) == 1 and members[0] < len(cells.levels)
            told = single and profile.counts(name)[members[0]] >= LEAST
            labels.append(str(cells.levels[int(members[0])].as_py()) if told else "a rare level" if single else "other levels")
        else:
            step = max(min(_reach(cells.edges), HUGE) / 100, 1e-12)
            first = int(members[0])
            labels.append("lowest" if first == 0 else f"from {_text(float(cells.edges[first - 1]), _nice(step), date)}")
    return [*labels, "missing"]


def _reach(edges: np.ndarray) -> float:
    """Give how far edges reach; infinity where that is more than a float holds."""
    return float(edges[-1]) - float(edges[0]) if len(edges) else 0.0


def _rebinned(counts: np.ndarray, edges: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Spread cell counts evenly over their cells and gather them between `targets`."""
    cumulative = np.concatenate([[0.0], np.cumsum(counts[1 : len(edges)])])
    return np.diff(np.interp(targets, edges, cumulative))


def _shares(counts: np.ndarray, total: int, behind: np.ndarray) -> tuple[float | None, ...]:
    return tuple(
        None if 0 < rows < LEAST else round(float(count) / max(total, 1), 5) for count, rows in zip(counts, behind, strict=True)
    )


def _nice(step: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= step * 0.999)


def _text(number: float, step: float, date: bool) -> str:
    if date:
        try:
            return datetime.fromtimestamp(number, UTC).date().isoformat()
        except (OverflowError, ValueError, OSError):
            return f"{number:.3g}"
    digits = max(0, -math.floor(math.log10(step))) if step < 1 else 0
    return f"{number:.{digits}f}" if abs(number) < 1e7 else f"{number:.3g}"
