"""Encoded rows as states alone: a number on a scale is one of some bins of about equal mass."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from scipy.special import ndtr, ndtri

from assay.generators._encoded import Encoded, Encoding, Line

FEWEST_IN_BIN = 20  # rows, on average


class Bins:
    """An encoding whose numbers are cut into bins.

    Parameters
    ----------
    encoding : Encoding
        What is cut.
    bins : int
        Bins of a numbered column at most, and no more than leave each twenty rows; each holds about as many real rows as the
        next, none cuts a value in two, and within one all ranks are equally likely.

    Attributes
    ----------
    edges : tuple of numpy.ndarray of float64
        For each column the shares of its numbers, 0 to 1, between which its bins lie; empty for a column of states alone.
    sizes : tuple of int
        States of each column, bins included.
    lines : tuple of int
        How many of a column's last states lie on a line: bins, or the values of an ordered column of few.
    """

    def __init__(self, encoding: Encoding, bins: int) -> None:
        self.encoding = encoding
        self.edges = tuple(
            _edges(encoding.lines[name], bins) if numbered else np.empty(0)
            for name, numbered in zip(encoding.names, encoding.numbered, strict=True)
        )
        within = [max(len(edges) - 1, 1) for edges in self.edges]
        self.sizes = tuple(size + extra - 1 for size, extra in zip(encoding.sizes, within, strict=True))
        self.lines = tuple(
            extra if numbered else _on_line(encoding, name, size)
            for name, size, extra, numbered in zip(encoding.names, encoding.sizes, within, encoding.numbered, strict=True)
        )
        self._last = np.array(encoding.sizes, dtype=np.int64) - 1

    def states(self, encoded: Encoded) -> np.ndarray:
        """Give the states, int64 of shape (rows, columns), bins of a numbered column behind its other states."""
        states = encoded.states.copy()
        for at in np.flatnonzero(self.encoding.numbered):
            inner = states[:, at] == self._last[at]
            states[inner, at] += self._bin(int(at), ndtr(encoded.numbers[inner, at].astype(np.float64)))
        return states

    def within(self, encoded: Encoded, states: np.ndarray) -> np.ndarray:
        """Give where numbers lie within their bins, as normal quantiles, float32 of shape (rows, columns), 0 elsewhere."""
        found = np.zeros(states.shape, dtype=np.float32)
        for at in np.flatnonzero(self.encoding.numbered):
            inner = states[:, at] >= self._last[at]
            low, high = (self.edges[at][states[inner, at] - self._last[at] + end] for end in (0, 1))
            share = (ndtr(encoded.numbers[inner, at].astype(np.float64)) - low) / (high - low)
            found[inner, at] = ndtri(np.clip(share, 1e-6, 1 - 1e-6))
        return found

    def _bin(self, at: int, shares: np.ndarray) -> np.ndarray:
        """Give the bin of shares of a column's numbers."""
        return np.clip(np.searchsorted(self.edges[at], shares, side="right") - 1, 0, len(self.edges[at]) - 2)

    def of_codes(self, codes: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Give the states of codes of shape (rows,) each, and each code's share of its state's real rows.

        Returns
        -------
        numpy.ndarray of int64, shape (rows, columns)
            A value that reaches over several bins counts as one of the bin of its middle.
        numpy.ndarray of float64, shape (rows, columns)
            In (0, 1].
        """
        encoding = self.encoding
        rows = len(next(iter(codes.values())))
        states = np.empty((rows, len(encoding.names)), dtype=np.int64)
        shares = np.empty((rows, len(encoding.names)))
        for at, name in enumerate(encoding.names):
            line, numbered = encoding.lines[name], bool(encoding.numbered[at])
            state = encoding.codes[name].state_of[codes[name] + 2].astype(np.int64)
            mass = np.diff(line.bounds)[state]
            if numbered:
                inner = state == self._last[at]
                within = self._bin(at, line.shares(codes[name][inner], 0.5))
                state[inner] += within
                mass[inner] *= np.diff(self.edges[at])[within]
            states[:, at] = state
            shares[:, at] = np.minimum(encoding.values[name].counts[codes[name] + 2] / mass, 1.0)
        return states, shares

    def cells(
        self,
        states: np.ndarray,
        rng: np.random.Generator,
        exact: frozenset[str] = frozenset(),
        met: Mapping[str, np.ndarray] | None = None,
        spots: np.ndarray | None = None,
    ) -> tuple[dict[str, pa.Array], dict[str, np.ndarray]]:
        """Turn states of shape (rows, columns) into cells and codes; see `Encoding.cells`.

        `spots`, in (0, 1) and of the states' shape, say where in its bin a number lies; without them, and in the columns of
        `met`, anywhere.
        """
        plain, low, high = states.copy(), np.zeros(states.shape), np.ones(states.shape)
        for at in np.flatnonzero(self.encoding.numbered):
            inner = states[:, at] >= self._last[at]
            within = states[inner, at] - self._last[at]
            plain[inner, at] = self._last[at]
            first, last = self.edges[at][within], self.edges[at][within + 1]
            if spots is not None and self.encoding.names[at] not in (met or {}):
                first = last = first + spots[inner, at] * (last - first)
            low[inner, at], high[inner, at] = first, last
        return self.encoding.cells(plain, low, high, rng, exact, met)

    def allowed(self, name: str, met: np.ndarray) -> np.ndarray:
        """Give the share of each state's real rows that is allowed, float64 of shape (states,).

        Parameters
        ----------
        name : str
            A column.
        met : numpy.ndarray of bool, shape (2 + levels,)
            Which codes are allowed, at position code + 2.
        """
        at = self.encoding.names.index(name)
        line = self.encoding.lines[name]
        edges = line.bounds
        if self.encoding.numbered[at]:
            edges = np.concatenate([edges[:-2], edges[-2] + self.edges[at] * (edges[-1] - edges[-2])])
        return line.allowed(edges, met)


def _edges(line: Line, bins: int) -> np.ndarray:
    """Give shares of a column's numbers that cut them into about equal parts, each at the end of a value's rows."""
    low, high = line.bounds[-2:]
    bins = min(bins, max(int((high - low) // FEWEST_IN_BIN), 2))
    ends = np.concatenate([[0.0], (line.ends[line.ends > low] - low) / (high - low)])
    wanted = np.arange(1, bins) / bins
    above = np.clip(np.searchsorted(ends, wanted), 1, len(ends) - 1)
    nearer = np.where(ends[above] - wanted < wanted - ends[above - 1], above, above - 1)
    return np.concatenate([[0.0], ends[np.unique(nearer[(nearer > 0) & (nearer < len(ends) - 1)])], [1.0]], dtype=np.float64)


def _on_line(encoding: Encoding, name: str, size: int) -> int:
    """Count the states of a column of states alone that are values in order: all but null and NaN, which stand first."""
    values = encoding.values[name]
    return size - int((values.counts[:2] > 0).sum()) if values.ordered else 0
