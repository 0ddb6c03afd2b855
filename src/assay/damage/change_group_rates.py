"""In one group the target is more frequent, or rarer, than in reality."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.damage._columns import codes, levelled
from assay.damage._resample import class_marks, resampled, room, side
from assay.data.ground import Ground, Planted


class ChangeGroupRates(Damage):
    """Change the target's rate within one level of a column by taking other real rows of that level.

    Notes
    -----
    The size of the group, and all other rows, stay as they are. `label_shift` is right too: within the group P(y) changes and
    P(x | y) does not, so whoever says that the target is more frequent there than the other columns explain says the same.

    References
    ----------
    Zhao et al. (2017), Men also like shopping: reducing gender bias amplification using corpus-level constraints, EMNLP.
    """

    harm = "a group looks better, or worse, than it is"
    mechanism = "bias_amplification"
    also = frozenset({"label_shift"})
    unit = "change of the target's rate in the group"
    severities = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
    harmless = 0.01
    material = 0.2
    harmless_because = "one point in a group of 400 is four people, less than its standard error; the margin is five points"
    material_because = (
        "a fifth of the group is granted, or denied, what it would not be. Margin .05, and for the smallest groups taken (400 of "
        "5,000 rows) a simultaneous half-width of .09 and a standard error of .028. Of a number, the group's mean moves by .3 "
        "standard deviations or more, against a margin of .15, a half-width of .1 and a standard error of .03"
    )
    touches = "rows"
    needs = frozenset({"target"})

    smallest: ClassVar[float] = 0.08
    largest: ClassVar[float] = 0.5
    least_mean: ClassVar[float] = 0.3

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        marks = class_marks(ground.spare, rng)
        rows = len(ground.sound)
        apart = _halves_apart(ground, marks)
        groups: list[tuple[str, np.ndarray, float, float]] = []
        for name in levelled(ground):
            if not ground.schema.column(name).levelled:
                continue
            own = codes(ground.spare, name)
            for level in range(int(own.max()) + 1):
                at = np.flatnonzero(own == level)
                size = int(np.searchsorted(at, rows))
                if self.smallest * rows <= size <= self.largest * rows:
                    down, up = room(marks[at], size)
                    if max(down, up) >= self.material and self.material * apart(at) >= self.least_mean:
                        groups.append((name, at, down, up))
        if not groups:
            raise NotApplicable("no level with 8% of the rows or more leaves room for another rate of the target")
        name, at, down, up = groups[int(rng.integers(len(groups)))]
        size = int(np.searchsorted(at, rows))
        sign = side(down, up, self.material, rng)
        if self.severity > (up if sign > 0 else down):
            raise NotApplicable("the group leaves no room for so large a change of its rate")
        inside = at[resampled(marks[at], size, sign * self.severity)]
        taken = np.sort(np.concatenate([np.setdiff1d(np.arange(rows), at), inside]))
        target = str(ground.schema.target)
        return Planted(
            ground.real,
            ground.spare.take(taken, name="synthetic"),
            ground.holdout,
            f"In a group of {size:,} rows, a level of {name!r}, the rate of {target!r} is {100 * self.severity:g} points "
            f"{'higher' if sign > 0 else 'lower'}.",
            (name, target),
        )


def _halves_apart(ground: Ground, marks: np.ndarray) -> Callable[[np.ndarray], float]:
    """Give how far the marked rows of a group lie above the others, in standard deviations of a number; of classes, no bar.

    The outer hundredths are drawn in, as where the mean of a group is measured.
    """
    target = str(ground.schema.target)
    if ground.schema.task != "regression":
        return lambda at: np.inf
    values = ground.spare.numbers(target)
    values = np.clip(values, *np.nanquantile(values, (0.01, 0.99)))
    spread = float(np.nanstd(values)) or np.inf

    def apart(at: np.ndarray) -> float:
        upper, lower = values[at[marks[at]]], values[at[~marks[at]]]
        return float(np.nanmean(upper) - np.nanmean(lower)) / spread if len(upper) and len(lower) else 0.0

    return apart
