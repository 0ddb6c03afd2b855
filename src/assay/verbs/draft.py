"""Draft a scenario from a real table, for a person to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.core.files import require_writable, write_atomically
from assay.data.schema import Schema
from assay.scenario.draft import draft_scenario
from assay.verbs.load import load


def draft(
    real: Any,
    *,
    out: str | Path | None = None,
    target: str | None = None,
    schema: Schema | str | Path | None = None,
    null: str = "",
) -> str:
    """Draft a scenario for the generator ``rules`` from a real table.

    Parameters
    ----------
    real : path, frame or Dataset
        Real rows.
    out : path, optional
        Where to write the scenario (TOML).
    target, schema, null
        See `assay.load`. With a target, the scenario says on which columns it depends most.

    Returns
    -------
    str
        The scenario. It loads and generates as it is.

    Raises
    ------
    InputError
        For a table that cannot be read or has fewer than 20 rows, and for a file that cannot be written.

    Examples
    --------
    >>> import pyarrow as pa
    >>> text = draft(pa.table({"age": [31, 45, 52, 38] * 20, "ill": ["no", "yes", "no", "no"] * 20}))
    >>> print(text[text.index("[tables.table.columns.ill]"):].rstrip())
    [tables.table.columns.ill]
    # 2 levels with their rows.
    values = ["no", "yes"]
    weights = [60, 20]
    type = "string"
    kind = "categorical"
    """
    if out is not None:
        require_writable(out)
    text = draft_scenario(load(real, schema=schema, target=target, null=null))
    if out is not None:
        write_atomically(out, text.encode())
    return text
