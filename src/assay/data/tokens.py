"""Texts of a small grammar read token by token: what conditions on rows and formulas have alike."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NoReturn

QUOTES = "'\"`"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text.

    Parameters
    ----------
    kind : str
        The group of the pattern that it matched.
    text : str
        As written.
    at : int
        Its first character, counted from 1.
    """

    kind: str
    text: str
    at: int

    @property
    def bare(self) -> str:
        """The text without its quotes, those doubled inside told once."""
        quote = self.text[0]
        return self.text[1:-1].replace(quote * 2, quote) if quote in QUOTES else self.text


class TokenReader(ABC):
    """Reads the tokens of a text from left to right.

    Parameters
    ----------
    text : str
        What to read.
    pattern : re.Pattern
        One token with the space before it; the name of its group is the token's kind.

    Raises
    ------
    Exception
        What `error` makes, where no token begins.
    """

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self.text = text
        self.next = 0
        self.tokens = self._split(pattern)

    @abstractmethod
    def error(self, what: str, at: int) -> Exception:
        """Make the error that says what is wrong at a character, counted from 1."""

    def fail(self, what: str, at: int) -> NoReturn:
        """Raise what `error` makes."""
        raise self.error(what, at)

    def peek(self) -> Token | None:
        """Give the next token without taking it, None at the end."""
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def here(self) -> int:
        """Give the character of the next token, or the one after the end."""
        token = self.peek()
        return len(self.text) + 1 if token is None else token.at

    def take(self, expected: str) -> Token:
        """Take the next token; at the end say what was expected."""
        token = self.peek()
        if token is None:
            self.fail(f"expected {expected}, got the end", len(self.text) + 1)
        self.next += 1
        return token

    def accept(self, kind: str, *texts: str) -> Token | None:
        """Take the next token if it is of a kind and one of some texts, whatever its capitals; else None."""
        token = self.peek()
        if token is None or token.kind != kind or token.text.lower() not in texts:
            return None
        self.next += 1
        return token

    def expect(self, kind: str, text: str, after: str = "") -> None:
        """Take the next token, which must be this one."""
        if self.accept(kind, text) is None:
            token = self.take(repr(text))
            self.fail(f"expected {text!r}{after}, got {token.text!r}", token.at)

    def _split(self, pattern: re.Pattern[str]) -> list[Token]:
        tokens: list[Token] = []
        at, end = 0, len(self.text.rstrip())
        while at < end:
            found = pattern.match(self.text, at)
            if found is None or found.lastgroup is None:
                rest = self.text[at:].lstrip()
                self.fail(f"cannot read {rest[:12]!r}", len(self.text) - len(rest) + 1)
            tokens.append(Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1))
            at = found.end()
        return tokens
