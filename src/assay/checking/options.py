"""Options of a check, refused before any work is done where they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assay.core.errors import UsageError

BUILT_IN = ("boosting", "linear")


def require_usable(seed: Any, jobs: Any, budget: Any) -> None:
    """Refuse a seed, a number of jobs or a budget that cannot be used."""
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise UsageError(f"seed must be an integer >= 0. Got {seed!r}.")
    if jobs is not None and (not isinstance(jobs, int | np.integer) or isinstance(jobs, bool) or jobs < 1):
        raise UsageError(f"jobs must be an integer >= 1. Got {jobs!r}.")
    if budget is not None and (not isinstance(budget, int | float | np.number) or not budget > 0):
        raise UsageError(f"budget must be a number of seconds > 0. Got {budget!r}.")


def usable_scorer(scorer: Any) -> Any:
    """Give the scorer behind a name of scikit-learn's; refuse what cannot score before any work is done."""
    if isinstance(scorer, str):
        from sklearn.metrics import get_scorer

        try:
            scorer = get_scorer(scorer)
        except ValueError as error:
            raise UsageError(f"scorer must be callable or one of sklearn.metrics.get_scorer_names(). Got {scorer!r}.") from error
    if scorer is not None and not callable(scorer):
        raise UsageError(f"scorer must be callable as scorer(estimator, features, target). Got a {type(scorer).__name__}.")
    return scorer


def usable_learners(learners: Sequence[Any] | None) -> tuple[Any, ...] | None:
    """Give the learners, those that functions make made; refuse what cannot learn before any work is done."""
    if learners is None:
        return None
    if isinstance(learners, str) or not hasattr(learners, "__iter__"):
        raise UsageError(f"learners must be a list of estimators of scikit-learn's kind. Got {learners!r}.")
    found: list[Any] = []
    for learner in learners:
        made = learner
        if isinstance(learner, str):
            if learner not in BUILT_IN:
                raise UsageError(
                    f"learners must be estimators of scikit-learn's kind, or {' or '.join(BUILT_IN)}. Got {learner!r}."
                )
        elif isinstance(learner, type):
            raise UsageError(f"learners must be estimators of scikit-learn's kind, made with their settings. Got {learner!r}.")
        elif not hasattr(learner, "fit") and callable(learner):
            made = learner()
        if not isinstance(made, str) and (isinstance(made, type) or not (hasattr(made, "fit") and hasattr(made, "predict"))):
            raise UsageError(f"learners must be estimators with fit and predict, or functions that make one. Got {learner!r}.")
        found.append(made)
    return tuple(found) or None
