"""A small version of the soak: ten runs leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).resolve().parents[1] / "soak/agent_leaks.py"


def test_ten_misbehaving_runs_and_five_sessions_leave_nothing() -> None:
    command = [sys.executable, str(SOAK), "--runs", "10", "--sessions", "5", "--interrupts", "0", "--no-floods"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert "10 runs in" in ran.stdout
    assert "5 sessions at once" in ran.stdout
