"""Columns as states and numbers that a network can learn, and back to exact cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
from scipy.special import ndtri

from assay.generators._recode import level_order
from assay.generators._values import ColumnValues

ALONE = 96  # most frequent levels of a column that are states of their own
GROUPS = 32  # states that the other levels share, neighbours in meaning together
FEW = 24  # values up to which an ordered column is nothing but states
HEAP = 0.05  # share of the rows from which a number is a state of its own


class Encoded(NamedTuple):
    """Rows for a network: ``states`` int64 and ``numbers`` float32, both of shape (rows, columns)."""

    states: np.ndarray
    numbers: np.ndarray


@dataclass(frozen=True, slots=True)
class ColumnCode:
    """How one column's codes become states, and the last of them numbers.

    Parameters
    ----------
    state_of : numpy.ndarray of int32, shape (2 + levels,)
        State of a code, at position code + 2; -1 for what no row holds.
    numbered : bool
        Whether the last state is that of numbers on a scale; all others are told by the state alone.

    Notes
    -----
    Levels and heaps are states. Numbers on a scale are ranked, each value taking the part of (0, 1) that its rows make up, and
    turned into normal quantiles, uniformly at random within that part: a column of numbers is exactly standard normal, and the
    way back gives exactly its distribution. Null and NaN are states. Beyond the 96 most frequent levels of a column, levels
    share 32 states with those that are alike in what they mean for the other columns; within a state a level is drawn by its
    frequency. So 300,000 levels take 128 states, and what a rare level means beyond its group is lost.
    """

    state_of: np.ndarray
    numbered: bool

    @classmethod
    def learn(cls, codes: np.ndarray, values: ColumnValues, others: list[tuple[np.ndarray, ColumnValues]]) -> Self:
        """Learn from the codes of the real cells, shape (rows,); `others` say what rare levels mean."""
        counts = values.counts
        present = np.flatnonzero(counts)
        state_of = np.full(len(counts), -1, dtype=np.int32)
        if len(present) <= (FEW if values.ordered else ALONE + GROUPS):
            state_of[present] = np.arange(len(present))
            return cls(state_of, False)
        if values.ordered:
            heavy = present[(present < 2) | (counts[present] >= HEAP * len(codes))]
            state_of[present] = len(heavy)
            state_of[heavy] = np.arange(len(heavy))
            return cls(state_of, len(heavy) < len(present))
        ranked = present[np.argsort(-counts[present], kind="stable")]
        state_of[ranked[:ALONE]] = np.arange(ALONE)
        order = level_order(codes, values, others)
        rest = order[state_of[order] < 0]
        mass = np.cumsum(counts[rest])
        state_of[rest] = ALONE + np.minimum((mass - 1) * GROUPS // mass[-1], GROUPS - 1)
        return cls(_dense(state_of), False)

    @property
    def size(self) -> int:
        """Number of states."""
        return int(self.state_of.max()) + 1


def _dense(states: np.ndarray) -> np.ndarray:
    """Renumber states without gaps, -1 apart."""
    known = np.unique(states[states >= 0])
    out = np.full(len(states), -1, dtype=np.int32)
    out[states >= 0] = np.searchsorted(known, states[states >= 0])
    return out


class Encoding:
    """All columns of a table.

    Parameters
    ----------
    values : mapping of str to ColumnValues
        The columns' values.
    codes : mapping of str to ColumnCode
        How each is encoded.
    """

    def __init__(self, values: Mapping[str, ColumnValues], codes: Mapping[str, ColumnCode]) -> None:
        self.values, self.codes = dict(values), dict(codes)
        self.names = tuple(codes)
        self.sizes = tuple(code.size for code in codes.values())
        self.numbered = np.array([code.numbered for code in codes.values()], dtype=bool)
        self.lines = {name: Line.of(self.values[name], code) for name, code in codes.items()}

    @classmethod
    def learn(cls, codes: Mapping[str, np.ndarray], values: Mapping[str, ColumnValues]) -> Self:
        """Learn from codes of shape (rows,) each."""
        known = {name: (column, values[name]) for name, column in codes.items()}
        learned: dict[str, ColumnCode] = {}
        for name, column in codes.items():
            wide = not values[name].ordered and values[name].levels > ALONE
            others = [part for other, part in known.items() if other != name] if wide else []
            learned[name] = ColumnCode.learn(column, values[name], others)
        return cls(values, learned)

    def encode(self, codes: Mapping[str, np.ndarray], rng: np.random.Generator) -> Encoded:
        """Turn codes of shape (rows,) each into states and numbers; the number of a row without one is 0."""
        rows = len(next(iter(codes.values())))
        states = np.empty((rows, len(self.names)), dtype=np.int64)
        numbers = np.zeros((rows, len(self.names)), dtype=np.float32)
        for at, name in enumerate(self.names):
            states[:, at] = self.codes[name].state_of[codes[name] + 2]
            spot = rng.random(rows)
            if self.numbered[at]:
                held = states[:, at] == self.sizes[at] - 1
                share = self.lines[name].shares(codes[name][held], spot[held])
                numbers[held, at] = ndtri(np.clip(share, 1e-6, 1 - 1e-6))
        return Encoded(states, numbers)

    def cells(
        self,
        states: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        rng: np.random.Generator,
        exact: frozenset[str] = frozenset(),
        met: Mapping[str, np.ndarray] | None = None,
    ) -> tuple[dict[str, pa.Array], dict[str, np.ndarray]]:
        """Turn states and numbers, arrays of shape (rows, columns), into cells and codes.

        Parameters
        ----------
        states : numpy.ndarray of int
            States.
        low, high : numpy.ndarray of float64
            Between which shares of the last state a number lies, 0 to 1; read where a numbered column is in its last state.
        rng : numpy.random.Generator
            Draws levels that share a state, and numbers between `low` and `high`.
        exact : frozenset of str
            Columns whose cells are real values, never one between two.
        met : mapping of str to numpy.ndarray of bool, shape (2 + levels,), optional
            Codes that a column may take, at position code + 2: one of them is drawn where the span holds any.
        """
        cells: dict[str, pa.Array] = {}
        codes: dict[str, np.ndarray] = {}
        for at, name in enumerate(self.names):
            line, held = self.lines[name], states[:, at]
            start, end = line.bounds[held], line.bounds[held + 1]
            if self.numbered[at]:
                inner = held == self.sizes[at] - 1
                width = end - start
                start, end = (
                    np.where(inner, start + np.clip(share[:, at], 0.0, 1.0) * width, own)
                    for share, own in ((low, start), (high, end))
                )
            codes[name], fraction = line.drawn(start, end, rng.random(len(states)), (met or {}).get(name))
            values = self.values[name]
            between = (self.numbered[at] or values.spans) and name not in exact
            cells[name] = values.within(codes[name], fraction) if between else values.decode(codes[name])
        return cells, codes

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Give what `restored` needs."""
        place = {name: at for at, name in enumerate(self.values)}
        arrays = {"numbered": self.numbered, "names": np.array([place[name] for name in self.names], dtype=np.int64)}
        return arrays | {f"states.{at}": code.state_of for at, code in enumerate(self.codes.values())}

    @classmethod
    def restored(cls, values: Mapping[str, ColumnValues], arrays: Mapping[str, np.ndarray]) -> Self:
        """Take back what `state_arrays` gave."""
        names = tuple(values)
        learned = {
            names[place]: ColumnCode(arrays[f"states.{at}"], bool(arrays["numbered"][at]))
            for at, place in enumerate(arrays["names"].tolist())
        }
        return cls(values, learned)


class Line(NamedTuple):
    """The codes of a column laid out by state, each as long as it has rows."""

    codes: np.ndarray  # int64, by state, ascending within it
    starts: np.ndarray  # float64, rows before each
    ends: np.ndarray  # float64, rows up to each
    bounds: np.ndarray  # float64, shape (states + 1,): where each state begins and ends
    place: np.ndarray  # int64, shape (2 + levels,): position of code + 2 in `codes`

    @classmethod
    def of(cls, values: ColumnValues, code: ColumnCode) -> Line:
        """Lay out a column."""
        present = np.flatnonzero(code.state_of >= 0)
        ordered = present[np.argsort(code.state_of[present], kind="stable")]
        ends = np.cumsum(values.counts[ordered]).astype(np.float64)
        last = np.searchsorted(code.state_of[ordered], np.arange(code.size), side="right")
        place = np.zeros(len(code.state_of), dtype=np.int64)
        place[ordered] = np.arange(len(ordered))
        return cls(ordered - 2, np.concatenate([[0.0], ends[:-1]]), ends, np.concatenate([[0.0], ends[last - 1]]), place)

    def shares(self, codes: np.ndarray, spot: np.ndarray | float) -> np.ndarray:
        """Give where each code lies within the last state, 0 to 1, at a spot within its own part."""
        at = self.place[codes + 2]
        low, high = self.bounds[-2:]
        return (self.starts[at] + spot * (self.ends[at] - self.starts[at]) - low) / (high - low)

    def drawn(
        self, low: np.ndarray, high: np.ndarray, spot: np.ndarray, met: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give a code for each span of the line, and how far within the code's own part it was found; `spot` in (0, 1) chooses.

        With `met` only codes that are allowed are chosen, where a span holds any.
        """
        wanted = low + spot * (high - low)
        if met is not None:
            good = self.ends[met[self.codes + 2]], self.starts[met[self.codes + 2]]
            mass = np.concatenate([[0.0], np.cumsum(good[0] - good[1])])
            first, last = (self._mass(edge, good[1], mass) for edge in (low, high))
            some = last > first
            target = np.where(some, first + spot * (last - first), 0.0)
            piece = np.clip(np.searchsorted(mass, target, side="right") - 1, 0, max(len(good[0]) - 1, 0))
            if len(good[0]):
                wanted = np.where(some, good[1][piece] + target - mass[piece], wanted)
        at = np.clip(np.searchsorted(self.ends, wanted, side="right"), 0, len(self.ends) - 1)
        return self.codes[at], np.clip((wanted - self.starts[at]) / (self.ends[at] - self.starts[at]), 0.0, 1.0)

    @staticmethod
    def _mass(edge: np.ndarray, starts: np.ndarray, mass: np.ndarray) -> np.ndarray:
        """Give how much of what is allowed lies below an edge."""
        at = np.searchsorted(starts, edge, side="right") - 1
        inside = np.minimum(edge - starts[np.maximum(at, 0)], np.diff(mass)[np.maximum(at, 0)]) if len(starts) else 0.0
        return np.where(at >= 0, mass[np.maximum(at, 0)] + inside, 0.0)

    def allowed_states(self, met: np.ndarray) -> np.ndarray:
        """Give the share of each state's rows whose code is allowed, float64 of shape (states,)."""
        return self.allowed(self.bounds, met)

    def allowed_at(self, shares: np.ndarray, met: np.ndarray) -> np.ndarray:
        """Give 1.0 where the code at a share of the last state is allowed, else 0.0."""
        low, high = self.bounds[-2:]
        at = np.clip(np.searchsorted(self.ends, low + shares * (high - low), side="right"), 0, len(self.ends) - 1)
        return met[self.codes[at] + 2].astype(np.float64)

    def allowed(self, edges: np.ndarray, met: np.ndarray) -> np.ndarray:
        """Give the share of what lies between neighbouring edges, shape (edges,), that is allowed, shape (edges - 1,)."""
        chosen = met[self.codes + 2]
        starts = self.starts[chosen]
        mass = np.concatenate([[0.0], np.cumsum(self.ends[chosen] - starts)])
        return np.diff(self._mass(edges, starts, mass)) / np.diff(edges)
