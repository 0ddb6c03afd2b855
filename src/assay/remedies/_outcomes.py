"""Targets as numbers: 0 and 1 for classes, ranks among the synthetic rows for a regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from assay.core.errors import NotApplicable
from assay.data.dataset import Dataset
from assay.data.ground import replaced
from assay.data.scene import Scene
from assay.remedies._additive import named_levels, text_codes

LEAST = 40  # rows with a label on both sides
RANKS = 101
FEW_OF_CLASS = 10
MOST_CLASSES = 20


@dataclass(frozen=True)
class Outcomes:
    """How the target of a table becomes numbers.

    Parameters
    ----------
    target : str
        Its name.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    classes : tuple of str
        Classes as text that ten real rows have; the positive one is last in a binary task.
    grid : numpy.ndarray
        Quantiles of the synthetic target, for a regression: numbers are turned into ranks between -1/2 and 1/2.
    """

    target: str
    task: str
    classes: tuple[str, ...]
    grid: np.ndarray

    @classmethod
    def of(cls, scene: Scene) -> Outcomes:
        """Choose.

        Raises
        ------
        NotApplicable
            If there is no target, it does not vary, or too few rows have one.
        """
        schema = scene.schema
        target, task = schema.target, schema.task or "binary"
        if target is None or not schema.features:
            raise NotApplicable("the table has no target, or nothing else")
        if task == "regression":
            numbers = scene.synthetic.numbers(target)
            known = numbers[np.isfinite(numbers)]
            grid = np.quantile(known, np.linspace(0.0, 1.0, RANKS)) if len(known) else np.zeros(1)
            if not grid[-1] > grid[0]:
                raise NotApplicable("the target does not vary")
            found = cls(target, task, (), grid)
        else:
            classes = named_levels(scene.real, target, FEW_OF_CLASS)[:MOST_CLASSES]
            if len(classes) < 2 or (task == "binary" and len(classes) != 2):
                raise NotApplicable("fewer than two classes have ten real rows")
            if task == "binary":
                positive = [name for name in scene.codec.class_texts_ if name in classes][-1]
                classes = [*(name for name in classes if name != positive), positive]
            found = cls(target, task, tuple(classes), np.empty(0))
        for rows in (scene.real, scene.synthetic):
            if np.isfinite(found.numbers(rows)[:, 0]).sum() < LEAST:
                raise NotApplicable(f"fewer than {LEAST} rows have a label")
        return found

    def codes(self, rows: Dataset) -> np.ndarray:
        """Give the place of each row's class, -1 where it has none of them."""
        codes = text_codes(rows, self.target, self.classes)
        codes[codes == len(self.classes)] = -1
        return codes

    def numbers(self, rows: Dataset) -> np.ndarray:
        """Give the target of shape (rows, outcomes), NaN where unknown; one outcome for two classes and a regression."""
        if self.task == "regression":
            numbers = rows.numbers(self.target)
            known = np.isfinite(numbers)
            return np.where(known, self.rank(np.where(known, numbers, 0.0)), np.nan)[:, None]
        codes = self.codes(rows)
        hot = (codes[:, None] == np.arange(len(self.classes))).astype(np.float64)
        hot[codes < 0] = np.nan
        return hot[:, 1:] if self.task == "binary" else hot

    def rank(self, numbers: np.ndarray) -> np.ndarray:
        """Give ranks among the synthetic rows, between -1/2 and 1/2; a value that many rows have gets the middle of its ranks."""
        places = np.linspace(-0.5, 0.5, len(self.grid))
        values, first = np.unique(self.grid, return_index=True)
        last = np.append(first[1:], len(self.grid)) - 1
        return np.interp(numbers, values, (places[first] + places[last]) / 2.0)

    def number(self, ranks: np.ndarray) -> np.ndarray:
        """Give the numbers at ranks, kept between the ends."""
        return np.interp(ranks, np.linspace(-0.5, 0.5, len(self.grid)), self.grid)


def with_classes(rows: Dataset, target: str, at: np.ndarray, codes: np.ndarray, classes: tuple[str, ...]) -> Dataset:
    """Give a dataset in which the target of some rows is another class.

    Parameters
    ----------
    rows : Dataset
        The table; stays as it is.
    target : str
        Column.
    at : numpy.ndarray of int64
        Rows to change.
    codes : numpy.ndarray of int64, shape (len(at),)
        Their new classes, places in `classes`.
    classes : tuple of str
        As text.
    """
    column = rows.table.column(target).combine_chunks()
    column = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    own = text_codes(rows, target, classes)
    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    cells = []
    for code, text in enumerate(classes):
        example = np.flatnonzero(own == code)
        cells.append(plain.slice(int(example[0]), 1) if len(example) else pa.array([text]).cast(plain.type))
    source = np.arange(len(rows))
    source[at] = len(rows) + codes
    changed = pa.concat_arrays([plain, *cells]).take(pa.array(source))
    if pa.types.is_dictionary(column.type):
        changed = changed.dictionary_encode().cast(column.type)
    return replaced(rows, target, changed)


def moved(rows: Dataset, name: str, to: np.ndarray, source: np.ndarray) -> Dataset:
    """Give a dataset in which the cells of one column in the rows `to` are those of the rows `source`."""
    at = np.arange(len(rows))
    at[to] = source
    return replaced(rows, name, rows.table.column(name).take(pa.array(at)))
