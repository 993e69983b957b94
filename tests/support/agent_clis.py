"""The real agent CLIs, for tests that run them against an endpoint on the loopback interface."""

from __future__ import annotations

import os
import shutil

import pytest

INSTALL = {
    "claude": "npm install -g @anthropic-ai/claude-code",
    "codex": "npm install -g @openai/codex",
}
"""The one command that puts each CLI on PATH."""


def require_cli(name: str) -> str:
    """Return the path of the CLI ``name``. Without it the test is skipped; under CI=true it fails."""
    found = shutil.which(name)
    if found is not None:
        return found
    reason = f"needs the real {name} on PATH; install it with: {INSTALL[name]}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
