"""Rows come from another population, by one of its features."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Damage
from assay.damage._columns import drawn, numeric
from assay.damage._tilt import normal, tilted
from assay.data.ground import Ground, Planted


class ShiftCovariates(Damage):
    """Select rows by an exponential tilt along one feature, upwards or downwards.

    Notes
    -----
    P(x) changes and P(y | x) does not. The weight of a row is exp(t z), z the normal score of its rank in the feature, and t such
    that the mean of z moves by the severity.

    References
    ----------
    Shimodaira (2000), Improving predictive inference under covariate shift by weighting the log-likelihood function, Journal of
    Statistical Planning and Inference 90. Efraimidis and Spirakis (2006), Weighted random sampling with a reservoir, Information
    Processing Letters 97.
    """

    harm = "a column is higher, or lower, than in reality, and all that goes with it"
    mechanism = "covariate_shift"
    unit = "standard deviations by which a feature's normal score moves"
    severities = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6)
    harmless = 0.02
    material = 0.4
    harmless_because = "distribution functions move by .008, which is half of what two real samples differ by; the margin is .05"
    material_because = (
        "what a model learns most about are other people than those it will meet. Distribution functions move by .16, against a "
        "margin of .05, a simultaneous half-width of .03 and a standard error of .01"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        name = drawn(numeric(ground, distinct=20), "20 different numbers or more without a heavy one", rng)
        sign = float(rng.choice([-1.0, 1.0]))
        score = sign * normal(ground.spare.numbers(name), rng)
        return Planted(
            ground.real,
            ground.spare.take(tilted(score, len(ground.sound), self.severity, rng), name="synthetic"),
            ground.holdout,
            f"Rows are selected along {name!r}, which is {self.severity:g} standard deviations "
            f"{'higher' if sign > 0 else 'lower'} by its normal score.",
            (name,),
        )
