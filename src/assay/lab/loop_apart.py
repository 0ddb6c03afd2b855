"""Is the holdout of a loop apart from its real rows? Rows and entities in both, beyond what chance brings, are refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from assay.core.errors import InputError
from assay.data.coded import value_codes
from assay.data.dataset import Dataset
from assay.stats.rowhash import row_ids

ERROR = 0.001  # of refusing rows that chance made equal
DISTINCT = 4  # different rows, fewer of which may come out equally often by chance
FIX = "Leave --holdout out, and the loop seals rows off itself, or: assay split REAL --holdout 0.3"


def require_apart(real: Dataset, holdout: Dataset) -> None:
    """Refuse a holdout that shares rows or entities with the real table.

    Parameters
    ----------
    real, holdout : Dataset
        In memory, under one schema.

    Raises
    ------
    InputError
        If it is the real table, in whatever order; if more of its rows are rows that occur once in the real table than the real
        rows' own pairs lead to expect; or if an entity has rows in both.

    Notes
    -----
    Rows are compared by all columns but ids and the entity. An independent row meets one of the rows seen once with probability
    ``2 f2 / n`` (f2: different rows that occur twice among the n real ones), as in `assay.measures.provenance`. So of k different
    rows seen once that the m rows of the holdout hold, and the f2 pairs, k are by chance a binomial share
    ``2 m / (2 m + n)`` of ``k + f2``; less than one in a thousand is refused.

    What it cannot see: a few shared rows, shared rows of which a value was changed, and parts of a table that has hardly a row
    but once.

    References
    ----------
    Good (1953), The population frequencies of species and the estimation of population parameters, Biometrika 40.
    """
    entity = real.schema.entity
    if real.sha256 == holdout.sha256:
        raise InputError("The holdout is the real table itself.", fix=FIX)
    if entity is not None:
        codes = value_codes([table.table.column(entity) for table in (real, holdout)])
        ours, theirs = (np.unique(part[part >= 0]) for part in np.split(codes, [len(real)]))
        both = np.intersect1d(ours, theirs)
        if len(both):
            raise InputError(
                f"{len(both):,} of the {len(theirs):,} entities of the holdout have rows in the real table, too.",
                column=entity,
                fix=f"{FIX} --entity {entity}",
            )
    names = [column.name for column in real.schema.columns if column.kind != "id" and column.name != entity]
    if not names or not len(real) or not len(holdout):
        return
    ids = row_ids([value_codes([table.table.column(name) for table in (real, holdout)]) for name in names])
    different = int(ids.max()) + 1
    times, there = (np.bincount(part, minlength=different) for part in np.split(ids, [len(real)]))
    if different >= DISTINCT and np.array_equal(times, there):
        raise InputError("The holdout is the real table itself, in another order.", fix=FIX)
    shared = int(np.count_nonzero((times == 1) & (there > 0)))
    pairs = int(np.count_nonzero(times == 2))
    if _by_chance(shared, pairs, 2 * len(holdout) / (2 * len(holdout) + len(real))) < ERROR:
        expected = 2 * len(holdout) * pairs / len(real)
        raise InputError(
            f"{shared:,} rows that the real table has once are among the {len(holdout):,} of the holdout, where its own "
            f"duplicates lead to expect {expected:,.0f}.",
            fix=FIX,
        )


def _by_chance(shared: int, pairs: int, share: float) -> float:
    """Give the probability of so many shared rows or more."""
    if shared == 0:
        return 1.0
    from scipy.special import bdtrc

    return float(bdtrc(shared - 1, shared + pairs, share))


def made_by_generators(*tables: Dataset) -> Iterator[str]:
    """Say of tables given as real which of them carry the stamp of a generator."""
    for table in tables:
        lineage = table.lineage
        if lineage is not None and lineage.depth > 0:
            away = f"{lineage.depth} generation{'s' if lineage.depth != 1 else ''}"
            yield (
                f"The {table.name} table is not real: its stamp says that {lineage.generator} made it, {away} away from real "
                "rows. What the loop measures is no distance from reality."
            )
