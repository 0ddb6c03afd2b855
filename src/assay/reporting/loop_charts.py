"""Pictures of numbers over the generations of a loop: one axis under several regimes, and believed against actual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from assay.lab.loop_bands import Band, Stop
from assay.reporting.svg import Scale, circle, drawing, line, nice_ticks, path, rectangle, text
from assay.reporting.text import number, shorten, title

STOPS = 40
MARKS = 7  # regimes that have a mark, a colour and a dash of their own
FLAT = 1e-12


class Frame(NamedTuple):
    """Where the numbers of a picture are drawn: generations across, values up."""

    across: Scale
    up: Scale

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, right, top and bottom."""
        return self.across.start, self.across.end, self.up.end, self.up.start


def over_generations(
    bands: Sequence[Band], order: Sequence[str], *, drift: Sequence[float] = (), width: int = 268, height: int = 168
) -> str:
    """Draw one axis under one generator: a line for each regime, through medians, in the range of its lineages.

    Parameters
    ----------
    bands : sequence of Band
        One for each regime.
    order : sequence of str
        All regimes, so that each has the same mark in every picture.
    drift : sequence of float
        What a law expects from generation 1 on, drawn as a line of its own.
    width, height : int
        In pixels.

    Notes
    -----
    The grey band is the floor: where real samples of this size lie in 95 of 100 cases.
    """
    shown = [(band, thinned(band.stops)) for band in bands]
    values = [value for _, stops in shown for stop in stops for value in (stop.low, stop.high)]
    first = bands[0]
    last = max(stops[-1].generation for _, stops in shown)
    law = list(enumerate(drift[:last], 1))
    frame = _frame([*values, first.floor_low, first.floor_high, *(share for _, share in law)], last, width, height)
    parts = _ground(frame, first, last)
    if law:
        parts.append(path([(frame.across(at), frame.up(share)) for at, share in law], "law"))
    for band, stops in shown:
        parts.append(_range(stops, frame, f"range {mark(band.regime, order)}"))
    for band, stops in shown:
        kind = mark(band.regime, order)
        parts.append(path([(frame.across(stop.generation), frame.up(stop.median)) for stop in stops], f"course {kind}"))
        parts += [_dot(frame.across(stop.generation), frame.up(stop.median), kind) for stop in stops]
    told = "; ".join(
        f"{shorten(band.regime, 30)} from {number(stops[0].median)} at generation {stops[0].generation} to "
        f"{number(stops[-1].median)} at generation {stops[-1].generation}"
        for band, stops in shown
    )
    floor = f"Real samples: {number(first.floor_low)} to {number(first.floor_high)}"
    label = f"{shorten(title(first.axis))} over the generations: {told}. {floor}."
    return drawing(width, height, parts, label=label, kind="chart curve")


def believed_and_actual(
    believed: Band, actual: Band, span: tuple[float, float], *, width: int = 268, height: int = 176, room: int = 62
) -> str:
    """Draw what somebody without sealed rows would see beside what sealed rows say.

    Parameters
    ----------
    believed, actual : Band
        Against the generation before, and against sealed real rows.
    span : tuple of float
        Least and largest number of the axis, so that pictures that stand beside each other can be compared.
    width, height : int
        In pixels.
    room : int
        For the names at the right end.
    """
    last = max(believed.stops[-1].generation, actual.stops[-1].generation)
    frame = _frame(span, last, width, height, right=room)
    parts = _ground(frame, actual, last)
    ends: list[tuple[float, str, str, float]] = []
    for band, kind in ((believed, "believed"), (actual, "actual")):
        stops = thinned(band.stops)
        parts.append(_range(stops, frame, f"range {kind}"))
        parts.append(path([(frame.across(stop.generation), frame.up(stop.median)) for stop in stops], f"course {kind}"))
        parts += [circle(frame.across(stop.generation), frame.up(stop.median), 3.4, f"dot {kind}") for stop in stops]
        ends.append((frame.up(stops[-1].median), kind, number(stops[-1].median, 2), frame.across(stops[-1].generation)))
    ends.sort()
    apart = max(28 - (ends[1][0] - ends[0][0]), 0) / 2
    for (y, kind, value, _), way in zip(ends, (-1, 1), strict=True):
        y = min(max(y + way * apart, frame.up.end + 8), frame.up.start - 14)
        parts.append(text(frame.across.end + 8, y, kind, f"name-{kind}"))
        parts.append(text(frame.across.end + 8, y + 13, value, "tick"))
    told = "; ".join(
        f"{name} {number(band.stops[0].median)} at generation 1, {number(band.stops[-1].median)} at generation "
        f"{band.stops[-1].generation}"
        for name, band in (("believed", believed), ("actual", actual))
    )
    label = f"{shorten(title(actual.axis))}: {told}. Real samples: {number(actual.floor_low)} to {number(actual.floor_high)}."
    return drawing(width, height, parts, label=label, kind="chart curve")


def span_of(bands: Sequence[Band]) -> tuple[float, float]:
    """Give the least and the largest number that pictures of these bands must hold."""
    ends = [value for band in bands for stop in band.stops for value in (stop.low, stop.high)]
    ends += [value for band in bands for value in (band.floor_low, band.floor_high)]
    return min(ends), max(ends)


def key(regime: str, order: Sequence[str]) -> str:
    """Draw the mark of a regime for the legend."""
    kind = mark(regime, order)
    parts = [line(1, 7, 33, 7, f"course {kind}"), _dot(17, 7, kind)]
    return drawing(34, 14, parts, label=f"mark of {shorten(regime, 40)}", kind="mark-of")


def mark(regime: str, order: Sequence[str]) -> str:
    """Give the class of a regime's line, range and marks."""
    return f"m{order.index(regime) % MARKS}"


def thinned(stops: Sequence[Stop]) -> list[Stop]:
    """Leave generations out where there are more than a picture holds; first and last stay.

    Examples
    --------
    >>> [stop.generation for stop in thinned([Stop(at, 0, 0, 0, 1) for at in range(1, 101)])][-3:]
    [94, 97, 100]
    """
    every = math.ceil(len(stops) / STOPS)
    return [stop for at, stop in enumerate(stops) if (len(stops) - 1 - at) % every == 0 or at == 0]


def _frame(values: Sequence[float], last: int, width: int, height: int, *, right: int = 10) -> Frame:
    low, high = min(values), max(values)
    pad = 0.06 * (high - low) if high - low > FLAT else max(abs(high) * 0.1, 0.1)
    return Frame(Scale(1, max(last, 2), 44, width - right), Scale(low - pad, high + pad, height - 26, 8))


def _ground(frame: Frame, band: Band, last: int) -> list[str]:
    """Draw the floor, rules with their numbers, and the generations."""
    left, right, _, bottom = frame.box
    upper, lower = frame.up(band.floor_high), frame.up(band.floor_low)
    parts = [rectangle(left, upper - 0.5, right - left, max(lower - upper, 1) + 1, "floor")]
    for tick in nice_ticks(frame.up.low, frame.up.high, 5):
        parts.append(line(left, frame.up(tick), right, frame.up(tick), "rule"))
        parts.append(text(left - 6, frame.up(tick) + 4, number(tick), "tick", "end"))
    parts.append(line(left, bottom, right, bottom, "axis"))
    every = max(1, math.ceil(last / 8))
    for at in range(1, last + 1):
        x = frame.across(at)
        if (last - at) % every == 0 or (at == 1 and last - 1 > every and (last - 1) % every > every / 2):
            parts += [line(x, bottom, x, bottom + 3, "axis"), text(x, bottom + 16, at, "tick", "middle")]
    return parts


def _range(stops: Sequence[Stop], frame: Frame, kind: str) -> str:
    edge = [(frame.across(stop.generation), frame.up(stop.high)) for stop in stops]
    edge += [(frame.across(stop.generation), frame.up(stop.low)) for stop in reversed(stops)]
    return path(edge, kind)


def _dot(x: float, y: float, kind: str) -> str:
    """Draw a mark whose shape tells regimes apart without colour."""
    shape = int(kind[1:]) % 4
    name = f"dot {kind}"
    if shape == 0:
        return circle(x, y, 3.2, name)
    if shape == 1:
        return rectangle(x - 3, y - 3, 6, 6, name)
    if shape == 2:
        return path([(x, y - 4), (x + 3.8, y + 3), (x - 3.8, y + 3), (x, y - 4)], name)
    return path([(x, y - 4.4), (x + 4, y), (x, y + 4.4), (x - 4, y), (x, y - 4.4)], name)
