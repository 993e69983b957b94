"""Fixtures for the tests of users. There without ``--orchestrate`` too, so nothing is imported before one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .agents.claude import ClaudeProcess
    from .agents.codex import CodexProcess
    from .agents.fake_commands import FakeCommands
    from .collect.agent_fixtures import ProcessFactory, SessionFactory, WorkspaceFactory
    from .collect.agent_test import AgentTest
    from .collect.model_endpoints import ModelEndpoints
    from .skills.library import SkillLibrary


@pytest.fixture(scope="session")
def orchestrator_run_script(request: pytest.FixtureRequest) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return ``run_script`` for this session: paths count from the rootdir, where scripts also run by default.

    It takes the same arguments and returns the same dictionary as :func:`pytest_orchestrator.run_script`, and writes
    no reports. Example::

        def test_backup(orchestrator_run_script):
            result = orchestrator_run_script("scripts/backup.sh", timeout=10)
            assert result["status"] == "passed", result["stderr"]
    """
    from functools import partial

    from .process.pool import shared_pool
    from .scripts.library import run_script_in

    yield partial(run_script_in, request.config.rootpath)
    shared_pool().close_idle()


@pytest.fixture(scope="session")
def skill_library(request: pytest.FixtureRequest) -> SkillLibrary:
    """Return the skills of the project: all below the rootdir, found and read when they are first asked for.

    A :class:`~pytest_orchestrator.SkillLibrary`; ``skill_library.below("skills")`` is that of a directory. Example::

        def test_a_question_finds_the_skill_for_it(skill_library):
            (best, *_) = skill_library.search("restart all deployments of a namespace")
            assert best.name == "bulk-restart", best.why
    """
    from .skills.library import SkillLibrary

    return SkillLibrary.of(root=request.config.rootpath)


@pytest.fixture
def model_endpoint(request: pytest.FixtureRequest) -> Iterator[ModelEndpoints]:
    """Return a function that starts a :class:`~pytest_orchestrator.ModelEndpoint`: agents ask a script, not a model.

    It takes what that class takes; a relative path is looked for beside the test's file, then in the rootdir. When the
    test is over they are closed, and the test fails when a request had no reply in the script, unless the function was
    told ``allow_unmatched=True``, or when the script's function raised. Example::

        def test_the_agent_reports_what_the_script_prints(model_endpoint):
            endpoint = model_endpoint([{"run": "./report.sh"}, {"when": {"result": "3 of 3"}, "say": "All is well."}])
            settings = endpoint.agent_settings("claude")
            done = subprocess.run(["claude", "-p", "Report"], env={**os.environ, **settings.env}, ...)
            assert "All is well." in done.stdout
    """
    from .collect.agent_reports import watch_agents
    from .collect.model_endpoints import ModelEndpoints
    from .errors import ArgumentError

    watch_agents(request.config)
    endpoints = ModelEndpoints([request.path.parent, request.config.rootpath])
    yield endpoints
    try:
        complaints = endpoints.close()
    except ArgumentError as mistake:
        complaints = [f"what the script's function returned is no reply: {mistake}"]
    if complaints:
        pytest.fail("model_endpoint: " + "\n".join(complaints), pytrace=False)


@pytest.fixture
def _agent_test(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AgentTest]:
    """Return what the fixtures of agents share. Whatever they started has ended when the test is over."""
    from .collect.agent_test import AgentTest

    test = AgentTest(request.node, tmp_path, tmp_path_factory)
    yield test
    test.close()


@pytest.fixture
def agent_workspace(_agent_test: AgentTest) -> WorkspaceFactory:
    r"""Return a function that makes an :class:`~pytest_orchestrator.AgentWorkspace`: a git repository for an agent.

    It takes ``files``, a mapping of names to texts or bytes, and ``source``, a directory to copy (a relative one is
    looked for beside the test's file, then in the rootdir). Example::

        def test_the_agent_writes_a_report(agent_workspace, claude_process):
            workspace = agent_workspace(files={"data.csv": "a,b\n1,2\n"})
            claude_process("Sum the columns of data.csv into report.txt", allowed_tools=["Bash", "Write"]).run()
            assert workspace.created() == ["report.txt"]
            assert workspace.untouched() == ["data.csv"]
    """
    from .collect.agent_fixtures import WorkspaceFactory

    return WorkspaceFactory(_agent_test)


@pytest.fixture
def fake_commands(_agent_test: AgentTest) -> Iterator[FakeCommands]:
    r"""Return :class:`~pytest_orchestrator.FakeCommands`: stand-ins for ``kubectl``, ``gh``, ``curl`` … on ``PATH``.

    Agents of the other fixtures find them by themselves; other programs with ``fake_commands.environment``. A call
    that no rule is for is refused, and the test fails when it is over, unless ``allow_unexpected`` is set. Example::

        def test_the_agent_looks_at_pods(fake_commands, claude_process):
            fake_commands.command("kubectl").reply(r"get pods.*", stdout="web-1 Running\n")
            claude_process("Are all pods up?", allowed_tools=["Bash"]).run()
            assert [call.line for call in fake_commands.calls] == ["kubectl get pods"]
    """
    fake = _agent_test.make_fake_commands()
    yield fake
    _agent_test.stop()
    complaint = fake.complaint()
    if complaint is not None:
        pytest.fail(f"fake_commands: {complaint}", pytrace=False)


@pytest.fixture
def claude_process(_agent_test: AgentTest) -> ProcessFactory[ClaudeProcess]:
    """Return a function that makes a :class:`~pytest_orchestrator.ClaudeProcess` for this test.

    It takes the prompt, and what that class takes by keyword. Unless told otherwise it works in the test's
    ``agent_workspace``, with a new home, for 300 seconds at most. What it did is attached to the test's report. Without
    Claude Code, or a login, the test is skipped (it fails under ``CI=true``). Example::

        def test_the_agent_answers(claude_process, model_endpoint):
            result = claude_process("How are you?", endpoint=model_endpoint(["Fine."])).run()
            assert result.ok, result.error
            assert result.output == "Fine."
    """
    from .agents.claude import ClaudeProcess
    from .collect.agent_fixtures import ProcessFactory

    return ProcessFactory(_agent_test, ClaudeProcess)


@pytest.fixture
def codex_process(_agent_test: AgentTest) -> ProcessFactory[CodexProcess]:
    """Return a function that makes a :class:`~pytest_orchestrator.CodexProcess`; else as ``claude_process``."""
    from .agents.codex import CodexProcess
    from .collect.agent_fixtures import ProcessFactory

    return ProcessFactory(_agent_test, CodexProcess)


@pytest.fixture
def orchestrator_session(_agent_test: AgentTest) -> Iterator[SessionFactory]:
    """Return a function that begins an :class:`~pytest_orchestrator.OrchestratorSession`, closed with the test.

    It takes what that class takes, and ``defaults``: keyword arguments for all of its processes. Example::

        def test_two_agents_agree(orchestrator_session, model_endpoint):
            session = orchestrator_session(defaults={"endpoint": model_endpoint(["42"])})
            results = run_parallel([session.create_process("6 * 7?") for _ in range(2)])
            assert {result.output for result in results} == {"42"}
    """
    from .collect.agent_fixtures import SessionFactory

    sessions = SessionFactory(_agent_test)
    yield sessions
    sessions.close()
