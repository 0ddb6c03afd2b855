"""Search the ball of numbers that synthetic rows leave empty, among all rows or those of one class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.remedies._boxes import RATIO, Found
from assay.remedies._ordered import backed_quantiles
from assay.remedies._places import inside, scaled
from assay.stats.betting import log_likelihood

DISTINCT = 10
CENTRES = 120
AROUND = (10, 16, 28)  # real rows that a centre is the mean of, so that it tells of none
CLOSE = (1, 4, 8, 16)  # the same where the ball is forgotten
SIZES = (4, 6, 8, 11, 15, 20, 28, 40, 60, 90, 130)  # real rows in a ball
MOST_SHARE = 0.25
REFINED = 4  # times that the best ball is moved to the middle of the rows in it, or in one 1.2 or 1.5 times as wide
WIDER = (1.0, 1.44, 2.25)
BESIDE = 1.8
NEIGHBOURS = 6
THIN = 0.35
MOST_CLASSES = 4
LEAST_CLASS = 0.1


class Space(NamedTuple):
    """Points of real and synthetic rows, shape (rows, columns), and by what they were scaled."""

    first: np.ndarray
    second: np.ndarray
    ball: Mapping[str, Any]


def space_of(real: Dataset, synthetic: Dataset) -> Space | None:
    """Scale by medians and half-widths of real rows, ten behind each; None where fewer than two columns have enough values."""
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
        low, middle, high = backed_quantiles(known, (0.16, 0.5, 0.84))
        scale = (high - low) / 2.0
        if scale > 0:  # else two thirds of the rows have one value, and there is no distance
            columns.append(name)
            centres.append(float(middle))
            scales.append(float(scale))
    if len(columns) < 2:
        return None
    ball = {"columns": columns, "centres": centres, "scales": scales}
    first, second = (scaled(table, columns, centres, scales).astype(np.float32) for table in (real, synthetic))
    return Space(first, second, ball)


def classes_of(real: Dataset, codec: Codec, seen: np.ndarray, named: int) -> list[str]:
    """Name the classes that a tenth of the real rows seen have, and so many of them; the four largest at most."""
    target = real.schema.target
    if target is None or real.schema.task == "regression" or target not in codec.levels_:
        return []
    codes = real.codes(target, codec.levels_[target])[seen]
    names = [str(name) for name in codec.levels_[target].cast("string").to_pylist()]
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = sorted(range(len(names)), key=lambda at: (-counts[at], names[at]))
    return [names[at] for at in order[:MOST_CLASSES] if counts[at] >= max(LEAST_CLASS * len(codes), named)]


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
    around: tuple[int, ...] = AROUND,
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
    around : tuple of int
        Of how many neighbouring rows a centre is the mean; ten and more where the ball is written down.

    Returns
    -------
    Found or None
        Around means of neighbouring real rows, with 4 to 130 rows inside: that with the largest likelihood
        ratio among those in which synthetic rows have less than a quarter of the real share; then moved to the middle of its
        rows as long as that rises.
    """
    own, made, own_weights = space.first[parts[0]], space.second[parts[1]], weights[parts[1]]
    sizes = np.array([size for size in SIZES if least <= size <= MOST_SHARE * total[0] and size < len(own)], dtype=np.int64)
    if len(sizes) == 0 or len(own) < around[0]:
        return None
    chosen = own[rng.permutation(len(own))[:CENTRES]]
    order = np.argsort(_squared(chosen, own), axis=1, kind="stable")
    centres = np.concatenate([own[order[:, :rows]].mean(axis=1) for rows in around if rows <= len(own)])
    best = _best(centres, own, made, own_weights, sizes, total)
    if best is None:
        return None
    every = np.arange(sizes[0], min(int(sizes[-1]), len(own) - 1) + 1)
    for _ in range(REFINED):
        away = _squared(best.centre[None], own)[0]
        held = [away <= best.radius**2 * wider for wider in WIDER]
        again = np.stack([own[rows].mean(axis=0) for rows in held if rows.sum() >= around[0]] or [best.centre])
        better = _best(again, own, made, own_weights, every, total)
        if better is None or better.score <= best.score:
            break
        best = better
    ball = {**space.ball, "centre": [round(float(value), 6) for value in best.centre], "radius": best.radius}
    return Found({"where": list(where), "ball": ball}, best.score)


def hollow(place: Mapping[str, Any], real: Dataset, rows: Amended) -> np.ndarray:
    """Say of each real row how much of its kind synthetic rows lack around a ball.

    Parameters
    ----------
    place : mapping
        A ball, see `assay.remedies._places.inside`.
    real : Dataset
        Real rows.
    rows : Amended
        Synthetic rows.

    Returns
    -------
    numpy.ndarray of float64, shape (len(real),)
        1 in the ball. Up to 1.8 times as far from its centre ``1 - r``, where r is the weight of the synthetic rows within the
        distance of the sixth nearest real row, as a share of what six real rows stand for; 0 where r is .35 or more, and beyond.

    Notes
    -----
    A loss is no perfect ball; beside one that is known to be empty, rows whose own surroundings are empty, too, belong to it.
    """
    ball = place["ball"]
    spread = ball["columns"], ball["centres"], ball["scales"]
    lacking = inside(place, real).astype(np.float64)
    meets = {"where": place["where"]}
    own, made = inside(meets, real), inside(meets, rows.table)
    first, second = scaled(real, *spread), scaled(rows.table, *spread)[made]
    reach = np.sqrt(_squared(np.asarray(ball["centre"])[None], first)[0]) <= BESIDE * ball["radius"]
    beside = np.flatnonzero(own & reach & (lacking == 0))
    if len(beside) == 0 or own.sum() <= NEIGHBOURS:
        return lacking
    away = np.sort(_squared(first[beside], first[own]), axis=1)[:, NEIGHBOURS]  # the row itself comes first
    furthest = BESIDE * ball["radius"] + float(np.sqrt(away.max()))
    near = _squared(np.asarray(ball["centre"])[None], second)[0] <= furthest**2
    weight = (_squared(first[beside], second[near]) <= away[:, None]) @ rows.weights[made][near]
    ratio = weight * len(real) / (NEIGHBOURS * max(float(rows.weights.sum()), 1e-300))
    lacking[beside] = np.where(ratio < THIN, 1.0 - ratio, 0.0)
    return lacking


class _Ball(NamedTuple):
    centre: np.ndarray
    radius: float
    score: float


def _best(
    centres: np.ndarray, own: np.ndarray, made: np.ndarray, weights: np.ndarray, sizes: np.ndarray, total: tuple[float, float]
) -> _Ball | None:
    """Give the ball around one of the centres, with so many real rows inside, that speaks most for a loss."""
    away = np.sort(_squared(centres, own), axis=1)
    radii = (away[:, sizes - 1] + away[:, sizes]) / 2.0
    distances = _squared(centres, made) if len(made) else np.empty((len(centres), 0))
    others = np.stack([(distances <= radii[:, [at]]) @ weights for at in range(len(sizes))], axis=1)
    hits = np.broadcast_to(sizes.astype(np.float64), others.shape)
    fits = (others + 0.5) / total[1] <= RATIO * hits / total[0]
    if not fits.any():
        return None
    score = np.where(fits, log_likelihood(hits, others, *total), -np.inf)
    row, size = np.unravel_index(int(np.argmax(score)), score.shape)
    return _Ball(centres[row], float(np.sqrt(max(radii[row, size], 0.0))), float(score[row, size]))


def _squared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    norms = np.einsum("ij,ij->i", first, first)[:, None] + np.einsum("ij,ij->i", second, second)[None, :]
    return np.maximum(norms - 2.0 * (first @ second.T), 0.0)
