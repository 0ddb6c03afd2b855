"""The classifiers that tell synthetic rows from the holdout, fitted once for all measures that ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.protocols import Context
from assay.data.pairing import Pair, stack
from assay.measures._slices import shared_codec
from assay.stats.classifier import ColumnAucs, pooled_ranks
from assay.stats.discriminate import Discrimination, discriminate
from assay.stats.regions import Ratio, deflated

LEARNERS = ("boosted_trees", "random_trees")
SHARE = 0.02


class Told(NamedTuple):
    """Holdout (0) and synthetic rows (1), what each learner makes of them, and what single columns tell."""

    pair: Pair
    found: list[Discrimination]
    alone: ColumnAucs


class Unmade(NamedTuple):
    """The rows that look most real: ``ratio`` of synthetic to holdout rows among them, both counted as ``counts``.

    ``rows`` marks them in the pair; ``share`` is the share of the holdout in it.
    """

    ratio: Ratio
    counts: tuple[int, int]
    rows: np.ndarray
    share: float


def told(context: Context) -> Told:
    """Cross-fit both learners once per check."""
    return context.share("told", lambda: _fit(context))


def _fit(context: Context) -> Told:
    pair = stack(shared_codec(context), context.holdout, context.synthetic, context.rng("two_sample", "rows"))
    rng = context.rng("two_sample", "fits")
    found, alone = discriminate(pooled_ranks(pair.matrix), pair.labels, LEARNERS, rng, context.map, pair.groups)
    scores = {one.learner: (pair.rows, pair.labels, one.fold, one.predicted) for one in found}
    context.share("two_sample scores", lambda: scores)
    return Told(pair, found, alone)


def unmade(context: Context) -> Unmade:
    """Count synthetic rows among the 2% of all rows, holdout and synthetic together, that look most real.

    Notes
    -----
    Scores are cross-fitted and the 2% are taken within each fold whatever the labels, ties at random: between two real samples
    the labels of those rows are a draw from all labels, whatever the learners learned. Rows stand in the mean of their ranks by
    both learners.
    """
    known = told(context)
    pair, found = known.pair, known.found
    fold, ties = found[0].fold, context.rng("told", "ties").random(len(pair.labels))
    chosen = np.zeros(len(pair.labels), dtype=bool)
    for part in range(int(fold.max()) + 1):
        inside = np.flatnonzero(fold == part)
        ranks = np.sum([_ranks(one.predicted[inside], ties[inside]) for one in found], axis=0)
        order = np.lexsort((ties[inside], ranks))
        chosen[inside[order[: max(round(SHARE * len(inside)), 1)]]] = True
    synthetic = pair.labels == 1
    counts = int((chosen & synthetic).sum()), int((chosen & ~synthetic).sum())
    scale = float((~synthetic).sum() / synthetic.sum())
    by = deflated(pair.groups, chosen)
    return Unmade(Ratio(counts[0] / by, counts[1] / by, scale), counts, chosen, counts[1] / int((~synthetic).sum()))


def _ranks(values: np.ndarray, ties: np.ndarray) -> np.ndarray:
    out = np.empty(len(values))
    out[np.lexsort((ties, values))] = np.arange(len(values))
    return out
