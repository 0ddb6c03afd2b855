"""The plainest line that turns one column's values into another's: a shift, a spread, a factor, or shift and factor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.remedies._ordered import Ordered, quantiles
from assay.remedies._steps import spread

SIZES = {"shift": 1, "spread": 1, "units": 1, "line": 2}
DRAWS = 40
RATIOS = [10.0**k for k in range(1, 7)] + [60.0, 3600.0, 24.0, 7.0, 12.0, 86400.0, 2.54, 0.3048, 0.45359237, 1.609344]
UNITS = np.array([*RATIOS, *(1.0 / ratio for ratio in RATIOS)])
TEMPERATURES = ((32.0, 1.8), (-32.0 / 1.8, 1.0 / 1.8))  # degrees Celsius to Fahrenheit, and back


class Line(NamedTuple):
    """``to + slope * (x - start)``, which form it is of, and the standard errors of `to` and `slope`."""

    form: str
    start: float
    to: float
    slope: float
    to_error: float = 0.0
    slope_error: float = 0.0

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Map values."""
        return self.to + self.slope * (values - self.start)


Points = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def fitted(
    column: Ordered, form: str, rng: np.random.Generator, points: Points | None = None, centre: float | None = None
) -> Line:
    """Fit a line of one form through the quantiles of a column, and draw it towards identity by its error.

    Notes
    -----
    Quantiles between 3% and 97% of real on synthetic values, each weighed by the inverse of its variance ``p (1 - p) / f^2``, f
    the density. Values on a grid are spread over its step before. Errors by the bootstrap of the real rows. A change ``d`` with
    error e becomes ``d max(0, 1 - (e / d)^2)``: of changes that chance could make nothing is left (James and Stein 1961).
    Factors that are within three errors of the ratio of two units become that ratio.
    """
    x, y, weight, draws = _points(column, rng) if points is None else points
    start = _centre(column, form, x, weight) if centre is None else centre
    found = _solve(form, start, x, y, weight)
    others = np.array([_solve(form, start, x, drawn, weight) for drawn in draws])
    size = float(column.weights.sum() ** 2 / np.sum(column.weights**2))
    errors = others.std(axis=0) * np.sqrt(1.0 + len(column.real) / size) if len(others) else np.zeros(2)
    return _shrunk(_exact(Line(form, start, *found, *errors.tolist())))


def plainest(column: Ordered, rng: np.random.Generator) -> tuple[Line, Ordered]:
    """Choose the form that leaves least for the numbers it takes, and give the column as it leaves it.

    Notes
    -----
    Least ``chi-square left + log(n) numbers``, the chi-square that of a smooth test of order 4 (Schwarz 1978).
    """
    column = column.sparse()
    price = float(np.log(len(column.real)))
    points = _points(column, rng)
    best: tuple[float, Line, Ordered] | None = None
    for form, size in SIZES.items():
        line = fitted(column, form, rng, points)
        left = moved(column, line, rng)
        cost = left.test(4).statistic + price * size
        if best is None or cost < best[0]:
            best = (cost, line, left)
    assert best is not None
    return best[1], best[2]


def moved(column: Ordered, line: Line, rng: np.random.Generator) -> Ordered:
    """Give the column with its synthetic values mapped; on both sides values are spread within the grid's step."""
    values = line(spread(column.synthetic, column.synthetic_step, rng))
    changed = column.with_synthetic(values)
    for got, want in column.moved:
        values[column.synthetic == got] = want
    real = column.real if column.moved else spread(column.real, column.step, rng)
    return Ordered(column.name, real, values, changed.weights, changed.groups, changed.synthetic_groups)


def _points(column: Ordered, rng: np.random.Generator) -> Points:
    """Give synthetic and real quantiles, their weights, and real quantiles of resampled rows of shape (draws, points)."""
    pairs = column.moved
    inner = column.without(np.array([want for _, want in pairs]), np.array([got for got, _ in pairs])) if pairs else column
    if min(len(inner.real), len(inner.synthetic)) < 5:
        x, y = np.array([got for got, _ in pairs]), np.array([want for _, want in pairs])
        return x, y, np.ones(len(x)), np.empty((0, len(x)))
    count = int(np.clip(len(inner.real) // 6, 5, 48))
    at = np.linspace(0.03, 0.97, count)
    known = spread(inner.real, column.step, rng)
    x = quantiles(spread(inner.synthetic, column.synthetic_step, rng), inner.weights, at)
    y = np.quantile(known, at)
    draws = np.quantile(known[rng.integers(0, len(known), (DRAWS, len(known)))], at, axis=1).T
    slope = np.abs(np.gradient(x, at))
    slope = np.maximum(slope, 0.1 * float(np.median(slope)) + 1e-150)  # whose square is not zero
    weight = 1.0 / (at * (1 - at) * slope**2)
    weight /= weight.sum()
    if pairs:  # a heavy value that moved tells exactly where the line goes
        x = np.concatenate([x, [got for got, _ in pairs]])
        y = np.concatenate([y, [want for _, want in pairs]])
        draws = np.concatenate([draws, np.tile([want for _, want in pairs], (len(draws), 1))], axis=1)
        weight = np.concatenate([weight, np.full(len(pairs), 3.0)])
    return x, y, weight, draws


def _centre(column: Ordered, form: str, x: np.ndarray, weight: np.ndarray) -> float:
    """Give the point that a line turns about: the mean for a spread, where the points weigh for others, zero for a factor."""
    if form == "units":
        return 0.0
    if form == "spread":
        return float(np.average(column.synthetic, weights=column.weights))
    return float(np.average(x, weights=weight))


def _solve(form: str, start: float, x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Give where the centre goes, and the slope, by weighted least squares."""
    if form == "shift":
        return start + float(np.average(y - x, weights=weight)), 1.0
    away = x - start
    if form == "line":
        middle = float(np.average(away, weights=weight))
        rise = float(np.average(y, weights=weight))
        flat = float(np.average((away - middle) ** 2, weights=weight))
        slope = float(np.average((away - middle) * (y - rise), weights=weight)) / flat if flat > 0 else 1.0
        slope = slope if slope > 0 else 1.0
        return rise - slope * middle, slope
    to = 0.0 if form == "units" else start
    square = float(np.average(away**2, weights=weight))
    slope = float(np.average(away * (y - to), weights=weight)) / square if square > 0 else 1.0
    return to, slope if slope > 0 else 1.0


def _exact(line: Line) -> Line:
    """Take the ratio of two units where the factor is as good as that, and Celsius or Fahrenheit for a line."""
    log, error = float(np.log(line.slope)), line.slope_error / line.slope
    if line.form == "units" and abs(log) > 0.4:
        near = float(UNITS[np.argmin(np.abs(np.log(UNITS) - log))])
        if abs(np.log(near) - log) < max(3.0 * error, 1e-3) and abs(np.log(near) - log) < 0.15:
            return line._replace(slope=near, slope_error=0.0)
    if line.form == "line":
        for base, slope in TEMPERATURES:
            to = base + slope * line.start
            if abs(slope - line.slope) < 3.0 * line.slope_error and abs(to - line.to) < 3.0 * line.to_error:
                return line._replace(start=0.0, to=base, slope=slope, to_error=0.0, slope_error=0.0)
    return line


def _shrunk(line: Line) -> Line:
    """Draw shift and log slope towards nought by their errors."""
    log, shift = float(np.log(line.slope)), line.to - line.start
    log *= _kept(log, line.slope_error / line.slope)
    if line.form in ("shift", "line"):
        shift *= _kept(shift, line.to_error)
    return line._replace(slope=float(np.exp(log)), to=line.start + shift)


def _kept(change: float, error: float) -> float:
    return max(0.0, 1.0 - (error / change) ** 2) if change else 0.0
