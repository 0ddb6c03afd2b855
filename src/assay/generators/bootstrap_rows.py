"""Real rows drawn with replacement: everything right, everything copied."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from assay.data.where import Condition
from assay.generators._base import TEXT, Cells, TableGenerator, impossible
from assay.generators._settings import Rule


class BootstrapRows(TableGenerator):
    """Draw whole real rows with replacement.

    Parameters
    ----------
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.

    Notes
    -----
    A dummy to hold others against, not data to hand out: it has every dependence, and every row is somebody's. Ids are fresh.
    Conditions are met exactly, by drawing from the rows that meet them.

    References
    ----------
    Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7(1).

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.data.dataset import Dataset
    >>> from assay.data.schema import Column, Schema
    >>> schema = Schema((Column("x", "numeric", "int64"), Column("c", "categorical", "string")))
    >>> real = Dataset(pa.table({"x": [1, 2, 3], "c": ["a", "b", "b"]}), schema)
    >>> set(BootstrapRows().fit(real, seed=0).sample(9, seed=1).table.column("c").to_pylist()) <= {"a", "b"}
    True
    """

    rules: ClassVar[dict[str, Rule]] = {"text": TEXT}

    def __init__(self, *, text: str = "refuse") -> None:
        self.text = text

    def _learn(self, codes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        self.codes_ = codes

    def _draw(self, n: int, rng: np.random.Generator) -> Cells:
        return self._rows(rng.integers(0, self.rows_, n))

    def _draw_where(self, n: int, condition: Condition, rng: np.random.Generator) -> Cells:
        met = np.ones(self.rows_, dtype=bool)
        for name in condition.columns:
            met &= self._allowed(name, condition)[self.codes_[name] + 2]
        if not met.any():
            raise impossible(condition.text)
        return self._rows(rng.choice(np.flatnonzero(met), size=n))

    def _rows(self, rows: np.ndarray) -> Cells:
        return {name: self.values_[name].decode(codes[rows]) for name, codes in self.codes_.items()}

    def _state(self) -> dict[str, np.ndarray]:
        return {str(at): codes for at, codes in enumerate(self.codes_.values())}

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        self.codes_ = {name: state[str(at)] for at, name in enumerate(self.values_)}
