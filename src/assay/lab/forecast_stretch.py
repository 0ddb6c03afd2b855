"""By how much intervals must be stretched so that they cover: from lineages left out, and from what other tables have shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from assay.core.seeds import spawn
from assay.lab.forecast_conformal import LEVEL, Score, scores_within
from assay.lab.forecast_pilots import Key, Pilot

TRUST = 10  # replicates at which the scores weigh as much as what was known before
LEAST_REPLICATES = round(LEVEL / (1.0 - LEVEL))  # fewer have no quantile of this level
LEAST_FACTOR = 1e-3


class Stretch(NamedTuple):
    """By how much the intervals of an axis are stretched about their median.

    Parameters
    ----------
    within : float
        As far ahead of the pilots as lineages left out were scored.
    beyond : float
        Farther ahead, where no lineage left out bears the intervals out.
    reach : int
        Generations ahead that the scores of every replicate reach; 0 where there is none.
    """

    within: float
    beyond: float
    reach: int

    def over(self, seen: int, generations: int) -> np.ndarray:
        """Give the stretch at generations 1 to `generations`, of which pilots showed `seen`.

        Examples
        --------
        >>> Stretch(1.1, 1.5, 1).over(3, 6).tolist()
        [1.1, 1.1, 1.1, 1.1, 1.5, 1.5]
        """
        return np.where(np.arange(1, generations + 1) - seen <= self.reach, self.within, self.beyond)


def stretches(found: Mapping[Key, Pilot], seed: int, known: Mapping[str, float]) -> dict[tuple[str, int], Stretch]:
    """Learn the stretch of every axis at every size, from all its lineages, each left out once.

    Parameters
    ----------
    found : mapping of (generator, regime, axis, rows) to Pilot
        Pilots of one table.
    seed : int
        Of the draws.
    known : mapping of str to float
        By axis, what other tables have shown; "" for an axis that they have not. Empty where nothing is known.
    """
    scores: dict[tuple[str, int], list[Score]] = defaultdict(list)
    for key, each in found.items():
        rng = spawn(seed, "forecast", "scores", *key)
        scores[each.axis, each.rows] += scores_within(
            each.scaled, each.noises, each.regimen, rng, replicates=each.replicates, least=each.least
        )
    return {
        (each.axis, each.rows): stretch_of(scores[each.axis, each.rows], known=known.get(each.axis, known.get("")))
        for each in found.values()
    }


def stretch_of(scores: Iterable[Score], *, known: float | None = None, level: float = LEVEL) -> Stretch:
    """Give the stretch at which intervals cover.

    Parameters
    ----------
    scores : iterable of Score
        Of lineages left out.
    known : float, optional
        The stretch that other tables have shown to be needed; None where nothing is known.
    level : float
        Coverage wanted.

    Notes
    -----
    q is the (1 + 1 / L) level quantile of the scores, every one of L replicates having the same weight: lineages of one replicate
    share their real rows and are no evidence of their own. Fewer replicates than that quantile needs (9 for 90%) have none.

    Where nothing is known, q is then the largest score. As few replicates tell little, `within` is q ** (L / (L + 10)), and of
    fewer than 9 not below 1: few replicates widen and never narrow. `beyond` is max(1, q), however many replicates there are.

    Where `known` is, the largest of few scores is not needed: it is mostly luck, and says little of lineages to come. `within` is
    known ** (10 / (L + 10)) p ** (L / (L + 10)), p being the plain `level` quantile. Scores say nothing of generations farther
    ahead than they reach, so `beyond` is `known`, or `within` where that is larger: a table that needs more nearby needs no less
    far off. Both may be below 1. There is no guarantee beyond the pilots: `beyond` is as good as what other tables have shown.

    References
    ----------
    Lei et al. (2018), Distribution-free predictive inference for regression, JASA 113, section 5.2 (scaled scores); Dunn,
    Wasserman and Ramdas (2023), Distribution-free prediction sets for two-layer hierarchical models, JASA 118 (groups of scores).

    Examples
    --------
    >>> stretch_of([])
    Stretch(within=1.0, beyond=1.0, reach=0)
    >>> few = [Score(str(at), 1, 2.0) for at in range(5)]
    >>> stretch_of(few)
    Stretch(within=1.26, beyond=2.0, reach=1)
    >>> stretch_of(few, known=0.9)
    Stretch(within=1.174, beyond=1.174, reach=1)
    """
    found = list(scores)
    q, replicates = quantile(found, level=level)
    if not replicates:
        alone = 1.0 if known is None else known
        return Stretch(alone, alone, 0)
    farthest: dict[str, int] = {}
    for each in found:
        farthest[each.replicate] = max(each.ahead, farthest.get(each.replicate, 0))
    share = replicates / (replicates + TRUST)
    if known is None:
        beyond = max(q, 1.0)
        within = (q if replicates >= level / (1.0 - level) - 1e-9 else beyond) ** share
    else:
        within = known ** (1.0 - share) * quantile(found, level=level, corrected=False)[0] ** share
        beyond = max(known, within)
    return Stretch(round(float(within), 3), round(float(beyond), 3), min(farthest.values()))


def quantile(scores: Iterable[Score], *, level: float = LEVEL, corrected: bool = True) -> tuple[float, int]:
    """Give the (1 + 1 / L) level quantile of scores, every one of L replicates having the same weight, and L.

    Parameters
    ----------
    scores : iterable of Score
        Of lineages left out.
    level : float
        Share of the scores of a new replicate that should be at or below it.
    corrected : bool
        Whether a new replicate is reckoned with; without it the plain quantile of those there are.

    Examples
    --------
    >>> quantile([Score("a", 1, 0.5), Score("a", 2, 0.7), Score("b", 1, 3.0)])
    (3.0, 2)
    """
    grouped: dict[str, list[float]] = {}
    for each in scores:
        grouped.setdefault(each.replicate, []).append(each.score)
    if not grouped:
        return 1.0, 0
    values = np.concatenate([np.asarray(each) for each in grouped.values()])
    weights = np.concatenate([np.full(len(each), 1.0 / len(each)) for each in grouped.values()])
    asked = level * (1.0 + 1.0 / len(grouped)) if corrected else level
    return max(weighted_quantile(values, weights, asked), LEAST_FACTOR), len(grouped)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    """Give the least value at or below which lies this share of the weight; the largest where `level` is beyond 1."""
    order = np.argsort(values, kind="stable")
    gone = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(gone, level - 1e-12)), len(values) - 1)])
