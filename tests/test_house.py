"""The house keeps its own rules: names, layers, sizes, documentation, and what is loaded when."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from shutil import which

import pytest

import assay
from assay.core.finding import MECHANISMS
from assay.core.registry import PACKAGES, get, names

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "assay"
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = [".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__") for path in FILES]
PUBLIC_NAMES = [
    "Dataset",
    "Report",
    "Schema",
    "check",
    "drill",
    "estimate",
    "forecast",
    "generate",
    "load",
    "loop",
    "mend",
    "split",
]
HEAVY = ["torch", "pandas", "polars", "sklearn", "scipy.stats", "duckdb"]
FORBIDDEN_CALLS = {"eval", "exec", "__import__", "compile"}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
FORBIDDEN_METHODS = {
    ("joblib", "load"),
    ("joblib", "dump"),
    ("torch", "load"),
    ("yaml", "load"),
    ("np", "load"),
    ("random", "seed"),
}
VAGUE = re.compile(r"(^|_)(utils?|common|helpers?|misc|legacy|stuff|manager)(_|$)")


def tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else which(name)
    if not found:
        pytest.skip(f"{name} is not installed; it comes with the extra 'dev'")
    return found


def run(*command: str) -> None:
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(ended.stdout.split())


def test_facade_has_these_names_and_no_others():
    assert assay.__all__ == PUBLIC_NAMES
    assert len(assay.__all__) <= 14
    assert dir(assay) == sorted([*PUBLIC_NAMES, "__version__"])
    for name in PUBLIC_NAMES:
        assert getattr(assay, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = assay.chekc


def test_importing_assay_loads_nothing_heavy():
    loaded = loaded_after("import assay")
    assert not loaded & {*HEAVY, "numpy", "pyarrow", "scipy"}


def test_using_the_facade_loads_no_frames_and_no_torch():
    assert not loaded_after("import assay; assay.load, assay.split") & {"torch", "pandas", "polars", "sklearn", "duckdb", "typer"}
    assert not loaded_after("import assay; assay.check, assay.generate") & {"torch", "pandas", "polars", "typer"}


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__main__")])
def test_every_module_can_be_imported_and_says_what_it_is(module):
    assert inspect.getdoc(import_module(module)), f"{module} has no docstring"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_long_or_vaguely_named(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert not any(VAGUE.search(part) for part in path.relative_to(SOURCE).with_suffix("").parts)


def test_the_package_is_typed():
    assert (SOURCE / "py.typed").exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_evaluates_or_unpickles(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not set(imported(node)) & FORBIDDEN_IMPORTS, f"line {getattr(node, 'lineno', 0)}"
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"line {node.lineno}"
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            unpickled = {word.arg: word.value for word in node.keywords}.get("allow_pickle")
            assert unpickled is None or (isinstance(unpickled, ast.Constant) and unpickled.value is False), f"line {node.lineno}"
            if (owner, node.func.attr) == ("np", "load"):
                assert unpickled is not None, f"line {node.lineno}: say allow_pickle=False"
            else:
                assert (owner, node.func.attr) not in FORBIDDEN_METHODS, f"line {node.lineno}"
            assert node.func.attr not in {"query", "read_pickle", "to_pickle"}, f"line {node.lineno}"


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (part.name.partition(".")[0] for part in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module.partition(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_documented(module):
    loaded = import_module(module)
    for name, content in vars(loaded).items():
        if name.startswith("_") or getattr(content, "__module__", None) != module:
            continue
        if inspect.isfunction(content) or inspect.isclass(content):
            assert content.__doc__, f"{module}.{name} has no docstring"
        if inspect.isclass(content):
            for part, method in vars(content).items():
                plain = method.fget if isinstance(method, property) else getattr(method, "__func__", method)
                if not part.startswith("_") and inspect.isfunction(plain):
                    assert inspect.getdoc(getattr(content, part)), f"{module}.{name}.{part} has no docstring"


@pytest.mark.parametrize("kind", ["measure", "generator"])
def test_registered_names_are_file_stems(kind):
    folder = SOURCE / PACKAGES[kind].removeprefix("assay.")
    stems = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert stems <= set(names(kind))
    for stem in stems:
        assert get(kind, stem).__name__ == "".join(part.capitalize() for part in stem.split("_"))


@pytest.mark.parametrize("name", names("measure"))
def test_every_measure_says_what_it_is(name):
    measure = get("measure", name)
    for attribute in ("question", "family", "mechanism", "remedy", "cannot_see"):
        assert getattr(measure, attribute).strip(), attribute
    assert measure.question.endswith("?")
    assert measure.mechanism in MECHANISMS
    assert measure.reads in ("profile", "rows")
    assert measure.needs <= {"holdout", "target"}
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]*\d\d", code) and meaning.endswith(".") for code, meaning in measure.codes.items())
    document = inspect.getdoc(measure)
    assert "Notes\n-----" in document
    assert "References\n----------" in document
    assert re.search(r"[Cc]annot\s+see", document)


def test_a_code_belongs_to_one_measure():
    owners: dict[str, list[str]] = {}
    for name in names("measure"):
        for code in get("measure", name).codes:
            owners.setdefault(code, []).append(name)
    assert not {code: found for code, found in owners.items() if len(found) > 1}


def test_versions_are_pinned_plainly():
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pins = {}
    for line in lines:
        found = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!]+)", line)
        assert found, line
        pins[re.sub(r"[-_.]+", "-", found.group(1)).lower()] = found.group(2)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    assert "duckdb>=1.4,<2" in project["dependencies"]
    for line in wanted:
        name = re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line).group()).lower()
        assert name == "assay" or name in pins, f"{name} is not pinned"


def test_layers_hold():
    run(tool("lint-imports"), "--no-logo", "--no-cache")


def test_ruff_passes():
    run(tool("ruff"), "check", "--no-cache", ".")
    run(tool("ruff"), "format", "--check", "--no-cache", ".")
