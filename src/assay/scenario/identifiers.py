"""Identifiers of a pattern: ``{n:6}`` counts up, ``{digits:4}``, ``{letters:2}`` and ``{hex:8}`` are random."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import did_you_mean
from assay.scenario.cells import Cells, strings

_PIECE = re.compile(r"\{([^{}]*)\}")
ALPHABETS = {"digits": "0123456789", "letters": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "hex": "0123456789abcdef"}
LONGEST = 32


def pattern_fault(pattern: str) -> str | None:
    """Say what is wrong with a pattern, or None.

    Examples
    --------
    >>> pattern_fault("C-{n:6}")
    >>> pattern_fault("C-{digit:6}")
    "has an unknown piece {digit:6}. Did you mean 'digits'? Known: {n}, {n:6}, {digits:4}, {letters:2}, {hex:8}."
    """
    known = "Known: {n}, {n:6}, {digits:4}, {letters:2}, {hex:8}."
    for piece in _PIECE.findall(pattern):
        name, colon, width = piece.partition(":")
        if name not in ("n", *ALPHABETS):
            return f"has an unknown piece {{{piece}}}.{did_you_mean(name, ('n', *ALPHABETS))} {known}"
        if colon and not (width.isdigit() and 1 <= int(width) <= LONGEST):
            return f"has a piece {{{piece}}} of no width: write a number from 1 to {LONGEST} after the colon."
        if name != "n" and not colon:
            return f"has a piece {{{piece}}} without a width: write {{{name}:4}}."
    if "{" in _PIECE.sub("", pattern) or "}" in _PIECE.sub("", pattern):
        return f"has a brace without its partner. {known}"
    if not _PIECE.search(pattern):
        return f"has no piece in braces, so that all rows would be alike. {known}"
    return None


def counts_up(pattern: str) -> bool:
    """Whether a pattern counts up, so that no value comes twice."""
    return any(piece.partition(":")[0] == "n" for piece in _PIECE.findall(pattern))


def identifiers(pattern: str, n: int, first: int, rng: np.random.Generator) -> Cells:
    """Make identifiers.

    Parameters
    ----------
    pattern : str
        Text with pieces in braces.
    n : int
        How many.
    first : int
        Where to start counting.
    rng : numpy.random.Generator
        For the random pieces.

    Examples
    --------
    >>> identifiers("C{n:3}", 3, 1, np.random.default_rng(0)).texts().to_pylist()
    ['C001', 'C002', 'C003']
    """
    parts: list[pa.Array | str] = []
    at = 0
    for found in _PIECE.finditer(pattern):
        if found.start() > at:
            parts.append(pattern[at : found.start()])
        name, _, width = found[1].partition(":")
        if name == "n":
            numbers = pa.array(np.arange(first, first + n, dtype=np.int64)).cast(pa.string())
            parts.append(pc.utf8_lpad(numbers, int(width), "0") if width else numbers)
        else:
            parts.append(_random(ALPHABETS[name], int(width), n, rng))
        at = found.end()
    if at < len(pattern):
        parts.append(pattern[at:])
    return strings(pc.binary_join_element_wise(*parts, ""))


def _random(alphabet: str, width: int, n: int, rng: np.random.Generator) -> pa.Array:
    letters = np.frombuffer(alphabet.encode(), dtype=np.uint8)
    block = letters[rng.integers(0, len(letters), (n, width), dtype=np.uint8)]
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32 if n * width < 2**31 else np.int64)
    kind = pa.string() if offsets.dtype == np.int32 else pa.large_string()
    made = pa.Array.from_buffers(kind, n, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(block))])
    return made if kind == pa.string() else made.cast(pa.string())
