"""Pictures of what is to come: a median with two bands over generations or years, and the limit that it must not cross."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assay.reporting.svg import Scale, drawing, line, nice_ticks, path, rectangle, text
from assay.reporting.text import number

STILL = 0.005  # what moves by less, as a share of its size, is drawn as a level line


class Fan(NamedTuple):
    """Where a number will be at one time: median, a wide band, and a narrow one within it."""

    at: float
    middle: float
    low: float
    high: float
    inner_low: float
    inner_high: float


def fan(
    points: Sequence[Fan],
    name: str,
    *,
    limit_low: float | None = None,
    limit_high: float | None = None,
    seen: float | None = None,
    width: int = 268,
    height: int = 168,
) -> str:
    """Draw a number over time.

    Parameters
    ----------
    points : sequence of Fan
        In the order of time.
    name : str
        Of the number, for those who cannot see the picture.
    limit_low, limit_high : float or None
        The grey ground lies between them; a side without a limit is open.
    seen : float, optional
        Until when it was observed; a thin line marks the end.
    width, height : int
        In pixels.
    """
    values = [value for point in points for value in point[2:4]]
    limits = [limit for limit in (limit_low, limit_high) if limit is not None]
    low, high = min(values), max(values)
    reach = max(high - low, abs(high) * 0.05)
    near = [limit for limit in limits if low - reach <= limit <= high + reach]  # a limit far away would press the curve flat
    low, high = min([low, *near]), max([high, *near])
    still = high - low <= STILL * max(abs(high), abs(low))
    pad = max(abs(high) * 0.1, 0.1) if still else 0.06 * (high - low)
    across = Scale(points[0].at, max(points[-1].at, points[0].at + 1), 44, width - 12)
    up = Scale(low - pad, high + pad, height - 26, 8)
    parts = [*_ground(across, up, limit_low, limit_high, bool(limits)), *_rules(across, up)]
    if seen is not None and across.low < seen < across.high:
        parts.append(line(across(seen), up.end, across(seen), up.start, "seen"))
    parts.append(_band([(across(one.at), up(one.low), up(one.high)) for one in points], "range m0"))
    parts.append(_band([(across(one.at), up(one.inner_low), up(one.inner_high)) for one in points], "range m0"))
    parts.append(path([(across(one.at), up(one.middle)) for one in points], "course m0"))
    first, last = points[0], points[-1]
    label = (
        f"{name}: {number(first.middle)} at {first.at:g}, {number(last.middle)} at {last.at:g}, between {number(last.low)} and "
        f"{number(last.high)}."
    )
    return drawing(width, height, parts, label=label, kind="chart curve")


def _ground(across: Scale, up: Scale, low: float | None, high: float | None, limited: bool) -> list[str]:
    if not limited:
        return []
    top = up.end if high is None else min(max(up(high), up.end), up.start)
    bottom = up.start if low is None else max(min(up(low), up.start), up.end)
    return [rectangle(across.start, top, across.end - across.start, max(bottom - top, 1), "floor")]


def _rules(across: Scale, up: Scale) -> list[str]:
    parts: list[str] = []
    for tick in nice_ticks(up.low, up.high, 5):
        parts.append(line(across.start, up(tick), across.end, up(tick), "rule"))
        parts.append(text(across.start - 6, up(tick) + 4, number(tick), "tick", "end"))
    parts.append(line(across.start, up.start, across.end, up.start, "axis"))
    for tick in nice_ticks(across.low, across.high, 6):
        if tick == round(tick):
            parts.append(line(across(tick), up.start, across(tick), up.start + 3, "axis"))
            parts.append(text(across(tick), up.start + 16, f"{tick:g}", "tick", "middle"))
    return parts


def _band(points: Sequence[tuple[float, float, float]], kind: str) -> str:
    edge = [(x, high) for x, _, high in points] + [(x, low) for x, low, _ in reversed(points)]
    return path(edge, kind)
