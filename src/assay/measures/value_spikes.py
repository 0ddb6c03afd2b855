"""Single values and digits: values that come too often, heaps that are gone, grids that are lost or new."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import Z90, Z95, distance_curves
from assay.stats.distances import total_variation
from assay.stats.items import distance_family
from assay.stats.resample import clustering, simultaneous_z

CLASSES = 6
SIDE = 0.025
LEAST_HEAVY = 0.002
HEAVY = 20
HEAPED = 20  # steps of the grid between the 1% and the 99% point from which single values are compared with their neighbours


class ValueSpikes(Measure):
    """Compare what single values and last digits of ordered columns do, beyond what their distribution explains.

    Notes
    -----
    Three questions to each column, each answered in shares of rows:

    - digits (SPIKE03): total variation between the classes of roundness (off the real column's grid, odd, even, multiples of
      5, 10, 100 steps), given the coarse group that a value lies in, ``1/2 sum |q(group, class) - p(class | group) q(group)|``;
      where the range is under 40 steps, on or off the grid only. A real column without a grid is asked for one of about
      100,000th of its range.
    - heaps (SPIKE02): for each heavy real value v (over 20 rows, and .2%) the residual ``q(v) - p(v) / p(N) q(N)``, N being v
      and its neighbours up to 2.5% of the real rows on either side; the larger of the largest one and half their sum, or what
      is proven of a single value alone. The range must have 20 steps of the column's grid.
    - new spikes (SPIKE01): share of rows at values that are not heavy in reality and come more often than 20 real rows (or
      .1%) would make one expect; from counts that a profile keeps of the most crowded values, which may be too low after
      profiles were added up, never too high.

    The first two have intervals and floors from the joint block bootstrap, the third from the binomial. What they cannot see:
    spikes under .3% of the rows, grids finer than a 100,000th of the range, and digits that depend on other columns.

    References
    ----------
    Preece (1981), Distributions of final digits in data, The Statistician 30. Agarwal and others (2013), Mergeable summaries,
    ACM Transactions on Database Systems 38.
    """

    question = "Do single values and last digits come as often as in reality?"
    family = "marginals"
    reads = "profile"
    cost = 17
    codes = {
        "SPIKE01": "A single value comes far more often than in reality.",
        "SPIKE02": "Values on which real rows heap have lost their heap, or one stands on another value.",
        "SPIKE03": "Digits are not the real ones: values were rounded, or have lost the grid on which real values lie.",
    }
    mechanism = "artefact"
    remedy = "Look for rounding, defaults and noise in the generator's post-processing; draw heavy values as levels of their own."
    cannot_see = "Spikes under .3% of the rows; grids finer than a 100,000th of the range; digits that depend on other columns."

    def measure(self, context: Context) -> Evidence:
        """Measure every ordered column."""
        if not context.real_profile.layout.ordered:
            raise NotApplicable("no numeric or date column")
        items = (*_digits(context), *_heaps(context), *_new(context))
        if not items:
            raise NotApplicable("no numeric or date column that varies")
        return Evidence((Family("value_spikes", items),))

    def describe(self, item: Item) -> str:
        """Say what stands out."""
        e, facts = item.estimate, item.facts
        column = e.columns[0]
        if facts["code"] == "SPIKE01":
            return (
                f"{e.value:.1%} of the synthetic rows have {facts['spikes']} values of {column} on which real rows do not heap."
            )
        size = f"{e.effect:.1%} of the rows ({e.low:.1%} to {e.high:.1%}); two real samples show {e.floor_median:.1%} by chance"
        if facts["code"] == "SPIKE02":
            return (
                f"Heaps on single values of {column} are off by {size}. The one that is off most is {facts['value']}: "
                f"{facts['share_synthetic']:.1%} of the synthetic rows, {facts['share_real']:.1%} of the real ones."
            )
        return f"Digits of {column} are off in {size}: {facts['what']}."

    def missed(self, item: Item) -> str:
        """Say how large an artefact could hide."""
        what = {"SPIKE01": "new spikes", "SPIKE02": "lost heaps", "SPIKE03": "changed digits"}[item.facts["code"]]
        where = f"{item.harm_high:.1%} of the rows of {item.estimate.columns[0]}"
        return f"{what} in up to {where} would not have been seen at this size"


def _digits(context: Context) -> tuple[Item, ...]:
    """Compare classes of roundness within coarse groups."""
    real, synthetic = context.real_profile, context.synthetic_profile
    layout = real.layout
    chosen = [at for at, name in enumerate(layout.ordered) if layout.by_name[name].grid.step]
    if not chosen:
        return ()
    bounds = layout.digit_offsets
    cells = np.concatenate([np.arange(bounds[at], bounds[at + 1]) for at in chosen])
    widths = np.array([bounds[at + 1] - bounds[at] for at in chosen])
    groups = np.repeat(np.arange(len(cells) // CLASSES), CLASSES)
    starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
    p, q = (profile.digits[:, cells].sum(axis=0) / profile.total for profile in (real, synthetic))

    def given(table: np.ndarray) -> np.ndarray:
        return np.add.reduceat(table, np.arange(0, len(cells), CLASSES), axis=-1)[..., groups]

    share = p / np.maximum(given(p), 1e-12)
    scale = given(q) / np.maximum(given(p), 1e-12)
    draws = context.draws
    errors_real, errors = draws.real.errors(real.digits[:, cells]), draws.synthetic.errors(synthetic.digits[:, cells])
    null = draws.null_noise(real.digits[:, cells])
    curves = distance_curves(
        q - share * given(q),
        errors - share * given(errors) - scale * (errors_real - share * given(errors_real)),
        null - share * given(null),
        lambda x: total_variation(x, starts),
        np.repeat(np.arange(len(chosen)), widths),
    )
    places: list[dict[str, Any]] = []
    for at, start, width in zip(chosen, starts, widths, strict=True):
        own = [part[start : start + width].reshape(-1, CLASSES).sum(axis=0) for part in (p, q)]
        name = layout.ordered[at]
        facts = {"code": "SPIKE03", "how": "digits", "what": _what(own[0], own[1], layout.by_name[name].grid)}
        places.append({"columns": (name,), "facts": facts})
    return distance_family(
        "value_spikes",
        [curves],
        places,
        n_real=real.total,
        n_synthetic=synthetic.total,
        method="total variation of digit classes within coarse groups; joint block bootstrap, test inversion",
        alpha=context.alpha / 3,
    ).items


def _what(p: np.ndarray, q: np.ndarray, grid: Any) -> str:
    """Put the largest change of digits in words."""
    off = [part[0] / max(part.sum(), 1e-12) for part in (p, q)]
    if abs(off[1] - off[0]) > 0.01:
        return f"{off[1]:.1%} of the synthetic values lie off a grid of {grid.step:g}, {off[0]:.1%} of the real ones"
    tens = [part[4:].sum() / max(part.sum(), 1e-12) for part in (p, q)]
    return f"{tens[1]:.1%} of the synthetic values are multiples of {10 * grid.step:g}, {tens[0]:.1%} of the real ones"


def _heaps(context: Context) -> tuple[Item, ...]:
    """Compare heavy real values with their neighbourhoods."""
    real, synthetic = context.real_profile, context.synthetic_profile
    layout, draws = real.layout, context.draws
    heavy: list[np.ndarray] = []
    owner: list[int] = []
    names: list[str] = []
    near: list[np.ndarray] = []
    for name in layout.ordered:
        cells, span = layout.by_name[name], layout.span(name)
        if not cells.grid.step or not cells.ends[2] - cells.ends[0] >= HEAPED * cells.grid.step:
            continue
        shares = real.shares(name)
        counts = real.counts(name)
        mine = [at for at in cells.alone if shares[at] >= LEAST_HEAVY and counts[at] >= HEAVY]
        mine = [at for at in mine if shares[:-1].sum() - shares[at] >= 2 * SIDE]
        if not mine:
            continue
        inside = np.zeros((len(mine), len(shares)), dtype=np.float32)
        for row, at in enumerate(mine):
            low, high = _window(shares, int(at))
            inside[row, low:high] = 1.0
        heavy.append(np.array(mine) + span.start)
        near.append(inside)
        owner += [len(names)] * len(mine)
        names.append(name)
    if not names:
        return ()
    at = np.concatenate(heavy)
    owners = np.array(owner)

    def around(table: np.ndarray) -> np.ndarray:
        parts = [table[:, layout.span(name)].astype(np.float32) @ inside.T for name, inside in zip(names, near, strict=True)]
        return np.concatenate(parts, axis=1)

    near_real, near_synthetic = around(real.cells), around(synthetic.cells)
    p, q = real.cells[:, at].sum(axis=0) / real.total, synthetic.cells[:, at].sum(axis=0) / synthetic.total
    p_near, q_near = near_real.sum(axis=0, dtype=float) / real.total, near_synthetic.sum(axis=0, dtype=float) / synthetic.total
    share, scale = p / p_near, q_near / p_near
    of_real, of_synthetic = real.cells[:, at] - share * near_real, synthetic.cells[:, at] - share * near_synthetic
    starts = np.searchsorted(owners, np.arange(len(names)))

    def norm(x: np.ndarray) -> np.ndarray:
        sizes = np.abs(x)
        return np.maximum(0.5 * np.add.reduceat(sizes, starts, axis=-1), np.maximum.reduceat(sizes, starts, axis=-1))

    residual = q - share * q_near
    errors = draws.synthetic.errors(of_synthetic) - scale * draws.real.errors(of_real)
    curves = distance_curves(residual, errors, draws.null_noise(of_real), norm, owners)
    # The distance of a column has the noise of all its values; a single value that stands out has only its own.
    z = simultaneous_z(2.0 * len(residual), context.alpha / 6)
    alone = np.maximum.reduceat(np.maximum(np.abs(residual) - z * errors.std(axis=0), 0.0), starts)
    places: list[dict[str, Any]] = []
    for column, name in enumerate(names):
        mine = np.flatnonzero(owners == column)
        worst = mine[np.argmax(np.abs(residual[mine]))]
        edges = layout.by_name[name].edges
        value = float(edges[at[worst] - layout.span(name).start - 1])
        facts = {
            "code": "SPIKE02",
            "how": "heaps",
            "value": f"{value:.10g}",
            "share_real": float(p[worst]),
            "share_synthetic": float(q[worst]),
        }
        places.append({"columns": (name,), "facts": facts})
    items = distance_family(
        "value_spikes",
        [curves],
        places,
        n_real=real.total,
        n_synthetic=synthetic.total,
        method="heavy values against their neighbourhoods; joint block bootstrap, test inversion",
        alpha=context.alpha / 6,
    ).items
    proven = dict(zip(names, alone.tolist(), strict=True))
    return tuple(replace(item, harm_low=max(item.harm_low, proven[item.estimate.columns[0]])) for item in items)


def _window(shares: np.ndarray, at: int) -> tuple[int, int]:
    """Find the cells around one that hold 2.5% of the rows on either side, as far as there are any (nulls last)."""
    low = high = at
    mass = 0.0
    while low > 0 and mass < SIDE:
        low -= 1
        mass += shares[low]
    mass = 0.0
    while high < len(shares) - 2 and mass < SIDE:
        high += 1
        mass += shares[high]
    return low, high + 1


def _new(context: Context) -> tuple[Item, ...]:
    """Look at values that are not heavy in reality."""
    real, synthetic = context.real_profile, context.synthetic_profile
    layout = real.layout
    n_real, n = real.total, synthetic.total
    expected = max(HEAVY / n_real, 0.001)
    z = simultaneous_z(32.0 * len(layout.ordered), context.alpha / 3)
    items: list[Item] = []
    for spikes, name in zip(synthetic.spikes, layout.ordered, strict=True):
        cells, span = layout.by_name[name], layout.span(name)
        if not cells.grid.step:
            continue
        counts = spikes[:, 1]
        codes = cells.code(spikes[:, 0])
        many = np.ones(len(counts))
        if context.schema.entity is not None:
            many = clustering(synthetic.cells[:, span])[codes]
        sure = counts - 4.0 * np.sqrt(counts * many) > expected * n
        value = float((counts[sure] / n - expected).sum())
        spread = math.sqrt(float((counts[sure] * many[sure]).sum()) + 0.5) / n
        room = 0.0 if sure.any() else expected + 3.0 / n
        estimate = Estimate(
            "value_spikes",
            value,
            0.0,
            0.0,
            expected + 3.0 / n,
            value,
            max(value - Z95 * spread, 0.0),
            value + Z95 * spread + room,
            n_real,
            n,
            "share of rows at values that are not heavy in the real table; binomial",
            columns=(name,),
        )
        facts = {"code": "SPIKE01", "how": "new", "spikes": int(sure.sum())}
        items.append(Item(estimate, max(value - z * spread, 0.0), value + Z90 * spread + room, value / spread, facts))
    return tuple(items)
