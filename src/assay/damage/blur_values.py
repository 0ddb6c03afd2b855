"""One column's values are mixed with noise, its distribution kept."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from assay.core.protocols import Damage
from assay.damage._binned import bins, dependence, partners
from assay.damage._columns import drawn, numeric, ranks
from assay.damage._ruled import free
from assay.data.ground import Ground, Planted, written

LEAST, MOST = 0.2, 0.75


class BlurValues(Damage):
    """Add noise to one number on the normal scale and give the result the column's own values again, by rank.

    Notes
    -----
    Normal scores z become ``sqrt(1 - s) z + sqrt(s) e`` with e normal and independent; correlations of the scores shrink by
    ``sqrt(1 - s)`` and the column's distribution stays exactly as it was. Columns are taken whose joint table with some other
    column is at a total variation of .2 or more from independence, and none that a rule binds to another or that another all
    but determines: there no noise is harmless.
    """

    harm = "a column has less to do with the others than in reality"
    mechanism = "broken_dependence"
    unit = "share of the column's variance, on the normal scale, that is noise"
    severities = (0.005, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0)
    harmless = 0.005
    material = 0.8
    harmless_because = "correlations are .9975 of what they were; joint tables move by under a hundredth, margin .06"
    material_because = (
        "correlations are less than half of what they were, so that a model weighs the column for a fifth of what it explains. "
        "More than half of a dependence of .2 and more is gone: .11 against a margin of .06, a simultaneous half-width of "
        ".03, a standard error of .01"
    )
    touches = "cells"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        names = [name for name in free(ground, numeric(ground)) if LEAST <= _strongest(ground, name) <= MOST]
        name = drawn(names, f"50 different numbers or more and a dependence of {LEAST} to {MOST} on another column", rng)
        values = ground.sound.numbers(name).copy()
        noise = rng.normal(size=len(values))
        known = np.flatnonzero(~np.isnan(values))
        mixed = np.sqrt(1 - self.severity) * ndtri(ranks(values, rng)[known]) + np.sqrt(self.severity) * noise[known]
        values[known[np.argsort(mixed, kind="stable")]] = np.sort(values[known])
        return Planted(
            ground.real,
            written(ground.sound, name, values),
            ground.holdout,
            f"{self.severity:.1%} of the variance of {name!r} is noise; its distribution is as it was.",
            (name,),
            known,
        )


def _strongest(ground: Ground, name: str) -> float:
    own = bins(ground.spare, name)
    return max((dependence(own, other) for other in partners(ground, name).values()), default=0.0)
