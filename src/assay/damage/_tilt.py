"""Selecting rows with a probability that rises along a score, until the score's mean has moved so far."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from assay.core.errors import NotApplicable
from assay.damage._columns import codes, ranks
from assay.data.dataset import Dataset

STEEPEST = 20.0
HALVINGS = 40


def scores(dataset: Dataset, name: str, rng: np.random.Generator) -> np.ndarray:
    """Give each row the normal score of its rank in one column, of mean 0 and deviation 1; levels are put in random order."""
    if dataset.schema.column(name).ordered:
        values = dataset.numbers(name)
    else:
        own = codes(dataset, name)
        places = np.append(rng.permutation(own.max() + 1).astype(np.float64), np.nan)
        values = places[own]
    return normal(values, rng)


def normal(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give the normal scores of numbers, ties broken at random, 0 where missing."""
    return np.asarray(ndtri(ranks(values, rng)), dtype=np.float64)


def tilted(score: np.ndarray, rows: int, shift: float, rng: np.random.Generator) -> np.ndarray:
    """Select rows without replacement by an exponential tilt.

    Parameters
    ----------
    score : numpy.ndarray of float64, shape (n,)
        Standard normal over the rows.
    rows : int
        How many to select.
    shift : float
        How far the mean score shall move, in standard deviations.
    rng : numpy.random.Generator
        Draws one number a row, whatever the shift.

    Returns
    -------
    numpy.ndarray of int64, shape (rows,)
        Positions, rising.

    Raises
    ------
    NotApplicable
        If no tilt moves the mean so far, for want of rows to choose from.

    Notes
    -----
    Rows of the smallest E exp(-t score), E standard exponential, are a sample without replacement of weights exp(t score)
    (Efraimidis and Spirakis 2006); t is found by bisection.
    """
    log_keys = np.log(rng.standard_exponential(len(score)))
    rows = min(rows, len(score))

    def selected(tilt: float) -> np.ndarray:
        return np.argsort(log_keys - tilt * score, kind="stable")[:rows]

    low, high = 0.0, STEEPEST
    if score[selected(high)].mean() - score.mean() < shift:
        raise NotApplicable("there are too few rows to choose from for so large a shift")
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if score[selected(middle)].mean() - score.mean() < shift:
            low = middle
        else:
            high = middle
    return np.sort(selected(high))
