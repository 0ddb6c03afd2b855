"""How severe a damage must be to be noticed: the detection curve of one kind, from few plantings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, ndtr, ndtri, xlog1py, xlogy

from assay.core.drilled import CAUGHT, Chance, Reach

GUESS = 0.02
LAPSES = np.array([0.004, 0.02, 0.05, 0.09, 0.14, 0.185, 0.25, 0.4, 0.65])
LAPSE_PRIOR = 18.0
SPREAD, SPREAD_LOG = 0.4, 0.8
SCORES = np.linspace(-2.1, 2.1, 7)
FLOORS = np.array([0.0, 0.33, 0.67, 1.0])
STEP, BEYOND, EDGE = 0.15, 1.5, 0.5
TAIL, TOLD = 0.025, 0.8


class Trial(NamedTuple):
    """One planting: at how many rows, how severe, and whether it was caught."""

    rows: int
    severity: float
    caught: bool


class Detection:
    """Posterior of the detection curve of one kind of damage.

    Parameters
    ----------
    severities : sequence of float
        The severities that are planted, above zero and rising.
    rows : int
        The size asked about.
    trials : iterable of Trial
        What was planted and what became of it, at any sizes.

    Notes
    -----
    A planting of severity s in n rows is caught with probability g + (1 - g - l) Phi((ln s - ln t(n)) / w): a cumulative
    normal in log severity, so that it never falls, with threshold t, width w, a guess rate g (a sound table is refused at times)
    and a lapse rate l (some places are never noticed, however severe). The threshold follows the number of rows as
    t(n) = t(N) (f + (1 - f) sqrt(N / n)): harm is refused where its lower bound passes a margin, and that is the margin, which
    no rows shrink, plus some standard errors; f is the share of the margin at the size N asked about.

    The posterior is computed on a grid over (t, w, l, f), without sampling. Weak priors: ln t uniform from e^-1.5 times the
    smallest to e^1.5 times the largest severity; w log-normal around 0.35 (a z statistic linear in s that must pass 3 to 4
    standard errors has a width of 0.25 to 0.35; differences between columns widen it) with a log standard deviation of 0.7;
    l Beta(1, 14), 4% of it above .2; f uniform on [0, 1]; g fixed at .02. Plantings need not be spread evenly, and may be chosen
    from earlier ones, as the likelihood does not depend on why a severity was planted.

    What it cannot see: a curve that falls again as the damage grows; plantings of one table share rows, so that intervals are
    about this table, not about others like it.

    References
    ----------
    Kontsevich and Tyler (1999), Bayesian adaptive estimation of psychometric slope and threshold, Vision Research 39. Wichmann
    and Hill (2001), The psychometric function I, Perception and Psychophysics 63 (lapses). Watson and Pelli (1983), QUEST,
    Perception and Psychophysics 33 (choosing what to try next).
    """

    def __init__(self, severities: Sequence[float], rows: int, trials: Iterable[Trial] = ()) -> None:
        if not all(a < b for a, b in zip((0.0, *severities), severities, strict=False)):
            raise ValueError(f"Detection.severities must rise from above 0. Got {list(severities)!r}.")
        self.severities, self.rows = tuple(severities), rows
        self.trials = tuple(trials)

    @property
    def _grid(self) -> Grid:
        return _grid(self.severities)

    def _caught(self, severity: float, rows: float) -> np.ndarray:
        """Give the probability of being caught in every cell."""
        return self._grid.caught(severity, self.rows / rows)

    @cached_property
    def weights(self) -> np.ndarray:
        """Posterior of every cell of the grid; it sums to one."""
        total = self._grid.prior.copy()
        counts: dict[tuple[int, float], list[int]] = {}
        for trial in self.trials:
            counts.setdefault((trial.rows, trial.severity), [0, 0])[trial.caught] += 1
        for (rows, severity), (missed, caught) in sorted(counts.items()):
            chance = self._caught(severity, rows)
            total += xlogy(caught, chance) + xlog1py(missed, -chance)
        return _normal(total)

    def chance(self, severity: float, rows: int | None = None) -> Chance:
        """Give the chance that a severity is caught: posterior mean and central 95% interval."""
        p = self._caught(severity, rows or self.rows)
        low, high = _quantiles(p, self.weights, (TAIL, 1 - TAIL))
        return Chance(float(self.weights @ p), low, high)

    def certainty(self, severity: float) -> float:
        """Give the posterior probability that a severity is caught with 80% probability or more."""
        return float(self.weights[self._caught(severity, self.rows) >= CAUGHT].sum())

    def predicted(self, severity: float, plantings: int, rows: int | None = None) -> tuple[float, float, float]:
        """Predict the share caught of fresh plantings.

        Parameters
        ----------
        severity : float
            How severe.
        plantings : int
            How many fresh ones.
        rows : int, optional
            Default the size asked about.

        Returns
        -------
        rate, low, high : float
            Expected share, and an interval that holds the share of the fresh plantings with at least 95% probability: of the
            binomial distribution mixed over the posterior.
        """
        p = self._caught(severity, rows or self.rows)
        edges = np.linspace(0, 1, 401)
        at = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, 399)
        mass = np.bincount(at, self.weights, minlength=400)
        middle = (edges[1:] + edges[:-1]) / 2
        hits = np.arange(plantings + 1)
        ways = gammaln(plantings + 1) - gammaln(hits + 1) - gammaln(plantings - hits + 1)
        chances = np.exp(ways[:, None] + xlogy(hits[:, None], middle) + xlog1py(plantings - hits[:, None], -middle))
        below = np.cumsum(chances @ mass)
        low, high = np.searchsorted(below, (TAIL, 1 - TAIL))
        return float(self.weights @ p), float(low / plantings), float(min(high, plantings) / plantings)

    def reach(self, rows: int | None = None) -> Reach:
        """Give the smallest severity that is caught with 80% probability: posterior median and central 95% interval."""
        rows = rows or self.rows
        smallest, largest = self.severities[0], self.severities[-1]
        logs = _quantiles(self._grid.log_reach(self.rows / rows), self.weights, (0.5, TAIL, 1 - TAIL))
        middle, low, high = (math.exp(value) if value < 700 else math.inf for value in logs)
        standing = "never" if middle > largest else "always" if middle < smallest else "told"
        inner = self.severities[1:-1] or self.severities
        if low < inner[0] and high > inner[-1]:
            standing = "cannot_tell"
        return Reach(
            rows,
            middle if standing == "told" else None,
            None if low < smallest else min(low, largest),
            None if high > largest else max(high, smallest),
            standing,
        )

    @property
    def scaling_told(self) -> bool:
        """Whether the trials say more of what rows buy than was assumed: the posterior of the floor's share is narrower."""
        floor = self._grid.floor
        return _deviation(floor, self.weights) < TOLD * _deviation(floor, _normal(self._grid.prior))

    def next(self, rows: int, aim: int | None = None, without: frozenset[float] = frozenset()) -> float | None:
        """Choose the severity whose planting is expected to tell most.

        Parameters
        ----------
        rows : int
            Size of the planting.
        aim : int, optional
            Number of rows at which the reach is wanted; default the size asked about.
        without : frozenset of float
            Severities that cannot be planted.

        Returns
        -------
        float or None
            The severity, of those that are planted and not above the last one of that size if it was caught, not below it if
            it was missed, after which the expected variance of the log reach is least; the reach is cut where it leaves the
            severities, as it is not told there. Of equals the smallest; None where none is left.
        """
        left = [severity for severity in self.severities if severity not in without]
        if not left:
            return None
        last = next((trial for trial in reversed(self.trials) if trial.rows == rows), None)
        if last is not None:
            left = [s for s in left if (s <= last.severity if last.caught else s >= last.severity)] or left
        low, high = math.log(self.severities[0]) - EDGE, math.log(self.severities[-1]) + EDGE
        reach = np.clip(self._grid.log_reach(self.rows / (aim or self.rows)), low, high)
        moments = np.stack([self.weights, self.weights * reach, self.weights * reach**2], axis=1)
        caught = np.stack([self._caught(severity, rows) for severity in left]) @ moments
        missed = moments.sum(axis=0) - caught
        expected = sum(part[:, 2] - part[:, 1] ** 2 / part[:, 0] for part in (caught, missed))
        return left[int(np.argmin(np.round(expected, 9)))]


class Grid:
    """Cells over threshold, width, lapse and floor for one kind's severities, with the log prior of each.

    Parameters
    ----------
    severities : tuple of float
        The severities that are planted.
    """

    def __init__(self, severities: tuple[float, ...]) -> None:
        low, high = math.log(severities[0]) - BEYOND, math.log(severities[-1]) + BEYOND
        thresholds = np.linspace(low, high, math.ceil((high - low) / STEP) + 1)
        widths = SPREAD * np.exp(SPREAD_LOG * SCORES)
        edges = np.concatenate([[0.0], (LAPSES[1:] + LAPSES[:-1]) / 2, [1.0]])
        lapses = np.diff(-((1 - edges) ** LAPSE_PRIOR))
        parts = np.meshgrid(thresholds, widths, LAPSES, FLOORS, indexing="ij")
        prior = -0.5 * SCORES[None, :, None, None] ** 2 + np.log(lapses)[None, None, :, None] + np.zeros(parts[0].shape)
        self.threshold, self.width, self.lapse, self.floor = (part.ravel() for part in parts)
        self.prior = prior.ravel()
        self._known: dict[tuple[float, float], np.ndarray] = {}

    def thresholds(self, ratio: float) -> np.ndarray:
        """Give the log threshold in every cell where rows are the size asked about divided by `ratio`."""
        return self.threshold + np.log(self.floor + (1 - self.floor) * math.sqrt(ratio))

    def caught(self, severity: float, ratio: float) -> np.ndarray:
        """Give the probability in every cell that a severity is caught."""
        if (severity, ratio) not in self._known:
            score = (math.log(severity) - self.thresholds(ratio)) / self.width
            self._known[severity, ratio] = GUESS + (1 - GUESS - self.lapse) * ndtr(score)
        return self._known[severity, ratio]

    def log_reach(self, ratio: float) -> np.ndarray:
        """Give, in every cell, the log of the severity caught with 80% probability; infinite where none is."""
        share = np.minimum((CAUGHT - GUESS) / (1 - GUESS - self.lapse), 1.0)
        return np.where(share < 1, self.thresholds(ratio) + self.width * ndtri(share), np.inf)


@lru_cache(maxsize=64)
def _grid(severities: tuple[float, ...]) -> Grid:
    return Grid(severities)


def _normal(logs: np.ndarray) -> np.ndarray:
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def _quantiles(values: np.ndarray, weights: np.ndarray, shares: Sequence[float]) -> tuple[float, ...]:
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    at = np.minimum(np.searchsorted(below, np.array(shares) * below[-1]), len(values) - 1)
    return tuple(float(value) for value in values[order][at])


def _deviation(values: np.ndarray, weights: np.ndarray) -> float:
    middle = float(weights @ values)
    return math.sqrt(max(float(weights @ (values - middle) ** 2), 0.0))
