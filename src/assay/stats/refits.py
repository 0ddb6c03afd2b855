"""Fit on some rows, score on others, again and again: the tasks behind utility and its learning curve."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from assay.stats import learners, scores
from assay.stats.scores import Score

BLOCKS = 20  # jackknife blocks for a user's scorer, which gives a number and no influences


class Table(NamedTuple):
    """Encoded rows: ``trees`` for boosting, ``wide`` for linear models and users' learners, ``target`` of shape (rows,)."""

    trees: np.ndarray
    wide: np.ndarray
    target: np.ndarray

    def take(self, rows: np.ndarray) -> Table:
        """Give some rows."""
        return Table(self.trees[rows], self.wide[rows], self.target[rows])


class Rule(NamedTuple):
    """How to learn and score: task, number of classes (0 = regression), metric, and a user's scorer if any."""

    task: str
    classes: int
    metric: str
    scorer: Any = None


class Trial(NamedTuple):
    """One fitted model asked about some rows: its predictions and its score with influences."""

    predicted: np.ndarray
    score: Score


def measure_score(rule: Rule, truth: np.ndarray, predicted: np.ndarray) -> Score:
    """Score predictions by the rule's metric, higher being better.

    Examples
    --------
    >>> measure_score(Rule("binary", 2, "auc"), np.array([0, 1]), np.array([0.2, 0.7])).value
    1.0
    """
    if rule.task == "regression":
        return scores.r2(truth, predicted)
    if rule.task == "multiclass":
        return scores.macro_auc(truth, predicted)
    return (scores.average_precision if rule.metric == "average_precision" else scores.roc_auc)(truth, predicted)


def fit_and_score(
    learner: Any, seed: int, rule: Rule, train: Table, rows: np.ndarray | None, asked: Sequence[tuple[Table, np.ndarray | None]]
) -> list[Trial]:
    """Fit on some rows of one table and score on some rows of others.

    Parameters
    ----------
    learner : str or estimator
        ``boosting``, ``linear``, or an estimator of scikit-learn's kind, which gets the wide matrix and class codes.
    seed : int
        Seed of the fit.
    rule : Rule
        Task and metric.
    train : Table
        Training table.
    rows : numpy.ndarray of int or None
        Its rows to train on, all by default.
    asked : sequence of (Table, rows or None)
        What to score on.

    Returns
    -------
    list of Trial
        One for each entry of `asked`.
    """
    built_in = isinstance(learner, str)
    part = train if rows is None else train.take(rows)
    if built_in:
        estimator = learners.utility_learner(learner, rule.task, seed, rule.classes)
        model = learners.fit(estimator, _known_somewhere(part.trees) if learner == "boosting" else part.wide, part.target)
    else:
        with _told(learner, "in fit"):
            # a copy of rows and target, as a learner may write into them
            model = learners.fit(learners.fresh(learner, seed), part.wide.copy(), part.target.copy())
    found = []
    for table, kept in asked:
        test = table if kept is None else table.take(kept)
        features = test.trees if learner == "boosting" else test.wide
        if built_in:
            predicted = learners.predict(model, features, rule.classes)
        else:
            with _told(learner, "when asked"):
                predicted = _finite(learners.predict(model, features.copy(), rule.classes), len(features))
        score = measure_score(rule, test.target, predicted) if rule.scorer is None else _asked(rule, model, features, test.target)
        found.append(Trial(predicted, score))
    return found


def _finite(predicted: np.ndarray, rows: int) -> np.ndarray:
    if len(predicted) != rows:
        raise ValueError(f"it gave {len(predicted)} predictions for {rows} rows")
    if not np.isfinite(predicted).all():
        raise ValueError(f"{int((~np.isfinite(predicted)).sum())} of its predictions are not finite numbers")
    return predicted


def _asked(rule: Rule, model: Any, features: np.ndarray, target: np.ndarray) -> Score:
    with _told(rule.scorer, "when asked"):
        score = _jackknife(rule.scorer, model, features.copy(), target.copy())
        if not (np.isfinite(score.value) and np.isfinite(score.influence).all()):
            raise ValueError("its score is not a finite number")
        return score


@contextmanager
def _told(given: Any, when: str) -> Generator[None]:
    """Say of an error in what the user gave whose it is, and what it was asked with."""
    try:
        yield
    except Exception as error:
        name = getattr(given, "__name__", type(given).__name__)
        raise RuntimeError(
            f"The given {name} failed {when}: {type(error).__name__}: {error}. Learners and scorers get a float32 matrix without "
            "nulls (one column per number and level) and, for classes, codes from 0 on (the positive class is 1)."
        ) from error


def _known_somewhere(features: np.ndarray) -> np.ndarray:
    """Set columns without any value to zero: boosting cannot bin them, and a constant column is never split."""
    empty = np.isnan(features).all(axis=0)
    return np.where(empty, 0.0, features) if empty.any() else features


def halves(
    rows: int, splits: int, rng: np.random.Generator, groups: np.ndarray | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split rows at random into complementary halves, several times; the rows of a group stay together."""
    found = []
    for _ in range(splits):
        if groups is None:
            order = rng.permutation(rows)
            cut = rows // 2
            found.append((np.sort(order[:cut]), np.sort(order[cut:])))
        else:
            units = np.unique(groups, return_inverse=True)[1]
            side = (rng.permutation(int(units.max()) + 1) % 2 == 0)[units]
            found.append((np.flatnonzero(side), np.flatnonzero(~side)))
    return found


def half_variance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give the variance that resampling the training rows brings to a score.

    Parameters
    ----------
    first, second : numpy.ndarray, shape (splits, ...)
        Scores of the models trained on the two complementary halves of each split.

    Notes
    -----
    A model on half the rows errs like the one on all of them plus a deviation of equal variance and, for the complementary
    half, opposite sign; so ((first - second) / 2)^2 has the full-size variance as its mean. Learners that are noisier on
    fewer rows make it conservative; see `combine` for what follows near a model's optimum.

    Examples
    --------
    >>> float(half_variance(np.array([0.80, 0.82]), np.array([0.82, 0.82])).round(6))
    5e-05
    """
    return np.mean(((first - second) / 2.0) ** 2, axis=0)


class Spread(NamedTuple):
    """Standard error with the degrees of freedom behind it."""

    error: float
    freedom: float

    def bound(self, share: float) -> float:
        """Give the one-sided half-width at an error share."""
        return float(-stdtrit(self.freedom, share)) * self.error


def combine(sampling: float, refits: Sequence[float], splits: int, effect: float = 0.0, *, freedom: float = math.inf) -> Spread:
    """Add the variance of the test rows to those of refits, each known from a few splits (Welch-Satterthwaite).

    Parameters
    ----------
    sampling : float
        Variance from the rows scored on, known well unless `freedom` says otherwise.
    refits : sequence of float
        Variances from the rows trained on, each from `splits` splits.
    splits : int
        How many: 2 * splits models speak for each variance, with one degree of freedom less.
    effect : float
        The difference whose spread this is.
    freedom : float
        Degrees of freedom behind `sampling`, such as one less than the entities that the rows belong to.

    Notes
    -----
    A model trained on rows like those it is tested on stands at the optimum of its score, where training noise counts only to
    second order: its variance falls with the square of the rows, and halves overstate it twofold. A model trained on other rows
    stands off the optimum, and its variance falls with the rows. Refit variances are therefore halved where the effect is
    nothing and counted in full from four standard errors on (verified in bench/coverage.py).

    Examples
    --------
    >>> combine(3.0, [2.0], 4).error
    2.0
    """
    first_order = min(effect**2 / max(16.0 * (sampling + sum(refits) / 2.0), 1e-300), 1.0)
    refits = [part * (1.0 + first_order) / 2.0 for part in refits]
    total = sampling + sum(refits)
    if total <= 0:
        return Spread(0.0, 1e6)
    noise = sum(part**2 for part in refits) / (2 * splits - 1) + sampling**2 / freedom
    return Spread(float(np.sqrt(total)), float(min(total**2 / noise, 1e6)) if noise > 0 else 1e6)


def _jackknife(scorer: Any, model: Any, features: np.ndarray, target: np.ndarray) -> Score:
    value = float(scorer(model, features, target))
    block = np.random.default_rng(0).permutation(len(target)) % BLOCKS
    left_out = np.array([float(scorer(model, features[block != part], target[block != part])) for part in range(BLOCKS)])
    # a block's pseudo-influence is spread over its rows so that the root mean square gives the jackknife error
    pseudo = (BLOCKS - 1) * (left_out.mean() - left_out) * np.sqrt(len(target) / BLOCKS)
    return Score(value, pseudo[block])
