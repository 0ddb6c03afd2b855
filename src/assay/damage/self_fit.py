"""Rows come from a generator that learned from its own rows, generations long."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from assay.core import registry
from assay.core.errors import AssayError, NotApplicable
from assay.core.protocols import Damage
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted

FEWEST = 200


class SelfFit(Damage):
    """Fit a Gaussian copula on the real rows, then on its own rows, again and again.

    Notes
    -----
    The first generation learns from reality, each other one from the one before alone. What a judge can see in the rows is what
    the generator does to them, so these are right too: `rigid_generator` and `broken_dependence`, for a Gaussian copula holds
    only monotone dependence of pairs; `tail_loss`, for no generation exceeds the largest values of the one before;
    `rare_level_loss`, for a level that one generation does not draw never comes back; `variance_change`, for what tails and
    levels lose, the spread loses.

    References
    ----------
    Shumailov et al. (2024), AI models collapse when trained on recursively generated data, Nature 631. Alemohammad et al. (2024),
    Self-consuming generative models go MAD, ICLR.
    """

    harm = "models have learned from models, and reality fades"
    mechanism = "recursive_contamination"
    also = frozenset({"rigid_generator", "broken_dependence", "tail_loss", "rare_level_loss", "variance_change"})
    unit = "generations of self-fitting"
    severities = (1, 2, 3, 5, 8)
    harmless = None
    material = 5
    harmless_because = "one generation of a Gaussian copula already loses every dependence that is not monotone"
    material_because = (
        "joint tables are off by what five fits add up to: the bias of the copula in every pair, .1 and more where dependence is "
        "not monotone, against a margin of .06 and noise of .07, and a random walk of all margins by the root of five samples"
    )
    touches = "rows"

    generator: ClassVar[str] = "gaussian_copula"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        if len(ground.real) < FEWEST:
            raise NotApplicable(f"a generator learns nothing from fewer than {FEWEST} rows")
        seeds = rng.integers(0, 2**31 - 1, (int(max(self.severities)), 2))
        rows = ground.real
        for fit, draw in seeds[: round(self.severity)]:
            model: Any = registry.get("generator", self.generator)()
            try:
                sample = model.fit(rows, seed=int(fit)).sample(len(ground.sound), seed=int(draw))
            except AssayError as error:
                raise NotApplicable(f"{self.generator} cannot learn these rows: {error}") from error
            rows = Dataset(sample.table.replace_schema_metadata(), ground.schema, name="synthetic")
        table = rows.table.cast(ground.real.table.schema)
        return Planted(
            ground.real,
            Dataset(table, ground.schema, name="synthetic"),
            ground.holdout,
            f"The rows are generation {round(self.severity)} of {self.generator} fitted on its own rows.",
        )
