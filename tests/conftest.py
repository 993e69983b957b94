"""Fixtures of every room's tests."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from orchestrated import WITHOUT_OTHERS, Project
from slow import mark_slow
from xdist.scheduler import WorkStealingScheduling  # type: ignore[import-untyped]

pytest_plugins = ["pytester"]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker without work take some from another one: some files take minutes, most a second."""
    return WorkStealingScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what ``-m 'not slow'`` leaves out."""
    mark_slow(items)


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> None:
    """Undo what a shell does to a suite in the background (``&``): SIGINT is ignored, in each program of a test too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _pytest_runs_are_small() -> None:
    """Spare the pytest runs of tests what no test is about; those of pytester hear of it from their fixture."""
    os.environ["PYTEST_ADDOPTS"] = WITHOUT_OTHERS


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project for a pytest run of its own."""
    # What tells pytest, or a script, that there is another run around this one.
    for name in ("CI", "BUILD_NUMBER", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "PYTEST_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTEST_ADDOPTS", WITHOUT_OTHERS)
    # A run with --pdb sets it for the rest of the process.
    monkeypatch.setattr("pytest_timeout.SUPPRESS_TIMEOUT", False)
    return Project(pytester)
