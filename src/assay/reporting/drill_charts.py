"""The pictures of a drill: what is caught from which severity on, and detection against severity, one picture a kind."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assay.core.drilled import CAUGHT, Dose, KindDrilled
from assay.reporting.drill_words import chance, percent, reach
from assay.reporting.svg import Scale, circle, drawing, line, path, rectangle, text
from assay.reporting.text import number, shorten, title

LABEL_ROOM = 40.0
TIMES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)
NAMES = ("1/32", "1/16", "1/8", "1/4", "1/2", "1", "2", "4", "8")


def reaches(kinds: Sequence[KindDrilled], *, width: int = 720) -> str:
    """Draw, a line a kind, the smallest severity caught with 80% probability as a multiple of the material one.

    Parameters
    ----------
    kinds : sequence of KindDrilled
        In the order of the lines.
    width : int
        In pixels: 720 for a desk, 340 for a phone, where names stand above their lines.

    Notes
    -----
    An arrow says that the interval goes on beyond the severities that were planted, a hollow dot that all of it does.
    """
    narrow = width < 500
    left, right = (14, width - 14) if narrow else (200, width - 14)
    step, top = (40, 34) if narrow else (26, 24)
    ends = [math.log(TIMES[0] / 1.2), math.log(TIMES[-1] * 1.2)]
    scale = Scale(ends[0], ends[1], left, right)
    bottom = top + step * len(kinds)
    x = scale(0)
    parts = [rectangle(left, top - 12, x - left, bottom - top + 12, "allowed")]
    for at, name in zip(TIMES, NAMES, strict=True):
        mark = scale(math.log(at))
        if not narrow or NAMES.index(name) % 2:
            parts.append(line(mark, top - 12, mark, bottom + 3, "rule"))
            parts.append(text(mark, bottom + 16, name, "tick", "middle"))
    parts.append(line(x, top - 12, x, bottom, "margin"))
    for at, kind in enumerate(kinds):
        y = top + step * at + (12 if narrow else 4)
        name = shorten(title(kind.kind), 26)
        parts.append(text(0, y - 10, name, "small-name") if narrow else text(0, y + 4, name, "small-name"))
        parts += _whisker(kind, scale, y)
    spoken = "; ".join(f"{title(kind.kind)} {reach(kind.reach, kind)}, material {number(kind.material)}" for kind in kinds)
    return drawing(width, bottom + 22, parts, label=f"Caught with 80% probability from: {spoken}.", kind="chart")


def _whisker(kind: KindDrilled, scale: Scale, y: float) -> list[str]:
    found, first, last = kind.reach, kind.doses[0].severity, kind.doses[-1].severity
    if found.standing == "cannot_tell":
        place = [(first, -1), (last, 1)]
    else:
        place = [(first, -1) if found.low is None else (found.low, 0), (last, 1) if found.high is None else (found.high, 0)]
    parts: list[str] = []
    ends = [(scale(math.log(value / kind.material)), beyond) for value, beyond in place]
    parts.append(line(ends[0][0], y, ends[1][0], y, "whisker"))
    for x, beyond in ends:
        parts.append(
            path([(x - 5 * beyond, y - 4), (x, y), (x - 5 * beyond, y + 4)], "whisker")
            if beyond
            else line(x, y - 4, x, y + 4, "whisker")
        )
    if found.standing == "cannot_tell":
        return parts
    shown = found.severity if found.severity is not None else last if found.standing == "never" else first
    hollow = "" if found.severity is not None else " beyond"
    return [*parts, circle(scale(math.log(shown / kind.material)), y, 4.5, f"dot {kind.standing}{hollow}")]


def curve(kind: KindDrilled, *, width: int = 264, height: int = 170) -> str:
    """Draw the chance of being caught against severity: curve, 95% band, and what became of the plantings.

    Notes
    -----
    Severity runs on a logarithmic scale; dots are shares caught of the plantings at the full size, with their number. The
    dashed line is the material severity, the dotted one the harmless one, the thin one 80%.
    """
    left, right, top, bottom = 34.0, width - 10.0, 10.0, height - 26.0
    doses = kind.doses
    low, high = math.log(doses[0].severity), math.log(doses[-1].severity)
    pad = 0.05 * (high - low)
    across, up = Scale(low - pad, high + pad, left, right), Scale(0, 1, bottom, top)
    places = [across(math.log(dose.severity)) for dose in doses]
    parts = [rectangle(left, top, right - left, bottom - top, "plot")]
    for share in (0, 0.5, 1):
        parts += [line(left, up(share), right, up(share), "rule"), text(left - 6, up(share) + 4, percent(share), "tick", "end")]
    parts.append(line(left, up(CAUGHT), right, up(CAUGHT), "wanted"))
    edge = [(x, up(dose.chance.high)) for x, dose in zip(places, doses, strict=True)]
    edge += [(x, up(dose.chance.low)) for x, dose in reversed(list(zip(places, doses, strict=True)))]
    parts.append(path(edge, "band"))
    if kind.harmless is not None:
        parts.append(line(across(math.log(kind.harmless)), top, across(math.log(kind.harmless)), bottom, "blind"))
    parts.append(line(across(math.log(kind.material)), top, across(math.log(kind.material)), bottom, "margin"))
    parts.append(path([(x, up(dose.chance.rate)) for x, dose in zip(places, doses, strict=True)], "fitted"))
    for x, dose in zip(places, doses, strict=True):
        if dose.plantings:
            y = up(dose.caught / dose.plantings)
            parts.append(circle(x, y, 3.5 + min(dose.plantings, 16) / 8, "dot seen"))
            parts.append(text(x + 8, y + (14 if y < top + 12 else -6), dose.plantings, "small"))
    parts.append(line(left, bottom, right, bottom, "axis"))
    parts += _severities(kind, places, bottom)
    spoken = "; ".join(f"at {number(dose.severity)} {chance(dose.chance)}" for dose in doses)
    return drawing(width, height, parts, label=f"{title(kind.kind)}, chance of being caught {spoken}.", kind="chart curve")


def _severities(kind: KindDrilled, places: Sequence[float], y: float) -> list[str]:
    """Label the material severity and as many others as there is room for."""
    doses: tuple[Dose, ...] = kind.doses
    first = sorted(range(len(doses)), key=lambda at: (doses[at].severity != kind.material, at not in (0, len(doses) - 1)))
    taken: list[float] = []
    parts: list[str] = []
    for at in first:
        x = places[at]
        parts.append(line(x, y, x, y + 3, "axis"))
        if all(abs(x - other) >= LABEL_ROOM for other in taken):
            parts.append(text(x, y + 16, number(doses[at].severity), "tick", "middle"))
            taken.append(x)
    return parts
