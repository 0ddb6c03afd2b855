"""How much more alike some pairs of rows are than others: one row's neighbours in time, or the rows of one entity."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

BLOCK = 3.0  # blocks of successive times are BLOCK * times^(1/3) long
T_LEVEL = 0.995


class Partners(NamedTuple):
    """Pairs of rows, symmetric.

    Parameters
    ----------
    weight : ndarray of shape (rows,)
        Weight of each row over all its pairs; adds up to 1.
    mean : callable
        Gives, for scores of shape (rows, k), the mean score of each row's partners.
    """

    weight: np.ndarray
    mean: Callable[[np.ndarray], np.ndarray]


class Design(NamedTuple):
    """Which rows are compared: `near` pairs, and the `far` ones that say what chance gives, over the rows `kept`."""

    kept: np.ndarray
    near: Partners
    far: Partners


class Likeness(NamedTuple):
    """How alike near pairs are beyond far ones, and what every row adds to it (first order; sums to zero over the table)."""

    value: float
    influence: np.ndarray


def entity_design(entities: np.ndarray, there: np.ndarray) -> Design | None:
    """Compare rows of one entity with all rows, among entities of two rows and more.

    Parameters
    ----------
    entities : ndarray of int, shape (rows,)
        Entity of each row.
    there : ndarray of bool, shape (rows,)
        Rows to be looked at.

    Returns
    -------
    Design or None
        None where no entity has two rows. An entity weighs as many rows as it has, not as many pairs (Karlin, Cameron and
        Williams 1981), so that a large one does not drown all others.
    """
    kept = np.flatnonzero(there)
    kept = kept[np.bincount(entities[kept], minlength=1)[entities[kept]] > 1]
    if not len(kept):
        return None
    kept = kept[np.argsort(entities[kept], kind="stable")]
    weight = np.full(len(kept), 1.0 / len(kept))
    return Design(kept, _within(entities[kept], weight), _everyone(weight))


def sequence_design(entities: np.ndarray | None, times: np.ndarray, there: np.ndarray) -> Design | None:
    """Compare rows of successive times with all rows, or with all rows of their entity.

    Parameters
    ----------
    entities : ndarray of int, shape (rows,), or None
        Entity of each row; entities of fewer than three times say nothing of order.
    times : ndarray of shape (rows,)
        Time of each row, not NaN where `there`.
    there : ndarray of bool, shape (rows,)
        Rows to be looked at.

    Notes
    -----
    Rows of one time have no order: each is compared with all rows of the next time, which needs no row order. A step between
    times of n and m rows weighs ``2 n m / (n + m)``.
    """
    kept = np.flatnonzero(there)
    owner = np.zeros(len(times), dtype=np.int64) if entities is None else entities
    kept, group = _steps(owner, times, kept)
    steps = np.bincount(owner[kept][np.diff(group, prepend=-1) > 0], minlength=1)  # times of each entity
    enough = steps[owner[kept]] >= (2 if entities is None else 3)
    if not enough.any():
        return None
    kept = kept[enough]
    kept, group = _steps(owner, times, kept)
    near = _successive(owner[kept], group)
    if entities is None:
        return Design(kept, near, _everyone(near.weight))
    own = owner[kept]
    rows = np.bincount(own)
    weight = np.bincount(own, weights=near.weight)[own] / rows[own]
    return Design(kept, near, _within(own, weight))


def rank_likeness(design: Design, values: np.ndarray) -> Likeness | None:
    """Give the likeness of ordered values.

    Parameters
    ----------
    design : Design
        Which rows are compared.
    values : ndarray of shape (rows,)
        Values of the whole table, not NaN in the rows compared.

    Returns
    -------
    Likeness or None
        None where far pairs do not differ.

    Notes
    -----
    ``1 - A / B`` with A and B the mean squared differences of mid-ranks of near and of far pairs. Against all rows this is the
    pairwise intraclass correlation (Fisher 1925, Donner and Koval 1980) or, for successive rows, the lag-one autocorrelation,
    one minus the half of von Neumann's ratio (1941), of ranks (Bartels 1982). The influence counts that ranks are estimated too.

    References
    ----------
    Fisher (1925), Statistical Methods for Research Workers, chapter 7. Donner and Koval (1980), The estimation of intraclass
    correlation in the analysis of family data, Biometrics 36. Karlin, Cameron and Williams (1981), Sibling and parent-offspring
    correlation estimation with variable family size, PNAS 78. von Neumann (1941), Annals of Mathematical Statistics 12. Bartels
    (1982), The rank version of von Neumann's ratio test for randomness, JASA 77.

    Examples
    --------
    >>> design = entity_design(np.array([0, 0, 1, 1, 2, 2]), np.ones(6, dtype=bool))
    >>> rank_likeness(design, np.array([5.0, 5.0, 7.0, 7.0, 8.0, 8.0])).value
    1.0
    """
    _, place, times = np.unique(values[design.kept], return_inverse=True, return_counts=True)
    total = len(place)
    ranks = (np.cumsum(times) - times / 2.0) / total - 0.5
    found = _contrast(design, ranks[place][:, None])
    if found is None:
        return None
    value, own, slope = found
    # a row at x lifts the rank of every row above it, and of those at x by half
    pull = np.bincount(place, weights=slope[:, 0], minlength=len(times))
    above = pull[::-1].cumsum()[::-1] - pull / 2.0
    share = above / total
    lifted = (share - share @ times / total)[place]
    return _placed(design, len(values), value, own + lifted)


def level_likeness(design: Design, codes: np.ndarray, levels: int) -> Likeness | None:
    """Give the likeness of levels, as Cohen's kappa: agreement of near pairs beyond that of far ones.

    Parameters
    ----------
    design : Design
        Which rows are compared.
    codes : ndarray of int, shape (rows,)
        Level of each row of the table, from 0 to levels - 1.
    levels : int
        Number of levels.

    References
    ----------
    Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20.

    Examples
    --------
    >>> design = entity_design(np.array([0, 0, 1, 1]), np.ones(4, dtype=bool))
    >>> level_likeness(design, np.array([0, 1, 0, 1]), 2).value
    -1.0
    """
    held = codes[design.kept]
    there = np.flatnonzero(np.bincount(held, minlength=levels))
    scores = (held[:, None] == (there[1:] if len(there) == 2 else there)).astype(np.float64)
    found = _contrast(design, scores)
    return None if found is None else _placed(design, len(codes), found[0], found[1])


def errors(influences: np.ndarray, units: np.ndarray, length: int, least: np.ndarray | float = 0.0) -> np.ndarray:
    """Give the covariance of several likenesses of one table, shape (items, items).

    Parameters
    ----------
    influences : ndarray of shape (rows, items)
        What every row adds to each.
    units : ndarray of int, shape (rows,)
        Entity or time of each row, from 0, times in order.
    length : int
        Units in a block; 1 where they are independent.
    least : ndarray of shape (items,) or float
        Standard error added to each, for what a sample does not show.

    Notes
    -----
    The infinitesimal jackknife (Jaeckel 1972): sums over blocks, squared. Blocks of successive times overlap, which is the moving
    block bootstrap's variance of a linear statistic (Kuensch 1989, section 3). Few blocks, or few that matter, know their own
    spread badly: with ``df = (sum s^2)^2 / sum s^4`` independent blocks errors are widened by the ratio of the 99.5% points of
    Student's t and the normal distribution.

    References
    ----------
    Jaeckel (1972), The infinitesimal jackknife, Bell Laboratories. Kuensch (1989), The jackknife and the bootstrap for general
    stationary observations, Annals of Statistics 17.
    """
    count = int(units.max()) + 1
    summed = np.stack([np.bincount(units, weights=column, minlength=count) for column in influences.T], axis=1)
    length = max(1, min(length, count // 4))
    if length > 1:
        running = np.vstack([np.zeros((1, summed.shape[1])), summed.cumsum(axis=0)])
        summed = running[length:] - running[:-length]
    blocks = count / length
    scale = count / (len(summed) * length) * blocks / max(blocks - 1.0, 1.0)
    covariance = scale * (summed.T @ summed)
    squares = np.square(summed)
    freedom = squares.sum(axis=0) ** 2 / np.maximum(np.square(squares).sum(axis=0), 1e-300) / length
    wider = stdtrit(np.maximum(freedom, 3.0), T_LEVEL) / ndtri(T_LEVEL)
    covariance *= np.outer(wider, wider)
    covariance[np.diag_indices_from(covariance)] += np.square(least)
    return covariance


def block_length(times: int) -> int:
    """Give the length of blocks of successive times, ``3 n^(1/3)`` rounded up: blocks and their number grow with n.

    Examples
    --------
    >>> block_length(1000)
    30
    """
    return int(np.ceil(np.round(BLOCK * times ** (1.0 / 3.0), 6)))


def _contrast(design: Design, scores: np.ndarray) -> tuple[float, np.ndarray, np.ndarray] | None:
    """Give ``1 - A / B``, what each row adds to it, and its slope in each row's score."""
    near, far = design.near, design.far
    scores = scores - far.weight @ scores  # differences do not ask where zero is, what one row adds to them does
    close, wide = scores - near.mean(scores), scores - far.mean(scores)
    apart = near.weight * np.einsum("rk,rk->r", scores, close)
    chance = far.weight * np.einsum("rk,rk->r", scores, wide)
    whole = float(chance.sum())
    if whole <= 1e-9:
        return None
    ratio = float(apart.sum()) / whole
    slope = -2.0 * (near.weight[:, None] * close - ratio * far.weight[:, None] * wide) / whole
    return 1.0 - ratio, -(apart - ratio * chance) / whole, slope


def _placed(design: Design, rows: int, value: float, influence: np.ndarray) -> Likeness:
    """Put what the rows compared add into its places in the table."""
    whole = np.zeros(rows)
    whole[design.kept] = influence
    return Likeness(value, whole)


def _everyone(weight: np.ndarray) -> Partners:
    return Partners(weight, lambda scores: weight @ scores)


def _within(sorted_codes: np.ndarray, weight: np.ndarray) -> Partners:
    """Pair each row with all others of its code; codes are sorted and every one has two rows or more."""
    starts = np.flatnonzero(np.diff(sorted_codes, prepend=-1))
    sizes = np.diff(np.append(starts, len(sorted_codes)))
    group = np.repeat(np.arange(len(starts)), sizes)

    def mean(scores: np.ndarray) -> np.ndarray:
        return (np.add.reduceat(scores, starts, axis=0)[group] - scores) / (sizes[group] - 1.0)[:, None]

    return Partners(weight, mean)


def _steps(owner: np.ndarray, times: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort rows by owner and time, and number the distinct times."""
    kept = kept[np.lexsort((times[kept], owner[kept]))]
    own, when = owner[kept], times[kept]
    new = np.ones(len(kept), dtype=bool)
    new[1:] = (own[1:] != own[:-1]) | (when[1:] != when[:-1])
    return kept, np.cumsum(new) - 1


def _successive(owner: np.ndarray, group: np.ndarray) -> Partners:
    """Pair the rows of each time with those of the next time of the same owner."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    sizes = np.diff(np.append(starts, len(group))).astype(np.float64)
    after = np.zeros(len(starts))
    after[:-1] = 2.0 * sizes[:-1] * sizes[1:] / (sizes[:-1] + sizes[1:]) * (owner[starts[1:]] == owner[starts[:-1]])
    before = np.append(0.0, after[:-1])
    own = before + after
    total = own.sum()

    def mean(scores: np.ndarray) -> np.ndarray:
        means = np.add.reduceat(scores, starts, axis=0) / sizes[:, None]
        beside = np.zeros_like(means)
        beside[1:] += before[1:, None] * means[:-1]
        beside[:-1] += after[:-1, None] * means[1:]
        return (beside / own[:, None])[group]

    return Partners((own / total / sizes)[group], mean)
