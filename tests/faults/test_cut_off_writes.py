"""A write that is killed anywhere, or meets a full disk at any of its steps, leaves the old content or the new one."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import writers_under_fire as fire

import assay
from assay.core import files
from assay.core.errors import InputError
from assay.core.files import write_atomically
from assay.core.registry import get
from assay.data.readers import read_lineage
from assay.data.writers import write_table

KINDS = ["json", "parquet", "csv", "csv.gz", "jsonl", "generator"]
KILLS = 12


def whole(kind: str, folder: Path) -> int:
    """Give which of the two contents stands there, after making sure that it is all of it."""
    if kind == "generator":
        made = get("generator", "marginals").load(folder / "saved").sample(50, seed=0)
        marks = set(made.table.column("mark").to_pylist())
    elif kind in ("json", "html"):
        text = (folder / f"out.{kind}").read_text()
        assert len(text) == 3_000_000
        marks = {int(letter) for letter in set(text)}
    else:
        data = assay.load(folder / f"out.{kind}")
        assert len(data) == fire.ROWS
        marks = set(data.table.column("mark").to_pylist())
        stamp = read_lineage(folder / f"out.{kind}")
        assert stamp is not None
        assert marks == {stamp.seed}, "the stamp is another content's"
    assert len(marks) == 1
    return marks.pop()


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_a_random_moment(tmp_path, kind):
    chance = random.Random(kind)
    command = [sys.executable, fire.__file__, kind, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(KILLS):
            print(chance.uniform(0.01, 0.15), file=process.stdin, flush=True)
            assert process.stdout.readline() == "killed\n"
            assert whole(kind, tmp_path) in (0, 1)
        process.stdin.close()


class Disk:
    """A disk that is full from the n-th step of writing on."""

    def __init__(self, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left, self.met = n, False
        for owner, name in ((files.tempfile, "mkstemp"), (os, "fsync"), (os, "fdopen"), (Path, "replace")):
            monkeypatch.setattr(owner, name, self.counted(getattr(owner, name)))

    def counted(self, step):
        def call(*arguments, **options):
            self.left -= 1
            if self.left < 0:
                self.met = True
                raise OSError(errno.ENOSPC, "No space left on device")
            return step(*arguments, **options)

        return call


@pytest.mark.parametrize("kind", KINDS)
def test_disk_full_at_every_step(tmp_path, monkeypatch, kind):
    fitted = [fire.generator(mark) for mark in (0, 1)] if kind == "generator" else []
    fire.write(kind, tmp_path, 0, fitted)
    for n in range(40):
        with monkeypatch.context() as patch:
            Disk(n, patch)
            try:
                fire.write(kind, tmp_path, 1, fitted)
                failed = None
            except InputError as error:
                failed = error
        stands = whole(kind, tmp_path)
        assert stands == 1 or failed
        assert failed is None or ("no space left" in str(failed) and failed.fix and failed.file)
        assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".assay-")], "left-overs"
        if failed is None:
            break
        fire.write(kind, tmp_path, 0, fitted)
    assert failed is None, "the disk was never large enough"
    assert n >= 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_device_that_is_full():
    with pytest.raises(InputError, match="no space left"):
        write_atomically("/dev/full", b"x" * 100_000)


@pytest.mark.skipif(os.name != "posix", reason="limits on the size of files are POSIX")
def test_a_limit_on_the_size_of_files(tmp_path):
    """A real failing write: the file may have 64 kB and is to have 200."""
    target = tmp_path / "report.json"
    target.write_bytes(b"old")
    code = (
        "import resource, signal, sys\n"
        "from assay.core.files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "write_atomically(sys.argv[1], b'x' * 200_000)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "InputError" in ended.stderr
    assert "file too large" in ended.stderr
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_two_writers_of_one_path(tmp_path):
    target = tmp_path / "report.json"
    contents = [letter * 300_000 for letter in (b"a", b"b")]
    target.write_bytes(contents[0])
    stop = threading.Event()
    seen: set[bytes] = set()
    torn: list[bytes] = []

    def read() -> None:
        while not stop.is_set():
            found = target.read_bytes()
            seen.add(found[:1])
            if found not in contents:
                torn.append(found[:20])

    def write(content: bytes) -> None:
        for _ in range(60):
            write_atomically(target, content)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    assert not torn
    assert target.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [target]


def test_a_stamp_is_its_own_contents(tmp_path, make_dataset):
    path = write_table(fire.dataset(1), tmp_path / "out.csv")
    side = tmp_path / "out.csv.lineage.json"
    assert read_lineage(path).seed == 1  # type: ignore[union-attr]
    plain = make_dataset(30)
    write_table(plain, path)
    assert read_lineage(path) is None
    assert not side.exists()
    side.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="stamp cannot be read"):
        read_lineage(path)


def test_a_stamp_outlives_an_edit(tmp_path):
    path = write_table(fire.dataset(1), tmp_path / "out.csv")
    path.write_text(path.read_text(encoding="utf-8") + "1,7\n", encoding="utf-8")
    assert read_lineage(path).generator == "bootstrap_rows"  # type: ignore[union-attr]
