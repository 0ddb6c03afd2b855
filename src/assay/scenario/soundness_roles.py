"""Whether the roles and kinds that a scenario gives its columns fit what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from assay.core.errors import did_you_mean
from assay.data.schema import Kind
from assay.scenario.cells import Form
from assay.scenario.model import Scenario, TableRules
from assay.scenario.problems import Problems
from assay.scenario.schema import levels_of
from assay.scenario.types import column_type


def kind_fault(kind: Kind, form: Form, dtype: str) -> str | None:
    """Say why values of a form, of a type where one is named, cannot be of a kind, or None.

    Examples
    --------
    >>> kind_fault("datetime", "number", "")
    'a number cannot be datetime.'
    """
    text = form == "text" or (dtype != "" and pa.types.is_string(column_type(dtype)))
    fits = {
        "numeric": form in ("number", "truth", "null") and not text,
        "datetime": form in ("time", "null") and not text,
        "boolean": form != "time",
    }
    if fits.get(kind, True):
        return None
    return f"a {form}{' written as text' if text and form != 'text' else ''} cannot be {kind}."


def check_roles(scenario: Scenario, table: TableRules, forms: Mapping[str, Form], problems: Problems) -> None:
    """Note roles that do not fit their columns."""
    target = table.target
    for key, given in (("positive", table.positive), ("task", table.task)):
        if given is not None and target is None:
            problems.add((*table.path, key), "goes with target.")
    if table.time is not None and forms.get(table.time) in ("text", "truth"):
        problems.add((*table.path, "time"), f"must be a column of moments or numbers. {table.time!r} is a {forms[table.time]}.")
    column = None if target is None else table.column(target)
    if target is None or column is None:
        return
    for key, others in (("entity", (table.entity,)), ("sensitive", table.sensitive)):
        if target in others:
            problems.add((*table.path, key), f"names {target!r}, which is the target.")
    if table.task == "regression" and forms.get(target) in ("text", "truth"):
        problems.add((*table.path, "task"), f"regression predicts numbers or moments. {target!r} is a {forms[target]}.")
    levels = [level for level in levels_of(scenario, table, column) or [] if level is not None]
    if not levels:
        return
    if table.task == "binary" and len(levels) != 2:
        problems.add((*table.path, "task"), f"binary needs 2 classes. {target!r} has {len(levels)}.")
    texts = [text for level in levels for text in _texts(level)]
    if table.positive is not None and table.positive not in texts:
        known = ", ".join(dict.fromkeys(_texts(level)[0] for level in levels[:12]))
        told = f"No class {table.positive!r} of {target!r}.{did_you_mean(table.positive, texts)} Known: {known}."
        problems.add((*table.path, "positive"), told)


def _texts(level: Any) -> tuple[str, ...]:
    """Give how a class may be written."""
    if isinstance(level, bool):
        return ("true", "1") if level else ("false", "0")
    if isinstance(level, float):
        return (f"{level:g}", f"{level:.15g}", f"{level:.1f}") + (
            ("true",) if level == 1.0 else ("false",) if level == 0.0 else ()
        )
    return (str(level),)
