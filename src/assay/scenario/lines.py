"""On which line of a TOML text a key stands, which tomllib does not tell."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assay.scenario.model import Path

_TOKEN = re.compile(
    r"""(?P<long>\"{3}(?:\\.|[^\\])*?\"{3}|'{3}.*?'{3})|(?P<text>"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
    r"""|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<mark>[\[\]{},=.])|(?P<space>[^\S\n]+)|(?P<bare>[^\s\[\]{},=."'#]+)""",
    re.DOTALL,
)
DEEPEST = 80


def lines_of(text: str) -> dict[Path, int]:
    r"""Find the line of every key, table and list member.

    Parameters
    ----------
    text : str
        TOML that tomllib reads.

    Returns
    -------
    dict of path to int
        Lines count from 1; members of lists are counted from 0 in the path.

    Examples
    --------
    >>> lines_of('a = 1\n[t]\nc = [\n  {d = 2},\n]\n[[e]]\nf = 3')
    {('a',): 1, ('t',): 2, ('t', 'c'): 3, ('t', 'c', 0): 4, ('t', 'c', 0, 'd'): 4, ('e', 0): 6, ('e', 0, 'f'): 7}
    """
    return _Scanner(text).run()


def line_at(lines: Mapping[Path, int], path: Path) -> int | None:
    """Give the line of a path, or of the nearest thing around it."""
    while path and path not in lines:
        within = [line for known, line in lines.items() if known[: len(path)] == path]
        if within:
            return min(within)
        path = path[:-1]
    return lines.get(path)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        line = 1
        for found in _TOKEN.finditer(text):
            kind = found.lastgroup or ""
            if kind not in ("comment", "space"):
                self.tokens.append((kind, found.group(), line))
            line += found.group().count("\n")
        self.next = 0
        self.lists: dict[Path, int] = {}
        self.found: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self.next < len(self.tokens):
            kind, text, line = self.tokens[self.next]
            if kind == "newline":
                self.next += 1
            elif text == "[" and kind == "mark":
                table = self._header(line)
            else:
                self._pair(table)
                self._skip_line()
        return self.found

    def _header(self, line: int) -> Path:
        self.next += 1
        many = self._is("[")
        self.next += many
        keys = self._keys()
        path: Path = ()
        for at, key in enumerate(keys):
            path = (*path, key)
            if at < len(keys) - 1 and path in self.lists:
                path = (*path, self.lists[path])
            elif at == len(keys) - 1 and many:
                self.lists[path] = self.lists.get(path, -1) + 1
                path = (*path, self.lists[path])
        self.found.setdefault(path, line)
        self._skip_line()
        return path

    def _pair(self, table: Path) -> None:
        line = self.tokens[self.next][2]
        keys = self._keys()
        path = (*table, *keys)
        for end in range(len(table) + 1, len(path) + 1):
            self.found.setdefault(path[:end], line)
        if self._is("="):
            self.next += 1
            self._value(path, 0)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while self.next < len(self.tokens):
            kind, text, _ = self.tokens[self.next]
            if kind in ("bare", "text"):
                keys.append(text if kind == "bare" else text[1:-1])
            elif not (kind == "mark" and text == "."):
                break
            self.next += 1
        return keys

    def _value(self, path: Path, depth: int) -> None:
        if depth > DEEPEST or self.next >= len(self.tokens):
            return
        if self._is("["):
            self.next += 1
            at = 0
            while self.next < len(self.tokens) and not self._is("]"):
                kind, text, line = self.tokens[self.next]
                if kind == "newline" or (kind == "mark" and text == ","):
                    self.next += 1
                    continue
                self.found.setdefault((*path, at), line)
                self._value((*path, at), depth + 1)
                at += 1
            self.next += 1
        elif self._is("{"):
            self.next += 1
            while self.next < len(self.tokens) and not self._is("}"):
                kind, text, _ = self.tokens[self.next]
                if kind == "newline" or (kind == "mark" and text in ",="):
                    self.next += 1
                    continue
                before = self.next
                self._pair(path)
                self.next += self.next == before
            self.next += 1
        else:
            while self.next < len(self.tokens):
                kind, text, _ = self.tokens[self.next]
                if kind == "newline" or (kind == "mark" and text in ",]}"):
                    break
                self.next += 1

    def _is(self, mark: str) -> bool:
        return self.next < len(self.tokens) and self.tokens[self.next][:2] == ("mark", mark)

    def _skip_line(self) -> None:
        while self.next < len(self.tokens) and self.tokens[self.next][0] != "newline":
            self.next += 1
