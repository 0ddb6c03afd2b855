"""What an axis is shown: the rows measured, the sealed ones, and what was learned from real rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from assay.core.seeds import integer_seed, spawn
from assay.lab.axes._frame import Frame
from assay.lab.axes._view import View

Made = TypeVar("Made")


@dataclass(frozen=True)
class Scene:
    """What an axis is shown.

    Parameters
    ----------
    frame : Frame
        What was learned from real rows.
    rows : View
        The table that is measured.
    holdout : View
        Sealed real rows.
    previous : View
        What somebody without sealed rows would validate on: the generation before, or the real rows trained on.
    training : View
        The real rows that the first generation learned from.
    seed : int
        Of this measurement.
    shared : dict
        What axes of this scene compute together.
    """

    frame: Frame
    rows: View
    holdout: View
    previous: View
    training: View
    seed: int
    shared: dict[str, Any] = field(default_factory=dict)

    def rng(self, *task: str | int) -> np.random.Generator:
        """Make the seeded generator of one named task."""
        return spawn(self.seed, "axes", *task)

    def integer_seed(self, *task: str | int) -> int:
        """Make the seed of one named task, for a library that takes an integer."""
        return integer_seed(self.seed, "axes", *task)

    def share(self, name: str, make: Callable[[], Made]) -> Made:
        """Compute something once for all axes of this scene."""
        if name not in self.shared:
            self.shared[name] = make()
        return self.shared[name]

    def with_rows(self, rows: View) -> Scene:
        """Give the scene with other rows measured, nothing computed yet."""
        return replace(self, rows=rows, shared={})
