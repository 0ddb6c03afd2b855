"""What is averaged within groups: indicators of the target's classes, or a number drawn in at its ends and standardised."""

from __future__ import annotations

import numpy as np

from assay.core.protocols import Context
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.measures._groups import Groups
from assay.stats.group_means import GroupMeans, group_means

LEAST_TOLD = 10  # real rows of a class that is named
CLASS_SHARE, MOST_CLASSES = 0.05, 5  # classes of a multiclass target whose rates are looked at


class GroupOutcomes:
    """The outcomes whose means are compared: an indicator per class looked at, or the scaled number of a regression."""

    def __init__(self, context: Context) -> None:
        schema = context.schema
        codec: Codec = context.share("codec", lambda: Codec(schema).fit(context.real))
        self.names: list[str] = []
        self.metric = "rate"
        reality: list[Dataset] = [context.real] + ([] if context.holdout is None else [context.holdout])
        self._entities = [entity_codes(dataset) for dataset in (*reality, context.synthetic)]
        self._lengths = [len(dataset) for dataset in reality]
        self.with_holdout = context.holdout is not None
        if schema.target is None:
            self._outcomes = [np.zeros((len(dataset), 0)) for dataset in (*reality, context.synthetic)]
            return
        labels = [codec.labels(dataset) for dataset in (*reality, context.synthetic)]
        if schema.task == "regression":
            self.metric, self._outcomes = "mean", [part[:, None] for part in _standardised(labels)]
            self.names = [schema.target] if np.any(self._outcomes[0] > 0) else []
            return
        counts = np.bincount(labels[0][labels[0] >= 0], minlength=len(codec.classes_))
        least = max(CLASS_SHARE * len(labels[0]), LEAST_TOLD)
        order = np.argsort(-counts, kind="stable")[:MOST_CLASSES] if len(codec.classes_) != 2 else np.array([1])
        told = [int(at) for at in order if counts[at] >= (LEAST_TOLD if len(codec.classes_) == 2 else least)]
        self.names = [f"{schema.target} = {codec.classes_[at]}" for at in told]
        self._outcomes = [
            np.where(part[:, None] < 0, np.nan, (part[:, None] == np.array(told, dtype=np.int64)[None, :]).astype(np.float64))
            for part in labels
        ]

    def real(self, groups: Groups) -> tuple[GroupMeans, GroupMeans]:
        """Give shares of all rows, and means over rows with a target, in reality: the real and the holdout rows together."""
        parts = [groups.real] if groups.holdout is None else [groups.real, groups.holdout]
        codes, outcomes = np.concatenate(parts), np.concatenate(self._outcomes[:-1])
        entities = None
        if any(part is not None for part in self._entities[:-1]):
            shifted, base = [], 0
            for own, length in zip(self._entities[:-1], self._lengths, strict=True):
                own = np.arange(length) if own is None else own
                shifted.append(own + base)
                base += int(own.max()) + 1
            entities = np.concatenate(shifted)
        return self._means(codes, len(groups.names), outcomes, entities)

    def synthetic(self, groups: Groups) -> tuple[GroupMeans, GroupMeans]:
        """Give the same of the synthetic rows."""
        return self._means(groups.synthetic, len(groups.names), self._outcomes[-1], self._entities[-1])

    def _means(
        self, codes: np.ndarray, size: int, outcomes: np.ndarray, entities: np.ndarray | None
    ) -> tuple[GroupMeans, GroupMeans]:
        """Count one group more, of all other rows."""
        every = np.where(codes < 0, size, codes)
        shares = group_means(every, size + 1, np.zeros((len(codes), 0)), entities)
        known = ~np.isnan(outcomes).any(axis=1)
        means = group_means(every[known], size + 1, outcomes[known], None if entities is None else entities[known])
        return shares, means


def _standardised(labels: list[np.ndarray]) -> list[np.ndarray]:
    """Draw numbers in to the real hundredths, and give them in real standard deviations from the real mean."""
    known = labels[0][~np.isnan(labels[0])]
    low, high = np.quantile(known, (0.01, 0.99)) if known.size else (0.0, 0.0)
    largest = max(abs(low), abs(high), 1e-300)
    inner = np.clip(known, low, high) / largest
    centre, scale = (float(inner.mean()), float(inner.std())) if known.size else (0.0, 0.0)
    return [(np.clip(part, low, high) / largest - centre) / (scale if scale > 0 else 1.0) for part in labels]
