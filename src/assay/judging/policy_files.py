"""Policy files: read TOML, inherit from a policy that ships, and list every problem with its key and line."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assay.core import registry
from assay.core.errors import InputError, did_you_mean, raise_all

NEEDS = ("holdout", "target")
KEYS: dict[str, str] = {
    "extends": "Name of a policy that ships. Whatever this file leaves out is taken from there.",
    "name": "What reports call the policy; default the file's name.",
    "purpose": "What the data is for, in a sentence.",
    "error": "Chance that sound data is called not trusted, shared out among the required checks; default 0.05.",
    "needs": "What must be given, of holdout and target; without it the verdict is cannot_tell at best.",
    "checks": "One table a check, [checks.NAME], with the keys below.",
}
RULE_KEYS: dict[str, str] = {
    "measure": "The measure that the check comes from; default the check's name.",
    "required": "Whether the verdict depends on it (true or false); default true.",
    "material": "Material margin: harm in one place that must not pass. A number >= 0, or a table of them by metric.",
    "mean": "Harm on average (root mean square) over all places that must not pass. A number >= 0; without it none is judged.",
    "blind": "Blind margin: how large a harm in one place may stay unseen. A number >= the material margin, or a table.",
    "reason": "Why, in a sentence.",
}
_WORKS = "See one that works: assay policy show train"


def resolve(text: str, file: str, shipped: Mapping[str, Callable[[], str]]) -> dict[str, Any]:
    """Read the TOML of a policy, with what it inherits filled in.

    Parameters
    ----------
    text, file : str
        The TOML, and what messages call it.
    shipped : mapping of str to callable
        The policies that ship, each by what gives its TOML.

    Returns
    -------
    dict
        All of `KEYS`, every check with all of `RULE_KEYS` but ``mean`` where it has none, and ``changed``: the keys in
        which the file differs from what it extends.

    Raises
    ------
    InputError
        For what is not TOML, and for all problems with keys and values together.
    """
    try:
        given = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        row = int(line.group(1)) if line else None
        raise InputError(f"is not TOML: {error}.", file=file, row=row, fix=_WORKS) from error
    except RecursionError as error:
        raise InputError("is nested too deep to be read.", file=file, fix=_WORKS) from error
    except ValueError as error:
        raise InputError(f"holds a value that cannot be read: {error}.", file=file, fix="Write a shorter number.") from error
    problems: list[tuple[tuple[str, ...], str]] = []
    base: dict[str, Any] = {}
    parent = given.get("extends")
    if isinstance(parent, str) and parent in shipped:
        base = tomllib.loads(shipped[parent]())
    elif parent is not None:
        near = did_you_mean(parent, shipped) if isinstance(parent, str) else ""
        problems.append((("extends",), f"must be one of {', '.join(sorted(shipped))}. Got {parent!r}.{near}"))
    entry, changed = _merged(base, given)
    problems += _of_entry(given)
    checks = entry.get("checks")
    if not isinstance(checks, Mapping) or not checks or not isinstance(given.get("checks", {}), Mapping):
        if parent is None or "checks" in given:
            problems.append((("checks",), "must hold a table [checks.NAME] for each check. Got none."))
        checks = {}
    known, metrics = _families(shipped), _metrics(shipped)
    for family, rule in checks.items():
        own = given.get("checks", {}).get(family) if isinstance(given.get("checks"), Mapping) else None
        if own is not None or not base:
            faults = _of_rule(family, rule, known, metrics)
            lost = parent is not None and not base  # what it inherits is unknown, so nothing can be called missing
            problems += [(("checks", family, *key), told) for key, told in faults if not (lost and "must have" in told)]
    if problems:
        lines = places(text)
        problems.sort(key=lambda problem: _line(lines, problem[0]) or 0)
        raise_all([_error(file, path, told, _line(lines, path)) for path, told in problems])
    return {**entry, "name": given.get("name", ""), "changed": changed}


def _merged(base: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Lay what is given over what is inherited; margins by metric are laid over one another metric by metric."""
    entry: dict[str, Any] = {**base, **given}
    changed: list[str] = [key for key in given if key in ("error", "needs") and given[key] != base.get(key)]
    own = given.get("checks")
    if not isinstance(own, Mapping):
        if base:
            entry["checks"] = base["checks"]
        return entry, changed
    checks: dict[str, Any] = dict(base.get("checks", {}))
    for family, rule in own.items():
        if not isinstance(rule, Mapping):
            checks[family] = rule
            continue
        before = checks.get(family, {})
        after = {**before, **rule}
        for key in ("material", "blind"):
            if isinstance(rule.get(key), Mapping) and isinstance(before.get(key), Mapping):
                after[key] = {**before[key], **rule[key]}
        checks[family] = after
        changed += [f"checks.{family}.{key}" for key in after if after[key] != before.get(key) and key != "reason"]
    entry["checks"] = checks
    return entry, changed if base else []


def _of_entry(given: Mapping[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    unknown = [key for key in given if key not in KEYS]
    problems = [((key,), f"is not a key of a policy.{did_you_mean(key, KEYS)} Known: {', '.join(KEYS)}.") for key in unknown]
    texts = [key for key in ("name", "purpose") if key in given and not (isinstance(given[key], str) and given[key].strip())]
    problems += [((key,), f"must be a text. Got {given[key]!r}.") for key in texts]
    error = given.get("error", 0.05)
    if isinstance(error, bool) or not isinstance(error, int | float) or not 0 < error < 0.5:
        problems.append((("error",), f"must be a number between 0 and 0.5. Got {error!r}."))
    needs = given.get("needs", [])
    if not isinstance(needs, list) or not all(need in NEEDS for need in needs):
        problems.append((("needs",), f"must be a list of {' and '.join(map(repr, NEEDS))}, or empty. Got {needs!r}."))
    return problems


def _of_rule(
    family: str, rule: Any, known: Mapping[str, str], metrics: Mapping[str, frozenset[str]]
) -> Iterable[tuple[tuple[str, ...], str]]:
    if not isinstance(rule, Mapping):
        yield (), f"must be a table of {', '.join(RULE_KEYS)}. Got {rule!r}."
        return
    for key in rule:
        if key not in RULE_KEYS:
            yield (key,), f"is not a key of a check.{did_you_mean(key, RULE_KEYS)} Known: {', '.join(RULE_KEYS)}."
    yield from _of_names(family, rule, known)
    if not isinstance(rule.get("required", True), bool):
        yield ("required",), f"must be true or false. Got {rule['required']!r}."
    if not isinstance(rule.get("reason", ""), str):
        yield ("reason",), f"must be a text. Got {rule['reason']!r}."
    sound = True
    for key in ("material", "blind"):
        faults = list(_of_margin(rule, key, metrics.get(str(rule.get("measure", family)), frozenset())))
        sound = sound and not faults
        yield from faults
    if "mean" in rule and not _is_margin(rule["mean"]):
        yield ("mean",), f"must be a number >= 0. Got {rule['mean']!r}."
    if sound:
        for metric, material, blind in _both(rule["material"], rule["blind"]):
            if blind < material:
                said = f" for {metric}" if metric else ""
                yield (
                    ("blind",),
                    f"must be at least the material margin, {material:g}{said}: a harm between the two could neither pass nor "
                    f"fail. Got {blind:g}.",
                )


def _of_names(family: str, rule: Mapping[str, Any], known: Mapping[str, str]) -> Iterable[tuple[tuple[str, ...], str]]:
    measures = registry.names("measure")
    measure = rule.get("measure", family)
    if measure not in measures:
        names = sorted({*measures, *known})
        near = did_you_mean(measure, names) if isinstance(measure, str) else ""
        where, what = (("measure",), "measure") if "measure" in rule else ((), "check")
        yield where, f"No {what} {measure!r}.{near} Known: {', '.join(names)}."
        return
    families = {measure, *(name for name, owner in known.items() if owner == measure)}
    if family not in families and measure in known.values():  # else a plug-in's measure, whose families only it knows
        near = did_you_mean(family, families)
        yield (), f"{measure} has no check {family!r}.{near} It has: {', '.join(sorted(families))}."


def _of_margin(rule: Mapping[str, Any], key: str, metrics: frozenset[str]) -> Iterable[tuple[tuple[str, ...], str]]:
    margin = rule.get(key)
    if margin is None:
        yield (), f"must have {key} = NUMBER. {RULE_KEYS[key]}"
    elif not isinstance(margin, Mapping):
        if not _is_margin(margin):
            yield (key,), f"must be a number >= 0, or a table of them by metric. Got {margin!r}."
    else:
        if not margin:
            yield (key,), "must be a number >= 0, or a table of them by metric. Got an empty table."
        for metric, number in margin.items():
            if metrics and metric not in metrics:  # a plug-in's metrics are known to itself alone
                yield (key, metric), f"is not a metric.{did_you_mean(metric, metrics)} Known: {', '.join(sorted(metrics))}."
            elif not _is_margin(number):
                yield (key, metric), f"must be a number >= 0. Got {number!r}."


def _is_margin(number: Any) -> bool:
    return not isinstance(number, bool) and isinstance(number, int | float) and math.isfinite(number) and number >= 0


def _both(material: Any, blind: Any) -> Iterable[tuple[str, float, float]]:
    """Pair the two margins, by metric where either goes by metric; a metric without its own margin takes the smallest."""
    metrics = {*(material if isinstance(material, Mapping) else ()), *(blind if isinstance(blind, Mapping) else ())}
    for metric in sorted(metrics) or [""]:
        pair = [
            margin.get(metric, min(margin.values())) if isinstance(margin, Mapping) else margin for margin in (material, blind)
        ]
        yield metric, pair[0], pair[1]


def _families(shipped: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Give the measure behind every check that a policy which ships names."""
    found: dict[str, str] = {}
    for text in shipped.values():
        for family, rule in tomllib.loads(text())["checks"].items():
            found[family] = rule.get("measure", family)
    return found


def _metrics(shipped: Mapping[str, Callable[[], str]]) -> dict[str, frozenset[str]]:
    """Give the metrics by which policies that ship set margins, by measure."""
    found: dict[str, frozenset[str]] = {}
    for text in shipped.values():
        for family, rule in tomllib.loads(text())["checks"].items():
            margins = [rule[key] for key in ("material", "blind") if isinstance(rule[key], Mapping)]
            measure = rule.get("measure", family)
            found[measure] = found.get(measure, frozenset()).union(*margins)
    return found


def _error(file: str, path: tuple[str, ...], told: str, line: int | None) -> InputError:
    at = f"line {line}, " if line is not None else ""
    return InputError(f"{at}{'.'.join(path)}: {told}", file=file, row=line)


def _line(lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> int | None:
    """Give the line of a key, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def places(text: str) -> dict[tuple[str, ...], int]:
    r"""Find the lines on which tables and keys of a TOML text stand, which tomllib does not tell.

    Examples
    --------
    >>> places('error = 0.1\n\n[checks.utility]\nmaterial = { auc = 1 }\n')
    {('error',): 1, ('checks', 'utility'): 3, ('checks', 'utility', 'material'): 4}
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$", line)
        if header:
            table = _keys(header.group(1))
            found.setdefault(table, number)
            continue
        key = re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""", line)
        if key:
            found.setdefault((*table, *_keys(key.group(1))), number)
    return found


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(r"""[\w-]+|"[^"]*"|'[^']*'""", dotted))
