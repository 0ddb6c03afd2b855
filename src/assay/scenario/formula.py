"""Formulas, such as ``price * (1 - 0.2 * member)``: a small grammar, read here, never handed to Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assay.data.tokens import Token, TokenReader

GRAMMAR = (
    "Formulas have numbers, 'texts', true, false, null, columns, lookups (cards.limit), + - * / // % ^, = != < <= > >=, "
    "in (...), is null, and, or, not, functions, and: VALUE if CONDITION else VALUE."
)
DEEPEST, HIGHEST, LONGEST = 60, 200, 20_000
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<sign>\*\*|//|!=|<>|<=|>=|==|[-+*/%^=<>(),.])"""
    r"""|(?P<quoted>`(?:[^`]|``)+`)|(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<word>[^\W\d]\w*))"""
)
_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class FormulaError(ValueError):
    """A formula that cannot be read or does not fit its columns; says at which character."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, truth, moment (which a file writes without quotes) or null."""

    value: float | str | bool | np.datetime64 | None
    at: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A column, or a column of another table looked up through a reference."""

    parts: tuple[str, ...]
    at: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """A function, an operator or a choice: ``if`` has condition, value and other value."""

    function: str
    arguments: tuple[Node, ...]
    at: int = 1


Node = Literal | Name | Call


def read_formula(text: str) -> Node:
    """Read a formula.

    Parameters
    ----------
    text : str
        See `GRAMMAR`. A column whose name is no word stands in backticks.

    Raises
    ------
    FormulaError
        With the character at fault, counted from 1.

    Examples
    --------
    >>> read_formula("2 * age")
    Call(function='*', arguments=(Literal(value=2.0, at=1), Name(parts=('age',), at=5)), at=3)
    """
    return _Parser(text).whole()


def names_in(node: Node) -> Iterator[Name]:
    """Give the names in a formula, in the order written."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Call):
        for part in node.arguments:
            yield from names_in(part)


class _Parser(TokenReader):
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise FormulaError(f"is longer than {LONGEST:,} characters. Split it over several columns.")
        super().__init__(text, _TOKEN)
        self.depth = 0

    def error(self, what: str, at: int) -> FormulaError:
        return FormulaError(f"character {at} of {_shown(self.text)}: {what}.")

    def whole(self) -> Node:
        if not self.tokens:
            raise FormulaError(f"is empty. {GRAMMAR}")
        node = self._choice()
        token = self.peek()
        if token is not None:
            self.fail(f"expected an operator or the end, got {token.text!r}", token.at)
        if _height(node) > HIGHEST:
            raise FormulaError(f"has more than {HIGHEST} operations on top of each other. Split it over several columns.")
        return node

    # -- from the loosest binding to the tightest

    def _choice(self) -> Node:
        self._deeper()
        value = self._any()
        if (token := self._accept("if")) is not None:
            condition = self._any()
            if self._accept("else") is None:
                self.fail("expected else, as in: VALUE if CONDITION else VALUE", self.here())
            value = Call("if", (condition, value, self._choice()), token.at)
        self.depth -= 1
        return value

    def _any(self) -> Node:
        node = self._all()
        while (token := self._accept("or")) is not None:
            node = Call("or", (node, self._all()), token.at)
        return node

    def _all(self) -> Node:
        node = self._not()
        while (token := self._accept("and")) is not None:
            node = Call("and", (node, self._not()), token.at)
        return node

    def _not(self) -> Node:
        if (token := self._accept("not")) is not None:
            self._deeper()
            node = Call("not", (self._not(),), token.at)
            self.depth -= 1
            return node
        return self._comparison()

    def _comparison(self) -> Node:
        node = self._sum()
        token = self.peek()
        if token is None:
            return node
        if token.kind == "sign" and token.text in _COMPARISONS:
            self.next += 1
            node = Call(_COMPARISONS[token.text], (node, self._sum()), token.at)
            after = self.peek()
            if after is not None and after.kind == "sign" and after.text in _COMPARISONS:
                self.fail("a comparison follows a comparison: join them with and", after.at)
            return node
        if self._accept("is") is not None:
            negated = self._accept("not") is not None
            if self._accept("null") is None:
                self.fail("expected null after is", self.here())
            node = Call("is null", (node,), token.at)
            return Call("not", (node,), token.at) if negated else node
        negated = token.kind == "word" and token.text.lower() == "not"
        if negated:
            self.next += 1
        if (mark := self._accept("in")) is not None:
            self.expect("sign", "(")
            members = [self._choice()]
            while self._sign(","):
                members.append(self._choice())
            self.expect("sign", ")")
            node = Call("in", (node, *members), mark.at)
            return Call("not", (node,), mark.at) if negated else node
        if negated:
            self.fail("expected in after not", self.here())
        return node

    def _sum(self) -> Node:
        node = self._product()
        while (token := self._sign("+", "-")) is not None:
            node = Call(token.text, (node, self._product()), token.at)
        return node

    def _product(self) -> Node:
        node = self._unary()
        while (token := self._sign("*", "/", "//", "%")) is not None:
            node = Call(token.text, (node, self._unary()), token.at)
        return node

    def _unary(self) -> Node:
        token = self._sign("-", "+")
        if token is None:
            return self._power()
        self._deeper()
        node = self._unary()
        self.depth -= 1
        if token.text == "+":
            return node
        if isinstance(node, Literal) and isinstance(node.value, float):
            return Literal(-node.value, token.at)
        return Call("negative", (node,), token.at)

    def _power(self) -> Node:
        node = self._atom()
        if (token := self._sign("^", "**")) is not None:
            self._deeper()
            node = Call("^", (node, self._unary()), token.at)
            self.depth -= 1
        return node

    def _atom(self) -> Node:
        token = self.take("a value")
        if token.kind == "number":
            return Literal(float(token.text), token.at)
        if token.kind == "text":
            return Literal(token.bare, token.at)
        if token.kind == "sign" and token.text == "(":
            node = self._choice()
            self.expect("sign", ")")
            return node
        if token.kind == "word" and token.text.lower() in ("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[token.text.lower()], token.at)
        if token.kind == "word" and token.text.lower() in ("and", "or", "not", "if", "else", "in", "is"):
            self.fail(f"expected a value, got {token.text!r}", token.at)
        if token.kind == "word" and self._sign("("):
            arguments: list[Node] = []
            if not self._sign(")"):
                arguments.append(self._choice())
                while self._sign(","):
                    arguments.append(self._choice())
                self.expect("sign", ")")
            return Call(token.text, tuple(arguments), token.at)
        if token.kind in ("word", "quoted"):
            parts = [token.bare]
            while self._sign("."):
                part = self.take("a column after the dot")
                if part.kind not in ("word", "quoted"):
                    self.fail(f"expected a column after the dot, got {part.text!r}", part.at)
                parts.append(part.bare)
            return Name(tuple(parts), token.at)
        self.fail(f"expected a value, got {token.text!r}", token.at)

    # -- tokens

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"is nested deeper than {DEEPEST} levels", 1)

    def _accept(self, word: str) -> Token | None:
        return self.accept("word", word)

    def _sign(self, *signs: str) -> Token | None:
        return self.accept("sign", *signs)


def _height(node: Node) -> int:
    """Give how many calls lie on top of each other, without calling itself: a sum of thousands is a tree as deep."""
    highest, open_ = 0, [(node, 1)]
    while open_:
        part, height = open_.pop()
        highest = max(highest, height)
        if isinstance(part, Call):
            open_ += [(argument, height + 1) for argument in part.arguments]
    return highest


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
