"""The front door: pytest's hooks, and nothing else. Without ``--orchestrate`` it imports next to nothing."""

from __future__ import annotations

from .plain_imports import begin, end

begin()  # before the others are imported

from typing import Any  # noqa: E402

import pytest  # noqa: E402

from .fixtures import (  # noqa: E402
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
    "pytest_addhooks",
    "pytest_addoption",
    "pytest_configure",
    "pytest_sessionstart",
    "skill_library",
]


def __dir__() -> list[str]:
    """Return what is here for pytest, which looks at every name that it is told, and takes its time."""
    return __all__


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags and ini options of the option table."""
    from .config.option import LISTS, NUMBERS, Kind
    from .config.options import OPTIONS, flag, ini

    # The file of a project is TOML with numbers, or INI with text. pytest knows more than one type from 9.2 on.
    number: Any = str | int | float if pytest.version_tuple >= (9, 2) else "string"
    add_flag = parser.getgroup("orchestrator", "run scripts as pytest items").addoption
    for option in OPTIONS:
        name, kind, text = ini(option), option.kind, option.help
        if option.has_flag and kind is Kind.BOOL:
            add_flag(flag(option), action="store_true", default=None, dest=name, help=text)
        elif option.has_flag:
            action = "append" if kind in LISTS else "store"
            metavar = option.metavar or option.name.upper()
            # argparse expands % in help texts.
            add_flag(
                flag(option), action=action, default=None, dest=name, metavar=metavar, help=text.replace("%", "%%")
            )
        if option.has_ini:
            given: Any = "bool" if kind is Kind.BOOL else "linelist" if kind in LISTS else "string"
            parser.addini(name, text, type=number if kind in NUMBERS else given, default=None)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add our own hooks, so that a conftest may implement them whether or not --orchestrate is given."""
    # From the package, it would first be looked for among the public names.
    import pytest_orchestrator.hookspecs as hookspecs

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
        config.add_cleanup(end)
    else:
        end()
