"""Part of a made world: rows of one table that were chosen, and what still has something to refer to without the others."""

from __future__ import annotations

import numpy as np

from assay.scenario.ordering import tables_in_order
from assay.scenario.world import World


def rows_left(world: World, name: str, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Say which rows are left of each table when one of them keeps some rows only.

    Parameters
    ----------
    world : World
        All tables made.
    name : str
        The table that keeps some rows.
    chosen : numpy.ndarray of bool, shape (rows,)
        Those.

    Returns
    -------
    dict of str to numpy.ndarray of bool, shape (rows,)
        By table. Rows that refer to a row that is gone are gone as well; all others stay, those that nothing refers to any more,
        too.
    """
    left: dict[str, np.ndarray] = {}
    for table_name in tables_in_order(world.scenario):
        made = world.tables[table_name]
        kept = chosen if table_name == name else np.ones(made.skeleton.n, dtype=bool)
        for column, reference in made.rules.references.items():
            kept = kept & left[reference.table][made.rows_of[column]]
        if made.rules.parent is not None and made.skeleton.parents is not None:
            kept = kept & left[made.rules.parent][made.skeleton.parents]
        left[table_name] = kept
    return left
