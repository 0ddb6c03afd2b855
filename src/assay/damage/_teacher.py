"""What a model trained on the real rows says of the sound ones: where labels follow from the other columns, and which ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.threads import one_thread
from assay.data.codec import Codec
from assay.data.ground import Ground
from assay.stats.learners import fit, predict, utility_learner

FEWEST = 200
SEED = 0


@dataclass(frozen=True)
class Taught:
    """Labels of the sound rows and what a model expected them to be.

    Parameters
    ----------
    labels : numpy.ndarray, shape (rows,)
        Numbers of classes as int64, -1 where unknown; for a regression standard deviations as float64, NaN where unknown.
    expected : numpy.ndarray, shape (rows, classes) or (rows,)
        Probabilities; for a regression a prediction.
    examples : numpy.ndarray of int64, shape (classes,)
        A row of `real` for each class; empty for a regression.
    unit : float
        Standard deviation of a regression's target; 1 otherwise.
    """

    labels: np.ndarray
    expected: np.ndarray
    examples: np.ndarray
    unit: float

    @property
    def known(self) -> np.ndarray:
        """Rows with a label, int64."""
        return np.flatnonzero(~np.isnan(self.labels)) if self.labels.dtype.kind == "f" else np.flatnonzero(self.labels >= 0)

    def harm(self, to: np.ndarray, source: np.ndarray) -> np.ndarray:
        """Say how much worse labels would fit in the rows `to` if they were those of the rows `source`.

        Returns
        -------
        numpy.ndarray of float64, shape (len(to),)
            Rise of the squared residual (half the sum over classes), for a regression of the residual's size.
        """
        if self.expected.ndim == 1:
            expected = self.expected[to]
            return np.abs(self.labels[source] - expected) - np.abs(self.labels[to] - expected)
        return self.expected[to, self.labels[to]] - self.expected[to, self.labels[source]]


def taught(ground: Ground) -> Taught:
    """Train a small model on the real rows and ask it about the sound ones, which it has not seen.

    Raises
    ------
    NotApplicable
        If there is no target, or too few rows or classes to learn it.
    """
    schema = ground.schema
    if schema.target is None:
        raise NotApplicable("the table has no target")
    if not schema.features:
        raise NotApplicable("no column but the target carries a distribution")
    codec = Codec(schema).fit(ground.real)
    labels = codec.labels(ground.real)
    if schema.task == "regression":
        spread = float(np.nanstd(labels)) if (~np.isnan(labels)).any() else 0.0
        if not spread > 0:
            raise NotApplicable("the target does not vary")
        labels = labels / spread
        known, classes = ~np.isnan(labels), 0
        examples = np.empty(0, dtype=np.int64)
    else:
        known, classes, spread = labels >= 0, int(labels.max(initial=-1)) + 1, 1.0
        if classes < 2:
            raise NotApplicable("the target has fewer than two classes")
        examples = np.array([np.flatnonzero(labels == at)[0] for at in range(classes)])
    if known.sum() < FEWEST:
        raise NotApplicable(f"fewer than {FEWEST} real rows have a label to learn from")
    sound = ground.sound
    features = schema.features
    with one_thread():
        model = utility_learner("boosting", schema.task or "binary", SEED, max(classes, 2))
        matrix = codec.ordinal(ground.real, features)[known]
        # a column without two values teaches nothing, and the learner cannot bin one without any
        varied = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in matrix.T])
        if not varied.any():
            raise NotApplicable("no column but the target varies")
        model = fit(model, matrix[:, varied], labels[known])
        expected = np.asarray(predict(model, codec.ordinal(sound, features)[:, varied], classes), dtype=np.float64)
    if classes == 2:
        expected = np.column_stack([1.0 - expected, expected])
    own = codec.labels(sound)
    return Taught(own / spread if classes == 0 else own, expected, examples, spread)
