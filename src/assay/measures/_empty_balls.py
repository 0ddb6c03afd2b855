"""Balls in the space of the numbers, over all rows and within classes, that synthetic rows leave empty."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.core.protocols import Context
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.measures._slices import shared_codec
from assay.stats.ball_scan import FOLDS, Ball, Space, emptiest_ball
from assay.stats.classifier import stratified_folds

CLASSES = 3
REACH = 3.0


class EmptyBall(NamedTuple):
    """The emptiest ball, and which rows of `context.real` lie in it."""

    ball: Ball
    real: np.ndarray


def empty_ball(context: Context) -> EmptyBall | None:
    """Search once per check; None where there are fewer than two columns with an order, or too few rows.

    Notes
    -----
    Numbers and dates stand in units of half the distance between the 16% and the 84% point of the real rows and are cut off at
    three of them; nulls lie in the middle. Real training and holdout rows together tell what should be there.
    """
    return context.share("empty ball", lambda: _search(context))


def _search(context: Context) -> EmptyBall | None:
    schema = context.schema
    names = [column.name for column in schema.columns if column.ordered and column.name in schema.modelled]
    parts: tuple[Dataset, ...] = (context.synthetic, context.real, context.holdout)
    scales = _scales(context.real, names)
    points = np.concatenate([_placed(part, scales) for part in parts])
    if points.shape[1] < 2:
        return None
    order = np.lexsort(points.T[::-1])  # row order must mean nothing
    first = np.repeat([True, False, False], [len(part) for part in parts])
    spaces = [Space(points[order], np.ones(len(points), dtype=bool))]
    codec = shared_codec(context)
    if codec.classes_:
        labels = np.concatenate([codec.labels(part) for part in parts])[order]
        counts = np.bincount(labels[labels >= 0], minlength=len(codec.classes_))
        spaces += [Space(points[order], labels == at) for at in np.argsort(-counts, kind="stable")[:CLASSES] if counts[at]]
    groups = _groups(parts)
    grouped = None if groups is None else groups[order]
    rng = context.rng("empty ball")
    fold = stratified_folds(first[order].astype(np.int64), FOLDS, rng, grouped)
    ball = emptiest_ball(spaces, first[order], fold, rng, grouped)
    if ball is None:
        return None
    inside = np.zeros(len(points), dtype=bool)
    inside[order] = ball.rows
    start = len(context.synthetic)
    return EmptyBall(ball, inside[start : start + len(context.real)])


def _scales(real: Dataset, names: list[str]) -> dict[str, tuple[float, float]]:
    """Give the middle and the width of every column that varies."""
    out: dict[str, tuple[float, float]] = {}
    for name in names:
        known = real.numbers(name)
        known = known[np.isfinite(known)]
        if len(known) == 0:
            continue
        with np.errstate(all="ignore"):  # differences of the largest doubles are more than a double holds
            low, middle, high = np.quantile(known, (0.16, 0.5, 0.84))
            width = high / 2 - low / 2 or float(np.std(np.clip(known, *np.quantile(known, (0.01, 0.99)))))
        if 0 < width < np.inf:
            out[name] = float(middle), float(width)
    return out


def _placed(part: Dataset, scales: dict[str, tuple[float, float]]) -> np.ndarray:
    """Place rows by their numbers, float32 of shape (rows, columns that vary)."""
    out: list[np.ndarray] = []
    for name, (middle, width) in scales.items():
        with np.errstate(all="ignore"):
            place = np.clip((part.numbers(name) - middle) / width, -REACH, REACH)
        out.append(np.nan_to_num(place, nan=0.0).astype(np.float32))
    return np.column_stack(out) if out else np.empty((len(part), 0), dtype=np.float32)


def _groups(parts: tuple[Dataset, ...]) -> np.ndarray | None:
    found = [entity_codes(part) for part in parts]
    if all(codes is None for codes in found):
        return None
    out: list[np.ndarray] = []
    start = 0
    for part, codes in zip(parts, found, strict=True):
        own = np.arange(len(part)) if codes is None else np.unique(codes, return_inverse=True)[1]
        out.append(own + start)
        start += int(own.max()) + 1
    return np.concatenate(out)
