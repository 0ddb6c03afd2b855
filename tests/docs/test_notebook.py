"""The notebook runs from its first cell to its last, and what is committed is what it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from making.notebook import CellError, execute, read

NOTEBOOK = Path(__file__).parents[2] / "examples" / "first_check.ipynb"


def kinds(notebook):
    return [
        [sorted(shown.get("data", [shown["output_type"]])) for shown in cell.get("outputs", [])] for cell in notebook["cells"]
    ]


@pytest.fixture(scope="module")
def ran():
    pytest.importorskip("pandas")
    return execute(read(NOTEBOOK))


def test_every_cell_runs_and_shows_what_is_committed(ran):
    assert kinds(ran) == kinds(read(NOTEBOOK))


def test_the_damage_is_found(ran):
    assert "TAIL01 dep_delay" in "".join(ran["cells"][-2]["outputs"][0]["text"])


def test_what_is_committed_is_small_executed_and_of_no_machine():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 60_000
    assert not re.search(r"/home/|/work/|/tmp/|/root/|site-packages", text)
    code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert any("text/html" in shown.get("data", {}) for cell in code for shown in cell["outputs"])


def cells(*sources):
    return {"cells": [{"cell_type": "code", "source": [source], "outputs": []} for source in sources]}


def test_a_cell_that_raises_is_named():
    with pytest.raises(CellError, match="Cell 2 raised ZeroDivisionError"):
        execute(cells("x = 0", "1 / x", "y = 1"))


def test_what_a_cell_shows_is_kept():
    shown = [cell["outputs"] for cell in execute(cells("print('a')", "b = 1\nb", "c = b", ""))["cells"]]
    assert shown[0] == [{"output_type": "stream", "name": "stdout", "text": ["a\n"]}]
    assert shown[1][0]["data"] == {"text/plain": ["1"]}
    assert shown[2] == shown[3] == []
