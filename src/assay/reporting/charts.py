"""The charts of numbers with their noise: the headline's four scores and the strip of one check."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from assay.core.estimate import Estimate
from assay.core.scorecard import Headline
from assay.reporting.svg import Scale, axis, circle, drawing, line, path, rectangle, text
from assay.reporting.text import decimals, measured, number
from assay.reporting.words import LEVELS, metric


def headline_chart(headline: Headline, *, width: int = 720) -> str:
    """Draw _, believed, actual and attainable on one axis, each a dot with its 95% interval, and the two gaps as spans.

    Parameters
    ----------
    headline : Headline
        The four scores and two gaps.
    width : int
        In pixels: 720 for a desk, 340 for a phone, where labels stand above their dots.
    """
    narrow = width < 500
    levels = [(key, word, getattr(headline, key)) for key, word, _ in LEVELS]
    left, right = (14, width - 14) if narrow else (118, width - 184)
    step, room = (50, 34) if narrow else (38, 34)
    heights = [36 + step * at + room * max(0, at - 1) for at in range(4)]
    spans = [height + (room if narrow else step) * 0.68 for height in heights]
    bottom = heights[3] + 22
    scale = Scale(*_range([estimate for _, _, estimate in levels]), left, right)
    _, believed, actual, attainable = (scale(estimate.effect) for _, _, estimate in levels)
    parts = axis(scale, bottom, most=4 if narrow else 6, top=12)
    for x, start, end in (
        (believed, heights[1], spans[1]),
        (actual, spans[1], spans[2]),
        (attainable, spans[2], heights[3]),
    ):
        parts.append(line(x, start, x, end, "drop"))
    for label, gap, ends, y in (
        ("Illusion gap", headline.illusion_gap, (believed, actual), spans[1]),
        ("Utility gap", headline.utility_gap, (actual, attainable), spans[2]),
    ):
        parts += _span(ends, y, f"{label} {signed(gap.effect)} ({places(gap)})", width)
    for (key, word, estimate), y in zip(levels, heights, strict=True):
        parts += whisker(scale, estimate, y, f"dot {key}", radius=6)
        score = decimals(estimate.effect)
        if narrow:
            parts += [text(0, y - 13, word, "name"), text(width, y - 13, f"{score}  ({places(estimate)})", "tick", "end")]
        else:
            parts += [text(0, y + 5, word, "name"), text(width - 152, y + 5, score, "score")]
            parts.append(text(width, y + 5, places(estimate), "tick", "end"))
    spoken = "; ".join(f"{word} {decimals(level.effect)}, 95% interval {places(level)}" for _, word, level in levels)
    return drawing(width, bottom + 22, parts, label=f"{metric(headline.metric)}: {spoken}.", kind="chart")


class Bounds(NamedTuple):
    """The margins of a strip: what must not pass, and what may stay unseen."""

    margin: float | None
    blind: float | None


def strip(estimate: Estimate, bounds: Bounds, outcome: str, *, width: int = 320) -> str:
    """Draw one estimate on its effect scale: dot, 95% interval, floor band, material margin (dashed) and blind margin (dotted).

    Notes
    -----
    Margins bound the size of the effect. The margin of the negative side is drawn where the effect lies there.
    """
    band = floor_band(estimate)
    sides = _sides(estimate, bounds, outcome)
    margin, blind = bounds
    lines = [(side * margin, "margin") for side in sides if margin is not None]
    if blind is not None and blind != margin:
        lines += [(side * blind, "blind") for side in sides]
    low, high = _strip_range(estimate, [at for at, _ in lines], band)
    scale = Scale(low, high, 8, width - 8)
    parts: list[str] = []
    if margin is not None:
        start = -margin if -1 in sides else low
        end = margin if 1 in sides else high
        parts.append(rectangle(scale(start), 6, scale(end) - scale(start), 22, "allowed"))
    if band is not None:
        parts.append(rectangle(scale(band[0]), 6, max(scale(band[1]) - scale(band[0]), 2), 22, "floor"))
    parts += axis(scale, 34, most=4)
    if low <= 0 <= high:
        parts.append(line(scale(0), 6, scale(0), 34, "zero"))
    parts += [line(scale(at), 2, scale(at), 34, kind) for at, kind in lines if not scale.outside(at)]
    parts += whisker(scale, estimate, 17, f"dot {outcome}", radius=4.5)
    effect, around = measured(estimate)
    spoken = f"Effect {effect}, 95% interval {around}"
    spoken += "" if margin is None else f", margin {number(margin)}"
    spoken += "" if blind is None or blind == margin else f", blind margin {number(blind)}"
    return drawing(width, 52, parts, label=spoken + ".", kind="chart strip")


def whisker(scale: Scale, estimate: Estimate, y: float, kind: str, *, radius: float) -> list[str]:
    """Draw a dot with its interval; an arrow says that the interval goes on beyond the edge."""
    x1, x2 = scale(estimate.low), scale(estimate.high)
    parts = [line(x1, y, x2, y, "whisker")]
    for value, x in ((estimate.low, x1), (estimate.high, x2)):
        side = scale.outside(value)
        parts.append(
            path([(x - 5 * side, y - 4), (x, y), (x - 5 * side, y + 4)], "whisker")
            if side
            else line(x, y - 4, x, y + 4, "whisker")
        )
    return [*parts, circle(scale(estimate.effect), y, radius, kind)]


def floor_band(estimate: Estimate) -> tuple[float, float] | None:
    """Give the floor on the effect scale, or None where value and effect have no scale in common.

    Notes
    -----
    An effect is made from a value v and the floor's median m in one of four ways, and the floor's ends are taken the same
    way: v as it is; an excess, v - m; a deficit, m - v; or a distance without its noise, sqrt(max(v^2 - m^2, 0)).
    """
    median = estimate.floor_median
    ways: list[Callable[[float], float]] = [lambda v: v, lambda v: v - median, lambda v: median - v]
    if estimate.floor_low >= 0:
        ways.append(lambda v: math.sqrt(max(v * v - median * median, 0.0)))
    way = min(ways, key=lambda one: abs(one(estimate.value) - estimate.effect))
    span = max(abs(estimate.effect), estimate.high - estimate.low, estimate.floor_high - estimate.floor_low)
    if abs(way(estimate.value) - estimate.effect) > 0.5 * span:
        return None
    ends = way(estimate.floor_low), way(estimate.floor_high)
    return min(ends), max(ends)


def signed(value: float) -> str:
    """Write a difference with its sign."""
    shown = decimals(value)
    return f"+{shown}" if not shown.startswith("-") and any(digit in shown for digit in "123456789") else shown


def places(estimate: Estimate) -> str:
    """Write an interval with fixed places, as scores are."""
    return f"{decimals(estimate.low)} to {decimals(estimate.high)}"


def _span(ends: tuple[float, float], y: float, label: str, width: float) -> list[str]:
    x1, x2 = sorted(ends)
    middle = min(max((x1 + x2) / 2, 124), width - 124)
    return [path([(x1, y - 4), (x1, y), (x2, y), (x2, y + 4)], "span"), text(middle, y + 16, label, "gap", "middle")]


def _range(estimates: Sequence[Estimate]) -> tuple[float, float]:
    low, high = min(e.low for e in estimates), max(e.high for e in estimates)
    pad = max(0.08 * (high - low), 0.004)
    return low - pad, high + pad


def _sides(estimate: Estimate, bounds: Bounds, outcome: str) -> tuple[int, ...]:
    margin = bounds.margin
    if margin is None or estimate.effect >= 0:
        return (1,)
    if outcome == "pass":
        return (-1, 1) if estimate.low >= -max(margin, bounds.blind or margin) else (1,)
    return (-1, 1) if -estimate.low > estimate.high else (1,)


def _strip_range(estimate: Estimate, lines: Sequence[float], band: tuple[float, float] | None) -> tuple[float, float]:
    inside = [0.0, estimate.effect, *(band or ()), *lines]
    core = max(abs(value) for value in inside) or 1.0
    ends = [*inside, max(estimate.low, -3 * core), min(estimate.high, 3 * core)]
    pad = 0.08 * (max(ends) - min(ends)) or 0.1
    return min(ends) - pad, max(ends) + pad
