"""What a model is worth that learns from real and synthetic rows together: a small law, checked on points left out."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import nnls

from assay.core.errors import BudgetExceeded, NotApplicable, UsageError
from assay.core.forecast import Mixture, MixturePoint, MixturePrediction
from assay.core.seeds import integer_seed, spawn
from assay.data.dataset import Dataset
from assay.lab.axes._frame import Frame
from assay.lab.axes._scene import Scene
from assay.lab.axes._view import View
from assay.lab.axes.use import Tstr
from assay.lab.loop_step import Maker
from assay.lab.regime import pooled, some

EXPONENTS = (0.25, 0.5, 0.75, 1.0)
LEAST_POINTS = 9  # fewer have no jackknife+ interval at this level
REPEATS = 2
LEVEL = 0.9
REAL, SYNTHETIC = (0.0, 0.1, 0.25, 0.5, 1.0), (0.0, 0.25, 0.5, 1.0)  # of the rows of a generation
MEASURES: tuple[Callable[[MixturePoint], int], ...] = (
    lambda each: each.real,
    lambda each: each.synthetic,
    lambda each: each.real + each.synthetic,
)
Status = Literal["told", "cannot_tell"]


class Law(NamedTuple):
    """score = top - rows (n + m) ** -exponent - bias (m / (n + m)) ** 2, of n real and m synthetic rows."""

    top: float
    rows: float
    bias: float
    exponent: float

    def __call__(self, real: float, synthetic: float) -> float:
        """Give the score at a mix."""
        total = real + synthetic
        return self.top - self.rows * total**-self.exponent - self.bias * (synthetic / total) ** 2


def fitted(points: Sequence[MixturePoint]) -> Law:
    """Fit the law to points.

    Parameters
    ----------
    points : sequence of MixturePoint
        At least four.

    Notes
    -----
    Least squares with ``rows`` and ``bias`` not negative, the exponent from a short list. The two harms are those of the theory:
    error falls as a power of all rows, and what the generator bends costs by the square of its share.

    References
    ----------
    Jain, Montanari and Sasoglu (2024), Scaling laws for learning with real and surrogate data, section 3; Dohmatob et al. (2025),
    Strong model collapse, theorem 1 (the square of the synthetic share).

    Examples
    --------
    >>> law = Law(0.9, 1.0, 0.1, 0.5)
    >>> mixes = ((100, 0), (400, 0), (100, 100), (0, 200), (400, 800), (0, 900))
    >>> found = fitted([MixturePoint(n, m, law(n, m), 0.01) for n, m in mixes])
    >>> [round(part, 6) for part in found]
    [0.9, 1.0, 0.1, 0.5]
    """
    real, synthetic, score = (
        np.array([getattr(each, name) for each in points], dtype=float) for name in ("real", "synthetic", "score")
    )
    total = real + synthetic
    best, least = Law(0.0, 0.0, 0.0, EXPONENTS[0]), np.inf
    for exponent in EXPONENTS:
        # the top may have either sign: two columns
        scale = total.min() ** -exponent
        columns = (np.ones_like(total), -np.ones_like(total), -(total**-exponent) / scale, -((synthetic / total) ** 2))
        found, apart = nnls(np.stack(columns, axis=1), score)
        if apart < least - 1e-12:
            least = apart
            best = Law(float(found[0] - found[1]), float(found[2] / scale), float(found[3]), exponent)
    return best


def mixture(
    points: Sequence[MixturePoint],
    asked: Sequence[tuple[int, int]],
    *,
    generator: str,
    score: str,
    seconds: float = 0.0,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Mixture:
    """Predict scores at mixes, and say how well points left out are.

    Parameters
    ----------
    points : sequence of MixturePoint
        Fits at nine mixes or more.
    asked : sequence of (int, int)
        Real and synthetic rows to predict for.
    generator, score : str
        Who made the synthetic rows, and what is scored.
    seconds : float
        What the fits took.
    bounds : tuple of float
        Least and largest score possible; predictions are cut off there.

    Raises
    ------
    UsageError
        With fewer points.

    Notes
    -----
    Intervals are jackknife+ with alpha = 0.1: for each of n points left out, the prediction without it minus and plus what it
    missed that point by; of these the floor(alpha (n + 1))-th smallest difference and the ceil((1 - alpha)(n + 1))-th smallest
    sum. For exchangeable points they cover with at least 1 - 2 alpha, and typically with 1 - alpha; mixes that were chosen are
    not exchangeable, so they tell how far mixes like those tried are missed. 'Cannot tell': the law misses points left out by at
    least as much as the mean of the others does, or more real, synthetic or in all rows are asked for than any fit had.

    References
    ----------
    Barber et al. (2021), Predictive inference with the jackknife+, Annals of Statistics 49, section 1.2.
    """
    if len(points) < LEAST_POINTS:
        raise UsageError(f"A law of mixtures needs at least {LEAST_POINTS} points. Got {len(points)}. Fit at more mixes.")
    laws = [fitted([other for other in points if other is not each]) for each in points]
    told = [law(each.real, each.synthetic) for law, each in zip(laws, points, strict=True)]
    scores = np.array([each.score for each in points])
    missed = np.abs(scores - np.array(told))
    constant = np.abs(scores - (scores.sum() - scores) / (len(scores) - 1))
    law = fitted(points)
    left_out, flat = float(np.sqrt(np.mean(missed**2))), float(np.sqrt(np.mean(constant**2)))
    status: Status = "told" if left_out < flat else "cannot_tell"
    most = [max(rows(each) for each in points) for rows in MEASURES]
    predictions: list[MixturePrediction] = []
    for real, synthetic in asked:
        each = np.array([other(real, synthetic) for other in laws])
        numbers = (law(real, synthetic), *jackknife_plus(each, missed))
        middle, low, high = (float(min(max(one, bounds[0]), bounds[1])) for one in numbers)
        wanted = MixturePoint(real, synthetic, middle, 0.0)
        beyond = any(rows(wanted) > largest for rows, largest in zip(MEASURES, most, strict=True))
        predictions.append(MixturePrediction(real, synthetic, middle, low, high, "cannot_tell" if beyond else status))
    return Mixture(
        generator,
        score,
        tuple(replace(each, left_out=float(one)) for each, one in zip(points, told, strict=True)),
        *law,
        left_out,
        float(np.sqrt(np.mean([each.error**2 for each in points]))),
        status,
        tuple(predictions),
        seconds,
    )


def jackknife_plus(predictions: np.ndarray, missed: np.ndarray, *, alpha: float = 1.0 - LEVEL) -> tuple[float, float]:
    """Give the interval of a new point.

    Parameters
    ----------
    predictions : numpy.ndarray, shape (points,)
        Of the new point, each without one of the others.
    missed : numpy.ndarray, shape (points,)
        How far that one was missed.
    alpha : float
        See `mixture`.

    Examples
    --------
    >>> jackknife_plus(np.zeros(15), np.arange(15.0))
    (-14.0, 14.0)
    >>> jackknife_plus(np.zeros(8), np.arange(8.0))
    (-inf, inf)
    """
    at = math.floor(alpha * (len(missed) + 1) + 1e-9)
    if at == 0:
        return -math.inf, math.inf
    return float(np.sort(predictions - missed)[at - 1]), float(np.sort(predictions + missed)[-at])


def measured(
    real: Dataset, holdout: Dataset, maker: Maker, *, seed: int, repeats: int = REPEATS, deadline: float = math.inf
) -> tuple[list[MixturePoint], float]:
    """Fit a generator once and models at a dozen small mixes.

    Parameters
    ----------
    real : Dataset
        Real rows that the generator learns from and that are mixed in.
    holdout : Dataset
        Sealed real rows that score.
    maker : Maker
        Makes the generator.
    seed : int
        Of everything.
    repeats : int
        Fits at every mix, on rows drawn anew.
    deadline : float
        Reading of `time.monotonic` after which no mix is begun.

    Returns
    -------
    points : list of MixturePoint
        Means over the fits, with their standard errors.
    seconds : float
        Process time.

    Raises
    ------
    BudgetExceeded
        If the time is spent before all mixes are fitted: some of them alone would make another law.

    Notes
    -----
    Scored as the loop's axis ``tstr``, whose model learns from three quarters of the rows it is given; mixes of fewer than 80
    rows with a target are left out.
    """
    began = clock.process_time()
    if clock.monotonic() >= deadline:
        raise BudgetExceeded("the budget was spent before any mix was fitted")
    size = len(real)
    synthetic = (
        maker().fit(real, seed=integer_seed(seed, "mixture", "fit")).sample(size, seed=integer_seed(seed, "mixture", "sample"))
    )
    frame = Frame(real, holdout, size=size, seed=seed)
    points: list[MixturePoint] = []
    for share in REAL:
        for added in SYNTHETIC:
            n, m = round(share * size), round(added * size)
            if n + m == 0:
                continue
            if clock.monotonic() >= deadline:
                raise BudgetExceeded(f"the budget was spent after {len(points)} of {len(REAL) * len(SYNTHETIC) - 1} mixes")
            scores: list[float] = []
            for repeat in range(repeats):
                rng = spawn(seed, "mixture", n, m, repeat)
                parts = [some(rows, count, rng) for rows, count in ((real, n), (synthetic, m)) if count]
                view = View(frame, pooled(parts))
                scene = Scene(
                    frame, view, frame.sealed, frame.training, frame.training, integer_seed(seed, "mixture", n, m, repeat)
                )
                try:
                    scores.append(Tstr().measure(scene)[0].work)
                except NotApplicable:  # too few rows with a target
                    continue
            if not scores:
                continue
            error = float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0
            points.append(MixturePoint(n, m, float(np.mean(scores)), error))
    return points, clock.process_time() - began
