"""Find the slices in which synthetic labels run against what they follow elsewhere, and ask real rows whether they should."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.scene import Scene
from assay.remedies._additive import Additive, Basis, fit
from assay.remedies._asked_slices import LEAST_REAL, LEAST_SYNTHETIC, FlippedSlice, Half, ask
from assay.remedies._conditions import Cells, Condition, cells, inside
from assay.remedies._outcomes import Outcomes

MOST_ROWS = 20_000  # synthetic rows that are looked at
MOST_FITTED = 5_000
LEAST_SHARE, MOST_SHARE = 0.015, 0.6
CANDIDATES = 8  # slices that real rows are asked about in a round
PROMISE = 3.0  # standard errors by which labels must run against the model
ROUNDS = 3
FINE = 48
OVERLAP = 0.5
SHARPENED = 2  # times that a slice is sought anew by a model trained outside of it
PRICE = 10.0  # gain in twice the log-likelihood that a condition must bring
MOST_COLUMNS = 20


Places = tuple[np.ndarray, np.ndarray]
Score = Callable[[np.ndarray], np.ndarray]


def flipped_slices(scene: Scene) -> list[FlippedSlice]:
    """Find slices whose synthetic labels are flipped.

    Notes
    -----
    Synthetic rows are cut in two halves. On the first an additive model of the target is trained, and of all slices of one or two
    columns those are sought in which the labels run against it most: in standard errors, -r sqrt(n) with r the correlation of
    label and expectation within the slice. So many slices are tried that some run against it by chance, or because nature does:
    no more than eight are named, without a look at real labels, and only then these are asked. With b the slope of label on
    expectation in the slice of the second half, the statistic is the sum over real rows of
    (y - mean y - b (m - mean m)) (m - mean m), large where real labels follow the model more than synthetic ones do. Its
    distribution is that of as many rows drawn from the second half, widened by the half's own error (1 + n/N, N what its
    entities are worth); p-values are multiplied by the number of slices asked about. A slice that is found is taken out of
    the first half, and the search repeated, until nothing is found. Which slice is the surest does not hang on the error
    allowed: a scene is searched once for all who ask, as far as the error of each lets go on.
    """
    step = scene.share("flipped slices", lambda: _Steps(_search(scene)))
    found: list[FlippedSlice] = []
    with one_thread():
        while (best := step(2 * len(found))) is not None and best.p_value < scene.error:
            found.append(step(2 * len(found) + 1) or best)
    return found


class _Steps:
    """Steps of a search, each taken when it is first asked for."""

    def __init__(self, steps: Iterator[FlippedSlice]) -> None:
        self._steps = steps
        self._taken: list[FlippedSlice] = []

    def __call__(self, at: int) -> FlippedSlice | None:
        """Give a step; None beyond the last."""
        while len(self._taken) <= at:
            following = next(self._steps, None)
            if following is None:
                return None
            self._taken.append(following)
        return self._taken[at]


def _search(scene: Scene) -> Iterator[FlippedSlice]:
    """Find slice after slice, the surest that is left as it was asked about, and then the same sharpened."""
    try:
        outcomes = Outcomes.of(scene)
    except NotApplicable:
        return
    rng = scene.rng("label slices")
    real, whole = _known(scene, outcomes, rng)
    if min(len(real.outcomes), len(whole.outcomes)) < 2 * LEAST_REAL:
        return
    first = _halves(whole.rows, rng)
    seek, judge = whole.take(first), whole.take(~first)
    if min(len(seek.outcomes), len(judge.outcomes)) < 2 * LEAST_SYNTHETIC:
        return
    basis = Basis.of(seek.rows, scene.real)
    axes = cells(scene)[:MOST_COLUMNS]
    matrices = [basis.matrix(part.rows) for part in (seek, judge, real)]
    places = [(axis.place(seek.rows), axis.place(real.rows)) for axis in axes]
    left = np.ones(len(seek.outcomes), dtype=bool)
    order = scene.rng("label slices", "fitted").permutation(len(left))
    for _ in range(ROUNDS):
        if left.sum() < 2 * LEAST_SYNTHETIC:
            break
        seek, judge, real = _expecting(basis, matrices, (seek, judge, real), left, order, outcomes.task)
        candidates = _candidates(axes, places, seek, left)
        asked: list[FlippedSlice] = []
        for conditions in candidates:
            one = ask(conditions, real, judge, rng)
            if one is not None:
                asked.append(one)
        asked = [replace(one, p_value=min(one.p_value * len(asked), 1.0)) for one in asked]
        true = [one for one in asked if one.synthetic_slope < 0.5 * one.real_slope]
        if not true:
            break
        best = min(true, key=lambda one: one.p_value)
        yield best
        for _ in range(SHARPENED):
            out = left & ~inside(best.conditions, seek.rows)
            if out.sum() < 2 * LEAST_SYNTHETIC:
                break
            seek, judge, real = _expecting(basis, matrices, (seek, judge, real), out, order, outcomes.task)
            again = ask(_sharpened(best.conditions, axes, places, seek, left), real, judge, rng)
            if again is None or again.synthetic_slope >= 0.5 * again.real_slope or again.conditions == best.conditions:
                break
            best = replace(again, p_value=best.p_value)
        yield best
        left &= ~inside(best.conditions, seek.rows)


def _known(scene: Scene, outcomes: Outcomes, rng: np.random.Generator) -> tuple[Half, Half]:
    """Give the real rows, and synthetic ones of which as many are looked at as time allows, that have a label."""
    parts = []
    for table, weights in ((scene.real, np.ones(len(scene.real))), (scene.synthetic, scene.rows.weights)):
        numbers = outcomes.numbers(table)
        at = np.flatnonzero(np.isfinite(numbers[:, 0]) & (weights > 0))
        if table is scene.synthetic:
            at = at[~scene.rows.anchored[at]]
        if len(at) > MOST_ROWS:
            at = np.sort(rng.permutation(at)[:MOST_ROWS])
        weight = weights[at] * (len(at) / max(float(weights[at].sum()), 1e-300))
        parts.append(Half(table.take(at), numbers[at], weight, np.zeros_like(numbers[at])))
    return parts[0], parts[1]


def _halves(rows: Dataset, rng: np.random.Generator) -> np.ndarray:
    """Mark the rows of the first half; rows of an entity stay together."""
    units = entity_codes(rows)
    if units is None:
        return rng.random(len(rows)) < 0.5
    return (rng.random(int(units.max()) + 1) < 0.5)[units]


def _expecting(
    basis: Basis,
    matrices: Sequence[np.ndarray],
    parts: tuple[Half, Half, Half],
    train: np.ndarray,
    order: np.ndarray,
    task: str,
) -> tuple[Half, Half, Half]:
    """Train on rows of the first part, of too many the first of an order, and give all three with what the model expects."""
    at = np.flatnonzero(train)
    if len(at) > MOST_FITTED:
        at = np.sort(order[train[order]][:MOST_FITTED])
    weights = fit(matrices[0][at], parts[0].outcomes[at], task, weights=parts[0].weights[at], ridge=3.0)
    model = Additive(basis, weights, task)
    first, second, third = (replace(part, expected=model.of_matrix(matrix)) for part, matrix in zip(parts, matrices, strict=True))
    return first, second, third


def _summands(part: Half) -> np.ndarray:
    """Give what the score of a slice needs the sums of, shape (3 + 2 outcomes, rows)."""
    w, y, m = part.weights, part.outcomes, part.expected
    return np.stack(
        [
            w,
            w * np.sum(y * m, axis=1),
            w * np.sum(m**2, axis=1),
            w * np.sum(y**2, axis=1),
            *(w[:, None] * y).T,
            *(w[:, None] * m).T,
        ]
    )


def _against(sums: np.ndarray, total: float, deflation: float) -> np.ndarray:
    """Give by how many standard errors labels run against the model, from sums over slices; -inf where few rows are."""
    n = np.maximum(sums[0], 1e-9)
    k = (len(sums) - 4) // 2
    y, m = sums[4 : 4 + k] / n, sums[4 + k :] / n
    together = sums[1] / n - np.sum(y * m, axis=0)
    of_m = np.maximum(sums[2] / n - np.sum(m**2, axis=0), 1e-9)
    of_y = np.maximum(sums[3] / n - np.sum(y**2, axis=0), 1e-9)
    score = -np.sqrt(n * deflation) * together / np.sqrt((of_m + 1e-6) * (of_y + 1e-4))
    enough = (sums[0] >= max(LEAST_SHARE * total, LEAST_SYNTHETIC)) & (sums[0] <= MOST_SHARE * total)
    return np.where(enough, score, -np.inf)


def _gain(sums: np.ndarray, total: float, noise: float) -> np.ndarray:
    """Give twice the gain in log-likelihood of 'flipped' over 'right', from sums over slices; -inf where few rows are."""
    n = np.maximum(sums[0], 1e-9)
    k = (len(sums) - 4) // 2
    together = sums[1] - np.sum(sums[4 : 4 + k] * sums[4 + k :], axis=0) / n
    enough = (sums[0] >= max(LEAST_SHARE * total, LEAST_SYNTHETIC)) & (sums[0] <= MOST_SHARE * total)
    return np.where(enough, -4.0 * together / noise, -np.inf)


def _every(
    axes: Sequence[Cells], places: Sequence[Places], seek: Half, left: np.ndarray, score: Score, least: float
) -> list[tuple[float, tuple[Condition, ...]]]:
    """Give the best slice of each column and of each two, the best first, of those that score enough."""
    whole = _summands(seek)
    summands = whole[:, left]
    own = [(place[left], real) for place, real in places]
    scored: list[tuple[float, tuple[Condition, ...]]] = []

    def best(found: np.ndarray, name: Callable[[int], tuple[Condition, ...]]) -> None:
        if found.size and float(found.max()) >= least:
            at = int(found.argmax())
            scored.append((float(found.flat[at]), name(at)))

    for axis, (place, real) in zip(axes, own, strict=True):
        if axis.ordered:
            span = _best_range(axis.column, seek, left, whole, score)
            if span is not None and span[0] >= least and (span[1]["low"], span[1]["high"]) != (None, None):
                scored.append((span[0], (span[1],)))
        wide = axis.member.shape[1]
        table = np.stack([np.bincount(place, weights=one, minlength=wide) for one in summands])
        many = axis.member @ np.bincount(real, minlength=wide)
        found = np.where(many >= LEAST_REAL, score(table @ axis.member.T), -np.inf)
        best(found, lambda at, axis=axis: (axis.conditions[at],))
    for (a, (place_a, real_a)), (b, (place_b, real_b)) in itertools.combinations(zip(axes, own, strict=True), 2):
        shape = (a.member.shape[1], b.member.shape[1])
        flat = place_a * shape[1] + place_b
        size = shape[0] * shape[1]
        table = np.stack([np.bincount(flat, weights=one, minlength=size) for one in summands]).reshape(-1, *shape)
        many = a.member @ np.bincount(real_a * shape[1] + real_b, minlength=size).reshape(shape) @ b.member.T
        found = np.where(many >= LEAST_REAL, score(a.member @ table @ b.member.T), -np.inf)
        best(found, lambda at, a=a, b=b, n=found.shape[1]: (a.conditions[at // n], b.conditions[at % n]))
    return sorted(scored, key=lambda pair: -pair[0])


def _candidates(axes: Sequence[Cells], places: Sequence[Places], seek: Half, left: np.ndarray) -> list[tuple[Condition, ...]]:
    """Give the slices in which labels run against the model most, that overlap by less than half."""
    weights = seek.weights[left]
    total = float(weights.sum())
    deflation = total**2 / max(float(np.sum(weights**2)), 1e-300) / max(len(weights), 1)
    scored = _every(axes, places, seek, left, lambda sums: _against(sums, total, deflation), PROMISE)
    chosen: list[tuple[Condition, ...]] = []
    masks: list[np.ndarray] = []
    for _, conditions in scored[: 6 * CANDIDATES]:
        mask = inside(conditions, seek.rows)
        if all((mask & other).sum() < OVERLAP * (mask | other).sum() for other in masks):
            chosen.append(conditions)
            masks.append(mask)
        if len(chosen) == CANDIDATES:
            break
    return chosen


def _sharpened(
    conditions: tuple[Condition, ...], axes: Sequence[Cells], places: Sequence[Places], seek: Half, left: np.ndarray
) -> tuple[Condition, ...]:
    """Give the slice, about the same, in which 'flipped' gains most over 'right' by a model trained outside."""
    total, noise = float(seek.weights[left].sum()), _noise(seek, left & ~inside(conditions, seek.rows))
    about = inside(conditions, seek.rows) & left
    options: list[tuple[float, tuple[Condition, ...]]] = []
    for gain, other in [*_every(axes, places, seek, left, lambda sums: _gain(sums, total, noise), 0.0)[:12], (0.0, conditions)]:
        mask = inside(other, seek.rows) & left
        if (mask & about).sum() < OVERLAP * min(mask.sum(), about.sum()):
            continue
        options.append((gain - PRICE * len(other), other))
        if len(options) == 2:
            break
    best: tuple[float, tuple[Condition, ...]] = (-np.inf, conditions)
    for _, other in options:
        other = _refined(other, seek, left, noise)
        gain = _gain(_summands(seek)[:, left & inside(other, seek.rows)].sum(axis=1), total, noise) - PRICE * len(other)
        best = max(best, (float(gain), other), key=lambda pair: pair[0])
    return best[1]


def _noise(seek: Half, rows: np.ndarray) -> float:
    """Give the mean squared residual."""
    weights = seek.weights[rows]
    return max(float(weights @ np.sum((seek.outcomes[rows] - seek.expected[rows]) ** 2, axis=1)) / float(weights.sum()), 1e-4)


def _refined(conditions: Sequence[Condition], seek: Half, left: np.ndarray, noise: float) -> tuple[Condition, ...]:
    """Move the ends of ranges to where 'flipped' gains most."""
    conditions = list(conditions)
    summands = _summands(seek)
    total = float(summands[0][left].sum())
    for _ in range(2):
        for at, one in enumerate(conditions):
            if "low" not in one:
                continue
            others = left & inside([other for place, other in enumerate(conditions) if place != at], seek.rows)
            extra = tuple(float(end) for end in (one["low"], one["high"]) if end is not None)
            found = _best_range(str(one["column"]), seek, others, summands, lambda sums: _gain(sums, total, noise), extra)
            conditions[at] = one if found is None else found[1]
    return tuple(one for one in conditions if not ("low" in one and one["low"] is None and one["high"] is None))


def _best_range(
    column: str, seek: Half, rows: np.ndarray, summands: np.ndarray, score: Score, extra: Sequence[float] = ()
) -> tuple[float, Condition] | None:
    """Find the range of a number, between any two of 47 quantiles of some rows, that scores highest."""
    numbers = seek.rows.numbers(column)
    at = np.flatnonzero(rows & ~np.isnan(numbers))
    if not len(at):
        return None
    ends = np.quantile(numbers[at], np.arange(1, FINE) / FINE, method="higher")
    ends = np.unique(np.concatenate([ends, np.array(extra, dtype=np.float64)]))
    place = np.searchsorted(ends, numbers[at], side="right")
    table = np.stack([np.bincount(place, weights=part[at], minlength=len(ends) + 1) for part in summands])
    running = np.concatenate([np.zeros((len(table), 1)), np.cumsum(table, axis=1)], axis=1)
    found = score(running[:, None, :] - running[:, :, None])  # from border to border
    a, b = np.unravel_index(int(found.argmax()), found.shape)
    if not np.isfinite(found[a, b]):
        return None
    bounds = [None, *(float(end) for end in ends), None]
    return float(found[a, b]), {"column": column, "low": bounds[int(a)], "high": bounds[int(b)]}
