"""Each generation is trained on the rows of the one before."""

from __future__ import annotations

import numpy as np

from assay.data.dataset import Dataset
from assay.lab.regime import Regime, State


class Replace(Regime):
    """Train on the last generation's rows and on nothing else.

    Notes
    -----
    The corpus of generation n is generation n - 1. Sampling errors add up without a bound: under a Gaussian with M rows a
    generation the error of the mean grows as n / M, and a level with an expected count c is gone after about 2 c / ln 2
    generations.

    References
    ----------
    Shumailov, I. et al. (2024). AI models collapse when trained on recursively generated data. Nature 631.
    """

    meaning = "only what the generation before made"
    usage = "replace"

    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Give the last generation's rows."""
        return state.last
