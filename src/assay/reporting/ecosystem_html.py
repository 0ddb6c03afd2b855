"""A scenario of a shared corpus as one HTML page: no network, no script, every name escaped, bounded in size."""

from __future__ import annotations

from markupsafe import Markup

from assay.core.ecosystem import Band, Ecosystem
from assay.reporting.ecosystem_words import AXES, matters, outlook, widths
from assay.reporting.html import environment
from assay.reporting.loop_words import axis_title
from assay.reporting.outlook_charts import Fan, fan

SHOWN, POINTS = 100, 60


def page(ecosystem: Ecosystem) -> str:
    """Give the whole result as one HTML page."""
    last = ecosystem.years[-1] if ecosystem.years else ecosystem.times[-1]
    axes = [
        {
            "name": AXES[band.axis].name if band.axis in AXES else axis_title(band.axis),
            "said": f"Width in {last:g}: {widths(ecosystem, band.axis, last)}.",
            "svg": Markup(fan(_points(ecosystem, band), axis_title(band.axis))),
            "matters": matters(ecosystem, band.axis, last),
        }
        for band in ecosystem.bands[:SHOWN]
    ]
    return environment().get_template("ecosystem.html.j2").render(
        name=ecosystem.name,
        title=ecosystem.title or ecosystem.name,
        times=ecosystem.times,
        years=ecosystem.years or (last,),
        settings=ecosystem.settings,
        outlook=outlook(ecosystem),
        axes=axes,
        assumptions=ecosystem.assumptions[:SHOWN],
        assumptions_hidden=max(0, len(ecosystem.assumptions) - SHOWN),
        left_out=ecosystem.left_out[:SHOWN],
    )  # fmt: skip


def _points(ecosystem: Ecosystem, band: Band) -> list[Fan]:
    every = -(-len(ecosystem.times) // POINTS)
    whole = list(zip(ecosystem.times, band.middle, band.low, band.high, band.seeds_low, band.seeds_high, strict=True))
    return [Fan(*one) for at, one in enumerate(whole) if (len(whole) - 1 - at) % every == 0]
