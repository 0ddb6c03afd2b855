"""Believed against actual as one picture that stands alone: with its own colours, for a README or a slide."""

from __future__ import annotations

from assay.core.errors import UsageError
from assay.core.trajectory import Trajectory
from assay.lab.loop_bands import bands
from assay.reporting.loop_charts import believed_and_actual, span_of
from assay.reporting.loop_words import PAIRS
from assay.reporting.svg import drawing, rectangle, text
from assay.reporting.text import shorten

PANEL, GAP, HEIGHT, TOP = 352, 16, 216, 62
STYLE = """
svg{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
.ground{fill:#fff}text{fill:#171b24;font-size:13px}.tick,.sub{fill:#566073;font-size:12px}.head{font-weight:600;font-size:14.5px}
.name-believed,.name-actual{font-weight:600;font-size:13px}
.axis{stroke:#566073;fill:none}.rule{stroke:#edf0f4}.floor{fill:#c3c9d4;fill-opacity:.5}
.course{fill:none;stroke-width:2.4;stroke-linejoin:round}.range{stroke:none;fill-opacity:.16}.dot{stroke:#fff;stroke-width:1.5}
.course.believed{stroke:#d98200;stroke-dasharray:6 3}.range.believed,.dot.believed{fill:#d98200}
.course.actual{stroke:#d55e00}.range.actual,.dot.actual{fill:#d55e00}
"""


def stand_alone(trajectory: Trajectory, *, generator: str = "", regime: str = "") -> str:
    """Draw both pairs of axes of one generator under one regime beside each other.

    Parameters
    ----------
    trajectory : Trajectory
        With the axes ``believed_auc`` and ``two_sample_auc``, ``believed_score`` and ``tstr``, or one of the pairs.
    generator, regime : str
        Whose; the first ones there are by default.

    Returns
    -------
    str
        An SVG with its own style, 720 pixels wide where both pairs are there.

    Raises
    ------
    UsageError
        If neither pair of axes is there.
    """
    lineages = trajectory.lineages()
    generator = generator or (lineages[0].generator if lineages else "")
    regime = regime or next((each.regime for each in lineages if each.generator == generator), "")
    found = {band.axis: band for band in bands(trajectory) if (band.generator, band.regime) == (generator, regime)}
    pairs = [pair for pair in PAIRS if pair[0] in found and pair[1] in found]
    if not pairs:
        there = ", ".join(dict.fromkeys(f"{each.generator} {each.regime}" for each in lineages)) or "none"
        raise UsageError(
            f"This picture needs what was believed and what is actual of one generator and regime. Got {generator!r} {regime!r}. "
            f"Lineages: {there}."
        )
    parts = [rectangle(0, 0, len(pairs) * (PANEL + GAP) - GAP, TOP + HEIGHT + 22, "ground")]
    for at, (believed, actual, question, unit) in enumerate(pairs):
        x = at * (PANEL + GAP)
        both = found[believed], found[actual]
        panel = believed_and_actual(*both, span_of(both), width=PANEL, height=HEIGHT, room=74)
        parts += [text(x + 8, 20, question, "head"), text(x + 8, 39, unit, "sub")]
        parts.append(panel.replace("<svg ", f'<svg x="{x}" y="{TOP - 10}" width="{PANEL}" height="{HEIGHT}" ', 1))
        parts.append(text(x + 44, TOP + HEIGHT + 8, "" if at else "generation; grey: what real samples show", "sub"))
    width = len(pairs) * (PANEL + GAP) - GAP
    said = f"{shorten(generator, 40)}, {shorten(regime, 40)}"
    parts.append(text(width - 8, TOP + HEIGHT + 8, said, "sub", "end"))
    svg = drawing(width, TOP + HEIGHT + 22, parts, label=f"Believed against actual, {said}.", kind="loop")
    opened, rest = svg.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" ', 1).split(">", 1)
    return f"{opened}><style>{STYLE}</style>{rest}"
