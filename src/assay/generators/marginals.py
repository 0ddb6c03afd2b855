"""Each column drawn alone: every marginal right, every dependence gone."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from assay.data.where import Condition
from assay.generators._base import TEXT, Cells, TableGenerator, impossible
from assay.generators._settings import Rule


class Marginals(TableGenerator):
    """Draw each column independently from the real column's own values.

    Parameters
    ----------
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.

    Notes
    -----
    A dummy to hold others against, not data to use: it wins scores that look at one column at a time, and a model trained
    on it learns nothing. Conditions are met exactly, column by column, without rejection.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.data.dataset import Dataset
    >>> from assay.data.schema import Column, Schema
    >>> schema = Schema((Column("x", "numeric", "int64"), Column("c", "categorical", "string")))
    >>> real = Dataset(pa.table({"x": [1, 2, 3], "c": ["a", "b", "b"]}), schema)
    >>> len(Marginals().fit(real, seed=0).sample(5, seed=1))
    5
    """

    rules: ClassVar[dict[str, Rule]] = {"text": TEXT}

    def __init__(self, *, text: str = "refuse") -> None:
        self.text = text

    def _learn(self, codes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        """Nothing more: the counts of each column are all there is."""

    def _draw(self, n: int, rng: np.random.Generator) -> Cells:
        return self._draw_where(n, Condition("", ()), rng)

    def _draw_where(self, n: int, condition: Condition, rng: np.random.Generator) -> Cells:
        cells: Cells = {}
        for name, values in self.values_.items():
            bounds = np.cumsum(np.where(self._allowed(name, condition), values.counts, 0))
            if bounds[-1] == 0:
                raise impossible(condition.text)
            codes = np.searchsorted(bounds, rng.integers(0, bounds[-1], n), side="right") - 2
            cells[name] = values.decode(codes)
        return cells
