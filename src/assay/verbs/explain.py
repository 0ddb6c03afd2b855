"""Explain a finding's code: what it means, how it is measured, what mends it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from assay.core.errors import UnknownNameError, did_you_mean
from assay.core.registry import get, names
from assay.judging.policy import Policy, load_policy, shipped
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
    margins : tuple of str
        What the policies that ship allow, a sentence for each check of the measure; empty where none judges it.
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
    margins: tuple[str, ...] = ()


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
    spelled = next((form for form in (wanted.upper(), wanted) if did_you_mean(form, known)), None)
    if spelled is None:
        raise UnknownNameError("code", name.strip(), {entry.code for entry in entries})
    raise UnknownNameError("code", spelled, known)


def _of_measure(name: str, measure: Any) -> list[Explanation]:
    document = inspect.getdoc(measure) or ""
    summary = document.partition("\n")[0]
    margins = _margins(name)
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
            margins,
        )
        for code, meaning in measure.codes.items()
    ]


@cache
def _policies() -> dict[str, Policy]:
    return {name: load_policy(name) for name in shipped()}


def _margins(measure: str) -> tuple[str, ...]:
    """Say what each policy allows in each check of a measure; policies that allow the same share a sentence."""
    alike: dict[tuple[str, str, str], dict[bool, list[str]]] = {}
    for name, policy in _policies().items():
        for family, rule in policy.rules.items():
            if rule.measure == measure:
                limits = [("material", rule.material), ("mean", rule.mean), ("blind", rule.blind)]
                told = ", ".join(f"{word} {_limit(limit)}" for word, limit in limits if limit is not None)
                alike.setdefault((family, told, rule.reason), {}).setdefault(rule.required, []).append(name)
    return tuple(
        f"{family}: {told} ({'; '.join(_who(required, where[required]) for required in sorted(where, reverse=True))}). {reason}"
        for (family, told, reason), where in alike.items()
    )


def _who(required: bool, policies: list[str]) -> str:
    return f"{'required by' if required else 'reported under'} {', '.join(policies)}"


def _limit(limit: float | Mapping[str, float]) -> str:
    if isinstance(limit, Mapping):
        return " / ".join(f"{number:g} ({metric.replace('_', ' ')})" for metric, number in limit.items())
    return f"{limit:g}"


def notes(document: str) -> str:
    r"""Give the Notes section of a numpydoc text without its markup and the sentence on blind spots.

    Paragraphs and entries of lists are one line each.

    Examples
    --------
    >>> notes("Do.\n\nNotes\n-----\n``a / b``, one\nratio:\n\n- *c*: d. What it cannot see: e.\n\nReferences\n----------\nX")
    'a / b, one ratio:\n- c: d.'
    """
    found = re.search(r"^Notes\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}$|\Z)", document, re.MULTILINE | re.DOTALL)
    if found is None:
        return ""
    told = re.sub(r"\s*What it cannot\s+see:.*\Z", "", found.group(1), flags=re.DOTALL)
    told = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?!\w)", r"\1", told.replace("``", "").replace("`", ""))
    blocks = re.split(r"\n\s*\n|\n(?=\s*- )", told)
    return "\n".join(" ".join(block.split()) for block in blocks if block.strip())
