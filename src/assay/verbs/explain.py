"""Explain a finding's code: what it means, how it is measured, what mends it."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Any

from assay.core.errors import UnknownNameError, did_you_mean
from assay.core.registry import get, names
from assay.reporting.words import MECHANISMS


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code of one measure.

    Parameters
    ----------
    code, meaning : str
        The stable code and what it says.
    measure, question, summary, statistic : str
        The measure it comes from, what that asks, does and computes.
    mechanism, mechanism_meaning : str
        The usual cause; a finding may name another where its numbers say so.
    remedy, cannot_see : str
        What mends it, and what the measure is blind to.
    """

    code: str
    meaning: str
    measure: str
    question: str
    summary: str
    statistic: str
    mechanism: str
    mechanism_meaning: str
    remedy: str
    cannot_see: str


def catalogue() -> tuple[Explanation, ...]:
    """Give every code of every registered measure, sorted by code."""
    entries = [entry for name in names("measure") for entry in _of_measure(name, get("measure", name))]
    return tuple(sorted(entries, key=lambda entry: (entry.code, entry.measure)))


def explain(name: str) -> tuple[Explanation, ...]:
    """Explain a code, all codes of a measure, or all codes of a mechanism; case does not matter.

    Parameters
    ----------
    name : str
        Such as ``TAIL01``, ``tail_mass`` or ``tail_loss``.

    Returns
    -------
    tuple of Explanation
        At least one.

    Raises
    ------
    UnknownNameError
        If nothing has that name; the nearest is suggested.

    Examples
    --------
    >>> explain("tail01")[0].measure
    'tail_mass'
    """
    entries = catalogue()
    wanted = name.strip().lower()
    for kind in ("code", "measure", "mechanism"):
        found = tuple(entry for entry in entries if getattr(entry, kind).lower() == wanted)
        if found:
            return found
    family = tuple(entry for entry in entries if entry.code.rstrip("0123456789").lower() == wanted)
    if family:
        return family
    known = {part for entry in entries for part in (entry.code, entry.measure, entry.mechanism)}
    spelled = next((form for form in (wanted.upper(), wanted) if did_you_mean(form, known)), name.strip())
    raise UnknownNameError("code", spelled, known)


def _of_measure(name: str, measure: Any) -> list[Explanation]:
    document = inspect.getdoc(measure) or ""
    summary = document.partition("\n")[0]
    return [
        Explanation(
            code,
            meaning,
            name,
            measure.question,
            summary,
            notes(document),
            measure.mechanism,
            MECHANISMS.get(measure.mechanism, ""),
            measure.remedy,
            measure.cannot_see,
        )
        for code, meaning in measure.codes.items()
    ]


def notes(document: str) -> str:
    r"""Give the Notes section of a numpydoc text as one paragraph, without its markup and the sentence on blind spots.

    Examples
    --------
    >>> notes("Do.\n\nNotes\n-----\n``a / b``, one\nratio. What it cannot see: c.\n\nReferences\n----------\nX")
    'a / b, one ratio.'
    """
    found = re.search(r"^Notes\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}$|\Z)", document, re.MULTILINE | re.DOTALL)
    if found is None:
        return ""
    text = " ".join(found.group(1).split()).replace("``", "").replace("`", "")
    return re.sub(r"\s*What it cannot see:.*$", "", text)
