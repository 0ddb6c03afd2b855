"""Make any text safe to read, and numbers short enough to read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from assay.core.estimate import Estimate

# C0 and C1 controls, soft hyphen, zero-width and bidirectional marks, line separators, byte-order mark, tags, lone surrogates
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


_ACRONYMS = {"ks": "KS", "auc": "AUC", "dcr": "DCR", "tstr": "TSTR"}


def visible(text: object) -> str:
    r"""Write control, zero-width and direction-changing characters as escapes, so that what is read is what is there.

    Examples
    --------
    >>> visible("a\u202eb\n")
    'a\\u202eb\\n'
    """
    return UNSAFE.sub(_escape, str(text))


def shorten(text: object, length: int = 60) -> str:
    """Make text visible and cut the middle out of what is longer than `length` characters.

    Examples
    --------
    >>> shorten("abcdefghij", 7)
    'abc…hij'
    """
    shown = visible(text)
    if len(shown) <= length:
        return shown
    tail = (length - 1) // 2
    return f"{shown[: length - 1 - tail]}…{shown[len(shown) - tail :]}"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with a few significant digits and no more noise than it deserves.

    Examples
    --------
    >>> [number(x) for x in (0.12345, 0.0, 12345.6, -0.00001234, 1.0, 41233)]
    ['0.123', '0', '12,300', '-1.23e-5', '1', '41,200']
    """
    if value is None or not math.isfinite(value):
        return "\N{EN DASH}"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    size = abs(rounded)
    if size >= 1e7 or size < 1e-3:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if size >= 1000:
        return f"{rounded:,.0f}"
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    shown = f"{rounded:.{places}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def count(value: float) -> str:
    """Write a number of rows or columns in full, with separators."""
    return f"{round(value):,}"


def decimals(value: float, places: int = 3) -> str:
    """Write a score with a fixed number of places, so that scores stand under each other."""
    shown = f"{value:,.{places}f}"
    return shown.lstrip("-") if not any(digit in shown for digit in "123456789") else shown


def measured(estimate: Estimate) -> tuple[str, str]:
    """Write an effect and its 95% interval with the places that the interval's width deserves.

    Examples
    --------
    >>> from assay.core.estimate import Estimate
    >>> measured(Estimate("auc", 0.5, 0, 0, 0, 0.04123, 0.03511, 0.04782, 9, 9, "none"))
    ('0.041', '0.035 to 0.048')
    >>> measured(Estimate("ratio", 0.5, 0, 0, 0, -4e-16, -0.2049, 0.2049, 9, 9, "none"))
    ('0.00', '-0.20 to 0.20')
    """
    width = estimate.high - estimate.low
    if not 1e-6 < width < 1e6:
        return number(estimate.effect), f"{number(estimate.low)} to {number(estimate.high)}"
    places = max(0, 1 - math.floor(math.log10(width)))
    effect, low, high = (decimals(value, places) for value in (estimate.effect, estimate.low, estimate.high))
    return effect, f"{low} to {high}"


def interval(estimate: Estimate) -> str:
    """Write the 95% interval of an estimate's effect."""
    return measured(estimate)[1]


def place(columns: Sequence[str], slice_: str | None = None, *, length: int = 40, most: int = 4) -> str:
    """Say where: the columns and the slice of rows, or the whole table.

    Examples
    --------
    >>> place(["age", "income"]), place(["age"], "upper tail"), place(["sex"], "sex = F"), place([])
    ('age & income', 'age: upper tail', 'where sex = F', 'whole table')
    """
    named = " & ".join(shorten(column, length) for column in columns[:most])
    if len(columns) > most:
        named += f" and {len(columns) - most} more"
    if slice_:
        rows = shorten(slice_, 2 * length)
        named = f"where {rows}" if all(column in slice_ for column in columns) else f"{named}: {rows}"
    return named or "whole table"


def title(name: str) -> str:
    """Turn a registry name into words.

    Examples
    --------
    >>> title("tail_mass"), title("ks_distance")
    ('Tail mass', 'KS distance')
    """
    words = " ".join(_ACRONYMS.get(word, word) for word in visible(name).split("_")).strip()
    return words[:1].upper() + words[1:]


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if named:
        return named
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
