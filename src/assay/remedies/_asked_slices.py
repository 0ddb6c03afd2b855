"""Ask real rows whether labels of a slice should run the way the synthetic ones do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.remedies._conditions import Condition, inside, words
from assay.remedies._shared import shared_variance, student_tail, worth
from assay.stats.classifier import normal_tail

LEAST_SYNTHETIC, LEAST_REAL = 30, 10
DRAWS = 2_000


@dataclass(frozen=True)
class FlippedSlice:
    """A slice in which the labels run one way in real rows and the other way in synthetic ones.

    Parameters
    ----------
    conditions : tuple of mapping
        JSON; see `assay.remedies._conditions`.
    p_value : float
        Corrected for all slices that real rows were asked about.
    real_rows : int
        Real rows with a label in it.
    share : float
        Share of the synthetic rows in it.
    real_slope, synthetic_slope : float
        Of labels on what a model trained on synthetic rows expects: near 1 where labels are right.
    """

    conditions: tuple[Condition, ...]
    p_value: float
    real_rows: int
    share: float
    real_slope: float
    synthetic_slope: float

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the conditions."""
        return tuple(str(one["column"]) for one in self.conditions)

    @property
    def words(self) -> str:
        """The conditions."""
        return words(self.conditions)


@dataclass(frozen=True)
class Half:
    """Some rows with label, weight, and what a model expects: outcomes of shape (rows, k)."""

    rows: Dataset
    outcomes: np.ndarray
    weights: np.ndarray
    expected: np.ndarray

    def take(self, mask: np.ndarray) -> Half:
        """Give some rows."""
        at = np.flatnonzero(mask)
        return Half(self.rows.take(at), self.outcomes[at], self.weights[at], self.expected[at])


def ask(conditions: tuple[Condition, ...], real: Half, judge: Half, rng: np.random.Generator) -> FlippedSlice | None:
    """Ask real rows whether labels of a slice should run as the synthetic ones do."""
    if not conditions:
        return None
    mine, theirs = inside(conditions, real.rows), inside(conditions, judge.rows)
    own, other = real.take(mine), judge.take(theirs)
    n = len(own.outcomes)
    if n < LEAST_REAL or len(other.outcomes) < LEAST_SYNTHETIC:
        return None
    weight = other.weights / max(float(other.weights.sum()), 1e-300)
    effective = 1.0 / float(np.sum(weight**2))
    y, m = other.outcomes - weight @ other.outcomes, other.expected - weight @ other.expected
    spread = float(weight @ np.sum(m**2, axis=1))
    if spread < 1e-6:
        return None
    slope = float(weight @ np.sum(y * m, axis=1)) / spread

    def statistic(y: np.ndarray, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y, m = y - y.mean(axis=-2, keepdims=True), m - m.mean(axis=-2, keepdims=True)
        terms = np.sum((y - slope * m) * m, axis=-1)
        return terms.sum(axis=-1), terms

    observed, terms = statistic(own.outcomes, own.expected)
    own_m = own.expected - own.expected.mean(axis=0)
    own_slope = slope + float(observed) / max(float(np.sum(own_m**2)), 1e-9)
    widening = 1.0 + n / effective
    units = entity_codes(real.rows.take(np.flatnonzero(mine)))
    if units is not None:
        widening *= max(1.0, float(np.sum(np.bincount(units, weights=terms) ** 2)) / max(float(np.sum(terms**2)), 1e-300))
    others, part = entity_codes(other.rows), 0.0
    if others is not None:  # instead of the half's own error that of its entities
        left = weight * statistic(other.outcomes, other.expected)[1]
        shared = shared_variance(left - weight * left.sum(), others) / max(float(np.sum(left**2)), 1e-300)
        part = n / effective * max(1.0, shared)
        widening += part - n / effective
    draws = max(200, min(DRAWS, 600_000 // (n * y.shape[1])))
    drawn = rng.choice(len(weight), size=(draws, n), p=weight)
    null = statistic(other.outcomes[drawn], other.expected[drawn])[0]
    centre, deviation = float(null.mean()), float(null.std())
    p = (1 + int(np.sum((null - centre) * np.sqrt(widening) >= float(observed) - centre))) / (1 + draws)
    z = (float(observed) - centre) / max(deviation * np.sqrt(widening), 1e-12)
    if p * (1 + draws) <= 5:  # beyond the draws by the normal law, never below what 1.3 standard errors less would give
        p = min(p, max(normal_tail(z / 1.3), 1e-12))
    if others is not None:
        p = max(p, student_tail(z, (part, widening - part), (worth(others, weight), n)))
    share = float(judge.weights[theirs].sum() / judge.weights.sum())
    return FlippedSlice(conditions, float(p), n, share, own_slope, slope)
