"""The few SVG marks that the pictures are made of, every text escaped, every colour left to the style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from assay.reporting.text import number, visible


def drawing(width: float, height: float, parts: Sequence[str], *, label: str, kind: str) -> str:
    """Wrap marks in an SVG of a fixed shape that shrinks with its place, with a label for those who hear it read."""
    name = escape(visible(label), quote=True)
    return (
        f'<svg class="{kind}" viewBox="0 0 {short(width)} {short(height)}" role="img" aria-label="{name}">'
        f"<title>{name}</title>{''.join(parts)}</svg>"
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Draw a straight line."""
    return f'<path class="{kind}" d="M{short(x1)} {short(y1)}L{short(x2)} {short(y2)}"/>'


def rectangle(x: float, y: float, width: float, height: float, kind: str) -> str:
    """Draw a box; its sides may be zero, never negative."""
    return f'<rect class="{kind}" x="{short(x)}" y="{short(y)}" width="{short(max(width, 0))}" height="{short(max(height, 0))}"/>'


def circle(x: float, y: float, radius: float, kind: str) -> str:
    """Draw a dot."""
    return f'<circle class="{kind}" cx="{short(x)}" cy="{short(y)}" r="{short(radius)}"/>'


def path(points: Sequence[tuple[float, float]], kind: str) -> str:
    """Draw a line through points."""
    return f'<path class="{kind}" d="M{"L".join(f"{short(x)} {short(y)}" for x, y in points)}"/>'


def cells(boxes: Sequence[tuple[float, float, float, float]], kind: str) -> str:
    """Draw many boxes of one shade as one path, so that a picture of hundreds of cells stays small."""
    parts = "".join(f"M{short(x)} {short(y)}h{short(w)}v{short(h)}h{short(-w)}z" for x, y, w, h in boxes)
    return f'<path class="{kind}" d="{parts}"/>' if boxes else ""


def text(x: float, y: float, content: object, kind: str = "", anchor: str = "start") -> str:
    """Write one line of text."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{short(x)}" y="{short(y)}"{where}>{escape(visible(content))}</text>'


def short(value: float) -> str:
    """Write a coordinate with one decimal at most.

    Examples
    --------
    >>> short(3.0), short(2.345), short(-0.01)
    ('3', '2.3', '0')
    """
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


class Scale:
    """A straight map from numbers to places.

    Examples
    --------
    >>> Scale(0, 10, 100, 200)(5)
    150.0
    """

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, high if high > low else low + 1.0, start, end

    def __call__(self, value: float) -> float:
        """Give the place of a number; what lies outside stays at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def outside(self, value: float) -> int:
        """Tell whether a number is beyond the left edge (-1), beyond the right (1), or inside (0)."""
        slack = 1e-9 * (self.high - self.low)
        return -1 if value < self.low - slack else 1 if value > self.high + slack else 0


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Give round numbers between two ends, both included where round: steps of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> nice_ticks(0.82, 0.96, 5)
    [0.85, 0.9, 0.95]
    >>> nice_ticks(-0.3, 0.8, 4)
    [0.0, 0.5]
    """
    if not high > low:
        return [low]
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    digits = max(0, 1 - math.floor(math.log10(step)))
    return [round(at * step, digits) + 0.0 for at in range(first, last + 1)]


def axis(scale: Scale, y: float, *, most: int = 5, top: float | None = None) -> list[str]:
    """Draw ticks with their numbers under a line at height `y`, and faint rules up to `top`."""
    parts = [line(scale.start, y, scale.end, y, "axis")]
    for tick in nice_ticks(scale.low, scale.high, most):
        x = scale(tick)
        parts.append(line(x, y if top is None else top, x, y + 3, "rule" if top is not None else "axis"))
        parts.append(text(x, y + 14, number(tick), "tick", "middle"))
    return parts
