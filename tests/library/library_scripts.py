"""What the tests of the library share: scripts on disk, and looks at processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SEED_KEYS = [
    "script", "name", "subdirectory", "start_time", "end_time", "status", "exit_code", "execution_time", "stdout",
    "stderr", "error",
]  # fmt: skip


def script(directory: Path, text: str, name: str = "script.sh") -> Path:
    """Write a script and return its path."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def python(directory: Path, program: str, *, timeout: float = 60, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program, given as text, in a process of its own, with ``directory`` as its current one."""
    environment = {**os.environ, **env}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=directory, env=environment, capture_output=True, text=True, timeout=timeout
    )
