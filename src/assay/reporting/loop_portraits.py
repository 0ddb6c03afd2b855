"""Pictures of rows over the generations of a loop, from counts: ridges, levels, the plane, and a scene to step through."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from assay.lab.portrait import Bins, Layout, Plane, Portrait
from assay.reporting.pictures import percent
from assay.reporting.svg import cells, drawing, line, path, rectangle, text
from assay.reporting.text import shorten

RIDGES, SHADES = 9, 8
WIDTH, LEFT, STEP, TALL = 268.0, 34.0, 32.0, 42.0
MOST_TIMES = 2.0  # of its real share that a level is drawn high
Portraits = Mapping[int, Portrait]


def chosen(numbers: Sequence[int], most: int = RIDGES) -> list[int]:
    """Choose generations where there are more than a picture holds: evenly, the last one among them.

    Examples
    --------
    >>> chosen([1, 2, 3], 9), chosen(list(range(1, 31)), 4)
    ([1, 2, 3], [6, 14, 22, 30])
    """
    every = math.ceil(len(numbers) / most)
    return [number for at, number in enumerate(numbers) if (len(numbers) - 1 - at) % every == 0]


def ridges(bins: Bins, real: Portrait, made: Portraits, beside: Sequence[Portraits] = ()) -> str:
    """Draw the distribution of a column in real rows and below it in each generation, the real outline over each.

    Parameters
    ----------
    bins : Bins
        Of a number or of levels.
    real : Portrait
        Real rows.
    made : mapping of int to Portrait
        Generations, all lineages together.
    beside : sequence of mapping
        Generations of the pictures that stand beside this one, and are drawn on the same scale.
    """
    return _levels(bins, real, made) if bins.kind == "level" else _ridges(bins, real, made, (made, *beside))


def _ridges(bins: Bins, real: Portrait, made: Portraits, scale: Sequence[Portraits]) -> str:
    numbers = chosen(sorted(made))
    rows = [("real", real), *((str(number), made[number]) for number in numbers)]
    outline = _heights(bins, real)
    most = max([1e-9, *outline, *(height for one in scale for portrait in one.values() for height in _heights(bins, portrait))])
    most = min(most, 3 * max(outline))  # a spike is cut off rather than all else made flat
    base = TALL + 4
    parts: list[str] = []
    for at, (name, portrait) in enumerate(rows):
        y = base + STEP * at
        heights = _heights(bins, portrait)
        parts.append(path([(LEFT, y), *_steps(bins, heights, most, y), (WIDTH - 4, y)], f"ridge {'made' if at else 'real'}"))
        if at:
            parts.append(path(_steps(bins, outline, most, y), "outline"))
        parts += [line(LEFT, y, WIDTH - 4, y, "rule"), text(LEFT - 6, y, name, "tick", "end")]
    bottom = base + STEP * (len(rows) - 1)
    parts.append(line(LEFT, bottom, WIDTH - 4, bottom, "axis"))
    parts += _edges(bins, bottom)
    return drawing(WIDTH, bottom + 20, parts, label=_said(bins, real, made, numbers), kind="chart ridges")


def _levels(bins: Bins, real: Portrait, made: Portraits) -> str:
    """Draw a row of bars for each level, on a scale of its own: its share of the real rows, which a line repeats, and after."""
    numbers = chosen(sorted(made))
    before = real.shares(bins.column)
    columns = [("real", before), *((str(n), made[n].shares(bins.column)) for n in numbers)]
    left, row = 124.0, 27.0
    step = (WIDTH - left - 2) / len(columns)
    width = min(step - 3, 22)
    parts = [text(left + step * (at + 0.5), 10, name, "tick", "middle") for at, (name, _) in enumerate(columns)]
    for at, label in enumerate(bins.labels):
        y = 16 + row * (at + 1)
        most = min(max(shares[at] for _, shares in columns), MOST_TIMES * before[at])
        parts += [
            text(left - 42, y - 6, shorten(label, 12), "tick", "end"),
            text(left - 6, y - 6, percent(before[at]), "small", "end"),
        ]
        parts.append(line(left, y, WIDTH - 2, y, "rule"))
        for place, (_, shares) in enumerate(columns):
            height = (row - 5) * min(shares[at] / most, 1)
            x = left + step * (place + 0.5) - width / 2
            parts.append(rectangle(x, y - height, width, height, "ridge made" if place else "ridge real"))
        height = (row - 5) * before[at] / most
        parts.append(line(left + step, y - height, WIDTH - 2, y - height, "outline"))
    return drawing(WIDTH, 20 + row * len(bins.labels), parts, label=_said(bins, real, made, numbers), kind="chart ridges")


def plane(found: Plane, portrait: Portrait, real: Portrait, name: str, *, label: str) -> str:
    """Draw the plane of the principal axes as shaded cells, marked with a name so that a scene can show it again."""
    return drawing(100, 100, [_shaded(found, portrait, real, name)], label=label, kind="plane")


def scene(layout: Layout, columns: Sequence[Bins], made: Portraits, stops: Sequence[int], names: Mapping[int, str]) -> str:
    """Draw a scene of several frames, of which one is seen at a time: the real rows, then each generation.

    Parameters
    ----------
    layout : Layout
        Bins and plane.
    columns : sequence of Bins
        Columns of numbers drawn below the plane.
    made : mapping of int to Portrait
        Generations.
    stops : sequence of int
        The generation of each frame, 0 for the real rows; one that is not there leaves its frame empty.
    names : mapping of int to str
        Marks of the planes that are shown again, by generation.

    Notes
    -----
    Frames are groups of class ``frame`` with their place in ``data-at``; a style sheet or a script shows one of them.
    """
    real = layout.real
    parts: list[str] = []
    top = 206.0 if layout.plane is not None else 6.0
    if layout.plane is not None:
        side = 200 / layout.plane.side
        told = [(at * side, 200 - (up + 1) * side, side, side) for at, up in layout.plane.cells]
        parts.append(f'<g transform="translate(34 0)">{cells(told, "told")}</g>')
    baselines: list[tuple[Bins, float, float]] = []
    for bins in columns:
        top += TALL + 30
        outline = _heights(bins, real)
        others = [height for number in stops if number in made for height in _heights(bins, made[number])]
        most = min(max([*outline, *others]), 3 * max(outline))
        baselines.append((bins, top, most))
        parts.append(text(LEFT, top - TALL - 8, shorten(bins.column, 34), "small-name"))
        parts.append(path([(LEFT, top), *_steps(bins, outline, most, top), (WIDTH - 4, top)], "ridge real"))
        parts += [line(LEFT, top, WIDTH - 4, top, "axis"), *_edges(bins, top)]
        top += 14
    for at, number in enumerate(stops):
        if number and number not in made:
            continue
        inside = [text(WIDTH - 4, 12, number or "real", "tick", "end")]
        if layout.plane is not None:
            inside.append(f'<use href="#{names[number]}" transform="translate(34 0) scale(2)"/>')
        portrait = made[number] if number else real
        inside += [path(_steps(bins, _heights(bins, portrait), most, y), "drawn") for bins, y, most in baselines]
        parts.append(f'<g class="frame f{at}" data-at="{at}">{"".join(inside)}</g>')
    return drawing(
        WIDTH, top + 8, parts, label="The rows of one generation after the other, as in the strips.", kind="chart scene"
    )


def _shaded(found: Plane, portrait: Portrait, real: Portrait, name: str) -> str:
    most = max(real.densities) or 1.0
    side = 100 / found.side
    shaded: dict[int, list[tuple[float, float, float, float]]] = {}
    for (at, up), density in zip(found.cells, portrait.densities, strict=True):
        shade = min(math.ceil(SHADES * math.sqrt(density / most)), SHADES)
        shaded.setdefault(shade, []).append((at * side, 100 - (up + 1) * side, side, side))
    kind = "shade" if portrait is real else "tint"  # what is shown again elsewhere has lost what it stood in
    parts = [cells(boxes, f"{kind}{shade}") for shade, boxes in sorted(shaded.items())]
    return f'<g id="{name}">{"".join(parts)}</g>'


def _heights(bins: Bins, portrait: Portrait) -> list[float]:
    return [share / max(width, 1e-4) for share, width in zip(portrait.shares(bins.column), bins.widths, strict=True)]


def _steps(bins: Bins, heights: Sequence[float], most: float, y: float) -> list[tuple[float, float]]:
    room = (WIDTH - 4 - LEFT) / max(sum(bins.widths), 1e-9)
    x = LEFT
    points: list[tuple[float, float]] = []
    for width, height in zip(bins.widths, heights, strict=True):
        level = y - TALL * min(height / most, 1)
        points += [(x, level), (x + width * room, level)]
        x += width * room
    return points


def _edges(bins: Bins, y: float) -> list[str]:
    """Label the edges that there is room for, the outer ones first."""
    room = (WIDTH - 4 - LEFT) / max(sum(bins.widths), 1e-9)
    places = [LEFT + room * sum(bins.widths[: at + 1]) for at in range(len(bins.labels))]
    order = sorted(range(len(places)), key=lambda at: (at not in (0, len(places) - 1), abs(at - len(places) / 2)))
    taken: list[tuple[float, float]] = []
    parts: list[str] = []
    for at in order:
        label = shorten(bins.labels[at], 11)
        half = 3.2 * len(label) + 5
        if all(abs(places[at] - x) >= half + other for x, other in taken) and places[at] + half < WIDTH + 12:
            taken.append((places[at], half))
            parts += [line(places[at], y, places[at], y + 3, "axis"), text(places[at], y + 15, label, "tick", "middle")]
    return parts


def _said(bins: Bins, real: Portrait, made: Portraits, numbers: Sequence[int]) -> str:
    """Say for those who hear it: where the last generation differs most from real rows."""
    if not numbers:
        return f"{shorten(bins.column)}: real rows."
    before, after = real.shares(bins.column), made[numbers[-1]].shares(bins.column)
    at = max(range(len(before)), key=lambda place: abs(after[place] - before[place]))
    if bins.kind == "level":
        where = shorten(bins.labels[at], 30)
    elif at == 0:
        where = f"below {shorten(bins.labels[0], 20)}"
    else:
        ends = [shorten(label, 20) for label in bins.labels[at - 1 : at + 1]]
        where = f"{ends[0]} to {ends[1]}" if len(ends) == 2 else f"from {ends[0]} on"
    return (
        f"{shorten(bins.column)} in real rows and in {len(numbers)} generations; the largest change by generation {numbers[-1]}: "
        f"{where}, {before[at]:.1%} of real rows, {after[at]:.1%} then."
    )
