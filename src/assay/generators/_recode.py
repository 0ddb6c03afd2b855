"""Numbers that stand for levels and targets where a tree wants numbers."""

from __future__ import annotations

import numpy as np

from assay.generators._values import ColumnValues

MOST_CLASSES = 64  # levels of a target beyond which classes become numbers
SHRINKAGE = 20.0  # rows at which a level's own mean and the whole table's count alike
OUTPUTS = 4  # numbers that tell the levels of a large target apart
SHOWN = 8  # levels of a predictor with a column of their own there
HEAPS = 4  # heavy values of a number that trees tell apart from the others
HEAP = 0.02  # share of rows from which a value is one


def midranks(codes: np.ndarray, values: ColumnValues) -> np.ndarray:
    """Give the mid-rank of each cell as float64 in (0, 1), 1/2 where there is no value."""
    counts = values.counts[2:]
    middle = np.full(len(counts) + 2, 0.5)
    middle[2:] = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
    return middle[codes + 2]


def target_of(codes: np.ndarray, values: ColumnValues, before: list[tuple[np.ndarray, ColumnValues]]) -> np.ndarray:
    """Give what trees tell apart for a column.

    Parameters
    ----------
    codes : numpy.ndarray of int32, shape (rows,)
        The column's codes.
    values : ColumnValues
        Its values.
    before : list of (codes, values)
        The columns drawn before it.

    Returns
    -------
    numpy.ndarray
        Classes as int64 of shape (rows,) for up to 64 levels; for numbers and dates float64 of shape (rows, 1 + flags) with the
        ranks and flags for null, NaN and at most 4 values that 2% of the rows have; for more levels float64 of shape
        (rows, at most 4).
    """
    if not values.ordered and values.levels <= MOST_CLASSES:
        return np.unique(codes, return_inverse=True)[1].astype(np.int64)
    flags = [(codes == mark).astype(np.float64) for mark in (-1, -2) if (codes == mark).any()]
    if values.ordered:
        heavy = np.argsort(-values.counts[2:], kind="stable")[:HEAPS]
        flags += [(codes == heap).astype(np.float64) for heap in heavy if values.counts[heap + 2] > HEAP * len(codes)]
        return np.column_stack([midranks(codes, values), *flags])
    return _meanings(codes, values, flags + _described(before), OUTPUTS)[codes + 2]


def level_order(codes: np.ndarray, values: ColumnValues, others: list[tuple[np.ndarray, ColumnValues]]) -> np.ndarray:
    """Order a column's levels along the first principal component of what they mean for other columns.

    Parameters
    ----------
    codes : numpy.ndarray of int32, shape (rows,)
        The column's codes.
    values : ColumnValues
        Its values.
    others : list of (codes, values)
        Other columns of the same rows.

    Returns
    -------
    numpy.ndarray of int64, shape (states,)
        Positions code + 2 of the levels that occur, null and NaN among them.
    """
    states = np.flatnonzero(values.counts)
    described = _described(others)
    if not described or len(states) < 3:
        return states
    return states[np.argsort(_meanings(codes, values, described, 1)[states, 0], kind="stable")]


def _described(columns: list[tuple[np.ndarray, ColumnValues]]) -> list[np.ndarray]:
    """Give the numbers that describe rows: ranks, and a flag for each of the most frequent levels."""
    described: list[np.ndarray] = []
    for codes, values in columns:
        if values.ordered:
            described.append(midranks(codes, values))
        else:
            largest = np.argsort(-values.counts, kind="stable")[:SHOWN] - 2
            described += [(codes == level).astype(np.float64) for level in largest if values.counts[level + 2]]
    return described


def _meanings(codes: np.ndarray, values: ColumnValues, described: list[np.ndarray], most: int) -> np.ndarray:
    """Give the principal components of each level's shrunk means, of shape (2 + levels, at most `most`)."""
    means = np.stack([_shrunk(codes, values.levels, column) for column in described], axis=1)
    weights = np.bincount(codes + 2, minlength=values.levels + 2).astype(np.float64)
    return means @ _components(means, weights, most)


def level_scores(codes: np.ndarray, levels: int, wanted: np.ndarray) -> np.ndarray:
    """Give the number that stands for each level of a predictor, from what the target is there.

    Parameters
    ----------
    codes : numpy.ndarray of int32, shape (rows,)
        The predictor's codes.
    levels : int
        Number of its levels.
    wanted : numpy.ndarray
        The target, as `target_of` gives it.

    Returns
    -------
    numpy.ndarray of float32, shape (2 + levels,)
        By position code + 2.
    """
    if np.issubdtype(wanted.dtype, np.integer):
        shares = np.bincount(wanted)
        # the rarest classes cannot move the first component: the table stays small however many levels meet however many classes
        classes = np.argsort(-shares, kind="stable")[: MOST_CLASSES if levels <= 10_000 else SHOWN]
        if len(classes) <= 2:
            classes = classes[-1:]
        means = np.stack([_shrunk(codes, levels, (wanted == each).astype(np.float64)) for each in classes], axis=1)
    else:
        outputs = wanted.reshape(len(wanted), -1)
        means = np.stack([_shrunk(codes, levels, outputs[:, at]) for at in range(outputs.shape[1])], axis=1)
    if means.shape[1] == 1:
        return means[:, 0].astype(np.float32)
    weights = np.bincount(codes + 2, minlength=levels + 2).astype(np.float64)
    return (means @ _components(means, weights, 1))[:, 0].astype(np.float32)


def strongest(matrix: np.ndarray, wanted: np.ndarray, most: int) -> list[int]:
    """Give the positions of the predictors with the largest absolute correlation to the target, in their order."""
    if matrix.shape[1] <= most:
        return list(range(matrix.shape[1]))
    if np.issubdtype(wanted.dtype, np.integer):
        largest = np.argsort(-np.bincount(wanted), kind="stable")[:SHOWN]
        outputs = np.stack([wanted == each for each in largest], axis=1).astype(np.float64)
    else:
        outputs = wanted.reshape(len(wanted), -1)
    outputs = _standard(outputs)
    blocks = np.array_split(matrix, _blocks(matrix), axis=1)
    related = [np.abs(_standard(block.astype(np.float64)).T @ outputs).max(axis=1) for block in blocks]
    return sorted(np.argsort(-np.concatenate(related), kind="stable")[:most].tolist())


def _blocks(matrix: np.ndarray) -> int:
    """Give how many blocks of columns keep a float64 copy of one under some 80 MB."""
    return max(1, min(matrix.shape[1], matrix.size // 10_000_000))


def _standard(columns: np.ndarray) -> np.ndarray:
    centred = columns - columns.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    return centred / np.where(spread > 0, spread, 1.0)


def _shrunk(codes: np.ndarray, levels: int, numbers: np.ndarray) -> np.ndarray:
    """Give the mean of `numbers` at each level, shrunk towards the mean of all."""
    counts = np.bincount(codes + 2, minlength=levels + 2)
    sums = np.bincount(codes + 2, weights=numbers, minlength=levels + 2)
    return (sums + SHRINKAGE * numbers.mean()) / (counts + SHRINKAGE)


def _components(means: np.ndarray, weights: np.ndarray, most: int) -> np.ndarray:
    """Give the leading principal directions of weighted rows, signs fixed, of shape (columns, at most `most`)."""
    centred = means - np.average(means, axis=0, weights=weights)
    _, vectors = np.linalg.eigh((centred * weights[:, None]).T @ centred)
    leading = vectors[:, ::-1][:, :most]
    signs = np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])])
    return leading * np.where(signs == 0, 1.0, signs)
