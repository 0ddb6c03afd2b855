"""Small pictures of real against synthetic: histogram, levels, heatmap."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from assay.core.picture import Picture
from assay.reporting.svg import Scale, cells, drawing, line, path, rectangle, text
from assay.reporting.text import number, shorten

WIDTH = 320
MOST_BINS, MOST_LEVELS, MOST_CELLS = 120, 12, 20
SHADES = 8


def draw(picture: Picture) -> tuple[str, str]:
    """Draw a picture, real filled and synthetic outlined; give the SVG and a note on what it does not show.

    A cell that fewer than 10 rows stand behind is hatched, never drawn as zero.
    """
    return {"histogram": histogram, "levels": levels, "heatmap": heatmap}[picture.kind](picture)


def histogram(picture: Picture) -> tuple[str, str]:
    """Draw two shares per bin: bars for real, a stepped line for synthetic; bins are equally wide whatever they span."""
    k = min(len(picture.real), MOST_BINS)
    real, synthetic = picture.real[:k], picture.synthetic[:k]
    height, base, left = 150.0, 118.0, 4.0
    grow, note = _growth((*real, *synthetic))
    across = Scale(0, k, left, WIDTH - 4)
    up = Scale(0, max([grow(share) for share in (*real, *synthetic) if share is not None] or [1]) or 1, base, 10)
    width = (WIDTH - 4 - left) / max(k, 1)
    gap = 1.0 if width > 4 else 0.0
    bars = [
        (across(at), up(grow(share)), width - gap, base - up(grow(share))) for at, share in enumerate(real) if share is not None
    ]
    parts = [_hatched(real, lambda at: (across(at), 10, width / 2, base - 10)), cells(bars, "real")]
    parts.append(_hatched(synthetic, lambda at: (across(at) + width / 2, 10, width / 2, base - 10)))
    for run in _runs(synthetic):
        points = [(across(at + side), up(grow(share))) for at, share in run for side in (0, 1)]
        parts += [path(points, "synthetic-halo"), path(points, "synthetic-line")]
    parts.append(line(left, base, WIDTH - 4, base, "axis"))
    ticks = sorted({0, k // 3, 2 * k // 3, k}) if k > 3 else range(k + 1)
    for at in ticks:
        anchor = "start" if at == 0 else "end" if at == k else "middle"
        parts += [line(across(at), base, across(at), base + 3, "axis")]
        if at < len(picture.labels):
            parts.append(text(across(at), base + 15, shorten(picture.labels[at], 12), "tick", anchor))
    cut = f"{len(picture.real) - k} bins not shown. " if len(picture.real) > k else ""
    return _finish(height, parts, picture, f"Share of rows in each bin{note}; bins drawn equally wide. {cut}")


def levels(picture: Picture) -> tuple[str, str]:
    """Draw two bars per level, those first that come first."""
    k = min(len(picture.real), MOST_LEVELS)
    real, synthetic = picture.real[:k], picture.synthetic[:k]
    row, left, right = 26.0, 112.0, WIDTH - 48.0
    most = max([share for share in (*real, *synthetic) if share is not None] or [1]) or 1
    across = Scale(0, most, left, right)
    parts: list[str] = []
    for at in range(k):
        y = 6 + row * at
        parts.append(text(left - 6, y + 13, shorten(picture.labels[at], 15), "tick", "end"))
        for share, top, kind in ((real[at], y, "real"), (synthetic[at], y + 9, "synthetic")):
            if share is None:
                parts += [rectangle(left, top, 26, 8, "hatched"), text(left + 30, top + 8, "under 10 rows", "small")]
            else:
                parts += [rectangle(left, top, across(share) - left, 8, kind)]
                parts.append(text(across(share) + 4, top + 8, percent(share), "small"))
    parts.append(line(left, 2, left, 4 + row * k, "axis"))
    cut = f" {len(picture.real) - k} levels not shown." if len(picture.real) > k else ""
    return _finish(row * k + 10, parts, picture, f"Share of rows at each level.{cut}")


def heatmap(picture: Picture) -> tuple[str, str]:
    """Draw two grids of shares in the same shades, real on the left."""
    rows, columns = picture.labels
    r, c = min(len(rows), MOST_CELLS), min(len(columns), MOST_CELLS)
    left, top, gap = 84.0, 22.0, 12.0
    side = (WIDTH - left - gap - 4) / 2
    width, height = side / max(c, 1), min(max(side / max(r, 1), 9.0), 26.0)
    grids = [[grid[at][:c] for at in range(r)] for grid in (picture.real, picture.synthetic)]
    grow, note = _growth([share for grid in grids for row in grid for share in row])
    most = max([grow(share) for grid in grids for row in grid for share in row if share is not None] or [1]) or 1
    size = (max(width - 1, 0.5), max(height - 1, 0.5))
    parts: list[str] = []
    for at, (name, grid) in enumerate(zip(("real", "synthetic"), grids, strict=True)):
        start = left + at * (side + gap)
        parts.append(text(start, 12, name, "legend"))
        shaded: dict[str, list[tuple[float, float, float, float]]] = {}
        for i, row in enumerate(grid):
            for j, share in enumerate(row):
                kind = "hatched" if share is None else f"shade{math.ceil(SHADES * grow(share) / most)}"
                shaded.setdefault(kind, []).append((start + j * width, top + i * height, *size))
        parts += [cells(boxes, kind) for kind, boxes in sorted(shaded.items())]
        below = top + r * height
        if c > 8:
            parts.append(text(start, below + 11, shorten(columns[0], 9), "small"))
            parts.append(text(start + side, below + 11, shorten(columns[c - 1], 9), "small", "end"))
            continue
        for j in range(c):
            x, y = start + (j + 0.5) * width + 3, below + 8
            label = text(0, 0, shorten(columns[j], 11), "small", "end")
            parts.append(f'<g transform="translate({x:.1f} {y:.1f}) rotate(-35)">{label}</g>')
    for i in range(0, r, math.ceil(11 / height)):
        parts.append(text(left - 6, top + (i + 0.5) * height + 3, shorten(rows[i], 13), "small", "end"))
    cut = f" Only the first {r} by {c} cells are shown." if (r, c) != (len(rows), len(columns)) else ""
    return _finish(top + r * height + (18 if c > 8 else 48), parts, picture, f"Share of rows in each cell{note}.{cut}")


def percent(share: float) -> str:
    """Write a share of rows in percent, with two significant digits.

    Examples
    --------
    >>> percent(0.0196), percent(1.0), percent(0.0)
    ('2%', '100%', '0%')
    """
    return f"{number(100 * share, 2)}%"


def _growth(shares: Sequence[float | None]) -> tuple[Callable[[float], float], str]:
    positive = [share for share in shares if share]
    if positive and max(positive) > 40 * min(positive):
        return math.sqrt, ", on a square-root scale"
    return float, ""


def _runs(shares: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for at, share in enumerate(shares):
        if share is None:
            runs.append([])
        else:
            runs[-1].append((at, share))
    return [run for run in runs if run]


def _hatched(shares: Sequence[float | None], box: Callable[[int], tuple[float, float, float, float]]) -> str:
    return cells([box(at) for at, share in enumerate(shares) if share is None], "hatched")


def _finish(height: float, parts: list[str], picture: Picture, note: str) -> tuple[str, str]:
    def hidden(cells: Sequence[float | Sequence[float | None] | None]) -> bool:
        return any(cell is None or (isinstance(cell, (list, tuple)) and hidden(cell)) for cell in cells)

    if hidden(picture.real) or hidden(picture.synthetic):
        note = f"{note.strip()} Hatched: fewer than 10 rows, not shown."
    label = f"{shorten(picture.title, 80)}: real against synthetic. {note}"
    return drawing(WIDTH, height, parts, label=label, kind="chart picture"), note.strip()
