"""How labels that were changed hang on right ones, and what a right one is, given the changed one and the other columns."""

from __future__ import annotations

from typing import Any

import numpy as np

STEPS = 40
LEAST_CHANCE = 1e-4
WAYS = ("exchange", "mirror")


def two(chances: np.ndarray) -> np.ndarray:
    """Give chances of all classes, shape (rows, classes), from those of `Additive` (the positive class alone of two)."""
    return np.column_stack([1.0 - chances, chances]) if chances.shape[1] == 1 else chances


def confusion(chances: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Estimate the chance of each label that stands there, given the right one.

    Parameters
    ----------
    chances : numpy.ndarray, shape (rows, classes)
        Of right labels given the other columns.
    codes : numpy.ndarray of int64, shape (rows,)
        Labels that stand there.
    weights : numpy.ndarray, shape (rows,)
        Of rows.

    Returns
    -------
    numpy.ndarray, shape (classes, classes)
        Rows: the right class; they add up to 1.

    Notes
    -----
    Expectation-maximisation for P(label | x) = sum over classes of chances(x) C. With nearly exact chances it is the maximum of
    the likelihood; where these are blurred or too sharp, C makes up for it.

    References
    ----------
    Dempster, Laird and Rubin (1977), JRSS B 39; Patrini et al. (2017), Making deep neural networks robust to label noise, CVPR.
    """
    classes = chances.shape[1]
    found = np.full((classes, classes), 0.5 / max(classes - 1, 1)) + np.eye(classes) * (0.5 - 0.5 / max(classes - 1, 1))
    stands = np.zeros((len(codes), classes))
    stands[np.arange(len(codes)), codes] = weights
    prior = np.full((classes, classes), 1.0 / classes)  # one row a class
    for _ in range(STEPS):
        share = right(chances, codes, found)
        found = share.T @ stands + prior
        found = found / found.sum(axis=1, keepdims=True)
    return found


def right(chances: np.ndarray, codes: np.ndarray, confused: np.ndarray) -> np.ndarray:
    """Give the chances of the right class, shape (rows, classes), given the label that stands there and the other columns."""
    both = np.maximum(chances, LEAST_CHANCE) * np.maximum(confused[:, codes].T, 1e-9)
    return both / both.sum(axis=1, keepdims=True)


def drawn(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a class a row."""
    running = np.cumsum(chances, axis=1)
    return np.minimum(np.sum(running < rng.random(len(chances))[:, None] * running[:, -1:], axis=1), chances.shape[1] - 1)


def partner(values: np.ndarray, way: str, rng: np.random.Generator) -> np.ndarray:
    """Give for each row the row whose number it gets when the upper half is exchanged with the lower.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows,)
        Numbers, without NaN.
    way : {'exchange', 'mirror'}
        In order, or the largest for the smallest.
    rng : numpy.random.Generator
        Breaks ties.
    """
    order = np.lexsort((rng.random(len(values)), values))
    half = len(order) // 2
    other = (
        order[::-1].copy()
        if way == "mirror"
        else np.concatenate([order[len(order) - half :], order[half : len(order) - half], order[:half]])
    )
    found = np.empty(len(values), dtype=np.int64)
    found[order] = other
    return found


def moved_share(
    expected: np.ndarray, own: np.ndarray, other: np.ndarray, error: float, weights: np.ndarray
) -> tuple[float, float]:
    """Estimate the share of rows whose number is another one's.

    Parameters
    ----------
    expected, own, other : numpy.ndarray, shape (rows,)
        The number expected, the one that stands there, and the one that would stand there instead.
    error : float
        Standard deviation of right numbers from expected ones.
    weights : numpy.ndarray, shape (rows,)
        Of rows.

    Returns
    -------
    share, gain : float
        And the gain in log-likelihood over a share of zero.
    """
    ratio = odds(expected, own, other, error)
    share = 0.5
    for _ in range(STEPS):
        gone = share * ratio / (share * ratio + 1.0 - share)
        share = float(np.clip(weights @ gone / weights.sum(), 1e-3, 1.0 - 1e-3))
    return share, float(weights @ np.log(share * ratio + 1.0 - share))


def odds(expected: np.ndarray, own: np.ndarray, other: np.ndarray, error: float) -> np.ndarray:
    """Give the likelihood ratio of the other number over the own one."""
    return np.exp(np.clip(((own - expected) ** 2 - (other - expected) ** 2) / (2.0 * error**2), -30.0, 30.0))


def plain(matrix: np.ndarray) -> list[Any]:
    """Round to six digits for JSON."""
    return np.round(matrix, 6).tolist()


def stray_share(expected: np.ndarray, own: np.ndarray, error: float, weights: np.ndarray) -> float:
    """Estimate the share of rows whose rank (between -1/2 and 1/2) is any number's, and not near the expected one."""
    near = _near(expected, own, error)
    share = 0.2
    for _ in range(STEPS):
        gone = share / (share + (1.0 - share) * near)
        share = float(np.clip(weights @ gone / weights.sum(), 1e-3, 1.0 - 1e-3))
    return share


def stray_chance(expected: np.ndarray, own: np.ndarray, error: float, share: float) -> np.ndarray:
    """Give each row's chance that its rank is any number's."""
    return share / (share + (1.0 - share) * _near(expected, own, error))


def _near(expected: np.ndarray, own: np.ndarray, error: float) -> np.ndarray:
    return np.exp(-((own - expected) ** 2) / (2.0 * error**2)) / (error * np.sqrt(2.0 * np.pi))
