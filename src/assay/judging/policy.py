"""Policies: what a purpose asks for, with two margins for every family of items, each with its reason."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from assay.core import registry
from assay.core.errors import InputError, UnknownNameError, UsageError

RULE_KEYS = frozenset({"measure", "required", "material", "mean", "blind", "reason"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of one family of items.

    Parameters
    ----------
    family, measure : str
        The family and the measure it comes from.
    required : bool
        Whether the verdict depends on it.
    material : float or mapping of str to float
        Harm in one item that must not pass; by metric where the family has several.
    mean : float, optional
        Harm on average over the items that must not pass.
    blind : float or mapping of str to float
        How large a harm in one item may stay unseen.
    reason : str
        Why.
    """

    family: str
    measure: str
    required: bool
    material: float | Mapping[str, float]
    mean: float | None
    blind: float | Mapping[str, float]
    reason: str

    def margins(self, metric: str | None) -> tuple[float, float]:
        """Give the material and the blind margin for a metric."""
        return _for_metric(self.material, metric), _for_metric(self.blind, metric)


@dataclass(frozen=True, slots=True)
class Policy:
    """A purpose, and the rules it stands for.

    Parameters
    ----------
    name, purpose : str
        What it is for.
    error : float
        Chance that sound data is called not trusted, shared out among the required families.
    needs : tuple of {'holdout', 'target'}
        Without these the verdict is ``cannot_tell`` at best.
    rules : mapping of str to Rule
        By family.
    sha256 : str
        Digest of the file.
    """

    name: str
    purpose: str
    error: float
    needs: tuple[str, ...]
    rules: Mapping[str, Rule]
    sha256: str

    @property
    def alpha(self) -> float:
        """Each required family's share of the error."""
        return self.error / max(1, sum(rule.required for rule in self.rules.values()))


def shipped() -> tuple[str, ...]:
    """List the names of the policies that ship with Assay."""
    folder = files("assay.judging") / "policies"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def policy_text(name: str | Path) -> str:
    """Give the TOML of a policy, by name or by file.

    Raises
    ------
    UnknownNameError
        If no policy of that name ships and no such file exists.
    """
    if str(name) in shipped():
        return (files("assay.judging") / "policies" / f"{name}.toml").read_text(encoding="utf-8")
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read as a policy: {error}.", file=str(path), fix="Give a readable TOML file.") from error
    raise UnknownNameError("policy", str(name), shipped())


def load_policy(name: str | Path) -> Policy:
    """Read a policy by name or from a TOML file, and check every key in it.

    Examples
    --------
    >>> load_policy("train").rules["tail_mass"].required
    True
    """
    text = policy_text(name)
    try:
        entry = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}.", file=str(name), fix="See one that works: assay policy show train") from error
    unknown = set(entry) - {"name", "purpose", "error", "needs", "checks"}
    checks = entry.get("checks", {})
    problems = [f"unknown key {key!r}" for key in sorted(unknown)]
    if not isinstance(checks, dict) or not checks:
        problems.append("no [checks.NAME] table")
        checks = {}
    rules: dict[str, Rule] = {}
    for family, raw in checks.items():
        try:
            rules[family] = _rule(family, raw)
        except UsageError as error:
            problems.append(f"[checks.{family}] {error}")
    error_share = entry.get("error", 0.05)
    if not isinstance(error_share, float) or not 0 < error_share < 0.5:
        problems.append(f"error must be a number between 0 and 0.5, got {error_share!r}")
    if problems:
        raise InputError("; ".join(problems) + ".", file=str(name), fix="See one that works: assay policy show train")
    return Policy(
        str(entry.get("name", Path(name).stem)),
        str(entry.get("purpose", "")),
        float(error_share),
        tuple(entry.get("needs", ())),
        rules,
        hashlib.sha256(text.encode()).hexdigest(),
    )


def _rule(family: str, raw: Any) -> Rule:
    if not isinstance(raw, dict):
        raise UsageError("must be a table")
    unknown = set(raw) - RULE_KEYS
    if unknown:
        raise UsageError(f"has unknown keys {', '.join(sorted(unknown))}; known: {', '.join(sorted(RULE_KEYS))}")
    measure = str(raw.get("measure", family))
    if measure not in registry.names("measure"):
        raise UsageError(str(UnknownNameError("measure", measure, registry.names("measure"))))
    for key in ("material", "blind"):
        margin = raw.get(key)
        numbers = list(margin.values()) if isinstance(margin, dict) else [margin]
        if not numbers or not all(isinstance(number, int | float) and number >= 0 for number in numbers):
            raise UsageError(f"{key} must be a number >= 0 or a table of them by metric, got {margin!r}")
    mean = raw.get("mean")
    if mean is not None and not (isinstance(mean, int | float) and mean >= 0):
        raise UsageError(f"mean must be a number >= 0, got {mean!r}")
    return Rule(
        family,
        measure,
        bool(raw.get("required", True)),
        raw["material"],
        None if mean is None else float(mean),
        raw["blind"],
        str(raw.get("reason", "")),
    )


def _for_metric(margin: float | Mapping[str, float], metric: str | None) -> float:
    if not isinstance(margin, Mapping):
        return float(margin)
    if metric is not None and metric in margin:
        return float(margin[metric])
    return float(min(margin.values()))
