"""How every line is asked: through `assay.check` or `assay.load`, and through the command line with its error document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.cli.__main__ import main
from assay.core.errors import InputError
from promises import VALIDATOR, refusal_is_helpful, sound

STALE = '{"schema": "assay.report/1", "verdict": "trusted"}'
Refused = Callable[..., InputError]
Handled = Callable[..., dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def file(folder: Path) -> Callable[..., Path]:
    """Write a file of given content: bytes, text, or a table as Parquet."""

    def write(content: str | bytes | pa.Table, name: str = "table.csv") -> Path:
        path = folder / name
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Have a real table refused by `assay.check` and, where it is a path, by the command: exit 2 and an error document."""

    def ask(real: Any, synthetic: Any = None, *words: str, **options: Any) -> InputError:
        other = real if synthetic is None else synthetic
        with pytest.raises(InputError) as caught:
            assay.check(real, other, jobs=1, **options)
        refusal_is_helpful(caught.value)
        if isinstance(real, Path) and isinstance(other, Path):
            Path("report.json").write_text(STALE, encoding="utf-8")
            more = [f"--{name}={value}" for name, value in options.items()]
            capsys.readouterr()
            assert main(["check", str(real), str(other), "--json", "report.json", *more, *words]) == 2
            document = json.loads(Path("report.json").read_text(encoding="utf-8"))
            assert document["schema"] == "assay.error/1"
            assert VALIDATOR.is_valid(document)
            assert document["errors"][0] == caught.value.errors[0].to_dict()
            shown = capsys.readouterr()
            assert "Traceback" not in shown.err
            assert not shown.out
        return caught.value

    return ask


@pytest.fixture
def handled(folder: Path, capfd: pytest.CaptureFixture[str]) -> Handled:
    """Have two tables checked, the report found sound, and its document given."""

    def ask(real: Any, synthetic: Any, **options: Any) -> dict[str, Any]:
        document = sound(assay.check(real, synthetic, jobs=1, **options))
        assert "Traceback" not in capfd.readouterr().err
        if options.get("holdout") is None and options.get("policy") != "test":
            assert document["verdict"] != "trusted"
        return document

    return ask
