"""Regions of rows as JSON: ranges, levels and nulls of some columns, or a ball; and which rows lie in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from assay.data.dataset import Dataset

FAR = 4.0  # spreads from the centre beyond which a number is no further away


def inside(place: Mapping[str, Any], dataset: Dataset) -> np.ndarray:
    """Mark the rows of a region.

    Parameters
    ----------
    place : mapping
        ``where``: conditions, each with ``column`` and ``low`` (at least), ``high`` (below), ``level`` or ``null``; and, if it
        is a ball, ``ball``: ``columns``, their ``centres`` and ``scales``, the ``centre`` and the ``radius``.
    dataset : Dataset
        Rows.

    Returns
    -------
    numpy.ndarray of bool, shape (rows,)
    """
    held = np.ones(len(dataset), dtype=bool)
    for condition in place["where"]:
        held &= _meets(condition, dataset)
    if "ball" in place:
        ball = place["ball"]
        points = scaled(dataset, ball["columns"], ball["centres"], ball["scales"])
        held &= ((points - np.asarray(ball["centre"])) ** 2).sum(axis=1) <= ball["radius"] ** 2
    return held


def scaled(dataset: Dataset, columns: Sequence[str], centres: Sequence[float], scales: Sequence[float]) -> np.ndarray:
    """Give numbers in spreads from their centres, far ones drawn in and nulls in the middle, shape (rows, columns)."""
    points = np.empty((len(dataset), len(columns)))
    for at, (name, centre, scale) in enumerate(zip(columns, centres, scales, strict=True)):
        points[:, at] = np.nan_to_num(np.clip((dataset.numbers(name) - centre) / scale, -FAR, FAR))
    return points


def columns_of(place: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the columns that define a region, those of its conditions first."""
    named = [condition["column"] for condition in place["where"]]
    return tuple(dict.fromkeys([*named, *(place["ball"]["columns"] if "ball" in place else ())]))


def _meets(condition: Mapping[str, Any], dataset: Dataset) -> np.ndarray:
    name = condition["column"]
    if condition.get("null"):
        return dataset.nulls(name)
    if "level" in condition:
        return dataset.codes(name, pa.array([condition["level"]], pa.string())) == 0
    values = dataset.numbers(name)
    held = ~np.isnan(values)
    if condition.get("low") is not None:
        held &= values >= condition["low"]
    if condition.get("high") is not None:
        held &= values < condition["high"]
    return held
