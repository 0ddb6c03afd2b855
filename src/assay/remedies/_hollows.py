"""Search the ball of numbers that synthetic rows leave empty, among all rows or those of one class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.remedies._boxes import RATIO, Found
from assay.remedies._places import scaled
from assay.stats.betting import log_likelihood

DISTINCT = 10
CENTRES = 120
AROUND = (10, 16, 28)  # real rows that a centre is the mean of
SIZES = (4, 6, 8, 11, 15, 20, 28, 40, 60, 90, 130)  # real rows in a ball
MOST_SHARE = 0.25
MOST_CLASSES = 4
LEAST_CLASS = 0.1


class Space(NamedTuple):
    """Points of real and synthetic rows, shape (rows, columns), and by what they were scaled."""

    first: np.ndarray
    second: np.ndarray
    ball: Mapping[str, Any]


def space_of(real: Dataset, synthetic: Dataset) -> Space | None:
    """Scale numbers by the medians and half-widths of real rows; None where fewer than two columns have enough values."""
    columns: list[str] = []
    centres: list[float] = []
    scales: list[float] = []
    for name in real.schema.features:
        if not real.schema.column(name).ordered:
            continue
        values = real.numbers(name)
        known = values[np.isfinite(values)]
        if len(known) < 4 * DISTINCT or len(np.unique(known)) < DISTINCT:
            continue
        low, middle, high = np.quantile(known, (0.16, 0.5, 0.84))
        scale = (high - low) / 2.0
        if scale <= 0:
            scale = float(known.std()) / 2.0
        if scale > 0:
            columns.append(name)
            centres.append(float(middle))
            scales.append(float(scale))
    if len(columns) < 2:
        return None
    ball = {"columns": columns, "centres": centres, "scales": scales}
    return Space(scaled(real, columns, centres, scales), scaled(synthetic, columns, centres, scales), ball)


def classes_of(real: Dataset, codec: Codec) -> list[str]:
    """Name the classes that a tenth of the real rows have, the four largest at most."""
    target = real.schema.target
    if target is None or real.schema.task == "regression" or target not in codec.levels_:
        return []
    codes = real.codes(target, codec.levels_[target])
    names = codec.levels_[target].cast("string").to_pylist()
    return [str(names[at]) for at in range(min(len(names), MOST_CLASSES)) if np.sum(codes == at) >= LEAST_CLASS * len(real)]


def of_class(dataset: Dataset, name: str) -> np.ndarray:
    """Mark the rows of a class."""
    return dataset.codes(str(dataset.schema.target), pa.array([name], pa.string())) == 0


def emptiest_ball(
    space: Space,
    parts: tuple[np.ndarray, np.ndarray],
    total: tuple[float, float],
    weights: np.ndarray,
    least: int,
    rng: np.random.Generator,
    where: tuple[Mapping[str, Any], ...] = (),
) -> Found | None:
    """Find the ball whose rows speak most for a loss.

    Parameters
    ----------
    space : Space
        Points.
    parts : tuple of numpy.ndarray of bool
        Real and synthetic rows that take part.
    total : tuple of float
        Real and synthetic rows in all, of every class, effective.
    weights : numpy.ndarray, shape (synthetic rows,)
        Their weights.
    least : int
        Real rows that a ball needs.
    rng : numpy.random.Generator
        Draws the rows that centres are looked for around.
    where : tuple of mapping
        Condition that the part meets.

    Returns
    -------
    Found or None
        Around means of 10, 16 or 28 neighbouring real rows, with 4 to 130 of them inside: that with the largest likelihood
        ratio among those in which synthetic rows have less than a quarter of the real share.
    """
    own, made, own_weights = space.first[parts[0]], space.second[parts[1]], weights[parts[1]]
    sizes = np.array([size for size in SIZES if least <= size <= MOST_SHARE * total[0] and size < len(own)], dtype=np.int64)
    if len(sizes) == 0 or len(own) < AROUND[0]:
        return None
    chosen = own[rng.permutation(len(own))[:CENTRES]]
    order = np.argsort(_squared(chosen, own), axis=1, kind="stable")
    centres = np.concatenate([own[order[:, :around]].mean(axis=1) for around in AROUND if around <= len(own)])
    away = np.sort(_squared(centres, own), axis=1)
    radii = (away[:, sizes - 1] + away[:, sizes]) / 2.0
    distances = _squared(centres, made) if len(made) else np.empty((len(centres), 0))
    others = np.stack([(distances <= radii[:, [at]]) @ own_weights for at in range(len(sizes))], axis=1)
    hits = np.broadcast_to(sizes.astype(np.float64), others.shape)
    fits = (others + 0.5) / total[1] <= RATIO * hits / total[0]
    if not fits.any():
        return None
    score = np.where(fits, log_likelihood(hits, others, *total), -np.inf)
    row, size = np.unravel_index(int(np.argmax(score)), score.shape)
    ball = {
        **space.ball,
        "centre": [round(float(value), 6) for value in centres[row]],
        "radius": float(np.sqrt(max(radii[row, size], 0.0))),
    }
    return Found({"where": list(where), "ball": ball}, float(score[row, size]))


def _squared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    norms = np.einsum("ij,ij->i", first, first)[:, None] + np.einsum("ij,ij->i", second, second)[None, :]
    return np.maximum(norms - 2.0 * (first @ second.T), 0.0)
