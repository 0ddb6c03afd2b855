"""A forecast as one HTML page: no network, no script, every name escaped, bounded in size."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from assay.core.forecast import Outlook
from assay.reporting import forecast_words as words
from assay.reporting.html import environment
from assay.reporting.loop_words import axis_title
from assay.reporting.outlook_charts import Fan, fan
from assay.reporting.text import shorten

if TYPE_CHECKING:
    from assay.reporting.forecast import Forecast

GROUPS, AXES, LINES, POINTS = 12, 24, 40, 60


def page(forecast: Forecast) -> str:
    """Give the whole result as one HTML page, under 1.5 MB; the JSON document holds what is not shown."""
    answers = forecast.answers
    most = max((one.rows for one in answers.outlooks), default=0)
    shown = [one for one in answers.outlooks if one.rows == most]
    found = [(key, list(group)) for key, group in groupby(shown, key=lambda one: (one.generator, one.regime))]
    return environment().get_template("forecast.html.j2").render(
        told=forecast.status == "told",
        horizon=answers.horizon,
        cost=words.cost(answers.cost),
        groups=[_group(*key, outlooks, answers.horizon) for key, outlooks in found[:GROUPS]],
        groups_hidden=max(0, len(found) - GROUPS),
        sections=[_section(name, lines) for name, lines in words.sections(answers) if lines],
        axis_title=axis_title,
        assurance=words.assurance(answers),
        run=forecast.run,
    )  # fmt: skip


def _group(generator: str, regime: str, outlooks: list[Outlook], horizon: int) -> dict[str, Any]:
    return {
        "generator": shorten(generator, 40),
        "regime": shorten(regime, 40),
        "said": words.first_to_leave(outlooks),
        "axes": [
            {
                "name": one.axis,
                "said": f"Leaves its margin: {words.when(one.leaving, horizon)}.",
                "svg": Markup(
                    fan(
                        _points(one),
                        axis_title(one.axis),
                        limit_low=one.limit_low,
                        limit_high=one.limit_high,
                        seen=one.generations,
                    )
                ),
            }
            for one in outlooks[:AXES]
        ],
        "hidden": max(0, len(outlooks) - AXES),
    }


def _points(one: Outlook) -> list[Fan]:
    every = -(-len(one.bands) // POINTS)
    return [
        Fan(band.generation, band.middle, band.low_all, band.high_all, band.low, band.high)
        for at, band in enumerate(one.bands)
        if (len(one.bands) - 1 - at) % every == 0
    ]


def _section(name: str, lines: list[str]) -> dict[str, Any]:
    short = name.split(",")[0].split(" that ")[0]
    return {
        "id": short.lower().replace(" ", "-").replace("?", ""),
        "short": short,
        "name": name,
        "lines": lines[:LINES],
        "hidden": max(0, len(lines) - LINES),
    }
