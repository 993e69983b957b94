"""Files as others have left them: read up to a limit, and never waited for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.config.regular_file import NotRegularError, read_regular

if TYPE_CHECKING:
    from pathlib import Path


def test_no_more_is_read_than_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "a", 3) == b"123"
    assert read_regular(str(tmp_path / "link"), 9) == b"12345"


@pytest.mark.timeout(20)
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    before = len(os.listdir("/proc/self/fd"))
    for path in (tmp_path / "fifo", tmp_path, "/dev/null"):
        with pytest.raises(NotRegularError, match="it is no regular file"):
            read_regular(path, 9)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "missing", 9)
    with pytest.raises(ValueError, match="null"):
        read_regular("a\0b", 9)
    assert len(os.listdir("/proc/self/fd")) == before
