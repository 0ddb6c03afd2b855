"""What a chain of columns keeps of each: donors, and what leads to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assay.generators._forest import DonorForest

Scores = Mapping[str, "np.ndarray | None"]


@dataclass(frozen=True, slots=True)
class Law:
    """How one column follows from those before it.

    Parameters
    ----------
    forest : DonorForest
        Donors; codes from the number of the column's levels on mean that the row repeats another column's number.
    predictors : mapping of str to numpy.ndarray or None
        Columns its trees see, each with the number that stands for each level, None for columns of numbers.
    repeats : tuple of str
        Columns whose number may be repeated.
    exact : bool
        Whether another column determines this one, so that its values must not be moved.
    """

    forest: DonorForest
    predictors: Scores
    repeats: tuple[str, ...] = ()
    exact: bool = False


def matrix_of(predictors: Scores, positions: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    """Give what trees see, as float32 of shape (rows, predictors).

    Parameters
    ----------
    predictors : mapping of str to numpy.ndarray or None
        As in `Law`.
    positions : mapping of str to numpy.ndarray, shape (rows,)
        Each column's codes, numbers between two real values with codes between theirs.
    rows : int
        Number of rows.
    """
    matrix = np.empty((rows, len(predictors)), dtype=np.float32)
    for place, (name, scores) in enumerate(predictors.items()):
        matrix[:, place] = positions[name] if scores is None else scores[positions[name] + 2]
    return matrix
