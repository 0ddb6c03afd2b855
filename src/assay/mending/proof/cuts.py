"""How sensitive columns part the sealed rows into groups, by what the real rows have."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.schema import Schema

RANGES = 4  # of equal count of a number
FEW_VALUES = 20  # a number of so many values or fewer is a code: each value is a group
ATOM = 0.125  # of the real rows: a value that holds half a range is a group beside the ranges
MOST_GROUPS = 80  # of all columns together
LEAST_NAMED = 10  # real or sealed rows of a group whose name is told; real rows where it names a single number
SMALL = "all smaller groups"


class Cut(NamedTuple):
    """A group: its column, its name, and the sealed rows that are of it."""

    column: str
    name: str
    rows: np.ndarray


class Cells(NamedTuple):
    """A column in cells.

    Parameters
    ----------
    titles : list of str
        Name of each cell.
    real, sealed : numpy.ndarray of int, shape (rows,)
        Cell of each row; ``len(titles)`` where it is of none.
    values : int
        How many of the cells, from the first on, are single numbers.
    """

    titles: list[str]
    real: np.ndarray
    sealed: np.ndarray
    values: int = 0


def cut_rows(codec: Codec, real: Dataset, sealed: Dataset) -> list[Cut]:
    """Cut the sealed rows by every sensitive column.

    Parameters
    ----------
    codec : Codec
        Fitted on the real rows.
    real, sealed : Dataset
        Real rows, which make the groups, and the sealed ones.

    Returns
    -------
    list of Cut
        Of every column as many as hold all its sealed rows; one without rows, which says why, of a column that makes no groups.

    Notes
    -----
    Groups are levels; of a number of up to 20 values, the values, if those of ten real rows or more hold half of the rows; of any
    other number quarters, where each value with an eighth of the rows or more is a group of its own and the rest has as many
    ranges as it has quarters. What has not ten rows goes together, unnamed. So do the smallest groups of a column that has more
    than its share of the 80: columns share them evenly, and what one does not need goes to the others.
    """
    schema = real.schema
    parts = {name: _cells(codec, real, sealed, name) for name in schema.sensitive if _no_groups(schema, name) is None}
    named = {name: _named(cells) for name, cells in parts.items()}
    wanted = [_count(parts[name], own) for name, own in named.items()]
    given = dict(zip(named, _shared(wanted), strict=True))
    found: list[Cut] = []
    for name in schema.sensitive:
        why = _no_groups(schema, name)
        if why is not None:
            found.append(Cut(name, f"{name}: no groups, as it is {why}", np.empty(0, dtype=np.int64)))
        else:
            found += _kept(name, parts[name], named[name], given[name])
    return found


def _no_groups(schema: Schema, name: str) -> str | None:
    if name == schema.target:
        return "the target"
    if name == schema.entity:
        return "the entity"
    return {"id": "an id", "text": "free text"}.get(schema.column(name).kind)


def _cells(codec: Codec, real: Dataset, sealed: Dataset, name: str) -> Cells:
    column = real.schema.column(name)
    if column.ordered:
        return _numbers(name, real.numbers(name), sealed.numbers(name), numeric=column.kind == "numeric")
    levels = codec.levels_[name]
    titles = [*(f"{name} = {level}" for level in levels.to_pylist()), f"{name} is null"]
    mine, theirs = (_levels(table.codes(name, levels), len(levels)) for table in (real, sealed))
    return Cells(titles, mine, theirs)


def _levels(codes: np.ndarray, count: int) -> np.ndarray:
    """Put null last, and levels that the real rows lack behind it."""
    return np.where(codes < 0, count, np.where(codes >= count, count + 1, codes))


def _numbers(name: str, real: np.ndarray, sealed: np.ndarray, *, numeric: bool) -> Cells:
    known = real[np.isfinite(real)]
    values, complete = _own(known) if numeric else (np.empty(0), False)
    ranges: list[str] = []
    cuts = np.empty(0)
    if not complete:
        others = known[~np.isin(known, values)]
        parts = max(1, round(RANGES * len(others) / max(len(known), 1)))
        if parts > 1:
            cuts = np.quantile(others, np.arange(1, parts) / parts)
            # rounded to three digits, so that a name discloses nobody
            cuts = np.unique([float(f"{cut:.3g}") for cut in cuts]) if numeric else np.unique(cuts)
        ranges = _ranges(name, cuts, values) if numeric else _parts(name, len(cuts) + 1)
    titles = [*(f"{name} = {_short(value)}" for value in values), *ranges, f"{name} is null"]

    def place(numbers: np.ndarray) -> np.ndarray:
        beside = len(titles) if complete else len(values) + np.searchsorted(cuts, numbers, side="right")
        found = np.where(np.isin(numbers, values), np.searchsorted(values, numbers), beside)
        return np.where(np.isnan(numbers), len(titles) - 1, found)

    return Cells(titles, place(real), place(sealed), len(values))


def _own(known: np.ndarray) -> tuple[np.ndarray, bool]:
    """Give the values that are groups of their own, and whether no ranges stand beside them."""
    values, times = np.unique(known, return_counts=True)
    behind = times >= LEAST_NAMED
    if 0 < len(values) <= FEW_VALUES and 2 * int(times[behind].sum()) >= len(known):
        return values[behind], True
    return values[behind & (times >= ATOM * len(known))], False


def _ranges(name: str, cuts: np.ndarray, values: np.ndarray) -> list[str]:
    """Name the ranges between cuts, and the values in each that are groups of their own."""
    titles: list[str] = []
    for low, high in itertools.pairwise([-np.inf, *cuts, np.inf]):
        if not len(cuts):
            title = f"{name} is given"
        elif high == np.inf:
            title = f"{name} >= {low:g}"
        else:
            title = f"{name} < {high:g}" if low == -np.inf else f"{low:g} <= {name} < {high:g}"
        inside = [_short(value) for value in values if low <= value < high]
        titles.append(f"{title}, not {' or '.join(inside)}" if inside else title)
    return titles


def _parts(name: str, count: int) -> list[str]:
    return [f"{name} in part {at + 1} of {count}" for at in range(count)]


def _short(value: float) -> str:
    return f"{value:.10g}"


def _named(cells: Cells) -> np.ndarray:
    """Give the cells with sealed rows whose names may be told, those of most real rows first."""
    count = len(cells.titles)
    real, sealed = (np.bincount(part, minlength=count + 1)[:count] for part in (cells.real, cells.sealed))
    behind = np.where(np.arange(count) < cells.values, real, np.maximum(real, sealed))
    named = np.flatnonzero((behind >= LEAST_NAMED) & (sealed > 0))
    return named[np.argsort(-real[named], kind="stable")]


def _count(cells: Cells, named: np.ndarray) -> int:
    """Count the groups, all that have no name of their own being one."""
    return len(named) + int(not np.isin(cells.sealed, named).all())


def _shared(wanted: list[int]) -> list[int]:
    """Share the groups out among columns evenly, one at least to each.

    Examples
    --------
    >>> _shared([100, 3, 60])
    [39, 3, 38]
    """
    given, left = [0] * len(wanted), MOST_GROUPS
    for done, at in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        given[at] = max(1, min(wanted[at], left // (len(wanted) - done)))
        left -= given[at]
    return given


def _kept(name: str, cells: Cells, named: np.ndarray, given: int) -> list[Cut]:
    """Keep the largest groups, and put all others together."""
    if given < _count(cells, named):
        named = named[: given - 1]
    rest = np.flatnonzero(~np.isin(cells.sealed, named))
    found = [Cut(name, cells.titles[at], np.flatnonzero(cells.sealed == at)) for at in np.sort(named)]
    return [*found, Cut(name, f"{name}: {SMALL}", rest)] if len(rest) else found
