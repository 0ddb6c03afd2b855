"""The pictures of mending: the proof on sealed rows, how rows were told apart step by step, and the ways to train."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from assay.core.mended import FormScored, GroupGain, Measured, Proof, Taken
from assay.reporting.mended_words import ALIKE, around, calibration_lines, proof_lines, remedy, short
from assay.reporting.svg import Scale, axis, circle, drawing, line, path, text
from assay.reporting.text import shorten, visible
from assay.reporting.words import metric

NAME, NARROW_NAME = 30, 33


class Row(NamedTuple):
    """A line of a picture: its name, the class of its dot, and a number with its interval."""

    name: str
    kind: str
    found: Measured


def intervals(rows: Sequence[Row], label: str, *, width: int = 720, mark: float | None = None, joined: bool = False) -> str:
    """Draw numbers with their 95% intervals under each other on one axis.

    Parameters
    ----------
    rows : sequence of Row
        From top to bottom.
    label : str
        What is measured, for those who hear it read.
    width : int
        In pixels: 720 for a desk, 340 for a phone, where names stand above their lines.
    mark : float, optional
        A number that is marked by a dashed line from top to bottom.
    joined : bool
        Whether a line leads from dot to dot, as from step to step.
    """
    narrow = width < 500
    left, right = (12, width - 12) if narrow else (212, width - 172)
    step, top = (46, 34) if narrow else (32, 22)
    scale = _scale([row.found for row in rows], mark, left, right)
    heights = [top + step * at for at in range(len(rows))]
    bottom = heights[-1] + 20
    parts = axis(scale, bottom, most=4 if narrow else 6, top=top - 14)
    if mark is not None:
        parts.append(line(scale(mark), top - 14, scale(mark), bottom, "margin"))
    if joined:
        parts.append(path([(scale(row.found.value), y) for row, y in zip(rows, heights, strict=True)], "joined"))
    for row, y in zip(rows, heights, strict=True):
        parts += _whisker(scale, row.found, y, f"dot {row.kind}")
        if narrow:
            parts.append(text(0, y - 12, shorten(row.name, NARROW_NAME), "small-name"))
            parts.append(text(width, y - 12, around(row.found).partition(" ")[0], "tick", "end"))
        else:
            parts.append(text(0, y + 5, shorten(row.name, NAME), "small-name"))
            parts.append(text(width, y + 5, around(row.found), "tick", "end"))
    spoken = "; ".join(f"{row.name} {around(row.found)}" for row in rows)
    return drawing(width, bottom + 22, parts, label=f"{label}: {spoken}.", kind="chart")


def proof_chart(proof: Proof, *, width: int = 720) -> str:
    """Draw the four scores on sealed rows; the dashed line is the baseline."""
    rows = [Row(name, f"of-{key}", score) for key, name, score in proof_lines(proof)]
    return intervals(rows, f"{metric(proof.metric)} on sealed rows", width=width, mark=proof.baseline.value)


def groups_chart(groups: Sequence[GroupGain], *, width: int = 720) -> str:
    """Draw the gain in every group that can be told of; the dashed line is none."""
    rows = [Row(visible(one.group), "of-mended", one.gain) for one in groups if one.gain is not None]
    return intervals(rows, "As chosen over the baseline in each group", width=width, mark=0.0)


def calibration_chart(proof: Proof, *, width: int = 720) -> str:
    """Draw how far probabilities are off; the dashed line is none."""
    kinds = ("of-baseline", "of-mended", "of-real")
    rows = [Row(name, kind, found) for kind, (name, found) in zip(kinds, calibration_lines(proof), strict=True)]
    return intervals(rows, "Error of probabilities on sealed rows", width=width, mark=0.0)


def steps_chart(steps: Sequence[Taken], *, width: int = 720) -> str:
    """Draw how well rows are told from real ones, as they came and after every step; dashed is what two samples score."""
    rows = [Row("As they came", "of-synthetic", steps[0].told_before)]
    rows += [Row(f"{at}. {remedy(step)}", "of-mended", step.told_after) for at, step in enumerate(steps, 1)]
    return intervals(rows, "AUC of real against synthetic rows", width=width, mark=ALIKE, joined=True)


def forms_chart(forms: Sequence[FormScored], baseline: str | None, chosen: str | None, *, width: int = 720) -> str:
    """Draw the scores of ways to train; the dashed line is the baseline, a triangle marks the chosen one."""
    at = next((form.score.value for form in forms if form.words == baseline), None)
    rows = [Row(f"{'▸ ' if form.words == chosen else ''}{short(form)}", f"of-{form.rows}", form.score) for form in forms]
    return intervals(rows, "Cross-validated scores", width=width, mark=at)


def _scale(found: Sequence[Measured], mark: float | None, left: float, right: float) -> Scale:
    """Span the numbers and their intervals, and the mark where there is one; endless intervals go off the edge."""
    values = [one.value for one in found] + ([] if mark is None else [mark])
    core = max(max(values) - min(values), median(one.high - one.low for one in found) / 2, 0.01)
    low = max(min([*values, *(one.low for one in found)]), min(values) - 2 * core)
    high = min(max([*values, *(one.high for one in found)]), max(values) + 2 * core)
    pad = max(0.05 * (high - low), 0.002)
    return Scale(low - pad, high + pad, left, right)


def _whisker(scale: Scale, found: Measured, y: float, kind: str) -> list[str]:
    parts = [line(scale(found.low), y, scale(found.high), y, "whisker")]
    for value in (found.low, found.high):
        x, side = scale(value), scale.outside(value)
        ends = [(x - 5 * side, y - 4), (x, y), (x - 5 * side, y + 4)]
        parts.append(path(ends, "whisker") if side else line(x, y - 4, x, y + 4, "whisker"))
    return [*parts, circle(scale(found.value), y, 5, kind)]
