"""Policies: what a purpose asks for, with two margins for every family of items, each with its reason."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from assay.core.errors import InputError, UnknownNameError
from assay.judging.policy_files import resolve


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

    def to_dict(self, *, reasons: bool = True) -> dict[str, Any]:
        """Give the rule as plain data, with its reason or without."""
        entry: dict[str, Any] = {
            "measure": self.measure,
            "required": self.required,
            "material": dict(self.material) if isinstance(self.material, Mapping) else self.material,
            "mean": self.mean,
            "blind": dict(self.blind) if isinstance(self.blind, Mapping) else self.blind,
        }
        return {**entry, "reason": self.reason} if reasons else entry


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
        Digest of all that a verdict depends on; see `digest`.
    extends : str, optional
        The policy that it inherits from.
    changed : tuple of str
        Keys in which it differs from that one.
    """

    name: str
    purpose: str
    error: float
    needs: tuple[str, ...]
    rules: Mapping[str, Rule]
    sha256: str
    extends: str | None = None
    changed: tuple[str, ...] = ()

    @property
    def alpha(self) -> float:
        """Each required family's share of the error."""
        return self.error / max(1, sum(rule.required for rule in self.rules.values()))

    def to_dict(self) -> dict[str, Any]:
        """Give the policy in force as plain data, what it inherits filled in."""
        return {
            "name": self.name,
            "purpose": self.purpose,
            "extends": self.extends,
            "changed": list(self.changed),
            "error": self.error,
            "needs": list(self.needs),
            "checks": {family: rule.to_dict() for family, rule in self.rules.items()},
            "sha256": self.sha256,
        }

    def to_toml(self) -> str:
        """Give the policy in force as TOML that says the same by itself.

        Examples
        --------
        >>> load_policy("test").to_toml().splitlines()[0]
        'name = "test"'
        """
        head = {"name": self.name, "purpose": self.purpose, "error": self.error, "needs": list(self.needs)}
        lines = [f"{key} = {_toml(content)}" for key, content in head.items()]
        for family, rule in self.rules.items():
            lines += ["", f"[checks.{_key(family)}]"]
            for key, content in rule.to_dict().items():
                if content is not None and (key, content) != ("measure", family):
                    mark = f"  # {self.extends} has another" if f"checks.{family}.{key}" in self.changed else ""
                    lines.append(f"{key} = {_toml(content)}{mark}")
        return "\n".join(lines) + "\n"


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
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read as a policy: {error}.", file=str(path), fix="Give a readable TOML file.") from error
    raise UnknownNameError("policy", str(name), shipped())


def load_policy(name: str | Path) -> Policy:
    """Read a policy by name or from a TOML file, fill in what it inherits, and check every key in it.

    Parameters
    ----------
    name : str or path
        ``train``, ``augment``, ``share``, ``test``, or a TOML file.

    Raises
    ------
    UnknownNameError
        If no policy of that name ships and no such file exists.
    InputError
        For all problems of a file together, each with its key and line.

    Examples
    --------
    >>> load_policy("train").rules["tail_mass"].required
    True
    """
    texts = {other: partial(policy_text, other) for other in shipped()}
    entry = resolve(policy_text(name), str(name), texts)
    rules = {family: _rule(family, raw) for family, raw in entry["checks"].items()}
    inherited = entry.get("extends")
    error, needs = float(entry.get("error", 0.05)), tuple(entry.get("needs", ()))
    return Policy(
        str(entry["name"] or Path(name).stem),
        str(entry.get("purpose", "")),
        error,
        needs,
        rules,
        digest(error, needs, rules),
        inherited,
        tuple(entry["changed"]),
    )


def digest(error: float, needs: Iterable[str], rules: Mapping[str, Rule]) -> str:
    """Give the SHA-256 of all that a verdict depends on: error, needs and rules, as canonical JSON without the reasons.

    Two files with the same rules have the same digest, however they are written; one margin changed changes it.
    """
    plain = {
        "error": error,
        "needs": sorted(needs),
        "checks": {family: rule.to_dict(reasons=False) for family, rule in rules.items()},
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _rule(family: str, raw: Mapping[str, Any]) -> Rule:
    return Rule(
        family,
        raw.get("measure", family),
        raw.get("required", True),
        _margin(raw["material"]),
        None if raw.get("mean") is None else float(raw["mean"]),
        _margin(raw["blind"]),
        raw.get("reason", ""),
    )


def _margin(raw: Any) -> float | dict[str, float]:
    return {metric: float(number) for metric, number in raw.items()} if isinstance(raw, Mapping) else float(raw)


def _for_metric(margin: float | Mapping[str, float], metric: str | None) -> float:
    if not isinstance(margin, Mapping):
        return float(margin)
    if metric is not None and metric in margin:
        return float(margin[metric])
    return float(min(margin.values()))


def _toml(content: Any) -> str:
    if isinstance(content, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(part)}" for key, part in content.items()) + " }"
    if isinstance(content, list):
        return "[" + ", ".join(map(_toml, content)) + "]"
    return json.dumps(content, ensure_ascii=True)  # strings, booleans and finite numbers read alike in TOML


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)
