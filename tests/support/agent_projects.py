"""Projects whose tests use the fixtures of agents, with a small agent in place of Claude Code: it starts at once."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from orchestrated import Project

TINY_AGENT = Path(__file__).resolve().parents[2] / "example_scripts" / "agents" / "tiny_agent.py"
NO_LOGIN = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "OPENAI_API_KEY", "CODEX_API_KEY")


def put_claude_on_path(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``claude`` be the small agent of the examples, and take away every login."""
    words = shlex.join([sys.executable, str(TINY_AGENT)])
    project.file("bin/claude", f'#!/bin/sh\nexec {words} "$@"\n', mode=0o755)
    monkeypatch.setenv("PATH", f"{project.path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name in NO_LOGIN:
        monkeypatch.delenv(name, raising=False)


def agent_test(project: Project, text: str) -> None:
    """Write a file of tests that may use what they need of this package."""
    project.file("tests/test_agents.py", "import pytest\nfrom pytest_orchestrator import *\n\n" + text)
