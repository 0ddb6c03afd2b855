"""The command under faults: interrupted, piped into nothing, started where it may not write, with a clock that runs back."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.cli.__main__ import main
from assay.core import files

SOURCE = Path(assay.__file__).parent
STALE = '{"schema": "assay.report/1", "verdict": "trusted"}'


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_table) -> Path:
    """Folder, made the current one, with two tables of 200 rows."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("real", "made")):
        pq.write_table(make_table(200, seed), tmp_path / f"{name}.parquet")
    return tmp_path


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
def test_interrupted_at_work_exits_130_and_leaves_no_stale_report(tables, sign):
    """The signal comes in the middle of the first measure, from which it must get through threads and handlers."""
    Path("report.json").write_text(STALE, encoding="utf-8")
    code = (
        "import sys, time\n"
        "from assay.cli.__main__ import main\n"
        "from assay.measures.schema_match import SchemaMatch\n"
        "def slow(self, context):\n"
        "    print('at work', flush=True, file=sys.__stdout__)\n"
        "    time.sleep(60)\n"
        "SchemaMatch.measure = slow\n"
        "sys.exit(main(['check', 'real.parquet', 'made.parquet', '--json', 'report.json']))\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(getattr(signal, sign))
        _, shown = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in shown
    assert json.loads(Path("report.json").read_text(encoding="utf-8"))["schema"] == "assay.error/1"


def test_a_reader_that_stops_early(tables):
    """As in `assay check ... | head -1`."""
    command = f"{sys.executable} -m assay check real.parquet made.parquet; echo $? >code"
    ended = subprocess.run(
        ["sh", "-c", f"({command}) 2>error | head -1 >shown"], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0
    assert Path("code").read_text().strip() in ("1", "3")
    assert Path("error").read_text() == "" or "BrokenPipe" not in Path("error").read_text()


CHECK = ["check", "real.parquet", "made.parquet", "--policy", "test"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(CHECK, 4), ([*CHECK, "--json", "-"], 4), (["check", "no.csv", "no.csv", "--json", "-"], 2), (["--help"], 4)],
)
def test_standard_output_that_is_full_never_reads_as_a_verdict(tables, words, code):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "assay", *words], stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )
    assert ended.returncode == code, ended.stderr
    assert "Traceback (" not in ended.stderr


@pytest.mark.parametrize("stream", [1, 2])
def test_a_stream_that_was_closed_before_the_start_changes_no_exit_code(tables, stream):
    command = [sys.executable, "-m", "assay", *CHECK, "--json", "-"]
    ended = subprocess.run(["sh", "-c", f'exec "$@" {stream}>&-', "sh", *command], capture_output=True, check=False, text=True)
    assert ended.returncode == 3, ended.stderr
    assert "Traceback" not in ended.stderr
    assert stream == 1 or json.loads(ended.stdout)["verdict"] == "cannot_tell"


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "real.parquet", "made.parquet", "--json", "OUT/r.json"],
        ["check", "real.parquet", "made.parquet", "--html", "OUT/r.html"],
        ["check", "real.parquet", "made.parquet", "--junit", "OUT/r.xml"],
        ["generate", "real.parquet", "--with", "marginals", "-n", "9", "--out", "OUT/made.csv"],
        ["generate", "real.parquet", "--with", "marginals", "-n", "9", "--out", "made.csv", "--save", "OUT/saved"],
        ["split", "real.parquet", "--out-real", "OUT/a.parquet", "--out-holdout", "b.parquet"],
    ],
    ids=lambda arguments: arguments[0] + arguments[-2],
)
def test_a_folder_that_cannot_be_written_ends_before_work_starts(tables, monkeypatch, capsys, arguments):
    """As superuser nothing is read-only, so that the first step of a write is what fails."""

    def denied(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    def forbidden(*arguments, **options):
        raise AssertionError("work was started")

    Path("OUT").mkdir()
    usual = files.tempfile.mkstemp
    monkeypatch.setattr(files.tempfile, "mkstemp", lambda *a, **k: denied() if "OUT" in str(k.get("dir")) else usual(*a, **k))
    for verb in ("check", "load"):
        monkeypatch.setattr(import_module(f"assay.verbs.{verb}"), verb, forbidden)
    monkeypatch.setattr(import_module("assay.verbs.split"), "split", forbidden)
    monkeypatch.setattr(import_module("assay.verbs.generate"), "load_table", forbidden)
    before = sorted(path.name for path in tables.iterdir())
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert "ermission denied" in shown
    assert "OUT" in shown
    assert sorted(path.name for path in tables.iterdir()) == before


@pytest.mark.parametrize("fault", ["bad input", "usage", "unforeseen", "interrupted"])
def test_a_stale_report_is_never_left(tables, monkeypatch, capsys, fault):
    raised = {"unforeseen": ZeroDivisionError("gone"), "interrupted": KeyboardInterrupt()}.get(fault)

    def broken(*arguments, **options):
        assert raised is not None
        raise raised

    if raised is not None:
        monkeypatch.setattr(import_module("assay.verbs.check"), "check", broken)
    arguments = {"bad input": ["real.parquet", "absent.csv"], "usage": ["real.parquet"]}.get(
        fault, ["real.parquet", "made.parquet"]
    )
    Path("report.json").write_text(STALE, encoding="utf-8")
    code = main(["check", *arguments, "--json", "report.json"])
    assert code == {"bad input": 2, "usage": 2, "unforeseen": 4, "interrupted": 130}[fault]
    document = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert document["schema"] == "assay.error/1"
    for path in Path(os.environ.get("TMPDIR", "/tmp")).glob("assay-traceback-*"):
        if "ZeroDivisionError: gone" in path.read_text(encoding="utf-8"):
            path.unlink()


def test_durations_do_not_follow_the_clock(tables, monkeypatch):
    now = [4e9]

    def back() -> float:
        now[0] -= 3600
        return now[0]

    monkeypatch.setattr(time, "time", back)
    report = assay.check("real.parquet", "made.parquet", jobs=1, budget=500)
    assert all(seconds >= 0 for seconds in report.run["timings"].values())
    assert "skipped" not in {part.outcome for part in report.scorecard.not_checked}


def test_no_duration_is_taken_from_the_clock():
    told = re.compile(r"\btime\.time\(|\btime_ns\(|datetime\.(now|utcnow|today)\(|from time import")
    found = [str(path) for path in SOURCE.rglob("*.py") if told.search(path.read_text(encoding="utf-8"))]
    assert not found


def test_nothing_loads_code_or_runs_text():
    told = re.compile(
        r"\b(import|from)\s+(pickle|cPickle|dill|cloudpickle|shelve|marshal)\b|\bpickle\.(load|dump)|joblib\.(load|dump)|torch\.(load|save)\("
        r"|(?<![\w.])(eval|exec|compile|__import__)\(|\.query\(|yaml\.(load|unsafe_load)\(|read_pickle|allow_pickle=True|os\.system\(|shell=True"
    )
    found = [
        f"{path}:{number}"
        for path in SOURCE.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if told.search(line)
    ]
    assert not found


def test_reports_are_not_written_as_spreadsheets(tables):
    """No export that a spreadsheet would run exists: a report is JSON, HTML or XML, a frame is a frame."""
    report = assay.check("real.parquet", "made.parquet", jobs=1)
    for name in ("r.csv", "r.xlsx", "r.tsv", "r.ods"):
        with pytest.raises(assay.core.errors.UsageError, match=r"\.json, \.html or \.xml"):
            report.save(name)
    assert pa.Table.from_pandas(report.to_frame()).num_rows
