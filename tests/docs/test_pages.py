"""The pages under docs/ are those that the generator makes, their links resolve, and nothing public is left out."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import assay
from assay.cli.failure import BAD_INPUT, EXIT_CODES, INTERRUPTED, UNFORESEEN
from assay.core.registry import get, names
from assay.core.verdict import EXIT_CODES as VERDICTS
from assay.judging.policy import load_policy, shipped
from assay.judging.policy_files import KEYS, RULE_KEYS
from assay.reporting.text import number
from assay.reporting.words import MECHANISMS
from making.__main__ import DOCS, MADE
from making.index import pages
from making.numpydoc import parameters, sections
from making.verbs import commands, environment, objects, path, verbs

ROOT = DOCS.parent
PAGES = pages()
WRITTEN = sorted(DOCS.rglob("*.md"))
LINKING = [*WRITTEN, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]


def text(name: str) -> str:
    return PAGES[name] if name in PAGES else (DOCS / name).read_text(encoding="utf-8")


def test_committed_pages_are_those_that_are_made():
    stale = [name for name, made in PAGES.items() if not (DOCS / name).exists() or text(name) != (DOCS / name).read_text("utf-8")]
    gone = [str(page.relative_to(DOCS)) for folder in MADE for page in (DOCS / folder).glob("*.md")]
    assert not stale, "run: make docs"
    assert not set(gone) - set(PAGES), "run: make docs"


def test_making_them_twice_gives_the_same():
    assert pages() == PAGES


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S), re.M)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", LINKING, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        where, _, anchor = target.partition("#")
        file = (page.parent / where).resolve() if where else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_page_can_be_reached_from_the_index():
    reached, open_ = set(), [DOCS / "index.md"]
    while open_:
        page = open_.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        open_ += [(page.parent / target).resolve() for target in targets]
    assert not set(WRITTEN) - reached


@pytest.mark.parametrize("name", names("measure"))
def test_every_measure_has_a_page_with_all_it_says_of_itself(name):
    measure, shown = get("measure", name), text(f"measures/{name}.md")
    for part in (measure.question, measure.remedy, measure.cannot_see, measure.mechanism, name, *measure.codes):
        assert part in shown
    assert len(shown.partition("## What is computed")[2].partition("##")[0]) > 60, "no formula in the Notes"
    for policy in map(load_policy, shipped()):
        for family, rule in policy.rules.items():
            if rule.measure == name:
                assert f"`{family}`" in shown
                assert rule.reason in shown
    for code, meaning in measure.codes.items():
        page = text(f"codes/{code}.md")
        for part in (code, meaning, measure.remedy, measure.cannot_see, measure.mechanism, f"../measures/{name}.md"):
            assert part in page


@pytest.mark.parametrize("name", names("generator"))
def test_every_generator_and_setting_is_documented(name):
    generator, shown = get("generator", name), text(f"generators/{name}.md")
    known = parameters(sections(generator).get("Parameters", ""))
    for setting in list(inspect.signature(generator.__init__).parameters)[1:]:
        assert known[setting][1], setting
        assert f"`{setting}`" in shown


@pytest.mark.parametrize("name", names("damage"))
def test_every_damage_has_a_page_with_all_it_says_of_itself(name):
    damage, shown = get("damage", name), text(f"damages/{name}.md")
    for part in (damage.unit, damage.harm[1:], damage.harmless_because[1:], damage.material_because, *damage().right, name):
        assert part in shown
    assert len(shown.partition("## How it is planted")[2].partition("##")[0]) > 60, "no Notes on how it is planted"
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]*) \|.*\|$", shown.partition("## Severities")[2], re.M))
    marked = {word: [at for at, mark in rows.items() if word in mark] for word in ("harmless", "material")}
    assert marked == {
        "harmless": [] if damage.harmless is None else [number(damage.harmless)],
        "material": [number(damage.material)],
    }
    assert [number(severity) for severity in damage.severities] == list(rows)[2:], "one row a severity, told apart"
    told = f"[{name}](damages/{name}.md) | {damage.harm} | {damage.mechanism} | {number(damage.material)} ({damage.unit}) |"
    assert told in text("index.md")


@pytest.mark.parametrize("name", names("remedy"))
def test_every_remedy_has_a_page_with_all_it_says_of_itself(name):
    remedy, shown = get("remedy", name), text(f"remedies/{name}.md")
    for part in (remedy.question, remedy.cannot_see[1:], *remedy.mends, name):
        assert part in shown
    assert len(shown.partition("## How it works")[2].partition("##")[0]) > 60, "no Notes on how it works"
    assert ("makes rows from real ones" in shown) is remedy.anchors
    assert f"[{name}](remedies/{name}.md) | {remedy.question}" in text("index.md")


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_parameter_and_option_is_documented(verb):
    function, shown = verbs()[verb], text(path(verb))
    if function is not None:
        known = parameters(sections(function).get("Parameters", ""))
        for name in inspect.signature(function).parameters:
            assert name in known, f"{verb}({name}) is not in the docstring"
            assert f"{name}`" in shown
    for part in commands()[verb].params if verb in commands() else ():
        for option in part.opts if part.param_type_name == "option" else [part.metavar.strip("[]")]:
            assert option in ("--help", "-h") or (part.help and f"`{option}`" in shown.replace("\\|", "|")), f"{verb} {option}"


def test_every_public_name_has_a_page():
    for name in assay.__all__:
        assert f"objects/{name}.md" in PAGES if name in objects() else path(name) in PAGES, name


@pytest.mark.parametrize("name", objects())
def test_every_public_member_is_documented(name):
    shown = text(f"objects/{name}.md")
    for key, member in vars(getattr(assay, name)).items():
        plain = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not key.startswith("_") and inspect.isfunction(plain):
            assert f"### `{key}" in shown, key


def test_every_exit_code_is_documented():
    assert set(EXIT_CODES) == {BAD_INPUT, UNFORESEEN, INTERRUPTED, *VERDICTS.values()}
    assert {code: word for code, (word, _) in EXIT_CODES.items() if code in VERDICTS.values()} == {
        code: verdict.replace("_", " ") for verdict, code in VERDICTS.items()
    }
    for code, (word, meaning) in EXIT_CODES.items():
        assert f"| {code} | {word} | {meaning} |" in text("reference.md")


def test_every_environment_variable_that_is_read_is_documented():
    read: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        named = {
            ast.unparse(node.targets[0]): node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            key = None
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv", "environ.get"):
                key = node.args[0]
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) in ("os.environ", "environ"):
                key = node.slice
            if key is not None:
                read.add(key.value if isinstance(key, ast.Constant) else named[ast.unparse(key)])
    assert read == set(environment()), "a module that reads a variable explains it in a mapping ENVIRONMENT of its own"
    assert all(f"`{name}`" in text("reference.md") for name in read)


def test_every_policy_key_policy_and_mechanism_is_documented():
    assert all(f"| `{key}` |" in text("reference.md") for key in (*KEYS, *RULE_KEYS))
    assert all(f"policies/{name}.md" in PAGES for name in shipped())
    assert all(f"| `{name}` |" in text("words.md") for name in MECHANISMS)


GLOSSED = """DCR NNDR IMS pMSE propensity alpha-precision beta-recall authenticity density coverage C2ST TSTR TRTR TSTS
KSComplement TVComplement Quality~Report Column~Shapes pair~trend DiagnosticReport NewRowSynthesis Kolmogorov-Smirnov Wasserstein
PSI drift~share epsilon DOMIAS singling~out linkability inference fidelity utility model~collapse effective~sample~size
calibration ECE equivalence~margin floor planted~damage detection~rate false~alarm psychometric~function severity"""


@pytest.mark.parametrize("word", [word.replace("~", " ") for word in GLOSSED.split()])
def test_the_fields_words_are_in_the_glossary(word):
    rows = [line for line in text("glossary.md").splitlines() if line.startswith("| ")]
    found = [line for line in rows if word in line.split("|")[1]]
    assert found
    assert all(len(cell.strip()) > 3 for line in found for cell in line.strip("|").split("|"))


def test_pages_stay_short_and_say_nothing_of_this_machine():
    for page in WRITTEN:
        shown = page.read_text("utf-8")
        assert len(shown) < (30_000 if page.name == "index.md" else 20_000), page  # the index lists all there is
        assert not re.search(r"/home/|/work/|/tmp/|/root/", shown), page
