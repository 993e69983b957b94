"""Fixtures of every room's tests."""

from __future__ import annotations

import pytest
from orchestrated import Project

pytest_plugins = ["pytester"]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project for a pytest run of its own."""
    # What tells pytest, or a script, that there is another run around this one.
    for name in ("CI", "BUILD_NUMBER", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "PYTEST_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    # A run with --pdb sets it for the rest of the process.
    monkeypatch.setattr("pytest_timeout.SUPPRESS_TIMEOUT", False)
    return Project(pytester)
