"""The smallest change that turns one column's counts into another's: cut tail, lost levels, rescaling, tilt or anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

PARTS, SMOOTH_PARTS = 24, 6
CUT, GONE = 0.6, 0.05
WIDEST_TAIL = 0.3
RARE = 0.05
MOST_SPIKES = 3
SLIGHT = 0.02
LARGEST = 1e150  # squares of larger numbers are more than a double holds: no line is drawn through them


@dataclass(frozen=True)
class Reshape:
    """A change of one column and what is left of the difference once it is undone.

    Parameters
    ----------
    kind : str
        ``none``, ``nulls``, ``tail``, ``levels``, ``unseen``, ``spike``, ``pattern``, ``scale``, ``shift``, ``units``, ``tilt``,
        ``step``, ``smooth`` or ``free``.
    shares : ndarray of shape (cells,)
        Shares of rows once it is undone.
    size : float
        Numbers that it took.
    left : float
        Two-sample chi-square that is left.
    line : (float, float), optional
        For ``scale``, ``shift`` and ``units``: ``a + b x`` undoes it.
    """

    kind: str
    shares: np.ndarray
    size: float
    left: float
    line: tuple[float, float] | None = None


@dataclass(frozen=True)
class Columns:
    """Counts of a column in two tables, the last cell nulls, and how values map to cells where cells have an order."""

    real: np.ndarray
    synthetic: np.ndarray
    real_values: np.ndarray | None = None
    synthetic_values: np.ndarray | None = None
    code: Callable[[np.ndarray], np.ndarray] | None = None


def reshape(columns: Columns) -> Reshape:
    """Choose the change that explains a column's difference with the fewest numbers.

    Parameters
    ----------
    columns : Columns
        Both tables' counts (and values).

    Returns
    -------
    Reshape

    Notes
    -----
    Every candidate is undone and the two-sample chi-square over K cells taken again; chosen is the least
    ``K log(1 + chi-square / K) + size log(K)``, after Schwarz (1978) for a model that is never quite right: matching the whole
    column would always explain its tail, so that the smallest sufficient change must win. Cut tails are one share of the rows
    beyond a point, lost levels one share each, ``scale``, ``shift`` and ``units`` a line through the quantiles, ``tilt`` an
    exponential reweighting, ``step`` two shares, ``smooth`` about a dozen. Parts of a column decide, single values only where the
    parts show nothing plain: values on another grid would hide every line.

    References
    ----------
    Schwarz (1978), Estimating the dimension of a model, Annals of Statistics 6.
    """
    n_real, n_synthetic = float(columns.real.sum()), float(columns.synthetic.sum())
    price = float(np.log(n_real + n_synthetic))
    p, q = columns.real / n_real, columns.synthetic / n_synthetic
    ordered = columns.code is not None
    parts = _parts(p, PARTS) if ordered else np.arange(len(p))

    def left(shares: np.ndarray) -> float:
        return chi_square(np.bincount(parts, weights=p), np.bincount(parts, weights=shares), n_real, n_synthetic)

    nulls = np.zeros(len(p), dtype=bool)
    nulls[-1] = True
    matched = _matched(p, q, nulls)
    base = start = Reshape("none", q, 0, left(q))
    if start.left - left(matched) > price:
        base = Reshape("nulls", matched, 1, left(matched))
    found = [start, base]
    for kind, shares, size, line in (_ordered if ordered else _levelled)(columns, p, base.shares, left):
        found.append(Reshape(kind, shares, size + base.size, left(shares), line))
    if ordered:
        found.append(Reshape("free", p.copy(), float(parts.max()), 0.0))
    best = min(found, key=lambda change: _cost(change, int(parts.max()) + 1, start.left))
    if ordered and best.kind in ("none", "nulls", "free", "smooth", "spike"):
        return _values(columns, best, p, base.shares, n_real, n_synthetic)
    return best


def _cost(change: Reshape, cells: int, whole: float) -> float:
    """Weigh what is left, on the scale of its logarithm as no plain change is exact, against the numbers it took.

    Less than chance leaves, or than a fiftieth of the whole, is no better than that.
    """
    left = max(change.left, cells + 2.0 * float(np.sqrt(2 * cells)), SLIGHT * whole)
    return cells * float(np.log1p(left / cells)) + change.size * float(np.log(max(cells, 2)))


def _values(columns: Columns, best: Reshape, p: np.ndarray, q: np.ndarray, n_real: float, n_synthetic: float) -> Reshape:
    """Look at single values where parts of the column show nothing plain: a spike, or values on another grid."""

    def left(shares: np.ndarray) -> float:
        return chi_square(p, shares, n_real, n_synthetic)

    found = [Reshape("none", q, 0, left(q))]
    spiked = np.zeros(len(p), dtype=bool)
    for count in range(1, MOST_SPIKES + 1):
        shares = exact(p, q, spiked)
        excess = np.where(spiked, 0.0, shares - p)
        excess[-1] = 0.0
        spiked[int(np.argmax(excess))] = True
        found.append(Reshape("spike", exact(p, q, spiked), count, left(exact(p, q, spiked))))
    if best.kind in ("free", "smooth") and _regrid(columns):
        found.append(Reshape("pattern", p.copy(), best.size, 0.0))
    free = Reshape("pattern", p.copy(), float(len(p) - 1), 0.0)
    fine = min([*found, free], key=lambda change: _cost(change, len(p), found[0].left))
    if fine.kind == "none" or (fine is free and best.kind in ("free", "smooth")):
        return best
    return fine


def _regrid(columns: Columns) -> bool:
    """Tell whether two synthetic values meet far more often than two real ones do: rounded, or drawn from few values."""
    meets = []
    for values in (columns.real_values, columns.synthetic_values):
        assert values is not None
        times = np.unique(values[~np.isnan(values)], return_counts=True)[1].astype(float)
        meets.append(float((times * (times - 1)).sum() / max(times.sum() * (times.sum() - 1), 1.0)))
    return meets[1] > 1.5 * meets[0] or meets[1] < meets[0] / 3


def chi_square(p: np.ndarray, q: np.ndarray, n_p: float, n_q: float) -> float:
    """Give the two-sample chi-square of shares p and q seen on n_p and n_q rows."""
    spread = p / n_q + q / n_p
    return float(np.sum(np.square(p - q)[spread > 0] / spread[spread > 0]))


def _matched(p: np.ndarray, q: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Give `chosen` cells together the real share, the others the rest, each in proportion; from nothing, the real cells."""
    out = q.copy()
    for part in (chosen, ~chosen):
        have, want = q[part].sum(), p[part].sum()
        out[part] = p[part] if have < GONE * want else q[part] * (want / have if have > 0 else 0.0)
    return out


def exact(p: np.ndarray, q: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Give each of the `chosen` cells its real share, and the others the rest in proportion."""
    out = np.where(chosen, p, q)
    have = q[~chosen].sum()
    if have > 0:
        out[~chosen] *= (1.0 - p[chosen].sum()) / have
    return out


Candidate = tuple[str, np.ndarray, float, "tuple[float, float] | None"]


def _levelled(columns: Columns, p: np.ndarray, q: np.ndarray, left: Callable[[np.ndarray], float]) -> Iterator[Candidate]:
    n_real, n_synthetic = columns.real.sum(), columns.synthetic.sum()
    own = np.square(p - q) / np.maximum(p / n_synthetic + q / n_real, 1e-300)
    lost = (p < RARE) & (q < CUT * p) & (own > 4.0)
    lost[-2:] = False
    if lost.any() and (p[lost] - q[lost]).sum() > 0:
        yield "levels", exact(p, q, lost), 0.25 * float(lost.sum()) + 0.6, None
    unseen = np.zeros(len(p), dtype=bool)
    unseen[-2] = True
    if q[-2] > p[-2]:
        yield "unseen", exact(p, q, unseen), 1, None
    yield "free", p.copy(), float(min((p[:-1] > 0).sum() - 1, 12)), None


def _ordered(columns: Columns, p: np.ndarray, q: np.ndarray, left: Callable[[np.ndarray], float]) -> Iterator[Candidate]:
    from scipy.special import ndtri  # not before a check has begun to read: it takes a while

    upper, lower = _tail(p, q, True, left), _tail(p, q, False, left)
    for tail in (upper, lower):
        if tail is not None:
            yield "tail", tail[0], tail[1], None
    if upper is not None:
        both = _tail(p, upper[0], False, left)
        if both is not None:
            yield "tail", both[0], both[1] + upper[1], None
    yield from ((kind, shares, size, line) for kind, shares, size, line in _lines(columns, p, q))
    body = np.cumsum(p[:-1]) - p[:-1] / 2
    body = body / max(p[:-1].sum(), 1e-12)
    for scores in (body - 0.5, ndtri(np.clip(body, 1e-4, 1 - 1e-4))):
        tilted = _tilted(p, q, scores)
        if tilted is not None:
            yield "tilt", tilted, 1, None
    cuts = np.searchsorted(np.cumsum(p[:-1]), np.linspace(0.1, 0.9, 17))
    steps = []
    for cut in np.unique(cuts):
        chosen = np.zeros(len(p), dtype=bool)
        chosen[cut:-1] = True
        steps.append(_within(p, q, chosen))
    yield "step", min(steps, key=left), 2, None
    parts = _parts(p, SMOOTH_PARTS)
    ratio = np.bincount(parts, weights=p) / np.maximum(np.bincount(parts, weights=q), 1e-12)
    yield "smooth", q * ratio[parts], float(parts.max()), None


def _within(p: np.ndarray, q: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Match `chosen` against the other cells that are not null, nulls as they are."""
    out = q.copy()
    rest = ~chosen
    rest[-1] = False
    for part in (chosen, rest):
        have, want = q[part].sum(), p[part].sum()
        out[part] = p[part] if have < GONE * want else q[part] * (want / have if have > 0 else 0.0)
    return out


def _tail(p: np.ndarray, q: np.ndarray, upper: bool, left: Callable[[np.ndarray], float]) -> tuple[np.ndarray, float] | None:
    """Refill the tail whose refilling leaves least: rows beyond one point, and the cell before it where values were clipped."""
    body = len(p) - 1
    beyond_p = np.cumsum(p[:body][::-1] if upper else p[:body])
    beyond_q = np.cumsum(q[:body][::-1] if upper else q[:body])
    best: tuple[float, np.ndarray, float] | None = None
    for width in np.flatnonzero((beyond_p > 0.002) & (beyond_p <= WIDEST_TAIL)) + 1:
        if beyond_q[width - 1] >= CUT * beyond_p[width - 1] or width >= body:
            continue
        chosen = np.zeros(len(p), dtype=bool)
        chosen[body - width : body] = upper
        chosen[:width] |= not upper
        shares = _within(p, q, chosen)
        clip = body - width - 1 if upper else width
        for extra in (None, clip):
            if extra is None:
                kept, size = shares, 2.0
            else:
                edge = np.zeros(len(p), dtype=bool)
                edge[extra] = True
                kept, size = exact(p, shares, edge), 3.0
            score = left(kept) + 8.0 * size
            if best is None or score < best[0]:
                best = (score, kept, size)
    return None if best is None else best[1:]


def _lines(columns: Columns, p: np.ndarray, q: np.ndarray) -> Iterator[Candidate]:
    """Map the synthetic values by lines through the quantiles, and count again."""
    assert columns.real_values is not None
    assert columns.synthetic_values is not None
    assert columns.code is not None
    real, synthetic = (values[~np.isnan(values)] for values in (columns.real_values, columns.synthetic_values))
    if min(len(real), len(synthetic)) < 20 or max(np.abs(real).max(), np.abs(synthetic).max()) > LARGEST:
        return
    at = np.linspace(0.03, 0.97, 48)
    with np.errstate(all="ignore"):
        x, y = np.quantile(synthetic, at), np.quantile(real, at)
        tries: list[tuple[str, float, float, float]] = [("shift", float(np.median(y - x)), 1.0, 1.0)]
        if x.std() > 0 and y.std() > 0:
            slope = float(np.cov(x, y)[0, 1] / x.var(ddof=1))
            tries.append(("line", float(y.mean() - slope * x.mean()), slope, 2.0))
            core = slice(4, -4)
            if x[core].std() > 0 and y[core].std() > 0:
                slope = float(y[core].std() / x[core].std())
                tries.append(("line", float(y[core].mean() - slope * x[core].mean()), slope, 2.0))
            factor = float(np.sum(np.abs(y)) / max(np.sum(np.abs(x)), 1e-300))
            tries.append(("units", 0.0, factor, 1.0))
            inner_x, inner_y = (np.clip(v, *np.quantile(v, (0.01, 0.99))) for v in (synthetic, real))
            if inner_x.std() > 0 and inner_y.std() > 0:
                ratio = float(inner_y.std() / inner_x.std())
                tries.append(("scale", float(inner_y.mean() - ratio * inner_x.mean()), ratio, 1.0))
    support = np.unique(real)
    values, times = np.unique(synthetic, return_counts=True)
    # Values on a grid are spread over their grid step before they are stretched, else the stretched grid has holes.
    step = float(np.min(np.diff(values))) if 1 < len(values) < len(synthetic) / 3 else 0.0
    free = times[np.searchsorted(values, synthetic)] < 0.1 * len(synthetic)
    spread = step * (np.random.default_rng(0).random(len(synthetic)) - 0.5) * free
    centre, width = float(np.median(real)), float(np.subtract(*np.quantile(real, (0.9, 0.1)))) or float(real.std())
    for kind, a, b, size in tries:
        if not np.isfinite([a, b]).all() or b <= 0:
            continue
        moved = a + b * (synthetic + (spread if b > 1.02 else 0.0))
        place = np.clip(np.searchsorted(support, moved), 1, max(len(support) - 1, 1))
        near = support[np.clip(place, 0, len(support) - 1)]
        below = support[place - 1]
        snapped = np.where(moved - below < near - moved, below, near)
        inside = (moved > support[0] - 0.05 * width) & (moved < support[-1] + 0.05 * width)
        codes = columns.code(np.where(inside, snapped, moved))
        shares = np.bincount(codes, minlength=len(p)) / len(synthetic) * (1.0 - q[-1])
        shares[-1] = q[-1]
        yield _named(kind, a, b, centre, width), shares, size, (a, b)


def _named(kind: str, a: float, b: float, centre: float, width: float) -> str:
    """Tell a shift, a changed spread and changed units apart by where the line leaves the centre."""
    if kind in ("shift", "units"):
        return kind
    was = (centre - a) / b
    moved = abs(was - centre) / max(width, 1e-300)
    if abs(np.log(b)) < 0.05:
        return "shift"
    return "units" if moved > 0.5 and abs(np.log(b)) > 0.4 else "scale"


def _tilted(p: np.ndarray, q: np.ndarray, scores: np.ndarray) -> np.ndarray | None:
    """Reweight cells by ``exp(c score)`` so that the mean score is the real one."""
    want = float(p[:-1] @ scores) / max(float(p[:-1].sum()), 1e-12)
    own = q[:-1]
    if own.sum() <= 0:
        return None
    c = 0.0
    for _ in range(30):
        weight = own * np.exp(np.clip(c * scores, -30, 30))
        weight /= weight.sum()
        mean = float(weight @ scores)
        variance = float(weight @ np.square(scores)) - mean**2
        if variance < 1e-9:
            return None
        c += float(np.clip((want - mean) / variance, -1.0, 1.0))
    weight = own * np.exp(np.clip(c * scores, -30, 30))
    out = q.copy()
    out[:-1] = weight / weight.sum() * own.sum()
    return out


def _parts(p: np.ndarray, count: int) -> np.ndarray:
    """Group ordered cells into about so many parts of equal real share, narrower ones at both ends, nulls apart."""
    body = np.cumsum(p[:-1]) - p[:-1] / 2
    body = body / max(p[:-1].sum(), 1e-12)
    ends = np.array([0.003, 0.01, 0.025, 0.05])
    cuts = np.concatenate([ends, np.linspace(0, 1, count + 1)[1:-1], 1 - ends])
    parts = np.searchsorted(np.unique(cuts), body)
    _, parts = np.unique(parts, return_inverse=True)
    return np.append(parts, parts.max() + 1)
