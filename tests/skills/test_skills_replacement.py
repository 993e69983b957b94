"""Files that are changed as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.skills.replacement import replace_file

if TYPE_CHECKING:
    from pathlib import Path


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "real.md", tmp_path / "link.md"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to("real.md")
    replace_file(link, b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["link.md", "real.md"]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    directory = tmp_path / "there"
    directory.mkdir()
    (directory / "file").write_bytes(b"old")
    with pytest.raises(IsADirectoryError):
        replace_file(directory, b"new")
    assert sorted(os.listdir(tmp_path)) == ["there"]
    assert (directory / "file").read_bytes() == b"old"
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "missing" / "file", b"new")
