"""The front door: pytest's hooks, and nothing else. Without ``--orchestrate`` it imports next to nothing."""

from __future__ import annotations

import pytest

from .fixtures import (
    _agent_test,
    agent_workspace,
    claude_process,
    codex_process,
    fake_commands,
    model_endpoint,
    orchestrator_run_script,
    orchestrator_session,
    skill_library,
)

__all__ = [
    "_agent_test",
    "agent_workspace",
    "claude_process",
    "codex_process",
    "fake_commands",
    "model_endpoint",
    "orchestrator_run_script",
    "orchestrator_session",
    "skill_library",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags and ini options of the option table."""
    from .collect.options import register

    register(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add our own hooks, so that a conftest may implement them whether or not --orchestrate is given."""
    from . import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the agent command lines known that conftests and plugins offer, whether or not --orchestrate is given."""
    if session.config.hook.pytest_orchestrator_agent_clis.get_hookimpls():
        from .collect.offered_clis import register_offered_clis

        register_offered_clis(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register markers; with --orchestrate, register the plugin that does the work."""
    config.addinivalue_line(
        "markers",
        "orchestrate(timeout=..., env=..., ...): settings of a script, with the same keys as in orchestrator.yaml.",
    )
    config.addinivalue_line("markers", "script: set on every item that runs a script.")
    config.addinivalue_line("markers", "skill: set on every item that checks a part of a skill, or runs code of one.")
    config.addinivalue_line("markers", "workflow: set on every item that runs a workflow.")
    if config.getoption("orchestrate") or config.getini("orchestrate"):
        from .collect.activation import activate

        activate(config)
