"""Only typical rows are kept."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import codes
from assay.damage._grid import half_width
from assay.data.ground import Ground, Planted

LEAST_ROWS = 200
REFERENCES = 2_000
NEIGHBOUR = 10
FAR = 6.0
MOST_LEVELS = 100
BLOCK = 2_000


class KeepTypical(Damage):
    """Leave out the rows that lie where there are fewest others, as sampling at a low temperature and picking by a score do.

    Notes
    -----
    Rows go by their distance to the tenth nearest of up to 2,000 others, all modelled columns together: numbers and dates by
    their spreads, levels that differ count one spread. Those left out are made up for by others. What is lost lies at once in
    the tails of columns (``tail_loss``), in their spread (``variance_change``), and in thin regions (``mode_drop``); and rows
    were selected (``selection_bias``): each says the same of rows that were picked by how typical they are.

    References
    ----------
    Alemohammad et al. (2024), Self-consuming generative models go MAD, ICLR, section 'biased sampling'.
    """

    harm = "atypical rows are never made"
    mechanism = "sampling_bias"
    also = frozenset({"variance_change", "tail_loss", "mode_drop", "selection_bias"})
    unit = "share of the rows, the least typical ones, that is never made"
    severities = (0.002, 0.01, 0.03, 0.06, 0.12, 0.2, 0.4)
    harmless = 0.002
    material = 0.2
    harmless_because = "two rows in a thousand, spread over the tails of all columns; at worst a fifth of one's extreme 1%"
    material_because = (
        "a fifth of reality, all that is not usual, is unknown to whoever learns from these rows, and a generator trained "
        "on them loses the next. Coverage lost about .1 against a margin of .03, half-width .015, error .005; in most "
        "columns nothing of the tails is left"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        if len(ground.spare) < LEAST_ROWS:
            raise NotApplicable(f"the table has {len(ground.spare):,} rows; knowing which are typical takes {LEAST_ROWS:,}")
        points = _encoded(ground)
        if not points.shape[1]:
            raise NotApplicable("no column varies so that rows could be more or less typical")
        others = points[rng.permutation(len(points))[:REFERENCES]]
        blocks = [cdist(points[at : at + BLOCK], others) for at in range(0, len(points), BLOCK)]
        distance = np.concatenate([np.partition(block, NEIGHBOUR, axis=1)[:, NEIGHBOUR] for block in blocks])
        order = np.lexsort((rng.random(len(distance)), -distance))
        gone = np.zeros(len(order), dtype=bool)
        gone[order[: round(self.severity * len(order))]] = True
        return Planted(
            ground.real,
            ground.without(gone),
            ground.holdout,
            f"The least typical {self.severity:.1%} of the rows are missing.",
        )


def _encoded(ground: Ground) -> np.ndarray:
    """Give numbers by their spreads and levels as one column each, shape (rows, columns)."""
    parts: list[np.ndarray] = []
    for column in ground.schema.columns:
        if column.name not in ground.schema.modelled:
            continue
        if column.ordered:
            values = ground.spare.numbers(column.name)
            if np.isnan(values).all():
                continue
            width = half_width(values) or float(np.nanstd(values))
            if width > 0:
                parts.append(np.nan_to_num(np.clip((values - np.nanmedian(values)) / width, -FAR, FAR))[:, None])
            continue
        own = codes(ground.spare, column.name)
        levels = np.argsort(-np.bincount(own + 1), kind="stable")[:MOST_LEVELS] - 1
        if len(levels) > 1:
            parts.append((own[:, None] == levels) / np.sqrt(2))
    return np.concatenate(parts, axis=1) if parts else np.empty((len(ground.spare), 0))
