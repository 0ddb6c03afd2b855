"""What a remedy looks at: real rows that the generator never saw, and the synthetic rows as they are by now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.schema import Schema

Result = TypeVar("Result")


@dataclass(frozen=True)
class Scene:
    """Real and synthetic rows, and how sure a sign must be.

    Parameters
    ----------
    real : Dataset
        Real rows to learn from.
    rows : Amended
        Synthetic rows.
    seed : int
        Of all draws.
    error : float
        Chance of a false sign that one remedy may have, over all that it looks at.
    """

    real: Dataset
    rows: Amended
    seed: int = 0
    error: float = 0.01
    _shared: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def share(self, key: str, make: Callable[[], Result]) -> Result:
        """Compute something once for all remedies that look at this scene, at whatever error."""
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]

    @property
    def schema(self) -> Schema:
        """Schema of both tables."""
        return self.real.schema

    @property
    def synthetic(self) -> Dataset:
        """The synthetic table, whatever its weights."""
        return self.rows.table

    @cached_property
    def codec(self) -> Codec:
        """Encoder learned on the real rows."""
        return Codec(self.schema).fit(self.real)

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """Ordered columns that are modelled: numbers and times, the target of a regression among them."""
        return tuple(name for name in self.schema.modelled if self.schema.column(name).ordered)

    @cached_property
    def levelled(self) -> tuple[str, ...]:
        """Columns of levels that are modelled, the target of a classification among them."""
        return tuple(name for name in self.schema.modelled if not self.schema.column(name).ordered)

    @property
    def made(self) -> Scene:
        """The same scene without the rows that were made from real ones: what is wrong there is no fault of the generator."""
        if not self.rows.anchored.any():
            return self
        return Scene(self.real, self.rows.take(np.flatnonzero(~self.rows.anchored)), self.seed, self.error)

    def rng(self, *task: str | int) -> np.random.Generator:
        """Make the generator of one named task."""
        return spawn(self.seed, "mend", *task)
