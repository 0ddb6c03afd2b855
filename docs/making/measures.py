"""Pages of measures and of the codes of their findings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from assay.core.registry import get, names
from assay.judging.policy import Policy, Rule, load_policy, shipped
from assay.reporting.text import title
from assay.reporting.words import MECHANISMS
from making.numpydoc import link, page, prose, sections, table, without_blind_spots

GROUPS = {
    "schema": "Schema and missing values",
    "marginals": "One column at a time",
    "tails": "Tails and rare levels",
    "dependence": "Columns together",
    "rules": "Rules and repeats",
    "use": "Use: what a model learns from it",
    "privacy": "Privacy: attacks",
    "lineage": "Where the rows come from",
}
NEEDS = {"holdout": "a holdout of sealed real rows", "target": "a target column"}
READS = {
    "profile": "counts per column and pair, taken in one pass; the number of rows does not matter",
    "rows": "the rows themselves",
}


@cache
def policies() -> dict[str, Policy]:
    """Load the policies that ship, `train` first."""
    return {name: load_policy(name) for name in sorted(shipped(), key=lambda name: (name != "train", name))}


def measure_pages() -> dict[str, str]:
    """Give one page a measure."""
    return {f"measures/{name}.md": _measure(name, get("measure", name)) for name in names("measure")}


def code_pages() -> dict[str, str]:
    """Give one page a code."""
    return {f"codes/{code}.md": _code(name, code) for name in names("measure") for code in get("measure", name).codes}


def _measure(name: str, measure: Any) -> str:
    document = sections(measure)
    links = {other: f"{other}.md" for other in names("measure") if other != name}
    needs = " and ".join(NEEDS[need] for need in sorted(measure.needs, key=list(NEEDS).index))
    facts = [f"- **Name**: `{name}`", f"- **Reads**: {READS[measure.reads]}", f"- **Needs**: {needs or 'nothing else'}"]
    settings = [f"- `{key}` ({kind}): {told}" for key, (kind, told) in _parameters(document).items()]
    found = [
        (f"[{code}](../codes/{code}.md)", meaning, mechanism_link(measure.mechanism, "../") if at == 0 else "")
        for at, (code, meaning) in enumerate(measure.codes.items())
    ]
    return page(
        f"# {title(name)}",
        f"**{measure.question}**",
        prose(document[""], links),
        "\n".join(facts),
        "## What is computed",
        prose(without_blind_spots(document.get("Notes", "")), links),
        "\n".join(["Settings, for those who measure by hand:", "", *settings]) if settings else "",
        "## What it can find",
        table(["code", "meaning", "usual mechanism"], found),
        "## Margins",
        "On the scale of what is computed. [Material, mean and blind](../own-policy.md#margins)",
        margins(name),
        "## What mends it",
        measure.remedy,
        "## What it cannot see",
        measure.cannot_see,
        "## References" if document.get("References") else "",
        prose(document.get("References", "")),
        "[All measures](../index.md#measures)",
    )


def _parameters(document: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    from making.numpydoc import parameters

    return parameters(document.get("Parameters", ""))


def margins(measure: str, up: str = "../") -> str:
    """Give the margins of a measure's checks under every policy, equal ones together, and the reasons."""
    known = policies()
    families = list(
        dict.fromkeys(family for policy in known.values() for family, rule in policy.rules.items() if rule.measure == measure)
    )
    if not families:
        return "No policy that ships judges it: it is reported and opens or closes no gate."
    rows: list[tuple[object, ...]] = []
    reasons: dict[str, list[str]] = {}
    for family in families:
        alike: dict[tuple[object, ...], list[str]] = {}
        for name, policy in known.items():
            rule = policy.rules.get(family)
            if rule is not None:
                alike.setdefault(asked(rule), []).append(f"[{name}]({up}policies/{name}.md)")
                reasons.setdefault(family, [])
                if rule.reason not in reasons[family]:
                    reasons[family].append(rule.reason)
        rows += [(f"`{family}`", ", ".join(where), *what) for what, where in alike.items()]
    told = [f"- `{family}`: {' '.join(said)}" for family, said in reasons.items()]
    return page(table(["check", "policy", "required", "material", "mean", "blind"], rows), "\n".join(told))


def asked(rule: Rule) -> tuple[str, str, str, str]:
    """Give what a rule asks, as texts."""
    mean = "" if rule.mean is None else f"{rule.mean:g}"
    return "yes" if rule.required else "no", margin(rule.material), mean, margin(rule.blind)


def margin(amount: float | Mapping[str, float]) -> str:
    """Give a margin; margins by metric one after the other."""
    if isinstance(amount, Mapping):
        return ", ".join(f"{metric.replace('_', ' ')} {number:g}" for metric, number in amount.items())
    return f"{amount:g}"


def mechanism_link(mechanism: str, up: str) -> str:
    """Link a mechanism to its meaning."""
    return f"[{mechanism}]({up}words.md#mechanisms)"


def _code(name: str, code: str) -> str:
    measure = get("measure", name)
    document = sections(measure)
    others = [link(other, {other: f"{other}.md"}).replace("`", "") for other in measure.codes if other != code]
    return page(
        f"# {code}",
        f"**{measure.codes[code]}**",
        f"Found by [{title(name).lower()}](../measures/{name}.md), which asks: {measure.question}",
        f"Also found by it: {', '.join(others)}." if others else "",
        "## Usual mechanism",
        f"{mechanism_link(measure.mechanism, '../')}: {MECHANISMS[measure.mechanism]}. "
        "A finding names another where its numbers say so.",
        "## How it is measured",
        prose(document[""]) + f" [More](../measures/{name}.md#what-is-computed)",
        "## What mends it",
        f"{measure.remedy} A finding says more where it knows more.",
        "## What would not have been found",
        measure.cannot_see,
        "## How much is too much",
        margins(name),
        f"On the command line: `assay explain {code}`. [All codes](../index.md#findings)",
    )
