"""The controller of xdist is killed while a worker is at work: a workflow, an agent, a script of a test."""

from __future__ import annotations

import json
import signal
import sys
from subprocess import run
from textwrap import indent
from typing import TYPE_CHECKING

import pytest
from torture_sessions import HIDDEN, HIDES, WORKERS_2, Torture

if TYPE_CHECKING:
    from pathlib import Path

AGENT = """\
def test_agent(claude_process):
    claude_process("go", timeout=600, isolation="user").run()
"""
SCRIPT = """\
from pytest_orchestrator import run_script

def test_script():
    run_script("elsewhere/hides.sh", timeout=600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_workflow_ends_with_the_controller_and_can_be_resumed(tmp_path: Path, number: signal.Signals) -> None:
    torture = Torture(tmp_path)
    hides = indent(HIDES, "      ")
    torture.script("flow.workflow.yaml", f"tasks:\n  a:\n    run: |\n{hides}      sleep 600\n  b: {{run: echo b}}\n")
    torture.script("a.sh", "echo a\n")
    with torture.session(*WORKERS_2, hiding=HIDDEN) as session:
        session.process.send_signal(number)
        session.wait()
    words = ["workflow", "status", "scripts/flow.workflow.yaml", "--dir", ".orchestrator/workflows", "--json"]
    told = run([sys.executable, "-m", "pytest_orchestrator", *words], cwd=tmp_path, capture_output=True, text=True)
    assert json.loads(told.stdout)["running"] is False, told.stderr


@pytest.mark.parametrize("text", [AGENT, SCRIPT], ids=["agent", "script"])
def test_what_a_test_runs_ends_with_the_controller(tmp_path: Path, text: str) -> None:
    torture = Torture(tmp_path)
    torture.script("test_it.py", text)
    torture.script("test_other.py", "def test_other(): pass\n")
    torture.script("../elsewhere/hides.sh", f"{HIDES}sleep 600\n")
    torture.script("../bin/claude", f"#!/bin/sh\n{HIDES}sleep 600\n")
    (tmp_path / "bin/claude").chmod(0o755)
    with torture.session(*WORKERS_2, "-rs", "scripts", hiding=HIDDEN, PATH=f"{tmp_path}/bin:/usr/bin:/bin") as session:
        session.process.kill()
        assert session.wait() == -signal.SIGKILL
