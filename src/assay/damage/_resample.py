"""Rows of a table parted in two by the target, and samples of them with another share of either."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.damage._columns import codes
from assay.data.dataset import Dataset

LEFT = 0.01


def class_marks(dataset: Dataset, rng: np.random.Generator) -> np.ndarray:
    """Mark the rows of one class, drawn at random; of two the rarer, of a regression's target those above its median.

    Raises
    ------
    NotApplicable
        If there is no target, or it does not vary.
    """
    target = dataset.schema.target
    if target is None:
        raise NotApplicable("the table has no target")
    if dataset.schema.task == "regression":
        values = dataset.numbers(target)
        marks = values > np.nanmedian(values) if (~np.isnan(values)).any() else np.zeros(len(values), dtype=bool)
    else:
        own = codes(dataset, target)
        counts = np.bincount(own[own >= 0]) if (own >= 0).any() else np.zeros(0, dtype=np.int64)
        if len(counts) < 2:
            raise NotApplicable("the target has fewer than two classes")
        marks = own == (int(np.argmin(counts)) if len(counts) == 2 else int(rng.integers(len(counts))))
    if marks.all() or not marks.any():
        raise NotApplicable("the target does not vary")
    return marks


def room(marks: np.ndarray, rows: int) -> tuple[float, float]:
    """Say how far the share of marked rows among the first `rows` can be lowered and raised by taking others instead."""
    share = float(marks[:rows].mean())
    up = min(marks.sum() / rows - share, 1.0 - LEFT - share)
    down = min((~marks).sum() / rows - (1.0 - share), share - LEFT)
    return float(down), float(up)


def side(down: float, up: float, enough: float, rng: np.random.Generator) -> float:
    """Draw the direction in which there is room enough, -1 or 1, where neither has it the roomier."""
    either = [sign for sign, most in ((-1.0, down), (1.0, up)) if most >= enough]
    drawn = float(rng.choice([-1.0, 1.0]))
    if len(either) == 1:
        return either[0]
    return drawn if either else (1.0 if up > down else -1.0)


def resampled(marks: np.ndarray, rows: int, change: float) -> np.ndarray:
    """Give positions of `rows` rows among which the share of marked ones has changed, the first ones of each kind, rising."""
    wanted = round(rows * (float(marks[:rows].mean()) + change))
    return np.sort(np.concatenate([np.flatnonzero(marks)[:wanted], np.flatnonzero(~marks)[: rows - wanted]]))
