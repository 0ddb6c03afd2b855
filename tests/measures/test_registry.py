from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay.measures
from assay.core.finding import MECHANISMS
from assay.core.protocols import Measure
from assay.core.registry import get, names

FOLDER = Path(assay.measures.__file__).parent
STEMS = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def facts(path: Path, key: str) -> Iterator[str]:
    """Give every text that a measure's source may write into its facts under a key, by display or by assignment."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            pairs = [(node.targets[0].slice, node.value)]
        for name, value in pairs:
            if isinstance(name, ast.Constant) and name.value == key:
                for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def test_every_file_is_a_measure_under_its_own_name() -> None:
    assert set(STEMS) <= set(names("measure"))
    for stem in STEMS:
        measure = get("measure", stem)
        assert issubclass(measure, Measure)
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", measure.__name__).lower() == stem
        assert Path(inspect.getfile(measure)).stem == stem


def test_no_code_is_used_twice() -> None:
    owner: dict[str, str] = {}
    for name in names("measure"):
        for code in get("measure", name).codes:
            assert owner.setdefault(code, name) == name, f"{code} belongs to {owner[code]} and {name}"


@pytest.mark.parametrize("name", STEMS)
def test_findings_use_declared_codes_and_known_mechanisms(name: str) -> None:
    measure, path = get("measure", name), FOLDER / f"{name}.py"
    assert set(facts(path, "code")) <= set(measure.codes)
    assert {measure.mechanism, *facts(path, "mechanism")} <= set(MECHANISMS)


def test_facts_are_found_in_sources() -> None:
    assert set(facts(FOLDER / "tail_mass.py", "code")) == {"TAIL01", "TAIL02"}
    assert "recursive_contamination" in set(facts(FOLDER / "provenance.py", "mechanism"))


@pytest.mark.parametrize("name", STEMS)
def test_docstring_has_notes_blind_spots_and_references(name: str) -> None:
    document = inspect.getdoc(get("measure", name)) or ""
    notes, _, references = document.partition("References\n----------\n")
    assert "Notes\n-----\n" in notes
    assert "cannot see:" in re.sub(r"\s+", " ", notes)
    assert re.search(r"\(\d{4}[a-z]?\)", references), "author and year"


@pytest.mark.parametrize("name", STEMS)
def test_measures_can_be_made_without_settings(name: str) -> None:
    measure = get("measure", name)()
    assert measure.question.endswith("?")
    assert isinstance(measure.cost, int)
    assert measure.cost > 0
