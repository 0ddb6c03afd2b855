"""What the rows of a generation look like, as plain counts in fixed bins that at least ten real rows stand behind each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple


class Bins(NamedTuple):
    """The bins of one column.

    Parameters
    ----------
    column : str
        Its name.
    kind : {'number', 'level'}
        Whether bins lie on a scale.
    labels : tuple of str
        Of a number k edges between k + 1 bins, the first and the last one open; else the k levels.
    real : tuple of int
        Real rows in each bin, ten at least. One to nine nulls of a number are counted in its fullest bin, or they could be
        told by subtraction.
    widths : tuple of float
        How much room each bin takes, 1 in all: of a number two thirds by its width and one by its share of the real rows, so that
        a heavy value does not take all the height and a far one not all the width; the same for levels and for few values.
        Divide shares by it for heights.
    """

    column: str
    kind: Literal["number", "level"]
    labels: tuple[str, ...]
    real: tuple[int, ...]
    widths: tuple[float, ...]


class Plane(NamedTuple):
    """Cells of the plane in which real rows vary most.

    Parameters
    ----------
    mainly : tuple of tuple of str
        For each of the two directions the columns that make most of it.
    side : int
        Cells of a side, narrower where many real rows are; those at the edge hold all that lies beyond.
    cells : tuple of (int, int)
        Those that ten real rows at least stand behind: place along the first and along the second direction, from 0.
    real : tuple of int
        Real rows in each of them.
    elsewhere : int or None
        Real rows in all other cells together: none, or ten at least. Older results have None where they were one to nine.
    """

    mainly: tuple[tuple[str, ...], ...]
    side: int
    cells: tuple[tuple[int, int], ...]
    real: tuple[int, ...]
    elsewhere: int | None


@dataclass(frozen=True)
class Layout:
    """Where rows are counted, and how many real ones there are.

    Parameters
    ----------
    bins : tuple of Bins
        Of each column that can be told, 60 at most.
    plane : Plane, optional
        None where rows do not vary in two directions.
    drift : tuple of float
        Share of the rare levels that is left after 1, 2, ... generations of a perfect generator under ``replace``; empty where
        there are none or nobody worked it out.
    """

    bins: tuple[Bins, ...]
    plane: Plane | None
    drift: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "columns": [bins._asdict() for bins in self.bins],
            "plane": None if self.plane is None else self.plane._asdict(),
            "drift": list(self.drift),
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Layout:
        """Read what `to_dict` gave."""
        names = ("labels", "real", "widths")
        bins = tuple(Bins(one["column"], one["kind"], *(tuple(one[name]) for name in names)) for one in entry["columns"])
        found, plane = entry["plane"], None
        if found is not None:
            mainly, cells = tuple(tuple(names) for names in found["mainly"]), tuple((at, up) for at, up in found["cells"])
            plane = Plane(mainly, found["side"], cells, tuple(found["real"]), found["elsewhere"])
        return cls(bins, plane, tuple(entry["drift"]))

    @property
    def real(self) -> Portrait:
        """The real rows, counted like a generation; those elsewhere as none where they are too few to be told."""
        columns = {one.column: one.real for one in self.bins}
        return Portrait(columns, () if self.plane is None else self.plane.real, (self.plane and self.plane.elsewhere) or 0)


class Portrait(NamedTuple):
    """Rows counted in the bins of a `Layout`.

    Parameters
    ----------
    columns : mapping of str to tuple of int
        Rows in each bin; nulls of a number are in none.
    plane : tuple of int
        Rows in each told cell of the plane.
    elsewhere : int
        Rows in the other cells.
    """

    columns: Mapping[str, tuple[int, ...]]
    plane: tuple[int, ...]
    elsewhere: int

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        columns = {name: list(counts) for name, counts in self.columns.items()}
        return {"columns": columns, "plane": list(self.plane), "elsewhere": self.elsewhere}

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Portrait:
        """Read what `to_dict` gave."""
        columns = {name: tuple(counts) for name, counts in entry["columns"].items()}
        return cls(columns, tuple(entry["plane"]), entry["elsewhere"])

    def shares(self, column: str) -> tuple[float, ...]:
        """Give the share of the rows in each bin of a column, of those that are in any."""
        total = max(sum(self.columns[column]), 1)
        return tuple(count / total for count in self.columns[column])

    @property
    def densities(self) -> tuple[float, ...]:
        """Share of all rows in each told cell of the plane."""
        total = max(sum(self.plane) + self.elsewhere, 1)
        return tuple(count / total for count in self.plane)

    @property
    def share_elsewhere(self) -> float:
        """Share of all rows where next to no real row is."""
        return self.elsewhere / max(sum(self.plane) + self.elsewhere, 1)


def pooled(portraits: Iterable[Portrait]) -> Portrait | None:
    """Count the rows of several lineages together; None where there is none.

    Examples
    --------
    >>> pooled([Portrait({"x": (1, 2)}, (3,), 0), Portrait({"x": (4, 0)}, (1,), 2)])
    Portrait(columns={'x': (5, 2)}, plane=(4,), elsewhere=2)
    """
    found = list(portraits)
    if not found:
        return None
    columns = {name: tuple(map(sum, zip(*(one.columns[name] for one in found), strict=True))) for name in found[0].columns}
    return Portrait(
        columns, tuple(map(sum, zip(*(one.plane for one in found), strict=True))), sum(one.elsewhere for one in found)
    )
