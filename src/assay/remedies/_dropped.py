"""Rows that are left out, and what is then done about the shares of the classes."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.data.amended import Amended
from assay.data.coded import value_codes
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.stats.intervals import effective_counts


def weighed_counts(weights: np.ndarray, hit: np.ndarray) -> tuple[float, float]:
    """Give effective hits and rows of a weighted sample: those of the plain one whose share has the same variance."""
    n = float(len(weights))
    if not n or not weights.any():
        return 0.0, 0.0
    if (weights == weights[0]).all():
        return float(np.count_nonzero(hit)), n
    total = float(weights.sum())
    share = float(weights[hit].sum()) / total
    variance = float(np.sum((weights * (hit - share)) ** 2)) / total**2
    most = total**2 / float(np.sum(weights**2))
    return effective_counts(share, variance, most)


def in_class(dataset: Dataset, name: str) -> np.ndarray:
    """Mark the rows whose target has a class, named as in `assay.data.codec.Codec.classes_`, shape (rows,)."""
    column = dataset.table.column(str(dataset.schema.target)).combine_chunks()
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    wanted = np.array([str(level) == name for level in encoded.dictionary.to_pylist()] + [False])
    codes = np.asarray(pc.fill_null(encoded.indices, len(wanted) - 1)).astype(np.int64)
    return wanted[codes]


def without(rows: Amended, gone: np.ndarray, restored: bool) -> Amended:
    """Leave rows out, those made from real ones never.

    Parameters
    ----------
    rows : Amended
        Synthetic rows; stay as they are.
    gone : numpy.ndarray of bool, shape (rows,)
        Rows to leave out.
    restored : bool
        Whether each class of the target has the share of the weight afterwards that it had before.
    """
    kept = ~gone | rows.anchored
    if not rows.weights[kept].sum():
        return rows
    left = rows.take(np.flatnonzero(kept))
    factor = np.ones(len(left))
    if restored and _classes(rows) is not None:
        codes = value_codes([rows.table.table.column(str(rows.table.schema.target))]) + 1
        before = np.bincount(codes, rows.weights)
        after = np.bincount(codes[kept], rows.weights[kept], minlength=len(before))
        factor = (before / np.where(after > 0, after, np.inf))[codes[kept]]
    return left.weighed(factor)


def better_restored(scene: Scene, gone: np.ndarray) -> bool:
    """Whether the real rows speak for the shares of classes from before the rows are left out, rather than for those after.

    Notes
    -----
    The log-likelihood of the real rows' classes under either shares, with half a row added to each class. Rows that were put in
    the place of others leave a gap in their class; rows that were added do not.
    """
    if _classes(scene.rows) is None:
        return False
    target = str(scene.schema.target)
    codes = value_codes([scene.real.table.column(target), scene.synthetic.table.column(target)]) + 1
    real, own = codes[: len(scene.real)], codes[len(scene.real) :]
    wanted = np.bincount(real, minlength=int(codes.max()) + 1)
    kept = ~gone | scene.rows.anchored
    before = np.bincount(own, scene.rows.weights, minlength=len(wanted)) + 0.5
    after = np.bincount(own[kept], scene.rows.weights[kept], minlength=len(wanted)) + 0.5
    gain = np.log(before / before.sum()) - np.log(after / after.sum())
    return bool(np.sum(wanted * gain) >= 0)


def _classes(rows: Amended) -> str | None:
    schema = rows.table.schema
    return None if schema.target is None or schema.task == "regression" else schema.target
