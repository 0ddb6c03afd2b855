"""Rules for a generator's settings: each checks one and prints itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Protocol

from assay.core.errors import UnknownNameError, UsageError


class Rule(Protocol):
    """What a setting may be; ``str(rule)`` completes the sentence 'must be ...'."""

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer from `low` on."""

    low: int

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, int) and not isinstance(value, bool) and value >= self.low

    def __str__(self) -> str:
        return f"an integer >= {self.low}"


@dataclass(frozen=True, slots=True)
class Share:
    """A number in (0, 1]."""

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1

    def __str__(self) -> str:
        return "a number in (0, 1]"


@dataclass(frozen=True, slots=True)
class Below:
    """A number in [0, 1)."""

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1

    def __str__(self) -> str:
        return "a number in [0, 1)"


@dataclass(frozen=True, slots=True)
class Positive:
    """A number above zero."""

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")

    def __str__(self) -> str:
        return "a number > 0"


@dataclass(frozen=True, slots=True)
class Device:
    """The name of a place to compute."""

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, str) and value.partition(":")[0] in ("auto", "cpu", "cuda", "mps")

    def __str__(self) -> str:
        return "'cpu', 'cuda', 'cuda:1', 'mps' or 'auto'"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some words."""

    words: tuple[str, ...]

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, str) and value in self.words

    def __str__(self) -> str:
        return "one of " + ", ".join(repr(word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Names:
    """A tuple of column names."""

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, tuple | list) and all(isinstance(part, str) for part in value)

    def __str__(self) -> str:
        return "a tuple of column names"


@dataclass(frozen=True, slots=True)
class Perhaps:
    """Nothing, or what another rule allows."""

    rule: Rule

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return value is None or self.rule.holds(value)

    def read(self, text: str) -> float | None:
        """Read a number, or nothing from an empty text or ``none``."""
        return None if text.strip().lower() in ("", "none") else float(text)

    def __str__(self) -> str:
        return f"{self.rule}, or none"


@dataclass(frozen=True, slots=True)
class Mappings:
    """The path of a file that says it, or a mapping."""

    def holds(self, value: Any) -> bool:
        """Whether the value keeps the rule."""
        return isinstance(value, str | Mapping)

    def __str__(self) -> str:
        return "a path or a mapping"


def check(owner: str, rules: Mapping[str, Rule], settings: Mapping[str, Any]) -> None:
    """Raise one error that lists every setting which breaks its rule.

    Examples
    --------
    >>> check("TreeChain", {"trees": Whole(1)}, {"trees": 0})
    Traceback (most recent call last):
    assay.core.errors.UsageError: TreeChain.trees must be an integer >= 1. Got 0.
    """
    faults = [
        f"{owner}.{name} must be {rules[name]}. Got {value!r}."
        for name, value in settings.items()
        if name in rules and not rules[name].holds(value)
    ]
    if faults:
        raise UsageError("\n".join(faults))


def rows_wanted(n: object) -> int:
    """Give how many rows are wanted.

    Raises
    ------
    UsageError
        If it is no whole number from 1 on.

    Examples
    --------
    >>> rows_wanted(0)
    Traceback (most recent call last):
    assay.core.errors.UsageError: n must be an integer >= 1. Got 0.
    """
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise UsageError(f"n must be an integer >= 1. Got {n!r}.")
    return int(n)


def defaults_of(generator: type) -> dict[str, Any]:
    """Give the settings of a generator class with their defaults, in the order of its signature."""
    parameters = list(inspect.signature(generator.__init__).parameters.values())[1:]
    return {part.name: part.default for part in parameters if part.kind is part.KEYWORD_ONLY}


def from_text(generator: type, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give settings the type of their defaults, as texts come from a command line.

    Parameters
    ----------
    generator : type
        The generator's class.
    name : str
        Its registry name, for messages.
    given : mapping
        Settings; texts are converted, anything else is taken as it is.

    Raises
    ------
    UnknownNameError
        If the generator has no such setting.
    UsageError
        If a text does not read as the setting's type.
    """
    defaults = defaults_of(generator)
    out: dict[str, Any] = {}
    for key, value in given.items():
        if key not in defaults:
            raise UnknownNameError(f"setting of {name}", key, defaults)
        rule = getattr(generator, "rules", {}).get(key)
        out[key] = _convert(f"{generator.__name__}.{key}", value, defaults[key], rule) if isinstance(value, str) else value
    return out


def _convert(what: str, text: str, default: Any, rule: Rule | None) -> Any:
    if isinstance(rule, Perhaps):
        try:
            return rule.read(text)
        except ValueError:
            raise UsageError(f"{what} must be {rule}. Got {text!r}.") from None
    if isinstance(default, str) or default is None:
        return text
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, bool):
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.strip().lower() in words:
            return words[text.strip().lower()]
        raise UsageError(f"{what} must be true or false. Got {text!r}.")
    try:
        return int(text) if isinstance(default, int) else float(text)
    except ValueError:
        kind = "an integer" if isinstance(default, int) else "a number"
        raise UsageError(f"{what} must be {kind}. Got {text!r}.") from None
