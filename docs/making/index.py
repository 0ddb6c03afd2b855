"""The index, and all pages together."""

from __future__ import annotations

from assay.core.registry import get, names
from assay.reporting.text import title
from making.damages import damage_pages, damage_table
from making.measures import GROUPS, code_pages, measure_pages, policies
from making.numpydoc import page, prose, sections, table
from making.others import generator_pages, policy_pages, words_page
from making.remedies import remedy_pages, remedy_table
from making.verbs import object_pages, objects, path, reference_page, summary, verb_pages, verbs

GUIDES = (
    ("first-check.md", "A first check", "From a real table to a verdict, with pictures of what to look at."),
    ("drill.md", "Would you have noticed?", "Plant known damage in your own real rows and see which of it a check catches."),
    (
        "loop.md",
        "What if models learn from models?",
        "Train generators again and again on what they made, and see what is lost, when, and under which regime.",
    ),
    (
        "forecast.md",
        "What would a loop do?",
        "When each axis leaves its margin, and how much real data prevents it, from a few short loops.",
    ),
    (
        "mend.md",
        "What makes it usable?",
        "Mend synthetic rows with few real ones, keep what helps, and prove it on sealed rows.",
    ),
    (
        "estimate.md",
        "How much is it really?",
        "Means, rates, quantiles and coefficients from few labelled rows and many that a model labels, with intervals that hold.",
    ),
    (
        "ecosystem.md",
        "A corpus that many share",
        "Run generators and classifiers that read from and write to one corpus, year by year, and see what the outlook hangs on.",
    ),
    ("own-policy.md", "A policy of one's own", "Change a margin, and prove that nothing else changed."),
    (
        "scenarios.md",
        "Scenarios",
        "Tables by rules, without any real row: the file, every key of it, and drafts from a real table.",
    ),
    ("pipelines.md", "In a pipeline", "Exit codes, JSON, JUnit, GitHub Actions and pytest."),
    ("glossary.md", "Glossary", "DCR, pMSE, alpha-precision, drift: what other tools measure, and what we do instead."),
    ("words.md", "The words of a report", "Verdicts, outcomes, margins, mechanisms."),
    ("reference.md", "Reference", "Exit codes, environment variables, keys of a policy."),
)


def pages() -> dict[str, str]:
    """Give every page that is made, by its path."""
    return {
        "index.md": _index(),
        "words.md": words_page(),
        "reference.md": reference_page(),
        **verb_pages(),
        **object_pages(),
        **policy_pages(),
        **measure_pages(),
        **code_pages(),
        **generator_pages(),
        **damage_pages(),
        **remedy_pages(),
    }


def _index() -> str:
    found = verbs()
    measures = {name: get("measure", name) for name in names("measure")}
    groups = {family: [name for name in measures if measures[name].family == family] for family in GROUPS}
    groups["other"] = [name for name in measures if measures[name].family not in GROUPS]
    shown: list[str] = []
    for family, members in groups.items():
        if members:
            rows = [
                (f"[{title(name)}](measures/{name}.md)", measures[name].question, _codes(measures[name].codes))
                for name in members
            ]
            shown += [f"### {GROUPS.get(family, 'Others')}", table(["measure", "question", "codes"], rows)]
    codes = sorted((code, meaning) for measure in measures.values() for code, meaning in measure.codes.items())
    return page(
        "# Assay's documentation",
        "May this synthetic table stand in for the real one, for this purpose? Where to look:",
        table(["", ""], ((f"[{name}]({where})", told) for where, name, told in GUIDES)),
        "## Verbs",
        table(["verb", "what it does"], ([f"[{verb}]({path(verb)})", prose(summary(verb, one))] for verb, one in found.items())),
        "What they give and take: " + ", ".join(f"[{name}](objects/{name}.md)" for name in objects()) + ".",
        "## Policies",
        table(["policy", "purpose"], ((f"[{name}](policies/{name}.md)", policy.purpose) for name, policy in policies().items())),
        "## Measures",
        *shown,
        "## Findings",
        table(["code", "meaning"], ((f"[{code}](codes/{code}.md)", meaning) for code, meaning in codes)),
        "## Generators",
        table(
            ["generator", "how"],
            ((f"[{name}](generators/{name}.md)", prose(sections(get("generator", name))[""])) for name in names("generator")),
        ),
        "## Damages",
        "What [`assay drill`](drill.md) plants to see whether a check would notice, with the severity that must be caught at "
        "5,000 rows and more. [What a mechanism means](words.md#mechanisms)",
        damage_table(),
        "## Remedies",
        "What [`assay mend`](mend.md) tries, each where its signs are tested, and kept where real rows bear it out. Packages of "
        "your own add more through `assay.remedies`. [What a mechanism means](words.md#mechanisms)",
        remedy_table(),
    )  # fmt: skip


def _codes(codes: dict[str, str]) -> str:
    return ", ".join(f"[{code}](codes/{code}.md)" for code in codes)
