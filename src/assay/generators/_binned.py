"""Encoded rows as states alone: a number on a scale is one of some bins of equal mass."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from scipy.special import ndtr

from assay.generators._encoded import Encoded, Encoding


class Bins:
    """An encoding whose numbers are cut into bins.

    Parameters
    ----------
    encoding : Encoding
        What is cut.
    bins : int
        Bins of a numbered column; each holds as many real rows as the next, and within one all ranks are equally likely.

    Attributes
    ----------
    sizes : tuple of int
        States of each column, bins included.
    lines : tuple of int
        How many of a column's last states lie on a line: bins, or the values of an ordered column of few.
    """

    def __init__(self, encoding: Encoding, bins: int) -> None:
        self.encoding, self.bins = encoding, bins
        self.sizes = tuple(
            size + bins - 1 if numbered else size for size, numbered in zip(encoding.sizes, encoding.numbered, strict=True)
        )
        self.lines = tuple(
            bins if numbered else size - int((encoding.values[name].counts[:2] > 0).sum()) if encoding.values[name].ordered else 0
            for name, size, numbered in zip(encoding.names, encoding.sizes, encoding.numbered, strict=True)
        )
        self._last = np.array(encoding.sizes, dtype=np.int64) - 1

    def states(self, encoded: Encoded) -> np.ndarray:
        """Give the states, int64 of shape (rows, columns), bins of a numbered column behind its other states."""
        inner = self.encoding.numbered & (encoded.states == self._last)
        within = np.clip((ndtr(encoded.numbers.astype(np.float64)) * self.bins).astype(np.int64), 0, self.bins - 1)
        return encoded.states + np.where(inner, within, 0)

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
                within = np.clip((line.shares(codes[name][inner], 0.5) * self.bins).astype(np.int64), 0, self.bins - 1)
                state[inner] += within
                mass[inner] /= self.bins
            states[:, at] = state
            shares[:, at] = np.minimum(encoding.values[name].counts[codes[name] + 2] / mass, 1.0)
        return states, shares

    def cells(
        self,
        states: np.ndarray,
        rng: np.random.Generator,
        exact: frozenset[str] = frozenset(),
        met: Mapping[str, np.ndarray] | None = None,
    ) -> tuple[dict[str, pa.Array], dict[str, np.ndarray]]:
        """Turn states of shape (rows, columns) into cells and codes; see `Encoding.cells`."""
        within = np.where(self.encoding.numbered, states - self._last, -1)
        low = np.maximum(within, 0) / self.bins
        plain = np.where(within >= 0, self._last, states)
        return self.encoding.cells(plain, low, low + 1.0 / self.bins, rng, exact, met)

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
            edges = np.concatenate([edges[:-2], np.linspace(edges[-2], edges[-1], self.bins + 1)])
        return line.allowed(edges, met)
