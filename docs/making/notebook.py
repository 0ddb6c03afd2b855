"""Run a notebook's cells in one namespace and keep what they show, without a kernel."""

from __future__ import annotations

import ast
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any


class CellError(Exception):
    """A cell raised; says which, and its source."""


def execute(notebook: dict[str, Any]) -> dict[str, Any]:
    """Run every code cell, in order, and give the notebook with the outputs of this run.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4.

    Raises
    ------
    CellError
        If a cell raises; the cells behind it are not run.

    Notes
    -----
    Kept are what a cell prints and the value of its last line, as HTML where it has a `_repr_html_`, as a notebook does.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells: list[dict[str, Any]] = []
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell = {**cell, "execution_count": count, "outputs": _outputs("".join(cell["source"]), namespace, count)}
        cells.append(cell)
    return {**notebook, "cells": cells}


def _outputs(source: str, namespace: dict[str, Any], count: int) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    shown = None
    try:
        with redirect_stdout(printed):
            exec(compile(tree, f"<cell {count}>", "exec"), namespace)
            if isinstance(last, ast.Expr):
                shown = eval(compile(ast.Expression(last.value), f"<cell {count}>", "eval"), namespace)
    except Exception as error:
        raise CellError(f"Cell {count} raised {type(error).__name__}: {error}\n{source}") from error
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
    if shown is not None:
        data = {"text/plain": _lines(repr(shown))}
        if hasattr(shown, "_repr_html_"):
            data = {"text/html": _lines(shown._repr_html_()), **data}
        outputs.append({"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data})
    return outputs


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def read(path: Path) -> dict[str, Any]:
    """Read a notebook."""
    return json.loads(path.read_text(encoding="utf-8"))


def write(path: Path, notebook: dict[str, Any]) -> None:
    """Write a notebook as notebooks are written."""
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
