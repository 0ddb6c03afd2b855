"""What a check will cost, told before the work, and refused where it cannot end well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.core.errors import InputError
from assay.core.memory import available

GIB = 2**30
TOLD_FROM_COLUMNS = 300
LEAST_GROUPS, MOST_GROUPS, SPREAD = 4, 9, 2_048
LEAST_BLOCKS = 16
# Two tables' crossed counts, and as much again while intervals are drawn from them.
COPIES = 5
BASE_BYTES = 400 * 2**20
BYTES_PER_COLUMN = 200_000
SECONDS_PER_PAIR = 2.5e-4
SECONDS_PER_COLUMN = 0.02


@dataclass(frozen=True)
class Cost:
    """Pairs to be counted, bytes and seconds they take, and bytes there are."""

    columns: int
    pairs: int
    bytes: int
    seconds: float
    available: int

    def told(self) -> str:
        """Say it in a sentence."""
        return (
            f"{self.columns:,} columns make {self.pairs:,} pairs: about {_minutes(self.seconds)} and "
            f"{self.bytes / GIB:.1f} GiB of memory, of which {self.available / GIB:.1f} GiB are there."
        )


def foresee(columns: int) -> Cost:
    """Reckon what the counts of a table of so many columns cost."""
    groups = columns * float(np.clip(SPREAD / max(columns, 1), LEAST_GROUPS, MOST_GROUPS))
    pairs = columns * (columns - 1) // 2
    held = int(BASE_BYTES + COPIES * 4 * LEAST_BLOCKS * groups**2 + BYTES_PER_COLUMN * columns)
    return Cost(columns, pairs, held, 5 + SECONDS_PER_PAIR * pairs + SECONDS_PER_COLUMN * columns, available())


def require_affordable(columns: int, *, file: str | None = None) -> str | None:
    """Refuse what does not fit into memory; give the sentence to tell where the work will be long, else None.

    Raises
    ------
    InputError
        With the estimate, and the number of columns that would fit.
    """
    cost = foresee(columns)
    if cost.bytes > cost.available:
        most = columns
        while most > 2 and foresee(most).bytes > cost.available:
            most = int(most * 0.9)
        raise InputError(
            f"The table is too wide for this machine: {cost.told()}",
            file=file,
            fix=f"Check parts of the columns (those that are used together), at most {most:,} at a time, or raise the memory.",
        )
    return cost.told() if columns >= TOLD_FROM_COLUMNS else None


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds, -1), 10):.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5_400 else f"{seconds / 3_600:.1f} hours"
