"""One value stands where others should."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn, numeric
from assay.data.ground import Ground, Planted, written

MIDDLE = (0.2, 0.8)


class SpikeValues(Damage):
    """Put one of a column's own values into some of its cells, as a default or an imputed value does.

    Notes
    -----
    The value lies between the 20% and the 80% point, drawn at random; cells are drawn among those that are not missing.
    """

    harm = "a single value comes too often"
    mechanism = "artefact"
    unit = "share of the known cells that hold the one value"
    severities = (0.002, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4)
    harmless = 0.002
    material = 0.1
    harmless_because = "two cells in a thousand change no mean, threshold or model; a tenth of the margin"
    material_because = (
        "a tenth of the cells says nothing of its row, and a model learns a value that means 'unknown' here and a number in "
        "reality. Margin .02, simultaneous half-width .025, standard error .006"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name = drawn(numeric(ground), "50 different numbers or more without a heavy one", rng)
        values = ground.sound.numbers(name).copy()
        spike = np.nanquantile(ground.spare.numbers(name), rng.uniform(*MIDDLE), method="nearest")
        order = rng.permutation(np.flatnonzero(~np.isnan(values)))
        places = order[: round(self.severity * len(order))]
        values[places] = spike
        return Planted(
            ground.real,
            written(ground.sound, name, values),
            ground.holdout,
            f"{len(places):,} cells of {name!r} hold one and the same value.",
            (name,),
            np.sort(places),
        )
