"""What guesses of which rows were learned from say of a privacy guarantee, from one fit."""

from __future__ import annotations

from math import exp

import numpy as np
from scipy.stats import binom

MOST = 50.0  # no epsilon beyond is told apart
CLOSE = 1e-7


def p_value(epsilon: float, *, canaries: int, guesses: int, right: int, delta: float = 0.0) -> float:
    """Give the probability of so many right guesses, at most, under a privacy guarantee.

    Parameters
    ----------
    epsilon, delta : float
        The guarantee.
    canaries : int
        Rows of which each was learned from with probability one half, independently.
    guesses : int
        Canaries that were guessed to be in or out; the others were left open.
    right : int
        Right ones among them.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If numbers do not go together.

    Notes
    -----
    With q = 1 / (1 + exp(-epsilon)): P[Bin(r, q) >= v] + 2 m delta max_i P[v - i <= Bin(r, q) < v] / i. The guarantee has to
    hold for the addition or removal of one row. It cannot see leaks that the guesses do not use.

    References
    ----------
    Steinke, T., Nasr, M., Jagielski, M. (2023). Privacy auditing with one (1) training run, theorem 5.2. NeurIPS.

    Examples
    --------
    >>> round(p_value(0.0, canaries=10, guesses=10, right=10), 6)
    0.000977
    """
    if not 0 <= right <= guesses <= canaries or guesses < 1:
        got = f"{right} right of {guesses} guesses on {canaries} canaries"
        raise ValueError(f"right <= guesses <= canaries must hold, with at least one guess. Got {got}.")
    if epsilon < 0 or not 0 <= delta <= 1:
        raise ValueError(f"epsilon must be >= 0 and delta in [0, 1]. Got {epsilon} and {delta}.")
    share = 1 / (1 + exp(-epsilon))
    tail = float(binom.sf(right - 1, guesses, share))
    if delta == 0 or right == 0:
        return min(tail, 1.0)
    below = np.cumsum(binom.pmf(np.arange(right - 1, -1, -1), guesses, share))  # P[v - i <= Bin < v] for i = 1 .. v
    return min(tail + 2 * canaries * delta * float((below / np.arange(1, right + 1)).max()), 1.0)


def epsilon_shown(*, canaries: int, guesses: int, right: int, delta: float = 0.0, alpha: float = 0.05) -> float:
    """Give the largest epsilon that the guesses rule out: a lower bound at confidence 1 - alpha.

    Parameters
    ----------
    canaries, guesses, right, delta
        See `p_value`.
    alpha : float, default 0.05
        Chance that the bound is above a guarantee that holds.

    Returns
    -------
    float
        0.0 where nothing is ruled out; 50 at most.

    Notes
    -----
    As many right guesses as guesses were made give the ceiling: 100 of 100 show 3.49 at most, however bad the leak.

    Examples
    --------
    >>> round(epsilon_shown(canaries=1000, guesses=100, right=75, delta=1e-4), 3)
    0.673
    >>> round(epsilon_shown(canaries=100, guesses=100, right=100), 2)
    3.49
    """

    def over(epsilon: float) -> float:
        return p_value(epsilon, canaries=canaries, guesses=guesses, right=right, delta=delta) - alpha

    if over(0.0) >= 0:
        return 0.0
    if over(MOST) < 0:
        return MOST
    low, high = 0.0, MOST
    while high - low > CLOSE:
        middle = (low + high) / 2
        low, high = (middle, high) if over(middle) < 0 else (low, middle)
    return low
