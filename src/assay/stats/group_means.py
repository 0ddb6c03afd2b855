"""Shares and means of groups of rows, with their variances, entities kept together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class GroupMeans(NamedTuple):
    """What a sample says about its groups.

    ``rows`` has shape (groups,); ``share`` and ``share_variance`` too; ``mean`` and ``variance`` of that mean have shape
    (groups, outcomes), zero where a group is empty; ``total`` is the number of all rows.
    """

    total: int
    rows: np.ndarray
    share: np.ndarray
    share_variance: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def group_means(codes: np.ndarray, groups: int, outcomes: np.ndarray, entities: np.ndarray | None = None) -> GroupMeans:
    """Give the share of every group and the mean of every outcome in it, each with its sampling variance.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (rows,)
        Group of each row; negative for none.
    groups : int
        Number of groups.
    outcomes : numpy.ndarray, shape (rows, outcomes)
        Numbers or indicators to average.
    entities : numpy.ndarray of int, shape (rows,), optional
        Which rows belong together; rows are independent without it.

    Notes
    -----
    Linearised: the variance of a mean is the sum over entities of the squared sum of residuals, over rows squared. A
    variance of indicators is kept at least that of one more success and one more failure (Agresti and Coull), so that a rate
    of nought has an error.

    References
    ----------
    Agresti and Coull (1998), The American Statistician 52; Woodruff (1971), JASA 66 (linearised variances).

    Examples
    --------
    >>> found = group_means(np.array([0, 0, 1, 1]), 2, np.array([[1.0], [0.0], [1.0], [1.0]]))
    >>> found.mean.ravel().tolist(), found.share.tolist()
    ([0.5, 1.0], [0.5, 0.5])
    """
    total, inside = len(codes), codes >= 0
    kept, values = codes[inside], outcomes[inside]
    rows = np.bincount(kept, minlength=groups)
    least = np.maximum(rows, 1)[:, None]
    mean = _sums(kept, values, groups) / least
    share = rows / max(total, 1)
    residual = values - mean[kept]
    if entities is None:
        squares = _sums(kept, residual**2, groups)
        share_variance = share * (1.0 - share) / max(total, 1)
    else:
        units, place = np.unique(entities[inside] * groups + kept, return_inverse=True)
        owner = units % groups
        squares = _sums(owner, _sums(place, residual, len(units)) ** 2, groups)
        own, whole = np.bincount(place, minlength=len(units)), np.bincount(entities)
        crossed = np.bincount(owner, weights=own * whole[units // groups], minlength=groups)
        share_variance = np.bincount(owner, weights=own**2, minlength=groups) - 2 * share * crossed + share**2 * np.sum(whole**2)
        share_variance = np.maximum(share_variance, 0.0) / max(total, 1) ** 2
    variance = squares / least**2
    if np.isin(outcomes, (0.0, 1.0)).all():
        shrunk = (mean * least + 1.0) / (least + 2.0)
        variance = np.maximum(variance, shrunk * (1.0 - shrunk) / least)
    return GroupMeans(total, rows, share, share_variance, mean, variance)


def _sums(codes: np.ndarray, values: np.ndarray, groups: int) -> np.ndarray:
    """Add up values of shape (rows, outcomes) by group."""
    out = np.zeros((groups, values.shape[1]))
    for at in range(values.shape[1]):
        out[:, at] = np.bincount(codes, weights=values[:, at], minlength=groups)
    return out
