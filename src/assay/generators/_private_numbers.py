"""The distribution of a column of numbers from noised counts on intervals that do not depend on the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from scipy.stats import norm

from assay.generators._encoded import ColumnCode
from assay.generators._private_scale import Scale, plain, told
from assay.generators._values import NAN, NULL, ColumnValues

LEVELS = 3  # rounds of finer intervals
PIECES = 64  # that an interval is cut into at most in one round
FEW = 10  # rows from which anything may be told of an interval
FALSE = 1e-4  # chance that an octave without rows shows in a column
OFF_GRID = 0.02  # share of rows that may lie beside a step
POINTS = 32  # values or parts of an interval that conditions tell apart

Noisy = Callable[[np.ndarray, int], np.ndarray]


def simplex(estimates: np.ndarray, total: float) -> np.ndarray:
    """Give the counts nearest to noisy ones that are not negative and sum to a total.

    Examples
    --------
    >>> simplex(np.array([6.0, 5.0, -1.0]), 10.0)
    array([5.5, 4.5, 0. ])

    References
    ----------
    Held, M., Wolfe, P., Crowder, H. (1974). Validation of subgradient optimization. Mathematical Programming 6.
    """
    ordered = np.sort(estimates)[::-1]
    excess = (np.cumsum(ordered) - total) / np.arange(1, len(ordered) + 1)
    return np.maximum(estimates - excess[np.flatnonzero(ordered > excess)[-1]], 0.0)


class Spans(NamedTuple):
    """Intervals of positions, ascending, each from its start up to but without its stop, and the rows in each."""

    starts: np.ndarray
    stops: np.ndarray
    masses: np.ndarray


def scale_of(ladder: list[Scale], finer: np.ndarray, deviation: float, rows: int) -> Scale:
    """Give the coarsest scale on which surely all but 2% of the rows lie.

    Parameters
    ----------
    ladder : list of Scale
        Finest first.
    finer : numpy.ndarray, shape (scales,)
        Noised numbers of rows that lie on each scale and on no coarser one.
    deviation : float
        Of the noise on each.
    rows : int
        Rows in all.
    """
    for at in range(len(ladder) - 1, 0, -1):
        if finer[:at].sum() + 3 * deviation * np.sqrt(at) <= OFF_GRID * rows:
            return ladder[at]
    return ladder[0]


def outer(edges: np.ndarray, positions: np.ndarray, noisy: Noisy, deviation: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Give edges of the octaves that hold rows and noised numbers of rows between them, NaN where octaves were merged.

    None where no octave shows above the noise.
    """
    counts = noisy(_place(edges, positions), len(edges) - 1)
    shown = np.flatnonzero(counts > max(FEW, deviation * float(norm.isf(FALSE / len(counts)))))
    if not len(shown):
        return None
    kept = np.unique(np.concatenate([shown, shown + 1]))
    known = np.isin(kept[:-1], shown)
    return edges[kept], np.where(known, counts[kept[:-1]], np.nan)


def refined(edges: np.ndarray, counts: np.ndarray, positions: np.ndarray, noisy: Noisy, deviation: float, bins: int) -> Spans:
    """Cut intervals as finely as the noise allows, and merge what holds too little.

    Parameters
    ----------
    edges : numpy.ndarray, shape (intervals + 1,)
        First intervals.
    counts : numpy.ndarray of float64, shape (intervals,)
        What is known of them; NaN for nothing.
    positions : numpy.ndarray, shape (rows,)
        Positions of the real cells; what lies outside counts at the nearest end.
    noisy : callable
        (interval of each row, intervals) to noised counts; asked three times.
    deviation : float
        Of the noise on each count.
    bins : int
        Intervals wanted.

    Notes
    -----
    In each round an interval is cut in so many equal parts that each would stand four standard deviations above the noise,
    64 at most, and all are counted anew; what was not cut keeps the mean of its counts. In the end the nearest counts that are
    not negative are taken, and neighbours merged until an interval holds as many rows as the next, five standard deviations
    and ten rows at least. Within it all positions are equally likely.
    """
    counts, times = counts.astype(np.float64), np.isfinite(counts).astype(np.float64)
    for _ in range(LEVELS):
        wanted = np.where(times > 0, counts / max(4 * deviation, FEW), 8.0)
        pieces = np.clip(2.0 ** np.floor(np.log2(np.maximum(wanted, 1.0))), 1, PIECES).astype(np.int64)
        parts = [_cut(low, high, many) for low, high, many in zip(edges[:-1], edges[1:], pieces.tolist(), strict=True)]
        many = np.array([len(part) for part in parts])
        edges = np.concatenate([*parts, edges[-1:]])
        old, seen = np.repeat(np.where(many > 1, 0.0, counts), many), np.repeat(np.where(many > 1, 0.0, times), many)
        new = noisy(_place(edges, positions), len(edges) - 1)
        times = seen + 1
        counts = np.where(seen > 0, (old * seen + new) / times, new)
    shown = counts > max(2 * deviation, FEW)
    first, last = int(np.argmax(shown)), len(counts) - int(np.argmax(shown[::-1]))
    if first < last:
        counts, edges = counts[first:last], edges[first : last + 1]
    total = max(float(counts.sum()), 1.0)
    return _merged(edges, simplex(counts, total), max(total / bins, 5 * deviation, FEW))


def _place(edges: np.ndarray, positions: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(edges, positions, side="right") - 1, 0, len(edges) - 2)


def _cut(low: Any, high: Any, pieces: int) -> np.ndarray:
    """Give the starts of equal parts of an interval."""
    if isinstance(low, np.integer):
        width = int(high) - int(low)
        pieces = min(pieces, width)
        return np.array([int(low) + width * at // pieces for at in range(pieces)], dtype=np.int64)
    inner = low + (high / pieces - low / pieces) * np.arange(pieces)
    return np.unique(inner[(inner >= low) & (inner < high)])


def _merged(edges: np.ndarray, masses: np.ndarray, target: float) -> Spans:
    starts: list[Any] = []
    stops: list[Any] = []
    found: list[float] = []
    open_at, mass = -1, 0.0  # the interval that is being filled

    def close(until: int) -> None:
        nonlocal open_at, mass
        if open_at >= 0:
            starts.append(edges[open_at])
            stops.append(edges[until])
            found.append(mass)
        open_at, mass = -1, 0.0

    last = 0  # end of the last part that holds anything
    for at, part in enumerate(masses):
        if part <= 0:
            continue
        if part >= target:
            close(last)
        if open_at < 0:
            open_at = at if part >= FEW else last  # what holds few rows is no edge
        mass, last = mass + float(part), at + 1
        if mass >= target:
            close(last)
    if open_at >= 0 and mass < target / 2 and found and edges[open_at] == stops[-1]:
        stops[-1], found[-1], open_at = edges[last], found[-1] + mass, -1
    close(last)
    if not found:
        return Spans(edges[:1], edges[-1:], np.ones(1))
    return Spans(np.array(starts, dtype=edges.dtype), np.array(stops, dtype=edges.dtype), np.array(found))


@dataclass(frozen=True)
class SpanValues(ColumnValues):
    """Values of an ordered column that are known by intervals alone.

    Parameters
    ----------
    scale : Scale
        What positions are.
    starts, stops : numpy.ndarray, shape (levels,)
        The interval of each code; its start is the code's value in `support`.
    """

    scale: Scale
    starts: np.ndarray
    stops: np.ndarray
    spans: ClassVar[bool] = True

    @classmethod
    def of(cls, spans: Spans, empty: np.ndarray, scale: Scale) -> tuple[SpanValues, ColumnCode]:
        """Make values of intervals; `empty` holds the numbers of rows with NaN and with null."""
        parts = [_cut(low, high, POINTS) for low, high in zip(spans.starts, spans.stops, strict=True)]
        many = np.array([len(part) for part in parts])
        starts = np.concatenate(parts)
        ends = [np.append(part[1:], stop).astype(starts.dtype) for part, stop in zip(parts, spans.stops, strict=True)]
        counts = np.concatenate([empty, np.repeat(spans.masses / many, many)]).astype(np.float64)
        nothing = np.flatnonzero(empty)
        states = np.full(len(counts), -1, dtype=np.int32)
        states[nothing] = np.arange(len(nothing))
        states[2:] = len(nothing) + np.repeat(np.arange(len(many)), many)
        values = cls(scale.cells(starts), counts, True, scale, starts, np.concatenate(ends))
        return values, ColumnCode(states, False)

    def codes_of(self, cells: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
        """Give codes by interval; see `ColumnValues.codes_of`."""
        array = plain(cells.cast(self.support.type))
        codes = told(array)
        positions = self.scale.positions(array.filter(pa.array(codes >= 0)))
        codes[codes >= 0] = np.clip(np.searchsorted(self.starts, positions, side="right") - 1, 0, None)
        strange = np.where(codes == NULL, self.counts[1] == 0, np.where(codes == NAN, self.counts[0] == 0, False))
        codes[strange] = int(np.flatnonzero(self.counts)[0]) - 2
        return codes, strange

    def within(self, codes: np.ndarray, fraction: np.ndarray) -> pa.Array:
        """Give cells at a fraction of each code's interval."""
        at = np.maximum(codes, 0)
        start, stop = self.starts[at], self.stops[at]
        if self.scale.step == 0:
            positions = np.minimum(start + fraction * (stop - start), np.nextafter(stop, -np.inf))  # zero alone is an interval
        else:
            positions = np.minimum(start + (fraction * (stop - start)).astype(np.int64), stop - 1)
        return self._marked(self.scale.cells(positions, codes < 0), codes)
