"""Pages of the damages that can be planted, and their table in the index."""

from __future__ import annotations

import re
from typing import Any

from assay.core.protocols import Damage
from assay.core.registry import get, names
from assay.reporting.text import number, title
from assay.reporting.words import MECHANISMS
from making.measures import mechanism_link
from making.numpydoc import entries, page, prose, sections, table

TOUCHES = {
    "cells": "cells of synthetic rows that stay in their places",
    "rows": "synthetic rows: some are missing, repeated or others",
    "holdout": "the holdout; the synthetic rows are sound",
}
NEEDS = {"target": "a target column", "entity": "an entity column", "time": "a time column"}


def damages() -> dict[str, type[Damage]]:
    """Give the catalogue."""
    return {name: get("damage", name) for name in names("damage")}


def damage_pages() -> dict[str, str]:
    """Give one page a damage."""
    return {f"damages/{name}.md": _damage(name, damage) for name, damage in damages().items()}


def damage_table() -> str:
    """Give the catalogue as a table for the index."""
    return table(
        ["damage", "harm", "mechanism", "material severity"],
        (
            (f"[{name}](damages/{name}.md)", damage.harm, damage.mechanism, f"{number(damage.material)} ({damage.unit})")
            for name, damage in damages().items()
        ),
    )


def _damage(name: str, damage: type[Damage]) -> str:
    document = sections(damage)
    needs = " and ".join(NEEDS[need] for need in sorted(damage.needs, key=list(NEEDS).index))
    also = ", ".join(mechanism_link(mechanism, "../") for mechanism in sorted(damage.also))
    facts = [
        f"- **Name**: `{name}`",
        f"- **Right mechanism**: {mechanism_link(damage.mechanism, '../')}: {MECHANISMS[damage.mechanism]}",
        f"- **Also right**: {also}" if also else "",
        f"- **Touches**: {TOUCHES[damage.touches]}",
        f"- **Needs**: {needs or 'no role of a column'}",
    ]
    links = _links(name)
    attributes = entries(document.get("Attributes", ""))
    fixed = [f"- {', '.join(f'`{one.strip()}`' for one in own.split(','))} ({kind}): {told}" for own, kind, told in attributes]
    return page(
        f"# {title(name)}",
        f"**{_sentence(damage.harm)}**",
        prose(document[""], links),
        "\n".join(filter(None, facts)),
        "## How it is planted" if document.get("Notes") or fixed else "",
        prose(document.get("Notes", ""), links),
        "\n".join(fixed),
        "## Severities",
        f"Severity is counted as: {damage.unit}. Fixed beforehand, for 5,000 rows and more:",
        table(["severity", "", "why"], [_severity(damage, severity) for severity in damage.severities]),
        "" if damage.harmless is not None else f"No severity counts as harmless. {_sentence(damage.harmless_because)}",
        _named(damage),
        f"```console\n$ assay drill REAL --kinds {name}\n```",
        "## References" if document.get("References") else "",
        prose(document.get("References", "")),
        "[How to drill](../drill.md) · [All damages](../index.md#damages)",
    )


def _severity(damage: type[Damage], severity: float) -> tuple[str, str, str]:
    if severity == damage.material:
        return number(severity), "**material**: must be caught", damage.material_because
    if severity == damage.harmless:
        return number(severity), "**harmless**: must not be failed", damage.harmless_because
    return number(severity), "", ""


def _named(damage: type[Damage]) -> str:
    """Name the measures that look for it first."""
    right = damage.mechanism, *damage.also
    measures = [name for name in names("measure") if get("measure", name).mechanism in right]
    shown = ", ".join(f"[{title(name).lower()}](../measures/{name}.md)" for name in measures)
    return f"Measures that usually name a right mechanism: {shown}. Others may see it, too." if shown else ""


def _links(name: str) -> dict[str, str]:
    """Give where names in a docstring lead: other damages, by name or class, and mechanisms."""
    others: dict[str, Any] = {other: damage for other, damage in damages().items() if other != name}
    pages = {other: f"{other}.md" for other in others} | {damage.__name__: f"{other}.md" for other, damage in others.items()}
    return pages | dict.fromkeys(MECHANISMS, "../words.md#mechanisms")


def _sentence(text: str) -> str:
    """Give a phrase as a sentence."""
    return re.sub(r"\A\w", lambda found: found.group().upper(), text) + "."
