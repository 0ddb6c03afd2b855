"""Can a classifier tell held-out real rows from the mended ones? The question that every remedy is judged by first."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.mending.folds import Fold
from assay.stats.learners import fit
from assay.stats.scores import Score

MOST_PER_REAL, MOST_ROWS = 6, 4_000


def apart(codec: Codec, real: Dataset, fold: Fold, rows: Amended, seed: int) -> Score:
    """Score a classifier, trained on the fold's training rows against half of the synthetic ones, on all others.

    Parameters
    ----------
    codec : Codec
        Encoder.
    real : Dataset
        All real rows.
    fold : Fold
        Whose test rows are asked about.
    rows : Amended
        The fold's synthetic rows, mended or not. A random part takes part.
    seed : int
        Of the part and of the fit; the same for all that is compared.

    Returns
    -------
    Score
        AUC, 0.5 where it cannot tell, and the influence of each test row. Synthetic rows count by their weights; their own
        noise is not in the influences, as there are many more of them.
    """
    rng = spawn(seed, "mend", "apart")
    size = min(len(rows), MOST_ROWS, max(MOST_PER_REAL * len(fold.train), 200))
    chosen = rows.take(rng.permutation(len(rows))[:size])
    half = len(chosen) // 2
    mine, theirs = codec.ordinal(real), codec.ordinal(chosen.table)
    weights = chosen.weights
    train = np.concatenate([mine[fold.train], theirs[:half]])
    labels = np.repeat([1, 0], [len(fold.train), half])
    balanced = np.concatenate([np.ones(len(fold.train)), weights[:half] * (len(fold.train) / max(weights[:half].sum(), 1e-300))])
    empty = np.isnan(train).all(axis=0)
    make: Any = HistGradientBoostingClassifier
    boosting = make(
        max_iter=50,
        learning_rate=0.12,
        max_leaf_nodes=8,
        min_samples_leaf=10,
        l2_regularization=1.0,
        max_bins=127,
        early_stopping=False,
        random_state=0,
    )
    model = fit(boosting, np.where(empty, 0.0, train), labels, balanced)
    said = [model.predict_proba(part)[:, 1] for part in (mine[fold.test], theirs[half:])]
    order = np.argsort(said[1], kind="stable")
    gone = np.concatenate([[0.0], np.cumsum(weights[half:][order])])
    gone /= max(gone[-1], 1e-300)
    ranked = said[1][order]
    placement = (gone[np.searchsorted(ranked, said[0], "left")] + gone[np.searchsorted(ranked, said[0], "right")]) / 2.0
    value = float(placement.mean())
    return Score(value, placement - value)
