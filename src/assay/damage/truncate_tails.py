"""Rows beyond a quantile of one column are never made."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn, numeric
from assay.data.ground import Ground, Planted


class TruncateTails(Damage):
    """Leave out the rows beyond a quantile of one column, at its upper or lower end.

    Notes
    -----
    Most generators lose tails first: few rows teach them, and a loss averaged over rows forgives it. The upper end is taken
    where the two are equally long or it is the longer one, as there lie the claims, the incomes and the lab values that
    matter. Rows left out are made up for by others.

    References
    ----------
    Shumailov et al. (2024), AI models collapse when trained on recursively generated data, Nature 631, section 'Early collapse'.
    """

    harm = "rows in the tail of a column are missing"
    mechanism = "tail_loss"
    unit = "share of the rows, at one end of the column, that is never made"
    severities = (0.0005, 0.002, 0.005, 0.01, 0.02, 0.03, 0.06)
    harmless = 0.0005
    material = 0.03
    harmless_because = "a twentieth of the extreme 1% is lost; its mass changes by 5%, the margin is half of it"
    material_because = (
        "nothing is left of the extreme 1% of the column: a model never sees the cases it is asked to flag. "
        "With 50 rows expected there at 5,000, their absence is beyond the margin of one half by four standard errors"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name = drawn(numeric(ground), "50 different numbers or more without a heavy one", rng)
        values = ground.spare.numbers(name)
        low, middle, high = np.nanquantile(values, (self.severity, 0.5, 1 - self.severity))
        upper = high - middle >= middle - low
        gone = values > high if upper else values < low
        end = "upper" if upper else "lower"
        return Planted(
            ground.real,
            ground.without(gone),
            ground.holdout,
            f"No row lies in the {end} {self.severity:.2%} of {name!r}.",
            (name,),
        )
