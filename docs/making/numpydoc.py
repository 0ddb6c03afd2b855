"""Read docstrings of numpydoc's form and write them as Markdown."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)


def sections(thing: Any) -> dict[str, str]:
    r"""Take a docstring apart: its first lines under "", then each section under its name.

    Examples
    --------
    >>> def f():
    ...     '''Do.
    ...
    ...     Notes
    ...     -----
    ...     Why.
    ...     '''
    >>> sections(f)
    {'': 'Do.', 'Notes': 'Why.'}
    """
    document = inspect.getdoc(thing) or ""
    parts = SECTION.split(document)
    return {name: text.strip("\n") for name, text in zip(["", *parts[1::2]], [parts[0], *parts[2::2]], strict=True)}


def parameters(text: str) -> dict[str, tuple[str, str]]:
    r"""Give the entries of a Parameters section: name to type and description; entries of several names are taken apart.

    Examples
    --------
    >>> parameters("a, b : int, default 3 and 4\n    Both.\nc\n    None.")
    {'a': ('int, default 3', 'Both.'), 'b': ('int, default 4', 'Both.'), 'c': ('', 'None.')}
    """
    found: dict[str, tuple[str, str]] = {}
    for names, kind, told in entries(text):
        each = names.split(",")
        first, default, rest = kind.partition(", default ")
        values = rest.split(" and ")
        kinds = [first + default + value for value in values] if len(values) == len(each) else [kind] * len(each)
        for name, own in zip(each, kinds, strict=True):
            found[name.strip().lstrip("*")] = (own, told)
    return found


def entries(text: str) -> list[tuple[str, str, str]]:
    """Give the entries of a section: names, type, description as Markdown."""
    found: list[tuple[str, str, list[str]]] = []
    for line in text.splitlines():
        if line and not line[0].isspace():
            names, _, kind = line.partition(" : ")
            found.append((names.strip(), kind.strip(), []))
        elif found:
            found[-1][2].append(line)
    return [(names, kind, prose(textwrap.dedent("\n".join(told)))) for names, kind, told in found]


def prose(text: str, links: Mapping[str, str] | None = None) -> str:
    """Give running text as Markdown: code marked once, known names linked, each paragraph on one line, lists kept."""
    joined: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines: list[str] = []
        for line in block.splitlines():
            if lines and not re.match(r"\s*[-*] ", line):
                lines[-1] += " " + line.strip()
            else:
                lines.append(line.strip())
        joined.append("\n".join(lines))
    marked = re.sub(r"``([^`]+)``", r"`\1`", "\n\n".join(joined))
    if links:
        marked = re.sub(r"`(\w+)`", lambda found: link(found.group(1), links), marked)
    return marked


def link(name: str, links: Mapping[str, str]) -> str:
    """Link a name that has a page, else mark it as code."""
    return f"[`{name}`]({links[name]})" if name in links else f"`{name}`"


def cell(text: object) -> str:
    """Give text that stands in a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Give a table."""
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *([cell(part) for part in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def page(*parts: str) -> str:
    """Join the parts of a page; empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def without_blind_spots(text: str) -> str:
    """Leave out the sentence on what cannot be seen: it has a heading of its own."""
    return re.sub(r"\s*(?:What it|It) cannot\s+see:?.*\Z", "", text, flags=re.DOTALL)
