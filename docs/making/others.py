"""Pages of generators, policies and the words of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.core.registry import get, names
from assay.judging.policy import Policy
from assay.judging.policy_files import KEYS, RULE_KEYS
from assay.reporting.drill_words import STANDINGS
from assay.reporting.words import GLOSSARY, MECHANISMS, OUTCOMES, SEVERITIES, VERDICTS
from making.measures import asked, policies
from making.numpydoc import page, parameters, prose, sections, table, without_blind_spots

DRILLS = (
    ("Planted damage", "A known harm, put into real rows that pose as synthetic ones. What should be found is then known."),
    ("Severity", "How much of it was planted, in the unit of its kind: a share of rows, standard deviations, a factor."),
    ("Harmless severity", "Fixed beforehand: so little that nobody who uses the rows would notice. A check must not refuse it."),
    ("Material severity", "Fixed beforehand: so much that it harms whoever uses the rows. A check of 5,000 rows must refuse it."),
    ("Caught", "The verdict was *not trusted*. *Cannot tell* is no catch."),
    ("Detection rate", "The share of plantings of one kind and severity that are caught, with its 95% interval."),
    ("Caught from", "The smallest severity that is caught with a probability of 80%, with its 95% interval."),
    ("False alarm", "Sound rows were refused."),
)

MENDING = (
    ("Remedy", "One way to change or weigh synthetic rows, tried where its signs are tested."),
    (
        "Told apart",
        "The AUC with which a classifier tells held-out real rows from the synthetic ones; two real samples score 0.5.",
    ),
    ("Baseline", "The best way to train without mending: real rows, synthetic rows, or both, by cross-validation."),
    ("Gain", "Score of the chosen way over the baseline's on sealed rows, compared row by row, with its 95% interval."),
    ("Selection invalid", "Remedies were chosen on real rows that the generator may have learned from."),
    ("Made from real ones", "Rows that a remedy made from single real rows: they say more of these than the others do."),
    ("Recipe", "What was learned, without a real row, to be done again to other rows of the same generator."),
)


def generator_pages() -> dict[str, str]:
    """Give one page a generator."""
    return {f"generators/{name}.md": _generator(name, get("generator", name)) for name in names("generator")}


def _generator(name: str, generator: Any) -> str:
    document = sections(generator)
    links = {other: f"{other}.md" for other in names("generator") if other != name}
    rules = getattr(generator, "rules", {})
    settings = [
        (f"`{key}`", kind, told, str(rules.get(key, "")))
        for key, (kind, told) in parameters(document.get("Parameters", "")).items()
    ]
    learned = parameters(document.get("Attributes", ""))
    notes = document.get("Notes", "")
    blind = notes[len(without_blind_spots(notes)) :].strip()
    return page(
        f"# {name}",
        f"**{prose(document[''])}**",
        f"```console\n$ assay generate {_given(name, generator)} -n 10000 --out synthetic.parquet\n```",
        "## Settings",
        table(["setting", "type and default", "meaning", "must be"], settings) if settings else "None.",
        "Each is set with `--set KEY=VALUE`, or in Python with `settings={...}`." if settings else "",
        "## How it works" if notes else "",
        prose(without_blind_spots(notes), links),
        "## What it cannot make" if blind else "",
        prose(blind, links),
        "## What it learns" if learned else "",
        "\n".join(f"- `{key}` ({kind}): {told}" for key, (kind, told) in learned.items()),
        "## References" if document.get("References") else "",
        prose(document.get("References", "")),
        ("" if getattr(generator, "learns", True) else "[Scenarios](../scenarios.md) · ")
        + "[All generators](../index.md#generators)",
    )


def _given(name: str, generator: Any) -> str:
    return f"real.parquet --with {name}" if getattr(generator, "learns", True) else f"--with {name} --set scenario=payments"


def policy_pages() -> dict[str, str]:
    """Give one page a policy that ships."""
    return {f"policies/{name}.md": _policy(policy) for name, policy in policies().items()}


def _policy(policy: Policy) -> str:
    needs = " and ".join(f"a {need}" for need in policy.needs)
    rows = [
        (f"[{family}](../measures/{rule.measure}.md)", *asked(rule)[1:], rule.reason)
        for required in (True, False)
        for family, rule in policy.rules.items()
        if rule.required is required
    ]
    required = sum(rule.required for rule in policy.rules.values())
    head = ["check", "material", "mean", "blind", "why"]
    return page(
        f"# Policy {policy.name}",
        f"**{policy.purpose}**",
        f"Without {needs} the verdict is *cannot tell* at best." if needs else "It needs neither a holdout nor a target.",
        f"Sound data is called *not trusted* with a chance of at most {policy.error:.0%}, shared out among the required checks.",
        "*Material* is the harm in one place that must not pass, *mean* the same on average (root mean square) over all places, "
        "*blind* how large a harm in one place may stay unseen. [How margins work](../own-policy.md#margins)",
        "## Required",
        table(head, rows[:required]),
        "## Reported, not required" if len(rows) > required else "",
        table(head, rows[required:]) if len(rows) > required else "",
        f"`assay policy show {policy.name}` prints it as TOML. [A policy of one's own](../own-policy.md)",
    )


def words_page() -> str:
    """Give the words of a report."""
    return page(
        "# The words of a report",
        "What other tools call these things stands in the [glossary](glossary.md).",
        "## Verdicts",
        table(["", "verdict", "meaning"], VERDICTS.values()),
        "## Outcomes of a check",
        "Only *pass* opens a gate.",
        table(["", "outcome", "meaning"], OUTCOMES.values()),
        "## Severities of a finding",
        "".join(
            f"- {SEVERITIES[name]} **{name}**: {told}\n"
            for name, told in (
                ("critical", "a required check fails, and even the lower bound of the harm is at least twice the margin;"),
                ("major", "a required check fails;"),
                ("minor", "a check fails that the policy does not require."),
            )
        ),
        "## Numbers",
        "".join(f"- **{word}**: {told}\n" for word, told in GLOSSARY),
        "## Mechanisms",
        "A finding names what usually makes such damage; the report ranks mechanisms by how much of what is wrong each explains.",
        table(["mechanism", "meaning"], ((f"`{name}`", told) for name, told in MECHANISMS.items())),
        "## Drills",
        "[`assay drill`](drill.md) plants damage in real rows to see what a check notices.",
        "".join(f"- **{word}**: {told}\n" for word, told in DRILLS),
        "In its table:",
        table(["", "word", "meaning"], STANDINGS.values()),
        "## Mending",
        "[`assay mend`](mend.md) changes and weighs synthetic rows with the help of few real ones.",
        "".join(f"- **{word}**: {told}\n" for word, told in MENDING),
        "[Index](index.md)",
    )


def policy_keys() -> str:
    """Give the keys of a policy file."""
    return page(
        table(["key", "meaning"], ((f"`{key}`", told) for key, told in KEYS.items())),
        "In a table `[checks.NAME]`:",
        table(["key", "meaning"], ((f"`{key}`", told) for key, told in RULE_KEYS.items())),
        "Checks whose margins go by metric, with their metrics:",
        "".join(f"- `{family}`: {', '.join(f'`{metric}`' for metric in metrics)}\n" for family, metrics in _metrics().items()),
    )


def _metrics() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for policy in policies().values():
        for family, rule in policy.rules.items():
            for margin in (rule.material, rule.blind):
                if isinstance(margin, Mapping):
                    found[family] = list(dict.fromkeys([*found.get(family, []), *margin]))
    return found
