"""The rows of a table before their cells: whose they are, when they happen, and which belong to a burst."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assay.scenario.arrivals import arrival_times
from assay.scenario.cells import LATEST, Cells, moments, numbers
from assay.scenario.fill import NO_MOMENT, RowFault, uniform, value_of, whole_counts
from assay.scenario.formula import Name
from assay.scenario.model import Arrivals, Clock, Event, Expression, TableRules

NO_ROWS = np.zeros(0, dtype=np.int64)
MOST_ROWS = 500_000_000


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Rows in their final order.

    Parameters
    ----------
    n : int
        How many.
    parents : numpy.ndarray of int64 or None, shape (rows,)
        The parent's row of each.
    times : numpy.ndarray of datetime64[us] or None, shape (rows,)
        When each happens.
    order : numpy.ndarray of int64, shape (rows,)
        The rows, those of one parent together and in the order of time.
    starts : numpy.ndarray of bool, shape (rows,)
        In that order, whether a row is its parent's first.
    event : numpy.ndarray of int16, shape (rows,)
        Position of the event of the table that the row belongs to, -1 for none.
    group : numpy.ndarray of int64, shape (rows,)
        Number of the burst or stretch, -1 for none.
    place : numpy.ndarray of int64, shape (rows,)
        Position within the burst or stretch, from 0.
    """

    n: int
    parents: np.ndarray | None
    times: np.ndarray | None
    order: np.ndarray
    starts: np.ndarray
    event: np.ndarray
    group: np.ndarray
    place: np.ndarray

    @property
    def turns(self) -> np.ndarray:
        """Position of each row among those of its parent, from 1, of shape (rows,)."""
        out = np.empty(self.n, dtype=np.int64)
        out[self.order] = _since(self.starts) + 1
        return out


def wanted_rows(event: Event, rows: int) -> int:
    """Give how many rows an event takes of so many.

    Raises
    ------
    RowFault
        If there are fewer.
    """
    if event.count is None:
        return int(np.floor((event.share or 0.0) * rows + 0.5))
    if event.count > rows:
        raise RowFault((*event.path, "count"), f"event {event.name!r} needs {event.count:,} rows, the table has {rows:,}.")
    return event.count


def rows_by_formula(table: TableRules, n: int) -> int | None:
    """Give the rows of a table that is not the main one, from the rows of that; None where counts of the parents decide.

    Raises
    ------
    RowFault
        If the formula gives no number of rows.
    """
    if table.rows is None:
        return None
    cells = value_of(table.rows, lambda name: numbers(np.array([float(n)])))
    rows = np.nan if cells.missing[0] else float(cells.data[0])
    if not 0 <= rows <= MOST_ROWS:
        raise RowFault(table.rows.path, f"must give a number of rows from 0 to {MOST_ROWS:,}. It gives {rows:g} for n = {n:,}.")
    return max(int(np.floor(rows + 0.5)), 1)


def build(
    table: TableRules,
    total: int | None,
    parent_rows: int,
    counts: np.ndarray | None,
    taken: dict[str, int] | None,
    lookup: Callable[[Name, np.ndarray], Cells],
    streams: Callable[[str], np.random.Generator],
) -> Skeleton:
    """Lay out the rows of a table.

    Parameters
    ----------
    table : TableRules
        The table.
    total : int or None
        Its rows; None where the counts decide.
    parent_rows : int
        Rows of the parent, 0 without one.
    counts : numpy.ndarray of int64 or None, shape (parent rows,)
        Rows for each row of the parent.
    taken : dict of str to int, optional
        Rows of events, instead of those that their rates give.
    lookup : callable
        Gives the cells of a name from the parent's rows.
    streams : callable
        Gives the random generator of a named task.
    """
    if total is None:
        assert counts is not None
        total = int(counts.sum())
    bursts, sizes = _bursts(table, total, taken, streams("bursts"))
    slots = total - int(sizes.sum()) + len(sizes)
    if slots < len(sizes) or total < int(sizes.sum()):
        raise RowFault((*table.path, "events"), f"the bursts need {int(sizes.sum()):,} rows, the table has {total:,}.")
    parents = None if table.parent is None else _parents(table, slots, parent_rows, counts, streams("parents"))
    timing = table.timing
    ends: list[np.ndarray | None] = [None, None]
    if timing is not None and isinstance(timing.rule, Arrivals):
        ends = [_moments(part, parents, lookup) for part in (timing.rule.after, timing.rule.before)]
    times = _times(table, slots, parents, ends, streams("times"))
    event = np.full(slots, -1, dtype=np.int16)
    group = np.full(slots, -1, dtype=np.int64)
    repeats = np.ones(slots, dtype=np.int64)
    if len(sizes):
        anchors = _anchors(table, bursts, slots, parents, lookup, streams("anchors"))
        event[anchors], group[anchors], repeats[anchors] = bursts, np.arange(len(sizes)), sizes
    rows = np.repeat(np.arange(slots), repeats)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    parents = None if parents is None else parents[rows]
    event, group = event[rows], group[rows]
    if times is not None:
        times = _burst_times(table, times, rows, event, place, ends, streams("offsets")) if len(sizes) else times[rows]
    order = _order(table, len(rows), parents, times)
    parents = None if parents is None else parents[order]
    times = None if times is None else times[order]
    event, group, place = event[order], group[order], place[order]
    place[group < 0] = 0
    by_parent, starts = _by_parent(len(rows), parents)
    return Skeleton(len(rows), parents, times, by_parent, starts, event, group, place)


def _bursts(
    table: TableRules, total: int, taken: dict[str, int] | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Give the event and the size of each burst; sizes add up to exactly what each event asks for."""
    events: list[int] = []
    sizes: list[int] = []
    for at, event in enumerate(table.events):
        if event.pattern != "burst" or event.size is None:
            continue
        rest = wanted_rows(event, total) if taken is None else taken.get(event.name, 0)
        while rest > 0:
            for size in whole_counts(event.size, min(rest, 100_000), rng, _nothing, (*event.path, "size"), 1).tolist():
                size = min(size, rest)
                if size == 1 and rest == 1 and events and events[-1] == at:
                    sizes[-1] += 1  # no burst of one row
                else:
                    events.append(at)
                    sizes.append(size)
                rest -= size
                if rest == 0:
                    break
    return np.array(events, dtype=np.int16), np.array(sizes, dtype=np.int64)


def _parents(table: TableRules, slots: int, parent_rows: int, counts: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Share rows out among parents in proportion to their counts, to exactly so many rows."""
    if slots == 0:
        return NO_ROWS
    if parent_rows == 0:
        raise RowFault((*table.path, "parent"), f"{table.parent!r} has no row that {slots:,} rows could belong to.")
    if counts is None:
        return np.sort(rng.integers(0, parent_rows, slots))
    total = int(counts.sum())
    if total == slots:
        return np.repeat(np.arange(parent_rows), counts)
    weights = np.ones(parent_rows) if total == 0 else counts.astype(np.float64)
    reached = np.cumsum(weights) * (slots / weights.sum())
    reached[-1] = slots
    steps = np.floor(reached + rng.random())
    steps = np.minimum(steps, slots)
    steps[-1] = slots
    return np.repeat(np.arange(parent_rows), np.diff(steps, prepend=0.0).astype(np.int64))


def _times(
    table: TableRules,
    slots: int,
    parents: np.ndarray | None,
    ends: list[np.ndarray | None],
    rng: np.random.Generator,
) -> np.ndarray | None:
    column = table.timing
    if column is None:
        return None
    if isinstance(column.rule, Clock):
        starts = np.zeros(slots, dtype=bool)
        starts[:1] = True
        if parents is not None:
            starts[1:] = parents[1:] != parents[:-1]
        steps = _since(starts) * column.rule.every + rng.random(slots) * column.rule.jitter
        if steps.max(initial=0.0) > (LATEST - column.rule.start.astype("datetime64[us]")) / np.timedelta64(1, "s"):
            raise RowFault((*column.path, "clock"), f"runs beyond the year 9999 in {slots:,} rows.")
        return column.rule.start.astype("datetime64[us]") + (steps * 1e6).astype(np.int64).astype("timedelta64[us]")
    rule = column.rule
    assert isinstance(rule, Arrivals)
    found = arrival_times(rule, uniform(slots, rng), *ends)
    impossible = int(np.isnat(found).sum())
    if impossible:
        told = f"nothing can arrive between start, end, after and before in {impossible:,} of {slots:,} rows."
        raise RowFault((*column.path, "arrivals"), told)
    return found


def _moments(
    part: Expression | None, parents: np.ndarray | None, lookup: Callable[[Name, np.ndarray], Cells]
) -> np.ndarray | None:
    if part is None:
        return None
    cells = value_of(part, lambda name: lookup(name, NO_ROWS if parents is None else parents))
    if cells.null is not None and cells.null.any():
        raise RowFault(part.path, f"is null in {int(cells.null.sum()):,} rows.")
    if cells.form == "text":
        return moments(np.array(cells.levels.to_pylist(), dtype="datetime64[us]")[cells.data]).data
    if np.isnat(cells.data).any():
        raise RowFault(part.path, f"{NO_MOMENT} in {int(np.isnat(cells.data).sum()):,} rows.")
    return cells.data


def _anchors(
    table: TableRules,
    bursts: np.ndarray,
    slots: int,
    parents: np.ndarray | None,
    lookup: Callable[[Name, np.ndarray], Cells],
    rng: np.random.Generator,
) -> np.ndarray:
    """Choose the row that each burst begins with, no row twice."""
    free = np.ones(slots, dtype=bool)
    out = np.empty(len(bursts), dtype=np.int64)
    # those with a condition choose first: the others can take what is left
    for at in sorted(set(bursts.tolist()), key=lambda at: table.events[at].when is None):
        event, mine = table.events[at], np.flatnonzero(bursts == at)
        met = free
        if event.when is not None:
            held = value_of(event.when, lambda name: lookup(name, NO_ROWS if parents is None else parents))
            met = free & np.broadcast_to(held.data.astype(bool) & ~held.missing, (slots,))
        pool = np.flatnonzero(met)
        if len(pool) < len(mine):
            told = f"event {event.name!r} needs {len(mine):,} rows to begin bursts with, and only {len(pool):,} meet when."
            raise RowFault((*event.path, "when"), told)
        out[mine] = rng.choice(pool, len(mine), replace=False)
        free[out[mine]] = False
    return out


def _burst_times(
    table: TableRules,
    times: np.ndarray,
    rows: np.ndarray,
    event: np.ndarray,
    place: np.ndarray,
    ends: list[np.ndarray | None],
    rng: np.random.Generator,
) -> np.ndarray:
    """Spread the rows of a burst over its duration, the first staying where it is but for bursts that would leave the span."""
    assert table.timing is not None
    rule = table.timing.rule
    assert isinstance(rule, Arrivals)
    seconds = np.array([part.seconds for part in table.events] or [0.0])
    within = np.where(event >= 0, seconds[event] * 1e6, 0.0).astype(np.int64)
    earliest = np.full(len(rows), rule.start.astype(np.int64))
    latest = np.full(len(rows), rule.end.astype(np.int64) - 1)
    after, before = (None if end is None else np.broadcast_to(end.astype(np.int64), times.shape)[rows] for end in ends)
    earliest = earliest if after is None else np.maximum(earliest, after)
    latest = latest if before is None else np.minimum(latest, before)
    within = np.minimum(within, latest - earliest)
    offsets = np.where(place > 0, rng.random(len(rows)) * within, 0.0)
    offsets = offsets[np.lexsort((offsets, rows))]
    begin = times[rows].astype(np.int64)
    begin = np.where(within > 0, np.maximum(np.minimum(begin, latest - within), earliest), begin)
    return (begin + offsets.astype(np.int64)).astype("datetime64[us]")


def _order(table: TableRules, n: int, parents: np.ndarray | None, times: np.ndarray | None) -> np.ndarray:
    if times is None:
        return np.arange(n)
    if table.by_time or parents is None:
        return np.argsort(times, kind="stable")
    return np.lexsort((times, parents))


def _by_parent(n: int, parents: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    starts = np.zeros(n, dtype=bool)
    starts[:1] = True
    if parents is None:
        return np.arange(n), starts
    order = np.argsort(parents, kind="stable")
    sorted_ = parents[order]
    starts[1:] = sorted_[1:] != sorted_[:-1]
    return order, starts


def _since(starts: np.ndarray) -> np.ndarray:
    """Give how many rows ago the last start was."""
    places = np.arange(len(starts))
    return places - np.maximum.accumulate(np.where(starts, places, 0))


def _nothing(name: Name) -> Cells:
    raise RowFault((), f"{'.'.join(name.parts)!r} is not known here.")
