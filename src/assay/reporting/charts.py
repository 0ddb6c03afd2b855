"""The charts of numbers with their noise: the headline's four scores and the strip of one check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assay.core.estimate import Estimate
from assay.core.scorecard import Headline
from assay.reporting.svg import Scale, axis, circle, drawing, line, path, rectangle, text
from assay.reporting.text import decimals, interval, number
from assay.reporting.words import LEVELS


def headline_chart(headline: Headline, *, width: int = 720) -> str:
    """Draw trained, believed, actual and attainable on one axis, each a dot with its 95% interval, and the two gaps as spans.

    Parameters
    ----------
    headline : Headline
        The four scores and two gaps.
    width : int
        In pixels: 720 for a desk, 340 for a phone, where labels stand above their dots.
    """
    narrow = width < 500
    levels = [(key, word, getattr(headline, key)) for key, word, _ in LEVELS]
    left, right = (14, width - 14) if narrow else (118, width - 150)
    row = 48 if narrow else 40
    scale = Scale(*_range([estimate for _, _, estimate in levels]), left, right)
    gaps = (
        ("Illusion gap", headline.illusion_gap, headline.actual, headline.believed, 1),
        ("Utility gap", headline.utility_gap, headline.actual, headline.attainable, 3),
    )
    heights = {key: 34 + row * at + (46 if at > 1 else 0) for at, (key, _, _) in enumerate(levels)}
    bottom = heights["attainable"] + 52
    parts = axis(scale, bottom, most=4 if narrow else 6, top=10)
    for key in ("believed", "actual", "attainable"):
        x = scale(getattr(headline, key).effect)
        reach = heights["actual"] if key != "actual" else heights["attainable"] + 26
        start = heights["believed"] if key == "actual" else heights[key]
        parts.append(line(x, start if key != "actual" else heights["believed"] + 26, x, reach, "drop"))
    for label, gap, start, end, at in gaps:
        y = heights["believed"] + 30 if at == 1 else heights["attainable"] + 28
        parts += _span(scale, start.effect, end.effect, y, f"{label} {signed(gap.effect)}", f"({interval_places(gap)})", width)
    for key, word, estimate in levels:
        y = heights[key]
        parts += whisker(scale, estimate, y, f"dot {key}", radius=6)
        score = decimals(estimate.effect)
        around = f"{decimals(estimate.low)} to {decimals(estimate.high)}"
        if narrow:
            parts += [text(left - 8, y - 14, word, "name"), text(right + 8, y - 14, f"{score}  ({around})", "score", "end")]
        else:
            parts += [
                text(0, y + 5, word, "name"),
                text(width - 132, y + 5, score, "score"),
                text(width - 84, y + 5, around, "tick"),
            ]
    spoken = "; ".join(
        f"{word} {decimals(e.effect)}, 95% interval {decimals(e.low)} to {decimals(e.high)}" for _, word, e in levels
    )
    return drawing(width, bottom + 22, parts, label=f"{headline.metric}: {spoken}.", kind="chart headline")


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
    spoken = f"Effect {number(estimate.effect)}, 95% interval {interval(estimate)}"
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
    Where effect = value - floor (an AUC's excess over one half) the floor is moved by its median; where the effect is the
    value without its noise (a distance) it stays.
    """
    shifted = estimate.value - estimate.floor_median
    span = max(abs(estimate.effect), estimate.high - estimate.low, estimate.floor_high - estimate.floor_low)
    choices = ((abs(estimate.value - estimate.effect), 0.0), (abs(shifted - estimate.effect), estimate.floor_median))
    distance, shift = min(choices)
    if distance > 0.5 * span:
        return None
    return estimate.floor_low - shift, estimate.floor_high - shift


def signed(value: float) -> str:
    """Write a difference with its sign."""
    shown = decimals(value)
    return shown if shown.startswith("-") or not float(shown) else f"+{shown}"


def interval_places(estimate: Estimate) -> str:
    """Write an interval with fixed places, as scores are."""
    return f"{decimals(estimate.low)} to {decimals(estimate.high)}"


def _span(scale: Scale, start: float, end: float, y: float, label: str, note: str, width: float) -> list[str]:
    x1, x2 = sorted((scale(start), scale(end)))
    middle = min(max((x1 + x2) / 2, 112), width - 112)
    return [
        path([(x1, y - 4), (x1, y), (x2, y), (x2, y - 4)], "span"),
        f'<g class="gap">{text(middle, y + 15, f"{label} {note}", "gap", "middle")}</g>',
    ]


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
