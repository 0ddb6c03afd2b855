from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.core.files import require_writable, write_atomically


def test_the_new_content_replaces_the_old_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "report.json"
    write_atomically(path, b"old")
    write_atomically(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_while_writing_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_bytes(b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="no space left on device") as caught:
        write_atomically(path, b"new")
    assert caught.value.file == str(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", [lambda path: write_atomically(path, b""), require_writable])
def test_a_missing_folder_and_a_folder_are_refused_with_the_next_step(tmp_path, write):
    for path in (tmp_path / "absent" / "report.json", tmp_path):
        with pytest.raises(InputError, match="existing folder"):
            write(path)


def test_trying_a_path_leaves_no_trace(tmp_path):
    path = tmp_path / "report.json"
    require_writable(path)
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"old")
    require_writable(path)
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(os.name != "posix", reason="file modes and links are those of POSIX")
def test_modes_and_links_are_kept(tmp_path):
    path, link = tmp_path / "report.json", tmp_path / "link.json"
    write_atomically(path, b"old")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o640)
    link.symlink_to(path)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no /dev/null here")
def test_a_device_is_written_to_and_not_replaced():
    require_writable("/dev/null")
    write_atomically("/dev/null", b"gone")
    assert not Path("/dev/null").is_file()
