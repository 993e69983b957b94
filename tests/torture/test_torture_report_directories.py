"""Many sessions that take and leave one report directory at the same moment."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

_CLAIM = """
    import os, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from pytest_orchestrator.reports.directory import ReportDirectory
    sys.stdin.read()
    for _ in range(60):
        claimed = ReportDirectory.claim(Path(sys.argv[2]))
        mine = claimed.path / "results.jsonl"
        mine.write_text(str(os.getpid()))
        os.sched_yield()
        assert mine.read_text() == str(os.getpid()), "another one has it too"
        claimed.release()
"""


def test_each_session_has_a_directory_to_itself(tmp_path: Path) -> None:
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", textwrap.dedent(_CLAIM), root, str(tmp_path / "reports")]
    sessions = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    for session in sessions:
        assert session.stdin is not None
        session.stdin.close()
        session.stdin = None  # communicate() would flush it
    errors = [session.communicate()[1].decode() for session in sessions]
    assert errors == [""] * 6
