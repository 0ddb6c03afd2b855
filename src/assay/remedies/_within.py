"""Ordered columns less their mean in the row's class of the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from scipy.special import stdtr

from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._ordered import BEHIND, Ordered, heavy
from assay.remedies._steps import even_step, spread, step_of

FEWEST, MOST_CLASSES = 2 * BEHIND, 20
DRAWS = 60
HARDLY = 2.5  # standard errors, the class means taken for known, below which no bootstrap is worth its time


def class_codes(table: Dataset, target: str | None, classes: Sequence[str]) -> np.ndarray:
    """Give each row the place of its class in `classes`, -1 where it is none of them; int64 of shape (rows,)."""
    out = np.full(len(table), -1, dtype=np.int64)
    if target is None or not classes or not len(table):
        return out
    column = table.table.column(target)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    coded = column.unify_dictionaries().combine_chunks()
    coded = pa.concat_arrays(coded.chunks) if isinstance(coded, pa.ChunkedArray) else coded
    places = {name: at for at, name in enumerate(classes)}
    of_level = np.array([*(places.get(str(level), -1) for level in coded.dictionary.to_pylist()), -1])
    return of_level[np.asarray(coded.indices.fill_null(len(of_level) - 1))]


def large_classes(scene: Scene) -> tuple[str, ...]:
    """Give the target's classes with twenty rows in both tables; none where fewer than two have, or the target is a number."""
    target = scene.schema.target
    if target is None or scene.schema.task == "regression" or not 2 <= len(scene.codec.classes_) <= MOST_CLASSES:
        return ()
    classes = scene.codec.classes_
    counts = [class_codes(table, target, classes) for table in (scene.real, scene.synthetic)]
    rows = np.min([np.bincount(codes[codes >= 0], minlength=len(classes)) for codes in counts], axis=0)
    kept = tuple(name for name, count in zip(classes, rows, strict=True) if count >= FEWEST)
    return kept if len(kept) > 1 else ()


class Within(NamedTuple):
    """A column less its class means, the synthetic means by class, and the real values and codes as they were."""

    column: Ordered
    means: dict[str, float]
    values: np.ndarray
    codes: np.ndarray


def residuals(scene: Scene, names: Sequence[str], rng: np.random.Generator) -> list[Within]:
    """Give each column without its class means, and the synthetic means by class.

    Notes
    -----
    Values on a grid are spread over its step. Residuals of a class with n rows are multiplied by ``sqrt(n / (n - 1))``, so that
    their variance is that about the true mean. Columns in which a single value holds a tenth of the rows are left out.
    """
    classes = large_classes(scene)
    if not classes:
        return []
    own, other = (class_codes(table, scene.schema.target, classes) for table in (scene.real, scene.synthetic))
    groups, synthetic_groups = entity_codes(scene.real), entity_codes(scene.synthetic)
    found: list[Within] = []
    for name in names:
        real, synthetic = scene.real.numbers(name), scene.synthetic.numbers(name)
        a, b = np.isfinite(real) & (own >= 0), np.isfinite(synthetic) & (other >= 0) & (scene.rows.weights > 0)
        if heavy(real[a]) or a.sum() < FEWEST or b.sum() < FEWEST:
            continue
        step, synthetic_step = step_of(real[a]), even_step(synthetic[b])[0]
        known = spread(real[a], step, rng)
        left, _ = _centred(known, own[a], np.ones(len(known)), len(classes))
        right, means = _centred(spread(synthetic[b], synthetic_step, rng), other[b], scene.rows.weights[b], len(classes))
        column = Ordered(
            name,
            left,
            right,
            scene.rows.weights[b],
            None if groups is None else groups[a],
            None if synthetic_groups is None else synthetic_groups[b],
        )
        found.append(Within(column, dict(zip(classes, means.tolist(), strict=True)), known, own[a]))
    return found


def spread_sign(within: Within, rng: np.random.Generator) -> tuple[float, float]:
    """Compare the spread of residuals: standard errors that the real one is larger by, and the two-sided p-value.

    Notes
    -----
    Spread is the mean of the second normed Legendre polynomial of a residual's rank among the synthetic ones. Its error, that of
    the class means in it, comes from 60 bootstrap samples of the real rows, so that z has Student's distribution.
    """
    column, n, classes = within.column, len(within.values), len(within.means)
    order = np.argsort(column.synthetic, kind="stable")
    mass = column.weights[order]
    rank = (np.cumsum(mass) - mass / 2.0) / float(mass.sum())

    def score(residual: np.ndarray) -> np.ndarray:
        u = np.interp(residual, column.synthetic[order], rank)
        return np.sqrt(5.0) * (6.0 * u * u - 6.0 * u + 1.0)

    base = float(score(column.real).mean())
    if abs(base) * np.sqrt(n) < HARDLY:
        return float(base * np.sqrt(n)), 1.0
    drawn = rng.integers(0, n, (DRAWS, n))
    codes = within.codes[drawn] + classes * np.arange(DRAWS)[:, None]
    again, _ = _centred(within.values[drawn].ravel(), codes.ravel(), np.ones(DRAWS * n), classes * DRAWS)
    error = float(score(again).reshape(DRAWS, n).mean(axis=1).std(ddof=1))
    if column.groups is not None:
        error *= np.sqrt(n / len(np.unique(column.groups)))
    size = float(column.weights.sum() ** 2 / np.sum(column.weights**2))
    z = base / max(error * np.sqrt(1.0 + n / size), 1e-12)
    return z, float(2.0 * stdtr(DRAWS - 1, -abs(z)))


def _centred(values: np.ndarray, codes: np.ndarray, weights: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    mass = np.maximum(np.bincount(codes, weights=weights, minlength=classes), 1e-300)
    means = np.bincount(codes, weights=weights * values, minlength=classes) / mass
    rows = np.maximum(np.bincount(codes, minlength=classes), 2)
    return (values - means[codes]) * np.sqrt(rows / (rows - 1.0))[codes], means
