"""Values, keys and names as a scenario file writes them."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset({"and", "or", "not", "if", "else", "in", "is", "null", "true", "false"})


def toml_value(part: Any) -> str:
    """Write a value.

    Examples
    --------
    >>> toml_value({"values": ["a", True], "weights": [2, 0.5]})
    '{ values = ["a", true], weights = [2, 0.5] }'
    """
    if isinstance(part, bool | np.bool_):
        return "true" if part else "false"
    if isinstance(part, np.datetime64):
        return str(part.astype("datetime64[us]").item().isoformat())
    if isinstance(part, datetime.date):
        return part.isoformat()
    if isinstance(part, Mapping):
        return "{ " + ", ".join(f"{toml_key(str(key))} = {toml_value(inner)}" for key, inner in part.items()) + " }"
    if isinstance(part, list | tuple):
        return f"[{', '.join(toml_value(inner) for inner in part)}]"
    if isinstance(part, int | np.integer):
        return str(int(part))
    if isinstance(part, float):
        return str(int(part)) if part.is_integer() and abs(part) < 2.0**53 else repr(float(part))
    return json.dumps(str(part), ensure_ascii=False).replace("\x7f", "\\u007F")


def toml_key(name: str) -> str:
    """Write a key, in quotes where it is no plain word."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)


def formula_name(name: str) -> str:
    """Write a column's name as formulas do, in backticks where it is no plain word.

    Examples
    --------
    >>> formula_name("age"), formula_name("hours-per-week"), formula_name("in")
    ('age', '`hours-per-week`', '`in`')
    """
    if _WORD.fullmatch(name) and name.lower() not in _RESERVED:
        return name
    return "`" + name.replace("`", "``") + "`"


def formula_text(text: str) -> str:
    """Write a text as formulas do."""
    return "'" + text.replace("'", "''") + "'"


def toml_comment(text: str, width: int = 120) -> list[str]:
    """Break a comment into lines."""
    lines: list[str] = []
    line = "#"
    for word in re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", " ", text).split():
        if len(line) + 1 + len(word) > width and line != "#":
            lines.append(line)
            line = "#"
        line = f"{line} {word}"
    return [*lines, line]
