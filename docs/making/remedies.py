"""Pages of the remedies that mending knows, and their table in the index."""

from __future__ import annotations

from assay.core.protocols import Remedy
from assay.core.registry import get, names
from assay.reporting.text import title
from assay.reporting.words import MECHANISMS
from making.measures import mechanism_link
from making.numpydoc import page, prose, sections, table, without_blind_spots

CHANGES = {
    "rows": "which rows there are",
    "weights": "how much each row counts",
    "values": "cells",
    "labels": "targets",
}


def remedies() -> dict[str, type[Remedy]]:
    """Give the catalogue."""
    return {name: get("remedy", name) for name in names("remedy")}


def remedy_pages() -> dict[str, str]:
    """Give one page a remedy."""
    return {f"remedies/{name}.md": _remedy(name, remedy) for name, remedy in remedies().items()}


def remedy_table() -> str:
    """Give the catalogue as a table for the index."""
    rows = [
        (f"[{name}](remedies/{name}.md)", remedy.question, ", ".join(sorted(remedy.mends)), CHANGES[remedy.changes])
        for name, remedy in remedies().items()
    ]
    return table(["remedy", "question", "mends", "changes"], rows) if rows else ""


def _remedy(name: str, remedy: type[Remedy]) -> str:
    document = sections(remedy)
    notes = document.get("Notes", "")
    mended = "; ".join(f"{mechanism_link(each, '../')}: {MECHANISMS[each]}" for each in sorted(remedy.mends))
    facts = [
        f"- **Name**: `{name}`",
        f"- **Mends**: {mended}",
        f"- **Changes**: {_changes(remedy)}",
        f"- **Needs**: {'a target column' if remedy.needs_target else 'no role of a column'}",
        "- **Privacy**: makes rows from real ones; recipes need the real rows to be replayed" if remedy.anchors else "",
    ]
    links = _links(name)
    return page(
        f"# {title(name)}",
        f"**{remedy.question}**",
        prose(document[""], links),
        "\n".join(filter(None, facts)),
        "## How it works" if notes else "",
        prose(without_blind_spots(notes), links),
        "## What it cannot see",
        _sentence(remedy.cannot_see),
        "## References" if document.get("References") else "",
        prose(document.get("References", "")),
        "[How mending works](../mend.md) · [All remedies](../index.md#remedies)",
    )


def _changes(remedy: type[Remedy]) -> str:
    """Give what a remedy changes, and what else it may."""
    more = " and ".join(words for name, words in CHANGES.items() if name in remedy.also)
    return CHANGES[remedy.changes] + (f"; where need be {more}, too" if more else "")


def _links(name: str) -> dict[str, str]:
    """Give where names in a docstring lead: other remedies, by name or class, and mechanisms."""
    others = {other: remedy for other, remedy in remedies().items() if other != name}
    pages = {other: f"{other}.md" for other in others} | {remedy.__name__: f"{other}.md" for other, remedy in others.items()}
    return pages | dict.fromkeys(MECHANISMS, "../words.md#mechanisms")


def _sentence(text: str) -> str:
    """Give a phrase as a sentence."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
