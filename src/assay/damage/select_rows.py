"""Who gets into the table depends on two of the columns."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import levelled, numeric
from assay.damage._tilt import normal, scores, tilted
from assay.data.ground import Ground, Planted


class SelectRows(Damage):
    """Select rows with a probability that depends on two features together.

    Notes
    -----
    The weight of a row is exp(t z), z the normal score of the sum of two features' scores, each up or down, levels in random
    order; t is such that the mean of z moves by the severity. Either feature then moves by about .7 of it. `covariate_shift` is
    right too: P(x) changes and P(y | x) does not, and nothing in the rows tells selection from another population.

    References
    ----------
    Heckman (1979), Sample selection bias as a specification error, Econometrica 47. Zadrozny (2004), Learning and evaluating
    classifiers under sample selection bias, ICML.
    """

    harm = "some kinds of people were more likely to be recorded than others"
    mechanism = "selection_bias"
    also = frozenset({"covariate_shift"})
    unit = "standard deviations by which the score that selects moves"
    severities = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65)
    harmless = 0.02
    material = 0.5
    harmless_because = "distribution functions move by .006, less than two real samples differ by; the margin is .05"
    material_because = (
        "people of one kind are half as frequent as they should be and those of another twice. The distribution functions of "
        "both features move by .14, against a margin of .05, a simultaneous half-width of .03 and a standard error of .01"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        kinds = ground.schema
        names = numeric(ground, distinct=20)
        names += [name for name in levelled(ground, least=4, most=20) if kinds.column(name).levelled]
        if len(names) < 2:
            raise NotApplicable("fewer than two features have many numbers, or four to twenty levels")
        one, other = (names[at] for at in rng.permutation(len(names))[:2])
        signs = rng.choice([-1.0, 1.0], 2)
        both = signs[0] * scores(ground.spare, one, rng) + signs[1] * scores(ground.spare, other, rng)
        score = normal(both, rng)
        return Planted(
            ground.real,
            ground.spare.take(tilted(score, len(ground.sound), self.severity, rng), name="synthetic"),
            ground.holdout,
            f"Rows are selected along {one!r} and {other!r} together, by {self.severity:g} standard deviations.",
            (one, other),
        )
