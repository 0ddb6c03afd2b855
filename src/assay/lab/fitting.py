"""Fit a model to columns of which some may hold no value."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.stats import learners


def fit(learner: Any, features: np.ndarray, target: np.ndarray) -> Any:
    """Fit a learner; a column without any value counts as constant.

    Parameters
    ----------
    learner : estimator
        Unfitted.
    features : numpy.ndarray, shape (rows, d)
        Rows, NaN where a cell is null.
    target : numpy.ndarray, shape (rows,)
        Codes of classes, or numbers.

    Returns
    -------
    estimator
        Fitted.

    Notes
    -----
    Boosted trees cannot bin a column without any value, and never split a constant one, so that what is asked of the model later
    may have values there, or none. What it cannot see: that such a column has values among the rows that it is asked about.

    Examples
    --------
    >>> from assay.stats.learners import utility_learner
    >>> features = np.column_stack([np.arange(40.0), np.full(40, np.nan)])
    >>> fit(utility_learner("boosting", "binary", 0), features, (np.arange(40) > 19).astype(int)).predict(features[:1])
    array([0])
    """
    empty = np.isnan(features).all(axis=0)
    return learners.fit(learner, np.where(empty, 0.0, features) if empty.any() else features, target)
