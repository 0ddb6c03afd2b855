"""Rules from TOML: what fills a column, a case of it, a count or a size."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from assay.core.errors import did_you_mean
from assay.scenario.cells import Form
from assay.scenario.distributions import FAMILIES
from assay.scenario.formula import Literal
from assay.scenario.identifiers import pattern_fault
from assay.scenario.keys import ARRIVALS_KEYS, CLOCK_KEYS, RULE_KEYS
from assay.scenario.model import (
    Arrivals,
    Cases,
    Chance,
    Choice,
    Clock,
    Dates,
    Draw,
    Expression,
    Fake,
    Formula,
    Identifier,
    Mapped,
    Mixture,
    Numbering,
    Path,
    Planted,
    Quantiles,
    Reference,
    Rule,
    Series,
)
from assay.scenario.problems import Problems
from assay.scenario.reading_values import CONSTANT, LONGEST_YEARS, ValueReader, constant, told

SPECIAL: dict[str, tuple[str, ...]] = {"bernoulli": ("p",), "series": ("correlation", "sd"), "dates": ("start", "end")}
SOURCES: dict[str, tuple[str, ...]] = {
    "distribution": ("at_least", "at_most"),
    "values": ("weights",),
    "quantiles": ("shares",),
    "mixture": ("weights",),
    "formula": (),
    "cases": (),
    "map": ("of", "otherwise"),
    "fake": ("locale", "pool"),
    "id": (),
    "numbering": (),
    "reference": ("weight",),
    "arrivals": (),
    "clock": (),
    "planted": ("named", "otherwise"),
}
DEEPEST = 20


class RuleReader(ValueReader):
    """Reads rules and notes what is wrong with them.

    Parameters
    ----------
    problems : Problems
        Where it is noted.
    locale : str
        Of made-up names where a rule has none.
    """

    def __init__(self, problems: Problems, locale: str) -> None:
        super().__init__(problems)
        self.locale = locale

    def rule(self, entry: Any, path: Path, *, beside: tuple[str, ...] = (), depth: int = 0) -> Rule:
        """Read a rule: a table with one source, a number, a truth, or a text that is a formula.

        Parameters
        ----------
        entry : Any
            What the file holds.
        path : path
            Where.
        beside : tuple of str
            Keys of the same table that are no business of the rule.
        depth : int
            How many rules it lies within.
        """
        if not isinstance(entry, Mapping):
            return Formula(self.expression(entry, path))
        if depth > DEEPEST:
            self.problems.add(path, f"rules lie within rules deeper than {DEEPEST} levels. Make columns of their parts.")
            return _nothing(path)
        found = [source for source in SOURCES if source in entry]
        if len(found) != 1:
            near = [hint for key in entry if key not in RULE_KEYS and (hint := did_you_mean(key, SOURCES))]
            got = f"Got {' and '.join(found)}." if found else f"Got {', '.join(entry) or 'none'}.{near[0] if near else ''}"
            self.problems.add(path, f"needs exactly one of {', '.join(SOURCES)}. {got}")
            return _nothing(path)
        source = found[0]
        self._check_keys(entry, path, source, beside)
        return getattr(self, f"_{source}")(entry, path, depth)

    # -- one method a source

    def _distribution(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        family = entry["distribution"]
        here = (*path, "distribution")
        if not isinstance(family, str) or (family not in FAMILIES and family not in SPECIAL):
            known = sorted([*FAMILIES, *SPECIAL])
            near = did_you_mean(family, known) if isinstance(family, str) else ""
            self.problems.add(here, f"No distribution {told(family)}.{near} Known: {', '.join(known)}.")
            return _nothing(path)
        wanted = SPECIAL.get(family) or tuple(FAMILIES[family].parameters)
        given: dict[str, Expression] = {}
        for name in wanted:
            default = FAMILIES[family].parameters[name][0] if family in FAMILIES else None
            if name in entry:
                given[name] = self.expression(entry[name], (*path, name))
            elif default is None:
                self.problems.add(path, f"{family} needs {name}. Its parameters: {', '.join(wanted)}.")
                given[name] = Expression(CONSTANT, path)
            else:
                given[name] = Expression(Literal(default), path)
        ends = [self.expression(entry[key], (*path, key)) if key in entry else None for key in ("at_least", "at_most")]
        if family in SPECIAL and any(ends):
            self.problems.add(path, f"{family} cannot be cut off: leave out at_least and at_most.")
        if family == "bernoulli":
            return Chance(given["p"])
        if family == "dates":
            return Dates(given["start"], given["end"])
        if family == "series":
            place = (*path, "correlation")
            rule = self.number(
                entry.get("correlation", 0),
                place,
                holds=lambda x: -1 < x < 1,
                wanted="a number between -1 and 1, neither included",
            )
            return Series(rule, given["sd"])
        if family == "zipf" and any(not isinstance(part.node, Literal) for part in given.values()):
            self.problems.add(path, "zipf takes numbers, not formulas: its parameters are the same in all rows.")
        return Draw(family, given, *ends)

    def _values(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        form, values = self.constants(entry["values"], (*path, "values"))
        weights = self._weights(entry, path, len(values))
        return Choice(form, values, weights)

    def constants(self, entry: Any, path: Path) -> tuple[Form, tuple[Any, ...]]:
        """Read a list of constants of one form."""
        if not isinstance(entry, list) or not entry:
            self.problems.add(path, f"must be a list of values. Got {told(entry)}.")
            return "number", (0.0,)
        found = [constant(part) for part in entry]
        forms: set[Form] = {form for form, _ in found}
        if len(forms) != 1 or "null" in forms:
            self.problems.add(path, "must hold numbers, or texts, or dates, or truths, and nothing else beside them.")
            return "number", (0.0,)
        return forms.pop(), tuple(value for _, value in found)

    def _weights(self, entry: Mapping[str, Any], path: Path, wanted: int) -> tuple[Expression, ...]:
        here = (*path, "weights")
        given = entry.get("weights")
        if given is None:
            return ()
        if not isinstance(given, list) or len(given) != wanted:
            got = f"a list of {len(given)}" if isinstance(given, list) else told(given)
            self.problems.add(here, f"must be a list of {wanted} weights, one each. Got {got}.")
            return ()
        weights = tuple(self.expression(part, (*here, at)) for at, part in enumerate(given))
        fixed = [weight.node.value for weight in weights if isinstance(weight.node, Literal)]
        plain = [float(value) for value in fixed if isinstance(value, float)]
        if any(value < 0 for value in plain) or (len(plain) == wanted and sum(plain) <= 0):
            self.problems.add(here, "must not be negative, and not all 0.")
        return weights

    def _quantiles(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        here = (*path, "quantiles")
        form, values = self.constants(entry["quantiles"], here)
        if form not in ("number", "time") or len(values) < 2:
            self.problems.add(here, "must be a list of at least 2 numbers or dates.")
            return _nothing(path)
        points = [float(np.datetime64(value, "us").astype(np.int64)) if form == "time" else float(value) for value in values]
        shares = entry.get("shares", [at / (len(points) - 1) for at in range(len(points))])
        sound = isinstance(shares, list) and len(shares) == len(points)
        sound = sound and all(isinstance(part, int | float) and not isinstance(part, bool) for part in shares)
        if not sound or shares[0] != 0 or shares[-1] != 1 or any(b < a for a, b in itertools.pairwise(shares)):
            message = f"must be {len(points)} rising numbers, one a quantile, the first 0 and the last 1."
            self.problems.add((*path, "shares") if "shares" in entry else here, message)
            return _nothing(path)
        if any(b < a for a, b in itertools.pairwise(points)):
            self.problems.add(here, "must rise from one to the next, or stay.")
        return Quantiles(form, tuple(points), tuple(float(part) for part in shares))

    def _mixture(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        here = (*path, "mixture")
        parts = self._list(entry["mixture"], here)
        rules = tuple(self.rule(part, (*here, at), depth=depth + 1) for at, part in enumerate(parts))
        if not rules:
            return _nothing(path)
        return Mixture(rules, self._weights(entry, path, len(rules)))

    def _formula(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        return Formula(self.expression(entry["formula"], (*path, "formula")))

    def _cases(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        here = (*path, "cases")
        parts = self._list(entry["cases"], here)
        cases: list[tuple[Expression | None, Rule]] = []
        for at, part in enumerate(parts):
            place = (*here, at)
            if not isinstance(part, Mapping):
                self.problems.add(place, f"must be a table with when and a rule. Got {told(part)}.")
                continue
            when = self.expression(part["when"], (*place, "when")) if "when" in part else None
            if when is None and at < len(parts) - 1:
                self.problems.add(place, "needs when: only the last case may be without, or later ones are never reached.")
            cases.append((when, self.rule(part, place, beside=("when",), depth=depth + 1)))
        return Cases(tuple(cases)) if cases else _nothing(path)

    def _map(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        here = (*path, "map")
        table = entry["map"]
        if "of" not in entry:
            self.problems.add(path, 'map needs of = "COLUMN", the column whose value is looked up.')
        if not isinstance(table, Mapping) or not table:
            self.problems.add(here, f"must be a table of values and what they give. Got {told(table)}.")
            return _nothing(path)
        rules = tuple(self._given(part, (*here, key), depth) for key, part in table.items())
        otherwise = self._given(entry["otherwise"], (*path, "otherwise"), depth) if "otherwise" in entry else None
        of = self.expression(entry.get("of", 0), (*path, "of"))
        return Mapped(of, tuple(table), rules, otherwise)

    def _given(self, entry: Any, path: Path, depth: int) -> Rule:
        if isinstance(entry, Mapping):
            return self.rule(entry, path, depth=depth + 1)
        form, value = constant(entry)
        if form == "null":
            self.problems.add(path, f"must be a value or a rule. Got {told(entry)}.")
            return _nothing(path)
        return Choice(form, (value,))

    def _fake(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        provider = self.text(entry["fake"], (*path, "fake"), "name")
        locale = self.text(entry.get("locale", self.locale), (*path, "locale"), "en_US")
        pool = self.whole(entry.get("pool", 2_000), (*path, "pool"), low=1, high=200_000, default=1)
        return Fake(provider, locale, pool, (*path, "fake"))

    def _id(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        pattern = self.text(entry["id"], (*path, "id"), "{n}")
        if (fault := pattern_fault(pattern)) is not None:
            self.problems.add((*path, "id"), fault)
            pattern = "{n}"
        return Identifier(pattern)

    def _numbering(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        here, given = (*path, "numbering"), entry["numbering"]
        if not isinstance(given, Mapping):
            given = {"start": given}
        self.problems.unknown(here, given, ("start", "step"), "numbering")
        start = self.whole(given.get("start", 1), here, low=-(2**52), high=2**52)
        return Numbering(start, self.whole(given.get("step", 1), here, low=1, high=10**9, default=1))

    def _reference(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        weight = self.expression(entry["weight"], (*path, "weight")) if "weight" in entry else None
        return Reference(self.text(entry["reference"], (*path, "reference")), weight, (*path, "reference"))

    def _arrivals(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        here, given = (*path, "arrivals"), entry["arrivals"]
        if not self._table(given, here, ARRIVALS_KEYS, "arrivals", ("start", "end")):
            return _nothing(path)
        start, end = self.moment(given["start"], (*here, "start")), self.moment(given["end"], (*here, "end"))
        if not start < end:
            self.problems.add((*here, "end"), "must be later than start.")
        elif end - start > np.timedelta64(LONGEST_YEARS * 366, "D"):
            self.problems.add((*here, "end"), f"must be less than {LONGEST_YEARS} years after start.")
        profiles = {name: self._profile(given, here, name, n) for name, n in (("hours", 24), ("weekdays", 7), ("months", 12))}
        growth = self.number(
            given.get("growth", 0),
            (*here, "growth"),
            holds=lambda x: -1 < x <= 1_000,
            wanted="a number above -1, 0.2 for 20% a year",
        )
        bounds = [self.expression(given[key], (*here, key)) if key in given else None for key in ("after", "before")]
        return Arrivals(start, end, **profiles, growth=growth, after=bounds[0], before=bounds[1])

    def _clock(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        here, given = (*path, "clock"), entry["clock"]
        if not self._table(given, here, CLOCK_KEYS, "a clock", ("start", "every")):
            return _nothing(path)
        every = self.duration(given["every"], (*here, "every"))
        jitter = self.duration(given["jitter"], (*here, "jitter")) if "jitter" in given else 0.0
        if jitter >= every:
            self.problems.add((*here, "jitter"), "must be less than every, or rows would overtake each other.")
        return Clock(self.moment(given["start"], (*here, "start")), every, jitter)

    def _planted(self, entry: Mapping[str, Any], path: Path, depth: int) -> Rule:
        named = self.truth(entry["named"], (*path, "named")) if "named" in entry else False
        otherwise = self.text(entry["otherwise"], (*path, "otherwise")) if "otherwise" in entry else None
        if otherwise is not None and not named:
            self.problems.add((*path, "otherwise"), "goes with named = true.")
        events = () if entry["planted"] == "all" else self.texts(entry["planted"], (*path, "planted"))
        return Planted(events, named, otherwise, (*path, "planted"))

    # -- parts

    def _profile(self, given: Mapping[str, Any], path: Path, name: str, wanted: int) -> tuple[float, ...]:
        weights = given.get(name)
        if weights is None:
            return ()
        sound = isinstance(weights, list) and len(weights) == wanted
        sound = sound and all(isinstance(part, int | float) and not isinstance(part, bool) for part in weights)
        if not sound or any(not math.isfinite(part) or part < 0 for part in weights) or sum(weights) <= 0:
            self.problems.add((*path, name), f"must be a list of {wanted} weights, none negative and not all 0.")
            return ()
        return tuple(float(part) for part in weights)

    def _table(self, entry: Any, path: Path, known: Mapping[str, str], what: str, needed: tuple[str, ...]) -> bool:
        if not isinstance(entry, Mapping):
            self.problems.add(path, f"must be a table of {', '.join(known)}. Got {told(entry)}.")
            return False
        self.problems.unknown(path, entry, known, what)
        missing = [name for name in needed if name not in entry]
        for name in missing:
            self.problems.add(path, f"needs {name}. {known[name]}")
        return not missing

    def _list(self, entry: Any, path: Path) -> list[Any]:
        if isinstance(entry, list) and entry:
            return entry
        self.problems.add(path, f"must be a list of rules. Got {told(entry)}.")
        return []

    def _check_keys(self, entry: Mapping[str, Any], path: Path, source: str, beside: tuple[str, ...]) -> None:
        allowed = [source, *SOURCES[source], *beside]
        if source == "distribution" and isinstance(entry["distribution"], str):
            family = entry["distribution"]
            allowed += SPECIAL.get(family) or (list(FAMILIES[family].parameters) if family in FAMILIES else list(entry))
        what = f"a rule with {source}" if source != "distribution" else f"the distribution {told(entry[source])}"
        self.problems.unknown(path, entry, allowed, what)


def _nothing(path: Path) -> Rule:
    """Stand in for what could not be read: the problem is noted."""
    return Formula(Expression(Literal(None), path))
