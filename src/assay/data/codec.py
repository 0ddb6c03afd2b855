"""Rows to matrices, by rules learned on the real table alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa

from assay.core.errors import NotFittedError, UsageError
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.data.target import level_texts, place_of

OWN_LEVELS = 40  # levels with a column of their own; the rest share buckets, so that 300,000 levels cost no more than 48
BUCKETS = 8
REACH = 10.0  # robust standard deviations beyond which values are squashed
LARGEST = 1e300  # midpoints and squares of larger floats overflow


@dataclass(frozen=True, slots=True)
class _Scale:
    centre: float
    scale: float
    has_nulls: bool


class Codec:
    """Turn rows into matrices for trees, linear models and neighbours.

    Parameters
    ----------
    schema : Schema
        What the columns are. Ids, free text and the entity column are not encoded.

    Attributes
    ----------
    levels_ : dict of str to pyarrow.Array
        Levels of each categorical or boolean column, the most frequent in the real table first, without null.
    classes_ : tuple of str
        Class names in the order of `labels`; the positive class is last in a binary task. Empty for a regression.
    class_texts_ : tuple of str
        The same as `assay.data.target.level_texts` writes them, and so the schema's positive class: ``true``, not ``True``.

    Notes
    -----
    Whatever is learned (levels, centres, scales) is learned on the table given to `fit` and holds for every other one.
    Null is a state of its own everywhere, never an imputed value: NaN in `ordinal`, a flag in `onehot` and `distance`.
    Values beyond 10 robust standard deviations are squashed smoothly (x / sqrt(1 + (x / 10)^2)) in `onehot` and
    `distance`: order stays, a single outlier cannot rule the matrix.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.data.dataset import Dataset
    >>> from assay.data.schema import Column, Schema
    >>> schema = Schema((Column("x", "numeric", "double"), Column("c", "categorical", "string")))
    >>> real = Dataset(pa.table({"x": [1.0, None, 3.0], "c": ["a", "b", "b"]}), schema)
    >>> Codec(schema).fit(real).ordinal(real).tolist()
    [[1.0, 1.0], [nan, 0.0], [3.0, 0.0]]
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def fit(self, real: Dataset) -> Self:
        """Learn levels, centres and scales from the real table."""
        self.levels_: dict[str, pa.Array] = {}
        self._scales: dict[str, _Scale] = {}
        self._null_levels: set[str] = set()
        for name in self.schema.modelled:
            if self.schema.column(name).ordered:
                self._scales[name] = _scale_of(real.numbers(name))
            else:
                self.levels_[name] = _levels_of(real.table.column(name))
                if real.table.column(name).null_count:
                    self._null_levels.add(name)
        target = self.schema.target
        self._class_levels: pa.Array | None = None
        self.classes_: tuple[str, ...] = ()
        self.class_texts_: tuple[str, ...] = ()
        if target is not None and self.schema.task != "regression":
            levels = _classes_of(real.table.column(target), self.schema)
            self._class_levels, self.classes_, self.class_texts_ = levels, tuple(_text(level) for level in levels), _texts(levels)
        return self

    def ordinal(self, dataset: Dataset, columns: Sequence[str] | None = None) -> np.ndarray:
        """Give one float64 column per column, for trees.

        Parameters
        ----------
        dataset : Dataset
            Rows to encode.
        columns : sequence of str, optional
            Columns wanted, all modelled ones (target included) by default.

        Returns
        -------
        numpy.ndarray of float64, shape (rows, columns), C order
            Numbers as they are (dates in seconds since 1970), levels as frequency rank in the real table with
            ``len(levels)`` for levels the real table does not have, NaN where null.
        """
        names = self._names(columns)
        matrix = np.empty((len(dataset), len(names)), dtype=np.float64)
        for at, name in enumerate(names):
            if name in self._scales:
                np.clip(dataset.numbers(name), -LARGEST, LARGEST, out=matrix[:, at])
            else:
                codes = dataset.codes(name, self.levels_[name])
                matrix[:, at] = np.where(codes < 0, np.nan, codes)
        return matrix

    def onehot(self, dataset: Dataset, columns: Sequence[str] | None = None) -> np.ndarray:
        """Give standardised numbers, null flags and one-hot levels, for linear models.

        Parameters
        ----------
        dataset : Dataset
            Rows to encode.
        columns : sequence of str, optional
            Columns wanted, all modelled ones (target included) by default.

        Returns
        -------
        numpy.ndarray of float32, shape (rows, d)
            Per number: (x - median) / robust standard deviation, squashed, 0 where null, and a null flag if the real
            table has nulls there. Per category: a column for each of the 40 most frequent levels, up to 8 shared by the
            rest, one for unseen levels. Last, one column that counts nulls where the real table has none.
        """
        return self._wide(dataset, self._names(columns), weight=1.0)

    def distance(self, dataset: Dataset, columns: Sequence[str] | None = None) -> np.ndarray:
        """Give a matrix in which Euclidean distance is the distance between rows, for neighbours.

        Parameters
        ----------
        dataset : Dataset
            Rows to encode.
        columns : sequence of str, optional
            Columns wanted, all modelled ones (target included) by default.

        Returns
        -------
        numpy.ndarray of float32, shape (rows, d)
            As `onehot`, with flags and levels weighted so that two different levels, or null and a typical value, are
            one robust standard deviation of a number apart. Levels that share a bucket are at distance 0.
        """
        return self._wide(dataset, self._names(columns), weight=np.sqrt(0.5))

    def places(self) -> dict[str, slice]:
        """Give the columns of `onehot` and `distance` that each modelled column takes; the last, of nulls, belongs to all."""
        ends = np.cumsum([self._width(name) for name in self._names(None)])
        return {name: slice(int(end) - self._width(name), int(end)) for name, end in zip(self._names(None), ends, strict=True)}

    def labels(self, dataset: Dataset) -> np.ndarray:
        """Give the target of shape (rows,).

        Returns
        -------
        numpy.ndarray
            Classification: int64 position in `classes_`, -1 where null or a class the real table does not have (binary:
            1 = the positive class). Regression: float64, NaN where null.

        Raises
        ------
        UsageError
            If the schema has no target.
        """
        self._check_fitted()
        target = self.schema.target
        if target is None:
            raise UsageError("Codec.labels needs a schema with a target. Got none. Name one with target=COLUMN.")
        if self._class_levels is None:
            return np.clip(dataset.numbers(target), -LARGEST, LARGEST)
        codes = dataset.codes(target, self._class_levels)
        codes[codes == len(self._class_levels)] = -1
        return codes

    def _wide(self, dataset: Dataset, names: tuple[str, ...], weight: float) -> np.ndarray:
        widths = [self._width(name) for name in names]
        matrix = np.zeros((len(dataset), sum(widths) + 1), dtype=np.float32)
        rows = np.arange(len(dataset))
        start = 0
        for name, width in zip(names, widths, strict=True):
            if name in self._scales:
                numbers, scale = dataset.numbers(name), self._scales[name]
                null = np.isnan(numbers)
                matrix[:, start] = np.where(null, 0.0, _squash(numbers, scale))
                flag = start + 1 if scale.has_nulls else matrix.shape[1] - 1
                # a numeric null differs in one flag, a level in two: the same distance needs sqrt(2) times the weight
                matrix[:, flag] += null * np.float32(weight if weight == 1.0 else 1.0)
            else:
                levels = len(self.levels_[name])
                codes = dataset.codes(name, self.levels_[name])
                spot = np.where(codes < OWN_LEVELS, codes, OWN_LEVELS + (codes - OWN_LEVELS) % BUCKETS)
                plain = min(levels, OWN_LEVELS) + min(max(levels - OWN_LEVELS, 0), BUCKETS)
                spot = np.where(codes == levels, plain, spot)
                if name in self._null_levels:
                    spot = np.where(codes < 0, plain + 1, spot)
                known = codes >= 0 if name not in self._null_levels else np.ones(len(codes), dtype=bool)
                matrix[rows[known], start + spot[known]] = weight
                matrix[~known, -1] += weight
            start += width
        return matrix

    def _width(self, name: str) -> int:
        if name in self._scales:
            return 1 + self._scales[name].has_nulls
        levels = len(self.levels_[name])
        return min(levels, OWN_LEVELS) + min(max(levels - OWN_LEVELS, 0), BUCKETS) + 1 + (name in self._null_levels)

    def _names(self, columns: Sequence[str] | None) -> tuple[str, ...]:
        self._check_fitted()
        names = self.schema.modelled if columns is None else tuple(columns)
        unknown = [name for name in names if name not in self._scales and name not in self.levels_]
        if unknown:
            raise UsageError(
                f"Codec encodes the columns {', '.join(self.schema.modelled)}. Got {unknown[0]!r}. "
                "Ids, free text and the entity column carry no distribution: leave them out."
            )
        return names

    def _check_fitted(self) -> None:
        if not hasattr(self, "levels_"):
            raise NotFittedError("This Codec is not fitted. Call fit(real) first.")


def canonical_order(matrix: np.ndarray) -> np.ndarray:
    """Give the order that sorts the rows of a matrix, so that folds and splits do not depend on how a table was stored.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (rows, columns)
        Rows as `Codec.ordinal` gives; NaN comes last.

    Returns
    -------
    numpy.ndarray of int64, shape (rows,)

    Examples
    --------
    >>> canonical_order(np.array([[2.0, 1.0], [1.0, 5.0], [2.0, 0.0]])).tolist()
    [1, 2, 0]
    """
    return np.lexsort(matrix.T[::-1])


def _levels_of(column: pa.ChunkedArray) -> pa.Array:
    """Give the non-null levels, most frequent first, ties in the order of the values."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    counted = column.drop_null().combine_chunks().value_counts()
    if len(counted) == 0:
        return pa.array([], type=column.type)
    table = pa.table({"level": counted.field("values"), "count": counted.field("counts")})
    return table.sort_by([("count", "descending"), ("level", "ascending")]).column("level").combine_chunks()


def _classes_of(column: pa.ChunkedArray, schema: Schema) -> pa.Array:
    """Give the classes in order of their values, the positive one last in a binary task."""
    levels = _levels_of(column)
    if schema.task == "binary" and len(levels) == 2:
        named = None if schema.positive is None else place_of(schema.positive, _texts(levels))
        positive = 1 if named is None else named
        return levels.take(pa.array([1 - positive, positive]))
    return levels.sort()


def _text(level: pa.Scalar) -> str:
    return str(level.as_py())


def _texts(levels: pa.Array) -> tuple[str, ...]:
    return tuple(level_texts(pa.chunked_array([levels])).to_pylist())


def _scale_of(numbers: np.ndarray) -> _Scale:
    """Give median and robust standard deviation (interquartile range / 1.349, else the standard deviation, else 1)."""
    null = np.isnan(numbers)
    known = np.clip(numbers[~null], -LARGEST, LARGEST)
    if known.size == 0:
        return _Scale(0.0, 1.0, bool(null.any()))
    low, centre, high = np.quantile(known, (0.25, 0.5, 0.75))
    scale = (high / 2 - low / 2) / 0.6745
    if scale <= 0:
        largest = np.abs(known - centre).max()
        scale = float(np.std((known - centre) / largest)) * largest if largest > 0 else 1.0
    return _Scale(float(centre), float(max(scale, 1e-300)), bool(null.any()))


def _squash(numbers: np.ndarray, scale: _Scale) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        standard = np.clip((np.clip(numbers, -LARGEST, LARGEST) - scale.centre) / scale.scale, -1e6, 1e6)
    return standard / np.sqrt(1.0 + (standard / REACH) ** 2)
