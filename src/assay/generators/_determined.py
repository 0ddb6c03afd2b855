"""Columns that another column determines, so that a chain can look them up rather than guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from assay.generators._values import ColumnValues

SUPPORT = 20  # rows per level of the determining column at least, on average
GLANCE = 256  # rows looked at first


def determines(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether equal codes in `first` always go with equal codes in `second`; arrays of shape (rows,).

    Examples
    --------
    >>> determines(np.array([0, 0, 1, 2]), np.array([5, 5, 7, 7]))
    True
    >>> determines(np.array([5, 5, 7, 7]), np.array([0, 0, 1, 2]))
    False
    """
    glance = slice(0, GLANCE)
    return _one_each(first[glance], second[glance]) and _one_each(first, second)


def determiners(
    codes: Mapping[str, np.ndarray], values: Mapping[str, ColumnValues], targets: Sequence[str], among: Sequence[str]
) -> dict[str, str]:
    """Find, for each target that some column determines, the determining column with the fewest levels.

    Parameters
    ----------
    codes : mapping of str to numpy.ndarray of int32, shape (rows,)
        Codes of the columns.
    values : mapping of str to ColumnValues
        Their values.
    targets : sequence of str
        Columns to be determined; constant ones are left out.
    among : sequence of str
        Columns that may determine; those with fewer than 20 rows per level, or fewer levels than the target, do not count.
    """
    size = {name: int(np.count_nonzero(known.counts)) for name, known in values.items()}
    able = sorted((name for name in among if size[name] * SUPPORT <= len(codes[name])), key=lambda name: size[name])
    found: dict[str, str] = {}
    for target in targets:
        if size[target] < 2:
            continue
        for name in able:
            if name != target and size[name] >= size[target] and determines(codes[name], codes[target]):
                found[target] = name
                break
    return found


def determined_scores(codes: np.ndarray, levels: int, target: np.ndarray) -> np.ndarray:
    """Give the target's code at each level of the determining column, as float32 of shape (2 + levels,) by position code + 2."""
    scores = np.zeros(levels + 2, dtype=np.float32)
    scores[codes + 2] = target
    return scores


def _one_each(first: np.ndarray, second: np.ndarray) -> bool:
    seconds = int(second.max()) + 3 if len(second) else 1
    pairs = np.unique((first.astype(np.int64) + 2) * seconds + second + 2)
    return len(np.unique(pairs // seconds)) == len(pairs)
