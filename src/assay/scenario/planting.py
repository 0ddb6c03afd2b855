"""Events in a table: which rows they take, an exact number of them, and what they do to the cells."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from assay.scenario.cells import Cells, numbers
from assay.scenario.fill import Grid, RowFault, Scope, fill, value_of, whole_counts
from assay.scenario.model import Event, Fault
from assay.scenario.skeleton import Skeleton, wanted_rows

TRIES = 40


def choose_rows(event: Event, at: int, skeleton: Skeleton, taken: int | None, scope: Scope, rng: np.random.Generator) -> None:
    """Choose the rows of an event and mark them in the skeleton.

    Parameters
    ----------
    event : Event
        Of single rows or stretches; bursts are in the skeleton already.
    at : int
        Its position in the table.
    skeleton : Skeleton
        Its `event`, `group` and `place` are written to.
    taken : int, optional
        How many rows, instead of what the rate gives.
    scope : callable
        Gives the cells of a name.
    rng : numpy.random.Generator
        Chooses.

    Raises
    ------
    RowFault
        If fewer rows can be chosen than asked for.
    """
    met = np.ones(skeleton.n, dtype=bool)
    if event.when is not None:
        held = value_of(event.when, scope)
        met = np.broadcast_to(held.data.astype(bool) & ~held.missing, met.shape)
    free = met & (skeleton.event < 0)
    wanted = taken if taken is not None else wanted_rows(event, int(met.sum()) if event.of_slice else skeleton.n)
    if wanted > int(free.sum()):
        slice_ = " that meet when and belong to no other event" if event.when is not None else " left"
        told = f"event {event.name!r} needs {wanted:,} rows, but there are only {int(free.sum()):,}{slice_}."
        raise RowFault((*event.path, "count" if event.count is not None else "rate"), told)
    if event.pattern == "rows":
        skeleton.event[rng.choice(np.flatnonzero(free), wanted, replace=False)] = at
        return
    _stretches(event, at, skeleton, free, wanted, scope, rng)


def _stretches(
    event: Event, at: int, skeleton: Skeleton, free: np.ndarray, wanted: int, scope: Scope, rng: np.random.Generator
) -> None:
    """Lay stretches over successive rows of one parent until exactly so many rows are taken."""
    assert event.length is not None
    order = skeleton.order
    n = skeleton.n
    open_ = free[order]  # all in the order of parents and time from here
    begins = np.flatnonzero(skeleton.starts)
    ends = np.append(begins[1:], n)[np.cumsum(skeleton.starts) - 1]
    lengths = whole_counts(event.length, n, rng, scope, (*event.path, "length"), 1)
    number = int(skeleton.group.max(initial=-1)) + 1
    rest = wanted
    while rest > 0:
        begin = length = 0
        for _ in range(TRIES):
            begin = int(rng.integers(0, n))
            length = min(int(lengths[order[begin]]), rest)
            if begin + length <= ends[begin] and open_[begin : begin + length].all():
                break
        else:
            begin, length = _fitting(open_, skeleton.starts, length, rng)
        rows = order[begin : begin + length]
        open_[begin : begin + length] = False
        skeleton.event[rows], skeleton.group[rows], skeleton.place[rows] = at, number, np.arange(length)
        number += 1
        rest -= length


def _fitting(open_: np.ndarray, starts: np.ndarray, length: int, rng: np.random.Generator) -> tuple[int, int]:
    """Find a place for a stretch where few are left; a shorter one where none is long enough."""
    breaks = np.flatnonzero(np.diff(np.concatenate([[False], open_])) | starts)
    bounds = np.append(breaks, len(open_))
    runs = [(int(a), int(b)) for a, b in itertools.pairwise(bounds) if open_[a]]
    room = np.array([max(b - a - length + 1, 0) for a, b in runs])
    if room.sum() == 0:
        begin, end = max(runs, key=lambda run: run[1] - run[0])
        return begin, end - begin
    run = runs[int(rng.choice(len(runs), p=room / room.sum()))]
    return int(rng.integers(run[0], run[1] - length + 1)), length


def with_events(
    name: str,
    cells: Cells,
    events: tuple[Event, ...],
    skeleton: Skeleton,
    scope: Scope,
    grid: Grid,
    streams: Callable[[str], np.random.Generator],
) -> tuple[Cells, np.ndarray | None]:
    """Change a column in the rows of events.

    Returns
    -------
    Cells
        The column.
    numpy.ndarray of bool or None
        Where a dropout nulls it.
    """
    dropped: np.ndarray | None = None
    for at, event in enumerate(events):
        if name not in event.sets:
            continue
        rows = np.flatnonzero(skeleton.event == at)
        rng = streams(event.name)
        if name in event.values:
            cells = _put(cells, rows, event, "set", name, scope, grid, rng)
        if name in event.same:
            cells = cells.put(rows, cells.take(first_of_group(skeleton, rows)))
        if name in event.last:
            cells = _put(cells, rows[is_last(skeleton, rows)], event, "last", name, scope, grid, rng)
        if event.fault is not None and name in event.fault.columns and len(rows):
            if event.fault.kind == "dropout":
                dropped = np.zeros(skeleton.n, dtype=bool) if dropped is None else dropped
                dropped[rows] = True
            else:
                cells = _faulty(cells, rows, event.fault, skeleton, _own(scope, name, cells), grid, event, rng)
    return cells, dropped


def _put(
    cells: Cells, rows: np.ndarray, event: Event, key: str, name: str, scope: Scope, grid: Grid, rng: np.random.Generator
) -> Cells:
    if not len(rows):
        return cells
    rule = (event.values if key == "set" else event.last)[name]
    full = _own(scope, name, cells)
    new = fill(rule, len(rows), rng, lambda wanted: full(wanted).take(rows), (*event.path, key, name), grid)
    if new.form == "truth" and cells.form == "number":
        new = numbers(new.data, new.null)
    return cells.put(rows, new)


def _own(scope: Scope, name: str, cells: Cells) -> Scope:
    """Let a formula in an event see the value that it replaces."""
    return lambda wanted: cells if wanted.parts == (name,) else scope(wanted)


def first_of_group(skeleton: Skeleton, rows: np.ndarray) -> np.ndarray:
    """Give the first row of the burst or stretch of each of some rows."""
    groups = skeleton.group[rows]
    first = np.zeros(int(groups.max(initial=-1)) + 1, dtype=np.int64)
    begins = rows[skeleton.place[rows] == 0]
    first[skeleton.group[begins]] = begins
    return first[groups]


def is_last(skeleton: Skeleton, rows: np.ndarray) -> np.ndarray:
    """Mark the rows that are the last of their burst or stretch."""
    groups = skeleton.group[rows]
    sizes = np.bincount(groups, minlength=int(groups.max(initial=-1)) + 1)
    return skeleton.place[rows] == sizes[groups] - 1


def _faulty(
    cells: Cells,
    rows: np.ndarray,
    fault: Fault,
    skeleton: Skeleton,
    scope: Scope,
    grid: Grid,
    event: Event,
    rng: np.random.Generator,
) -> Cells:
    first = first_of_group(skeleton, rows)
    if fault.kind == "stuck":
        return cells.put(rows, cells.take(first))
    assert fault.size is not None
    path = (*event.path, "size_of_fault")
    if fault.kind == "spike":
        sizes = fill(fault.size, len(rows), rng, lambda name: scope(name).take(rows), path).data
    else:
        begins, inverse = np.unique(first, return_inverse=True)
        drawn = fill(fault.size, len(begins), rng, lambda name: scope(name).take(begins), path).data
        lengths = np.bincount(inverse)
        sizes = drawn[inverse] * (skeleton.place[rows] + 1) / lengths[inverse]
    part = cells.take(rows)
    return cells.put(rows, grid.round(numbers(part.data + sizes, part.null)))
