"""Options of a check, refused before any work is done where they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assay.core.errors import UsageError


def require_usable(seed: Any, jobs: Any, budget: float | None) -> None:
    """Refuse a seed, a number of jobs or a budget that cannot be used."""
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise UsageError(f"seed must be an integer >= 0. Got {seed!r}.")
    if jobs is not None and (not isinstance(jobs, int | np.integer) or jobs < 1):
        raise UsageError(f"jobs must be an integer >= 1. Got {jobs!r}.")
    if budget is not None and not budget > 0:
        raise UsageError(f"budget must be a number of seconds > 0. Got {budget!r}.")


def usable_scorer(scorer: Any, learners: Sequence[Any] | None) -> Any:
    """Give the scorer behind a name of scikit-learn's; refuse what cannot score or learn before any work is done."""
    if isinstance(scorer, str):
        from sklearn.metrics import get_scorer

        try:
            scorer = get_scorer(scorer)
        except ValueError as error:
            raise UsageError(f"scorer must be callable or one of sklearn.metrics.get_scorer_names(). Got {scorer!r}.") from error
    if scorer is not None and not callable(scorer):
        raise UsageError(f"scorer must be callable as scorer(estimator, features, target). Got a {type(scorer).__name__}.")
    for learner in learners or ():
        if isinstance(learner, type) or not hasattr(learner, "fit"):
            raise UsageError(f"learners must be estimators of scikit-learn's kind, made with their settings. Got {learner!r}.")
    return scorer
