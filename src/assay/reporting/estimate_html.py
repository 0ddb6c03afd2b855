"""An estimate in a notebook: a fragment without network or script, every name escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.reporting import estimate_words as words
from assay.reporting.html import environment
from assay.reporting.text import shorten

if TYPE_CHECKING:
    from assay.reporting.estimate import Estimated

QUANTITIES = 30


def card(found: Estimated) -> str:
    """Give both intervals, what they rest on and what was left out as a self-contained fragment."""
    quantities = found.answer.quantities
    rows = [
        (shorten(one.name, 60), *("{} ({})".format(*words.between(part)) for part in (one.classical, one.powered) if part))
        for one in quantities[:QUANTITIES]
    ]
    return (
        environment()
        .get_template("estimate_card.html.j2")
        .render(
            question=words.question(found),
            told=found.status == "told",
            lines=words.outcome(found.answer),
            rows=rows,
            hidden=len(quantities) - len(rows),
            confidence=f"{100 * found.settings['confidence']:g}%",
            used=words.rows(found.answer),
            assumed=found.answer.assumptions,
            warned=found.answer.warnings,
        )
    )
