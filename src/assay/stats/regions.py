"""Find the region of rows that a sample makes too rarely or too often, on some folds, and count it on the others."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from assay.stats.axes import LEAST_BEHIND, Axis
from assay.stats.intervals import share_high, share_low
from assay.stats.subgroups import Counts, Subgroup

FOLDS = 4
LEAST_SHARE = 0.016  # a region of 2% of the rows may hold this share of a sample
LEAST_ROWS = 20
WORTH = 0.8  # ratios nearer to 1 than this are not worth a region
DEPENDENCE = 1.4  # times the variance of independent folds: a chance pattern that links two folds shows in both
SEEN = 5.0  # standard errors from which the search finds a region nearly always


class Ratio(NamedTuple):
    """Rows of one sample in a region against those expected by the other: ``hits`` of the first, ``others`` of the second.

    Both are effective counts; ``scale`` is rows of the second sample per row of the first.
    """

    hits: float
    others: float
    scale: float

    @property
    def value(self) -> float:
        """Share of the expected rows that are there; one row is expected at least."""
        return self.hits * self.scale / max(self.others, self.scale)

    def bound(self, error: float, *, upper: bool) -> float:
        """Bound the ratio on one side, exactly given the sum of both counts (Clopper-Pearson).

        Examples
        --------
        >>> round(Ratio(0, 100, 1.0).bound(0.05, upper=True), 3)
        0.03
        """
        trials = self.hits + self.others
        if trials <= 0:
            return 1e6 if upper else 0.0
        share = float(share_high(self.hits, trials, error=error) if upper else share_low(self.hits, trials, error=error))
        return min(share / max(1.0 - share, 1e-9) * self.scale, 1e6)


class Region(NamedTuple):
    """A region, named by the fold with the clearest difference, and its rows counted in the folds that did not find it.

    ``counts`` are the rows of first and second sample in the named region, ``share`` its share of the second sample, ``unseen``
    the share of a region of 2% whose loss the search may have overlooked.
    """

    axes: list[Axis]
    where: Subgroup
    ratio: Ratio
    counts: tuple[int, int]
    share: float
    unseen: float


def region(counts: Counts, first: np.ndarray, side: Literal["under", "over"], groups: np.ndarray | None = None) -> Region | None:
    """Search the region that the first sample makes most too rarely, or too often.

    Parameters
    ----------
    counts : Counts
        Sums of the rows of the first and of the second sample.
    first : numpy.ndarray of bool, shape (rows,)
        Rows of the first sample.
    side : {'under', 'over'}
        What to look for.
    groups : numpy.ndarray of int, shape (rows,), optional
        Rows that belong together.

    Returns
    -------
    Region or None
        None where no region of 2% has rows enough.

    Notes
    -----
    For each fold the region with the largest standardised distance beyond a ratio of .8 (or 1.25) is found on the other folds;
    its rows are counted on the fold, and the counts added up over the folds. Given their sum the rows of the first sample are
    binomial; counts are divided by 1.4 for what folds share, and by the mean size of entities.
    """
    n1, n2 = int(first.sum()), int((~first).sum())
    kept = 1.0 - 1.0 / counts.folds
    rate = n1 / n2
    least = max(LEAST_SHARE * n1, LEAST_ROWS) * kept

    def away(sums: np.ndarray, worth: float) -> np.ndarray:
        expected = sums[1] * rate
        if side == "under":
            gap, enough, spread = worth * expected - sums[0], expected >= least, worth * expected
        else:
            gap, enough, spread = sums[0] - expected / worth, sums[0] >= least, sums[0]
            enough = enough & (sums[1] >= LEAST_BEHIND)
        return np.where(enough, gap / np.sqrt(np.maximum(spread + expected * rate * worth**2, 1.0)), -np.inf)

    best: Subgroup | None = None
    hits = others = inflated = 0.0
    for part in range(counts.folds):
        found = counts.search(lambda sums: away(sums, 1.0), lambda sums: away(sums, WORTH), part)
        if found is None:
            continue
        if best is None or found.score > best.score:
            best = found
        inside = found.rows(counts.axes) & (counts.fold == part)
        hits += int((inside & first).sum())
        others += int((inside & ~first).sum())
        inflated += _clustered(groups, inside)
    if best is None or hits + others == 0:
        return None
    inside = best.rows(counts.axes)
    deflation = DEPENDENCE * max(inflated / (hits + others), 1.0)  # as in `deflated`, over all folds' regions
    real = int((inside & ~first).sum())
    return Region(
        axes=counts.axes,
        where=best,
        ratio=Ratio(hits / deflation, others / deflation, 1.0 / rate),
        counts=(int((inside & first).sum()), real),
        share=real / n2,
        unseen=float(min(SEEN * np.sqrt((1.0 + rate) / least), 1.0)),
    )


def deflated(groups: np.ndarray | None, rows: np.ndarray, dependence: float = DEPENDENCE) -> float:
    """Give by what counts among rows chosen in several folds are divided: what folds share, and the mean size of entities."""
    return dependence * max(_clustered(groups, rows) / max(int(rows.sum()), 1), 1.0)


def _clustered(groups: np.ndarray | None, rows: np.ndarray) -> float:
    """Give the sum of the squared sizes of the groups among some rows: their number where rows are independent."""
    if groups is None:
        return float(rows.sum())
    return float(np.sum(np.unique(groups[rows], return_counts=True)[1].astype(np.float64) ** 2))
