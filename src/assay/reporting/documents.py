"""JSON documents: how they are written, what they may hold, and the one that tells of an error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from assay.core.errors import InputError
from assay.reporting.text import UNSAFE

REPORT = "assay.report/1"
DRILL = "assay.drill/1"
MEND = "assay.mend/1"
ERROR = "assay.error/1"


def report_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.report/1` and `assay.error/1` that ships with the package."""
    return _schema("report.schema.json")


def drill_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.drill/1` and `assay.error/1` that ships with the package."""
    return _schema("drill.schema.json")


def loop_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.loop/1` and `assay.error/1` that ships with the package."""
    return _schema("loop.schema.json")


def forecast_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.forecast/1` and `assay.error/1` that ships with the package."""
    return _schema("forecast.schema.json")


def mend_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.mend/1` and `assay.error/1` that ships with the package."""
    return _schema("mend.schema.json")


def recipe_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.recipe/1` that ships with the package."""
    return _schema("recipe.schema.json")


def estimate_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.estimate/1` and `assay.error/1` that ships with the package."""
    return _schema("estimate.schema.json")


def ecosystem_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of `assay.ecosystem-result/1` and `assay.error/1` that ships with the package."""
    return _schema("ecosystem.schema.json")


def _schema(name: str) -> dict[str, Any]:
    return json.loads(files("assay.reporting").joinpath(name).read_text(encoding="utf-8"))


def error_document(error: BaseException) -> dict[str, Any]:
    """Give the `assay.error/1` document of anything that was raised; all errors of one input are listed.

    Examples
    --------
    >>> error_document(ValueError("no rows"))["errors"]
    [{'message': 'no rows', 'file': None, 'column': None, 'row': None, 'fix': 'See: assay --help'}]
    """
    if isinstance(error, InputError):
        entries: list[dict[str, Any]] = [dict(one.to_dict()) for one in error.errors]
    else:
        message = str(error) or type(error).__name__
        entries = [{"message": message, "file": None, "column": None, "row": None, "fix": ""}]
    for entry in entries:
        entry["fix"] = entry["fix"] or "See: assay --help"
    return {"schema": ERROR, "errors": entries}


def to_json(document: Mapping[str, Any]) -> str:
    """Write a document as JSON text, without NaN, and with invisible characters as escapes.

    Examples
    --------
    >>> to_json({"a": float("nan"), "b": "é"}).split()
    ['{', '"a":', 'null,', '"b":', '"é"', '}']
    """
    text = json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False)
    escaped = UNSAFE.sub(lambda match: match.group() if match.group() == "\n" else _escape(match.group()), text)
    return escaped + "\n"


def plain(content: Any) -> Any:
    """Turn tuples, mappings and numpy numbers into what JSON has; a number that is not finite becomes null."""
    if isinstance(content, Mapping):
        return {str(key): plain(part) for key, part in content.items()}
    if isinstance(content, (list, tuple)):
        return [plain(part) for part in content]
    if content is None or isinstance(content, (str, bool, int)):
        return content
    if hasattr(content, "item"):
        content = content.item()
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    return content if isinstance(content, (str, bool, int)) else str(content)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
