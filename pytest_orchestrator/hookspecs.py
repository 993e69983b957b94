"""Hooks of this plugin. Write them in a ``conftest.py`` or a plugin, like pytest's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .agents.clis import AgentCli
    from .core.document import RunDocument


@pytest.hookspec(firstresult=True)
def pytest_orchestrator_command(item: pytest.Item, argv: list[str]) -> list[str] | None:
    """Called before a script is started; may return another command line.

    ``argv`` is the whole command as words: interpreter, script, arguments. The first hook that returns something
    other than None wins. Called again for each attempt of a retried script. Under jobs > 1 it may be called before
    the items ahead of this one have ended.

    Example, which runs every script at the lowest priority::

        def pytest_orchestrator_command(item, argv):
            return ["nice", "-n", "19", *argv]
    """


@pytest.hookspec
def pytest_orchestrator_environment(item: pytest.Item) -> dict[str, str | None] | None:
    """Called before a script is started; may return variables to add to its environment.

    A value of None removes a variable. Where several hooks set one variable, the one called first wins.

    Example::

        def pytest_orchestrator_environment(item):
            return {"DEPLOY_TARGET": "staging", "http_proxy": None}
    """


@pytest.hookspec(firstresult=True)
def pytest_orchestrator_verdict(item: pytest.Item, result: dict[str, Any]) -> dict[str, Any] | None:
    """Called when a script has ended, after its last attempt; may change what its run counts as.

    ``result`` is the result dictionary (see the reference page on the result format); secrets are replaced in it.
    Return None to leave the verdict alone, or a dictionary with ``status`` (``passed``, ``failed``, ``error`` or
    ``skipped``) and ``error`` (one sentence that says why). The first hook that returns something other than None wins.
    The result then says under ``changed_by`` that it was changed.

    Example, which fails a script that prints a warning::

        def pytest_orchestrator_verdict(item, result):
            if result["status"] == "passed" and "WARNING" in result["stderr"]:
                return {"status": "failed", "error": "printed a warning"}
    """


@pytest.hookspec
def pytest_orchestrator_report_sections(config: pytest.Config, document: RunDocument) -> list[tuple[str, str]] | None:
    """Called at the end of a run, in the process that writes the reports; may add sections to ``report.md``.

    ``document`` is the whole run. Return pairs of a title and Markdown text.

    Example::

        import os


        def pytest_orchestrator_report_sections(config, document):
            return [("Deployment", "Commit `" + os.environ.get("GIT_COMMIT", "unknown") + "`")]
    """


@pytest.hookspec
def pytest_orchestrator_agent_clis(config: pytest.Config) -> list[AgentCli] | None:
    """Called when a pytest session starts, in each xdist worker too; may return command lines of agents.

    Each is then known by its name to fixtures, sessions and processes, until pytest ends. One with the name of ours
    (``claude``, ``codex``) takes its place. Where several hooks give the same name, the one called first wins.

    Example, for an agent that reads its prompt from standard input and prints its answer as plain text::

        def pytest_orchestrator_agent_clis(config):
            from pytest_orchestrator import AgentCli, PlainParser

            def arguments(launch):
                return ["--model", launch.model or "small", *launch.extra_args]

            return [AgentCli("tiny", "tiny-agent", arguments, lambda: PlainParser("tiny"))]
    """
