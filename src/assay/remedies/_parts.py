"""Parts of the rows by one column: levels, ranges of a number, or whether there is a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.data.target import level_texts
from assay.remedies._ordered import backed_quantiles

LEAST_REAL = 10
MOST_LEVELS = 8
RANGES = 3
LEAST_IN_RANGE = 20


def whole() -> dict[str, Any]:
    """Describe the partition that has one part."""
    return {"column": None, "count": 1}


def by_value(scene: Scene, name: str) -> dict[str, Any] | None:
    """Describe the parts by a column's values: up to 8 levels of ten real rows or more, or ranges of a number; None for neither.

    Ranges are thirds or, where a third of the rows or more share one value, what is below, on and above that. Ten real rows stand
    behind every cut (`assay.remedies._ordered.backed_quantiles`). The last part holds all other rows: rare levels, and nulls.
    """
    if scene.schema.column(name).ordered:
        known = scene.real.numbers(name)
        known = known[np.isfinite(known)]
        if len(known) < RANGES * LEAST_IN_RANGE:
            return None
        cuts = np.unique(backed_quantiles(known, [at / RANGES for at in range(1, RANGES)]))
        cuts = cuts[(cuts > known.min()) & (cuts <= known.max())]
        if len(cuts) < RANGES - 1:  # a third of the rows or more share one value: below, on and above it
            values, times = np.unique(known, return_counts=True)
            often = float(values[np.argmax(times)])
            cuts = np.array([often, float(np.nextafter(often, np.inf))])
        return {"column": name, "cuts": cuts.tolist(), "count": len(cuts) + 2}
    texts = level_texts(scene.real.table.column(name)).drop_null().combine_chunks().value_counts()
    counted = sorted(zip(texts.field("counts").to_pylist(), texts.field("values").to_pylist(), strict=True), key=_order)
    levels = [text for count, text in counted[:MOST_LEVELS] if count >= LEAST_REAL]
    return {"column": name, "levels": levels, "count": len(levels) + 1} if levels else None


def by_null(name: str) -> dict[str, Any]:
    """Describe the two parts of rows with and without a value of a column."""
    return {"column": name, "null": True, "count": 2}


def part_of(parts: Mapping[str, Any], dataset: Dataset) -> np.ndarray:
    """Give each row's part, as int64 of shape (rows,)."""
    name = parts["column"]
    if name is None:
        return np.zeros(len(dataset), dtype=np.int64)
    if parts.get("null"):
        return dataset.nulls(name).astype(np.int64)
    if "cuts" in parts:
        values = dataset.numbers(name)
        found = np.searchsorted(np.asarray(parts["cuts"], dtype=np.float64), values, side="right")
        return np.where(np.isnan(values), len(parts["cuts"]) + 1, found).astype(np.int64)
    levels = list(parts["levels"])
    encoded = level_texts(dataset.table.column(name)).combine_chunks().dictionary_encode()
    place = {text: at for at, text in enumerate(levels)}
    spots = np.array([place.get(text, len(levels)) for text in encoded.dictionary.to_pylist()] + [len(levels)], dtype=np.int64)
    return spots[np.asarray(pc.fill_null(encoded.indices, len(spots) - 1)).astype(np.int64)]


def _order(pair: tuple[int, str]) -> tuple[int, str]:
    return -pair[0], pair[1]
