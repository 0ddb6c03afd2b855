"""What more rows of a slice would bring: a learning curve for every slice, shrunk towards what the synthetic rows lack there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.stats.axes import Axis
from assay.stats.subgroups import Score

WORTHS = (0.05, 0.2, 0.6)  # what synthetic rows may be worth, in numbers of real ones; low, so that gains are not overrated
POWER = 0.5  # by which losses of small samples fall with rows; 1, as theory has it near the end, foretells too little
PRIOR = 5.0  # rows' worth of the whole table's variance that a slice's variance is drawn towards
LEAST_SHARE, MOST_SHARE, LEAST_ROWS = 0.05, 0.75, 10
STEEPEST = 6.0  # times the overall slope that missing synthetic rows may speak for
SINGLE = 1.1  # by which a slice of two columns must promise more than one of a single column


class Worths(NamedTuple):
    """What synthetic rows may be worth, in multiples of the number of real ones, with chances; ``trained`` as in `Curve`."""

    values: np.ndarray
    chances: np.ndarray
    trained: float

    @classmethod
    def of(cls, early: np.ndarray, late: np.ndarray, trained: float, alone: bool) -> Worths:
        """Weigh what they may be worth by the three points of the curve.

        Parameters
        ----------
        early, late : numpy.ndarray, shape (rows,)
            Fall of each row's loss from none to all, and from half to all of the real rows.
        trained : float
            Share of the real rows that all are.
        alone : bool
            Whether the form uses no synthetic rows: they are worth nothing then.

        Notes
        -----
        With a loss of ``c + a / sqrt(N + e)`` after N real rows beside synthetic ones worth e, the late fall is a share of the
        early one that grows with e.
        """
        if alone:
            return cls(np.zeros(1), np.ones(1), trained)
        values = np.array(WORTHS)
        share = _share(values, trained)
        off = late[None, :] - share[:, None] * early[None, :]
        error = np.maximum(off.std(axis=1) / np.sqrt(len(late)), 1e-12)
        likely = -0.5 * (off.mean(axis=1) / error) ** 2
        chances = np.exp(likely - likely.max())
        return cls(values, chances / chances.sum(), trained)

    def falls(self, early: np.ndarray, late: np.ndarray) -> np.ndarray:
        """Put both falls together, row by row: what the early one says of the late one, and the late one itself.

        Parameters
        ----------
        early, late : numpy.ndarray, shape (rows,)
            As for `of`.

        Notes
        -----
        Where real rows have helped so far, more of them will: the early fall is larger and less noisy than the late one, and is
        taken times the share that the late one has of it, so that the mean stays that of the late one where it is between none
        and all of it. The two are weighed so that the variance between rows is least.
        """
        known = float(early.mean()) > 2.0 * float(early.std()) / np.sqrt(len(early))
        if not known or not self.values.any():
            return late
        said = early * float(np.clip(late.mean() / early.mean(), 0.0, 1.0))
        shared = float(np.mean((said - said.mean()) * (late - late.mean())))
        weight = float(np.clip((late.var() - shared) / max(float(np.var(said - late)), 1e-300), 0.0, 1.0))
        return weight * said + (1.0 - weight) * late

    def factor(self, added: np.ndarray) -> np.ndarray:
        """Give the fall of a slice's loss from more rows, over its fall from half to all of the rows in the folds.

        Parameters
        ----------
        added : numpy.ndarray
            Rows added to the slice, over the real rows it has.
        """
        found = np.zeros(np.shape(added))
        for value, chance in zip(self.values, self.chances, strict=True):
            found += chance * _fall(1.0 + value, 1.0 + value + added) / _late(value, self.trained)
        return found

    def steepness(self, ratio: np.ndarray) -> np.ndarray:
        """Give how much steeper than overall the curve of a slice is expected to be, by its synthetic over its real share."""
        found = np.zeros(np.shape(ratio))
        for value, chance in zip(self.values, self.chances, strict=True):
            found += chance * _late(value * ratio, self.trained) / _late(value, self.trained)
        return np.minimum(found, STEEPEST)


def _fall(few: np.ndarray | float, many: np.ndarray | float) -> np.ndarray | float:
    """Give the fall of the loss between two numbers of rows, synthetic ones counted by their worth."""
    return few**-POWER - many**-POWER


def _late(worth: np.ndarray | float, trained: float) -> np.ndarray | float:
    """Give the fall from half to all of the rows in the folds."""
    return _fall(trained / 2.0 + worth, trained + worth)


def _share(worth: np.ndarray, trained: float) -> np.ndarray:
    """Give the late fall over the early one; 0 where synthetic rows are worth nothing."""
    known = np.maximum(worth, 1e-12)
    return np.where(worth > 0, _late(known, trained) / _fall(known, trained + known), 0.0)


class Slopes(NamedTuple):
    """How slopes of slices are drawn together.

    Parameters
    ----------
    worths : Worths
        Shape of the curves.
    overall, variance : float
        Mean over all rows of the fall from half to all, not negative, and its variance between rows.
    between : float
        Variance of the slices' slopes around what is expected of them.
    rows, synthetic : float
        Rows that the sums count, of both kinds.
    """

    worths: Worths
    overall: float
    variance: float
    between: float
    rows: float
    synthetic: float

    @classmethod
    def of(cls, worths: Worths, axes: list[Axis], weights: np.ndarray, kept: np.ndarray) -> Slopes:
        """Learn how much slopes differ between slices of one column, by the method of moments.

        Parameters
        ----------
        worths : Worths
            Shape of the curves.
        axes : list of Axis
            Columns in cells.
        weights : numpy.ndarray, shape (4, rows)
            As `promise` takes them, row by row.
        kept : numpy.ndarray of bool, shape (rows,)
            Rows that take part.
        """
        rows, falls, squares, synthetic = (float(total) for total in weights[:, kept].sum(axis=1))
        overall = max(falls / max(rows, 1.0), 0.0)
        plain = cls(worths, overall, max(squares / max(rows, 1.0) - overall**2, 0.0), 0.0, rows, synthetic)
        found: list[float] = []
        for axis in axes:
            cells = axis.cells[kept]
            size = axis.member.shape[1]
            sums = np.stack([np.bincount(cells, weights=weight[kept], minlength=size) for weight in weights]) @ axis.member.T
            enough, slope, expected, error = plain._parts(sums)
            if enough.any():
                excess = (slope - expected) ** 2 - error * (1.0 - np.minimum(sums[0] / rows, 1.0))
                found.append(float(excess[enough].mean()))
        return plain._replace(between=max(float(np.mean(found)) if found else 0.0, 0.0))

    def promise(self, sums: np.ndarray, rows: int) -> np.ndarray:
        """Give the expected fall of the whole loss from so many rows of each slice, ``-inf`` for those too small or too large.

        Parameters
        ----------
        sums : numpy.ndarray, shape (4, ...)
            Real rows in each slice, the sum of their falls from half to all, of its squares, and synthetic rows.
        rows : int
            Rows to be added, on the scale of ``rows`` counted here.
        """
        enough, slope, expected, error = self._parts(sums)
        drawn = expected + self.between / np.maximum(self.between + error, 1e-300) * (slope - expected)
        return np.where(enough, sums[0] / self.rows * drawn * self.factor(sums, rows), -np.inf)

    def factor(self, sums: np.ndarray, rows: int) -> np.ndarray:
        """Give `Worths.factor` for slices with these sums."""
        return self.worths.factor(rows / np.maximum(sums[0], 1.0))

    def score(self, rows: int) -> Score:
        """Make the score of a search."""

        def score(sums: np.ndarray) -> np.ndarray:
            found = self.promise(sums, rows)
            return found * SINGLE if sums.ndim == 2 else found

        return score

    def _ratio(self, sums: np.ndarray) -> np.ndarray:
        """Give the synthetic over the real share of slices, both sides two rows more."""
        if self.synthetic <= 0:
            return np.ones(sums.shape[1:])
        return np.minimum((sums[3] * self.rows / self.synthetic + 2.0) / (sums[0] + 2.0), 3.0)

    def _parts(self, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Give which slices are large enough, their slopes, what these are expected to be, and their squared errors."""
        count = np.maximum(sums[0], 1.0)
        share = sums[0] / self.rows
        enough = (share >= LEAST_SHARE) & (share <= MOST_SHARE) & (sums[0] >= LEAST_ROWS)
        slope = sums[1] / count
        spread = (np.maximum(sums[2] - count * slope**2, 0.0) + PRIOR * self.variance) / (count + PRIOR)
        return enough, slope, self.overall * self.worths.steepness(self._ratio(sums)), spread / count
