"""Rules on rows: draws, choices, cases and lookups, in whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from assay.scenario.cells import Cells, Form, empty, key_of, moments, numbers, texts, truths
from assay.scenario.distributions import FAMILIES, draw
from assay.scenario.evaluate import evaluate
from assay.scenario.fake import FakeFault, fake
from assay.scenario.formula import FormulaError, Name
from assay.scenario.identifiers import identifiers
from assay.scenario.model import (
    Cases,
    Chance,
    Choice,
    Dates,
    Draw,
    Expression,
    Fake,
    Formula,
    Identifier,
    Mapped,
    Mixture,
    Numbering,
    Path,
    Quantiles,
    Rule,
)
from assay.scenario.soundness_rules import FITS

Scope = Callable[[Name], Cells]
MOST_COUNTED = 10**9
NO_MOMENT = "gives no moment between the years 1 and 9999"


class RowFault(ValueError):
    """Something that does not work out on the rows; `path` is where in the file."""

    def __init__(self, path: Path, told: str) -> None:
        self.path = path
        super().__init__(told)


@dataclass(frozen=True, slots=True)
class Grid:
    """What a column's numbers are rounded to: ends of distributions are moved onto it, so that rounding stays within."""

    decimals: int | None = None
    step: float | None = None

    @property
    def size(self) -> float | None:
        """Distance of neighbours."""
        return self.step if self.step is not None else None if self.decimals is None else 10.0**-self.decimals

    def round(self, cells: Cells) -> Cells:
        """Round numbers to the grid."""
        if cells.form != "number" or self.size is None:
            return cells
        if self.step is None:
            return numbers(np.round(cells.data, self.decimals or 0) + 0.0, cells.null)
        decimals = max(0, 12 - int(np.floor(np.log10(self.step)) + 1)) if self.step < 1e12 else 0
        return numbers(np.round(np.round(cells.data / self.step) * self.step, min(decimals, 15)) + 0.0, cells.null)


NO_GRID = Grid()


def value_of(part: Expression, scope: Scope) -> Cells:
    """Evaluate a formula of the file.

    Raises
    ------
    RowFault
        If a function cannot take what some rows give it.
    """
    try:
        return evaluate(part.node, scope)
    except FormulaError as error:
        raise RowFault(part.path, str(error)) from error


def uniform(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n numbers in (0, 1), neither end included."""
    return (rng.integers(0, 2**53, n) + 0.5) / 2.0**53


def fill(rule: Rule, n: int, rng: np.random.Generator, scope: Scope, path: Path, grid: Grid = NO_GRID, first: int = 1) -> Cells:
    """Give n rows by a rule.

    Parameters
    ----------
    rule : Rule
        No reference, arrivals, clock, series or planted: those need the whole table.
    n : int
        Rows.
    rng : numpy.random.Generator
        For everything random in the rule.
    scope : callable
        Gives the cells of a name on these rows.
    path : path
        Where the rule stands, for errors.
    grid : Grid
        What numbers are rounded to.
    first : int
        Where identifiers start counting.

    Raises
    ------
    RowFault
        If parameters do not fit on some rows.
    """
    if isinstance(rule, Formula):
        return value_of(rule.value, scope).spread(n)
    if isinstance(rule, Draw):
        return numbers(_drawn(rule, n, rng, scope, path, grid))
    if isinstance(rule, Chance):
        return truths(rng.random(n) < _parameter(rule.p, scope, "share", "p"))
    if isinstance(rule, Choice):
        return _chosen(rule, n, rng, scope, path)
    if isinstance(rule, Quantiles):
        data = np.interp(uniform(n, rng), rule.shares, rule.values)
        return moments(data.astype(np.int64).astype("datetime64[us]")) if rule.form == "time" else numbers(data)
    if isinstance(rule, Mixture):
        which = _weighted(rule.weights, len(rule.parts), n, rng, scope, path)
        return _parted(rule.parts, which, n, rng, scope, path, grid)
    if isinstance(rule, Cases):
        return _parted([part for _, part in rule.cases], _first_case(rule, n, scope), n, rng, scope, path, grid)
    if isinstance(rule, Mapped):
        return _mapped(rule, n, rng, scope, path, grid)
    if isinstance(rule, Dates):
        start, end = (value_of(part, scope) for part in (rule.start, rule.end))
        ends = [_as_moments(part, place) for part, place in ((start, rule.start), (end, rule.end))]
        if (ends[1] < ends[0]).any():
            raise RowFault(rule.end.path, f"end lies before start in {int((ends[1] < ends[0]).sum()):,} rows.")
        return moments((ends[0] + rng.random(n) * (ends[1] - ends[0])).astype(np.int64).astype("datetime64[us]"))
    if isinstance(rule, Fake):
        try:
            return fake(rule.provider, rule.locale, rule.pool, n, rng)
        except FakeFault as error:
            raise RowFault(rule.path, str(error)) from error
    if isinstance(rule, Identifier):
        return identifiers(rule.pattern, n, first, rng)
    if isinstance(rule, Numbering):
        return numbers(rule.start + rule.step * (np.arange(n) + first - 1.0))
    raise RowFault(path, f"{type(rule).__name__.lower()} fills a whole column: it cannot be part of another rule.")


def whole_counts(rule: Rule, n: int, rng: np.random.Generator, scope: Scope, path: Path, low: int) -> np.ndarray:
    """Give n whole numbers by a rule, at least `low`: sizes, lengths, rows for each parent; null counts as `low`.

    Raises
    ------
    RowFault
        If some are not finite or beyond a thousand million.
    """
    cells = fill(rule, n, rng, scope, path)
    data = np.where(cells.missing, low, cells.data.astype(np.float64))
    wrong = ~(np.abs(data) <= MOST_COUNTED)
    if wrong.any():
        raise RowFault(path, f"must give numbers up to {MOST_COUNTED:,}. It does not in {int(wrong.sum()):,} of {n:,} cases.")
    return np.maximum(np.floor(data + 0.5), low).astype(np.int64)


def _parameter(part: Expression, scope: Scope, rule: str, name: str) -> np.ndarray:
    cells = value_of(part, scope)
    holds, wanted = FITS[rule]
    data = cells.data.astype(np.float64)
    wrong = ~holds(data) | cells.missing
    if wrong.any():
        example = "null" if cells.missing[wrong][0] else f"{data[wrong][0]:g}"
        raise RowFault(
            part.path, f"{name} must be {wanted}. It is not in {int(wrong.sum()):,} of {len(data):,} rows, such as {example}."
        )
    return data


def _drawn(rule: Draw, n: int, rng: np.random.Generator, scope: Scope, path: Path, grid: Grid) -> np.ndarray:
    family = FAMILIES[rule.family]
    given = {name: _parameter(part, scope, family.parameters[name][1], name) for name, part in rule.parameters.items()}
    if family.check is not None:
        wrong = ~np.atleast_1d(family.check(*given.values()))
        if wrong.any():
            raise RowFault(path, f"{family.asked}. It does not in {int(wrong.sum()):,} rows.")
    if rule.at_least is None and rule.at_most is None:
        return _direct(rule.family, given, n, rng)
    low = None if rule.at_least is None else _parameter(rule.at_least, scope, "any", "at_least")
    high = None if rule.at_most is None else _parameter(rule.at_most, scope, "any", "at_most")
    if grid.size is not None:
        low = None if low is None else np.ceil(low / grid.size - 1e-9) * grid.size
        high = None if high is None else np.floor(high / grid.size + 1e-9) * grid.size
    values = draw(rule.family, given, low, high, uniform(n, rng))
    wrong = np.isnan(values)
    if wrong.any():
        raise RowFault(
            path, f"nothing of this distribution lies between at_least and at_most in {int(wrong.sum()):,} of {n:,} rows."
        )
    return values


def _direct(family: str, given: dict[str, np.ndarray], n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw without ends: by numpy's own methods where quantiles are dear."""
    if family == "gamma":
        return rng.standard_gamma(given["shape"], n) * (given["mean"] / given["shape"])
    if family == "beta":
        return rng.beta(given["a"], given["b"], n)
    if family == "poisson" and float(given["mean"].max(initial=0)) < 1e9:
        return rng.poisson(given["mean"], n).astype(np.float64)
    if family == "binomial":
        return rng.binomial(given["trials"].astype(np.int64), given["p"], n).astype(np.float64)
    if family == "normal":
        return given["mean"] + given["sd"] * rng.standard_normal(n)
    if family == "lognormal":
        return given["median"] * np.exp(given["sigma"] * rng.standard_normal(n))
    return draw(family, given, None, None, uniform(n, rng)).copy()


def _chosen(rule: Choice, n: int, rng: np.random.Generator, scope: Scope, path: Path) -> Cells:
    which = _weighted(rule.weights, len(rule.values), n, rng, scope, path)
    if rule.form == "text":
        return texts(which, rule.values)
    if rule.form == "time":
        return moments(np.array(rule.values, dtype="datetime64[us]")[which])
    if rule.form == "truth":
        return truths(np.array(rule.values, dtype=bool)[which])
    return numbers(np.array(rule.values, dtype=np.float64)[which])


def _weighted(
    weights: Sequence[Expression], choices: int, n: int, rng: np.random.Generator, scope: Scope, path: Path
) -> np.ndarray:
    """Draw positions by weights, that may differ between rows."""
    if choices == 1:
        return np.zeros(n, dtype=np.int64)
    if not weights:
        return rng.integers(0, choices, n)
    parts = [_parameter(weight, scope, "any", "a weight") for weight in weights]
    if any((part < 0).any() for part in parts):
        at = next(at for at, part in enumerate(parts) if (part < 0).any())
        raise RowFault(weights[at].path, "a weight is negative in some rows.")
    if all(len(part) == 1 for part in parts):
        bounds = np.cumsum([part.item() for part in parts])
        if not bounds[-1] > 0:
            raise RowFault(path, "all weights are 0.")
        return np.minimum(np.searchsorted(bounds / bounds[-1], rng.random(n), side="right"), _last(bounds))
    total = sum(parts)
    if not (np.asarray(total) > 0).all():
        raise RowFault(path, f"all weights are 0 in {int((np.asarray(total) <= 0).sum()):,} rows.")
    point = rng.random(n) * total
    which = np.zeros(n, dtype=np.int64)
    reached = np.zeros(n)
    for part in parts[:-1]:
        reached = reached + part
        which += point >= reached
    return which


def _last(bounds: np.ndarray) -> int:
    """Give the last choice with a weight: rounding must not fall upon one without."""
    return int(np.searchsorted(bounds, bounds[-1]))


def _first_case(rule: Cases, n: int, scope: Scope) -> np.ndarray:
    which = np.full(n, -1, dtype=np.int64)
    for at, (when, _) in enumerate(rule.cases):
        open_ = which < 0
        if when is None:
            which[open_] = at
            break
        cells = value_of(when, scope)
        held = np.broadcast_to(cells.data.astype(bool) & ~cells.missing, (n,))
        which[open_ & held] = at
    return which


def _parted(
    rules: Sequence[Rule], which: np.ndarray, n: int, rng: np.random.Generator, scope: Scope, path: Path, grid: Grid
) -> Cells:
    """Fill the rows of each part by its own rule; rows of no part are null."""
    out: Cells | None = None
    rest = (which < 0).any()
    parts: list[tuple[np.ndarray, Cells]] = []
    for at, rule in enumerate(rules):
        rows = np.flatnonzero(which == at)
        if not len(rows):
            continue
        part = fill(rule, len(rows), rng, _within(scope, rows, n), path, grid)
        if len(rows) == n:
            return part
        parts.append((rows, part))
    if any(part.form == "number" for _, part in parts):
        parts = [(rows, numbers(part.data, part.null) if part.form == "truth" else part) for rows, part in parts]
    found: list[Form] = [part.form for _, part in parts if part.form != "null"]
    form: Form = found[0] if found else "null"
    out = empty(form, n)
    if form == "text":
        return _texts_together(parts, n, bool(rest))
    null = np.ones(n, dtype=bool)
    data = out.data
    for rows, part in parts:
        if part.form == "null":
            continue
        data[rows] = part.data
        null[rows] = part.missing
    return Cells(form, data, null=null if null.any() else None)


def _texts_together(parts: list[tuple[np.ndarray, Cells]], n: int, rest: bool) -> Cells:
    levels: list[pa.Array] = []
    data, null = np.zeros(n, dtype=np.int64), np.ones(n, dtype=bool)
    offset = 0
    for rows, part in parts:
        if part.form == "null":
            continue
        data[rows] = part.data + offset
        null[rows] = part.missing
        levels.append(part.levels)
        offset += len(part.levels)
    return Cells("text", data, pa.concat_arrays(levels), null if rest or null.any() else None)


def _within(scope: Scope, rows: np.ndarray, n: int) -> Scope:
    if len(rows) == n:
        return scope
    return lambda name: scope(name).take(rows)


def _mapped(rule: Mapped, n: int, rng: np.random.Generator, scope: Scope, path: Path, grid: Grid) -> Cells:
    of = value_of(rule.of, scope).spread(n)
    place = {key_of(key, of.form): at for at, key in enumerate(rule.keys)}
    if of.form == "text":
        known = np.array([place.get(level, -1) for level in of.levels.to_pylist()], dtype=np.int64)
        which = known[of.data]
    else:
        levels, inverse = np.unique(of.data, return_inverse=True)
        shown = [str(bool(level)).lower() if of.form == "truth" else f"{level:.15g}" for level in levels]
        which = np.array([place.get(level, -1) for level in shown], dtype=np.int64)[inverse]
    which = np.where(of.missing, -1, which)
    rules: list[Rule] = list(rule.rules)
    if rule.otherwise is not None:
        which = np.where((which < 0) & ~of.missing, len(rules), which)
        rules.append(rule.otherwise)
    constants = [part for part in rules if isinstance(part, Choice) and len(part.values) == 1 and part.form == "text"]
    if len(constants) == len(rules):  # the common lookup of texts, without a pass over the rows for each level
        return texts(np.maximum(which, 0), [part.values[0] for part in constants], (which < 0) if (which < 0).any() else None)
    return _parted(rules, which, n, rng, scope, path, grid)


def _as_moments(cells: Cells, part: Expression) -> np.ndarray:
    if cells.null is not None and cells.null.any():
        raise RowFault(part.path, f"is null in {int(cells.null.sum()):,} rows.")
    if cells.form == "text":
        return np.array(cells.levels.to_pylist(), dtype="datetime64[us]")[cells.data].astype(np.int64).astype(np.float64)
    if np.isnat(cells.data).any():
        raise RowFault(part.path, f"{NO_MOMENT} in {int(np.isnat(cells.data).sum()):,} rows.")
    return cells.data.astype(np.int64).astype(np.float64)
