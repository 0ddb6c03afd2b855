"""Two-stage training: a model of many rows goes on learning from few others, by boosting on or by a penalised change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

ROUNDS, RATE, LEAVES, LEAST = 40, 0.1, 6, 10
CUTS = 3  # parts of the rows, by which the rounds are chosen
STEP = 4.0  # no working response is taken as further off than this
LEAST_CHANCE = 1e-4  # the first model is never believed beyond it, or a few rows that contradict it could not correct it
PENALTY = 1.0
FAR = 1e30  # trees take numbers as float32, of which sums must be finite, too


def go_on(
    name: str,
    said: np.ndarray,
    features: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    asked_said: np.ndarray,
    asked: np.ndarray,
    classes: int,
    seed: int,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Go on from what a first model says of rows it was not trained on, and predict others.

    Parameters
    ----------
    name : {'boosting', 'linear'}
        What is added: small trees by boosting, or a penalised linear function.
    said : numpy.ndarray, shape (n,) or (n, classes)
        What the first model predicts for the rows to learn from: probabilities, or numbers of a regression.
    features : numpy.ndarray, shape (n, d)
        These rows, as the learner takes them.
    target, weights : numpy.ndarray, shape (n,)
        Class codes or numbers, and weights.
    asked_said, asked : numpy.ndarray
        The same of the rows to predict.
    classes : int
        0 for a regression.
    seed : int
        Of the trees.
    groups : numpy.ndarray of int, shape (n,), optional
        Rows that belong together, and so stay together where rows are left out.

    Returns
    -------
    numpy.ndarray
        Predictions in the shape of `asked_said`.

    Notes
    -----
    Let F be the log-odds (the logarithms of the chances, the number) that the first model gives. Boosting adds a tenth of a tree
    of six leaves in each round, fitted to the working response (y - p) / (p (1 - p)) with weights p (1 - p) (LogitBoost; to the
    residual of a regression), for as many rounds, forty at most, as lose the least in threefold cross-validation, which may be
    none; numbers beyond 1e30 count as that. Linear adds x'd + b, which minimises the loss plus |d|^2 / 2: with little to learn
    from nothing changes (maximum a posteriori adaptation).

    What it cannot see: what the first model has wrong where there are no rows to learn from.

    References
    ----------
    Friedman, Hastie and Tibshirani (2000), Additive logistic regression, Annals of Statistics 28, algorithms 3 and 6. Chelba and
    Acero (2006), Adaptation of maximum entropy capitalizer: little data can help a lot, Computer Speech and Language 20.

    Examples
    --------
    >>> x = np.repeat([[0.0], [1.0]], 50, axis=0)
    >>> flat = np.full(100, 0.5)
    >>> go_on("boosting", flat, x, np.repeat([0, 1], 50), np.ones(100), flat[[0, 99]], x[[0, 99]], 2, 0).round(2).tolist()
    [0.01, 0.99]
    """
    start, other = _scores(said, classes), _scores(asked_said, classes)
    if name == "boosting":
        found = _boosted(start, features, target, weights, other, asked, classes, seed, groups)
    elif classes:
        found = _changed(start, features, target, weights, other, asked)
    else:
        found = other + _ridge(features, target - start[:, 0], weights, asked)[:, None]
    return _chances(found) if classes else found[:, 0]


def _scores(said: np.ndarray, classes: int) -> np.ndarray:
    """Give log-odds or numbers of shape (n, 1), or logarithms of chances of shape (n, classes)."""
    if not classes:
        return said[:, None]
    sure = np.clip(said, LEAST_CHANCE, 1.0 - LEAST_CHANCE)
    if said.ndim == 1:
        return (np.log(sure) - np.log1p(-sure))[:, None]
    return np.log(sure / sure.sum(axis=1, keepdims=True))


def _chances(scores: np.ndarray) -> np.ndarray:
    return expit(scores[:, 0]) if scores.shape[1] == 1 else softmax(scores, axis=1)


def _shares(scores: np.ndarray) -> np.ndarray:
    """Give the chance of every score's own class, shape as the scores."""
    return expit(scores) if scores.shape[1] == 1 else softmax(scores, axis=1)


def _truth(target: np.ndarray, width: int) -> np.ndarray:
    return (target == 1).astype(np.float64)[:, None] if width == 1 else (target[:, None] == np.arange(width)).astype(np.float64)


def _boosted(
    start: np.ndarray,
    features: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    other: np.ndarray,
    asked: np.ndarray,
    classes: int,
    seed: int,
    groups: np.ndarray | None,
) -> np.ndarray:
    """Boost as many rounds as serve rows that were left out, none if none does."""
    entities, place = (np.arange(len(target)),) * 2 if groups is None else np.unique(groups, return_inverse=True)
    if len(target) < 2 * CUTS * LEAST or len(entities) < CUTS:
        return other
    features, asked = (np.clip(part, -FAR, FAR) for part in (features, asked))
    side = np.random.default_rng(seed).permutation(len(entities))[place] % CUTS
    losses = np.zeros(ROUNDS + 1)
    for cut in range(CUTS):
        mine, left = side != cut, side == cut
        own = start[mine], features[mine], target[mine], weights[mine]
        for at, scores in enumerate(_path(*own, start[left], features[left], classes, seed, ROUNDS)):
            losses[at] += weights[left] @ _loss(scores, target[left], classes)
    rounds = int(np.argmin(losses))
    *_, found = _path(start, features, target, weights, other, asked, classes, seed, rounds)
    return found


def _path(
    start: np.ndarray,
    features: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    other: np.ndarray,
    asked: np.ndarray,
    classes: int,
    seed: int,
    rounds: int,
) -> Iterator[np.ndarray]:
    """Give the scores of the rows asked about after no, one, two rounds and so on."""
    scores, further = start.copy(), other.copy()
    truth = _truth(target, scores.shape[1]) if classes else target[:, None]
    yield further
    for _ in range(rounds):
        chance = _shares(scores) if classes else scores
        spread = np.maximum(chance * (1.0 - chance), 1e-6) if classes else np.ones_like(scores)
        wanted = np.clip((truth - chance) / spread, -STEP, STEP) if classes else truth - scores
        for k in range(scores.shape[1]):
            tree: Any = DecisionTreeRegressor(max_leaf_nodes=LEAVES, min_samples_leaf=LEAST, random_state=seed)
            tree.fit(features, wanted[:, k], sample_weight=spread[:, k] * weights)
            scores[:, k] += RATE * tree.predict(features)
            further[:, k] += RATE * tree.predict(asked)
        yield further


def _loss(scores: np.ndarray, target: np.ndarray, classes: int) -> np.ndarray:
    """Give every row's logarithmic loss, or squared error."""
    if not classes:
        return (target - scores[:, 0]) ** 2
    if scores.shape[1] == 1:
        return np.logaddexp(0.0, scores[:, 0]) - (target == 1) * scores[:, 0]
    return -log_softmax(scores, axis=1)[np.arange(len(target)), target]


def _ridge(features: np.ndarray, residual: np.ndarray, weights: np.ndarray, asked: np.ndarray) -> np.ndarray:
    return np.asarray(Ridge(alpha=PENALTY).fit(features, residual, sample_weight=weights).predict(asked), dtype=np.float64)


def _changed(
    start: np.ndarray, features: np.ndarray, target: np.ndarray, weights: np.ndarray, other: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    width = start.shape[1]
    truth = _truth(target, width)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        change = flat.reshape(features.shape[1] + 1, width)
        scores = start + features @ change[:-1] + change[-1]
        if width == 1:
            value = float(weights @ (np.logaddexp(0.0, scores) - truth * scores)[:, 0])
        else:
            value = -float(weights @ (truth * log_softmax(scores, axis=1)).sum(axis=1))
        slope = weights[:, None] * (_shares(scores) - truth)
        gradient = np.vstack([features.T @ slope + PENALTY * change[:-1], slope.sum(axis=0)])
        return value + PENALTY * float((change[:-1] ** 2).sum()) / 2.0, gradient.ravel()

    found = minimize(loss, np.zeros((features.shape[1] + 1) * width), jac=True, method="L-BFGS-B", options={"maxiter": 60})
    change = found.x.reshape(features.shape[1] + 1, width)
    return other + asked @ change[:-1] + change[-1]
