"""Which of the holdout's rows may prove anything: those that neither the real nor the synthetic rows repeat."""

from __future__ import annotations

import numpy as np

from assay.core.mended import Why, Withheld
from assay.data.coded import compared, table_codes, value_codes
from assay.data.dataset import Dataset
from assay.stats.intervals import difference_bound
from assay.stats.rowhash import row_ids

FEW = 0.01  # share of repeated rows by chance at which all that are repeated are withheld, whether by chance or not
SURE = 0.05  # chance to take repeats for leaks that are none


def refused(synthetic: Dataset, holdout: Dataset) -> Why | None:
    """Say why a holdout as a whole can prove nothing: it is what a generator made, or was fitted on."""
    if holdout.lineage is not None:
        return Why("holdout_not_real", f"The holdout was made by a generator ({holdout.lineage.generator}): it is not reality.")
    if synthetic.lineage is not None and holdout.sha256 in synthetic.lineage.parents:
        return Why(
            "holdout_seen",
            "The holdout is not sealed: the synthetic rows' lineage names it, so their generator was fitted on it.",
        )
    return None


def unleaked(real: Dataset, synthetic: Dataset, holdout: Dataset) -> tuple[np.ndarray, Withheld]:
    """Give the places of the holdout's rows that may prove something, and how many are withheld, and why.

    Parameters
    ----------
    real, synthetic, holdout : Dataset
        Tables of one schema.

    Notes
    -----
    Rows are compared in all columns but ids and the entity, the target among them. Withheld are rows of entities that `real`
    has, rows that equal a real row, and rows that equal a synthetic one. Rows of few columns and levels repeat each other by
    chance: an independent row equals one of the holdout with the probability 1 - f1 / n (f1 of its n rows stand there once;
    Good). Where that is above 1%, equal rows are withheld only if there are more of them than that (lower bound, 95%), and then
    all of them.

    What it cannot see: leaked rows of which a value was changed (`near_copies` and `membership` look for these), and few leaked
    rows in a table whose rows repeat each other anyway.

    References
    ----------
    Good (1953), The population frequencies of species and the estimation of population parameters, Biometrika 40.
    """
    known = _of_known_entities(real, holdout)
    repeated = copied = np.zeros(len(holdout), dtype=bool)
    leaked = bool(known.any())
    names = compared(real.schema)
    if names:
        ids = row_ids(table_codes([real, synthetic, holdout], names))
        mine, theirs, sealed = np.split(ids, [len(real), len(real) + len(synthetic)])
        (repeated, of_real), (copied, of_synthetic) = _repeats(sealed, mine), _repeats(sealed, theirs)
        leaked = leaked or of_real or of_synthetic
    repeated = repeated & ~known
    copied = copied & ~known & ~repeated
    found = Withheld(int(repeated.sum()), int(copied.sum()), int(known.sum()), leaked)
    return np.flatnonzero(~(known | repeated | copied)), found


def _of_known_entities(real: Dataset, holdout: Dataset) -> np.ndarray:
    name = real.schema.entity
    if name is None:
        return np.zeros(len(holdout), dtype=bool)
    mine, theirs = np.split(value_codes([table.table.column(name) for table in (real, holdout)]), [len(real)])
    return (theirs >= 0) & np.isin(theirs, mine)


def _repeats(sealed: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, bool]:
    """Mark sealed rows that others equal, where that is more than chance or chance is negligible, and say whether it is more."""
    equal = np.isin(sealed, others)
    if not equal.any():
        return equal, False
    n, once = len(sealed), int((np.unique(sealed, return_counts=True)[1] == 1).sum())
    met = int(np.isin(others, sealed).sum())
    more = bool(difference_bound(met, len(others), n - once, n, error=SURE, upper=False) > 0)
    return (equal if more or n - once <= FEW * n else np.zeros(n, dtype=bool)), more
