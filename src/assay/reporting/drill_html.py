"""A drill as one HTML page: no network, no script, every name escaped, bounded in size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from assay.core.drilled import KindDrilled
from assay.reporting import drill_words as words
from assay.reporting.drill_charts import curve, reaches
from assay.reporting.html import environment
from assay.reporting.text import shorten

if TYPE_CHECKING:
    from assay.reporting.drill import Drill

KINDS = 80


def page(drill: Drill) -> str:
    """Give the whole result as one HTML page, at most 80 kinds of it; the JSON document holds all of them."""
    return environment().get_template("drill.html.j2").render(_content(drill))


def card(drill: Drill) -> str:
    """Give the summary and the least noticed kinds as a self-contained fragment for a notebook."""
    return environment().get_template("drill_card.html.j2").render(_content(drill, pictures=False))


def _content(drill: Drill, *, pictures: bool = True) -> dict[str, Any]:
    kinds = words.ordered(drill.kinds)[:KINDS]
    standings = [kind.standing for kind in drill.kinds]
    weakest = words.weakest(drill)
    return {
        "drill": drill,
        "summary": words.summary(drill),
        "sizes": words.drilled_sizes(drill),
        "alarms": words.alarms(drill.false_alarms),
        "named": words.named(drill),
        "weakest": () if weakest is None else words.weak_point(weakest),
        "steps": words.next_steps(drill),
        "standings": words.STANDINGS,
        "tally": [(word, name, standings.count(name)) for name, word in words.STANDINGS.items() if name in standings],
        "rows": [_row(kind, pictures=pictures) for kind in kinds],
        "hidden": len(drill.kinds) - len(kinds),
        "charts": [Markup(reaches(kinds, width=width)) for width in (720, 340)] if pictures and kinds else [],
        "style": Markup(environment().get_template("style.css").render()),
    }


def _row(kind: KindDrilled, *, pictures: bool) -> dict[str, Any]:
    return {
        "kind": kind,
        "word": words.STANDINGS[kind.standing],
        "name": shorten(kind.kind),
        "reach": words.reach(kind.reach, kind),
        "at_material": words.chance(kind.at_material),
        "more": words.more_rows(kind),
        "svg": Markup(curve(kind)) if pictures else "",
    }
