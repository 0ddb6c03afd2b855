"""Real rows in folds, each with synthetic rows of a generator that has not seen it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.stats.classifier import whole_folds

Refit = Callable[[Dataset, int, int], Dataset]
"""Fits the generator anew: (real rows, rows wanted, seed) -> synthetic rows."""


@dataclass(frozen=True)
class Fold:
    """One cut of the real rows.

    Parameters
    ----------
    train, test : numpy.ndarray of int
        Places of real rows to learn from, and of those that judge.
    rows : Amended
        Synthetic rows that owe nothing to ``test``.
    """

    train: np.ndarray
    test: np.ndarray
    rows: Amended


def folds_of(
    real: Dataset, synthetic: Dataset, count: int, seed: int, *, most: int, refit: Refit | None = None
) -> tuple[Fold, ...]:
    """Cut the real rows into folds, evenly within classes, entities whole.

    Parameters
    ----------
    real, synthetic : Dataset
        Tables of one schema.
    count : int
        Folds.
    seed : int
        Of the cut, the draws and the refits.
    most : int
        Synthetic rows a fold may have: a random part of the table, the same in all folds, or so many made anew.
    refit : callable, optional
        Makes the synthetic rows of each fold from its training rows alone, where `synthetic` was made from all of them.
    """
    rng = spawn(seed, "mend", "folds")
    fold = whole_folds(_strata(real), count, rng, entity_codes(real))
    size = min(most, len(synthetic))
    part = synthetic.take(np.sort(rng.choice(len(synthetic), size, replace=False))) if size < len(synthetic) else synthetic
    found: list[Fold] = []
    for at in range(count):
        train, test = np.flatnonzero(fold != at), np.flatnonzero(fold == at)
        if not len(test) or not len(train):
            continue
        made = part if refit is None else refit(real.take(train), size, at)
        found.append(Fold(train, test, Amended.of(made)))
    return tuple(found)


def _strata(real: Dataset) -> np.ndarray:
    """Give the class of each row, or the quarter of a regression's target."""
    schema = real.schema
    if schema.target is None:
        return np.zeros(len(real), dtype=np.int64)
    labels = Codec(schema).fit(real).labels(real)
    if schema.task != "regression":
        return labels.astype(np.int64)
    cuts = np.nanquantile(labels, (0.25, 0.5, 0.75))
    return np.searchsorted(cuts, labels).astype(np.int64)
