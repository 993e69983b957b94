"""The fixtures of agents: what they make, when they skip, and that nothing is left of what they started."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from agent_projects import agent_test, put_claude_on_path
from agent_shell import SHELL

if TYPE_CHECKING:
    from orchestrated import Project

    from pytest_orchestrator.collect.agent_fixtures import SessionFactory


@pytest.fixture
def agents(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    put_claude_on_path(project, monkeypatch)
    project.ini("")
    return project


def test_a_process_works_in_the_workspace_with_a_new_home_and_fake_commands(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(agent_workspace, fake_commands, claude_process, model_endpoint, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Me")
    workspace = agent_workspace(files={"a.txt": "a"})
    fake_commands.command("kubectl").reply("get pods", stdout="web-1")
    git = "git config --global user.name Agent; git config user.name > name; git commit -qam x"
    run = f'kubectl get pods > pods.txt; pwd > here; echo "$HOME $MINE" > home; {git}'
    process = claude_process("Go", model="m", env={"MINE": "mine"}, endpoint=model_endpoint([{"run": run}, "Done."]))
    assert (process.process_id, process.timeout, process.stream_output) == ("claude-1", 300, False)
    result = process.run()
    assert (result.output, result.ok, result.model) == ("Done.", True, "m")
    assert workspace.created() == ["here", "home", "name", "pods.txt"]
    assert (workspace.read("pods.txt"), workspace.read("here")) == ("web-1", f"{workspace.path}\\n")
    home, mine = workspace.read("home").split()
    assert home != __import__("os").environ["HOME"]
    assert (mine, workspace.read("name")) == ("mine", "Workspace\\n")
    user = claude_process("Go", endpoint=model_endpoint(["x"]), isolation="user", env={"A": "b"})
    assert (user.extras.env["GIT_CONFIG_GLOBAL"], user.extras.env["A"]) == ("/dev/null", "b")
    assert [call.line for call in fake_commands.calls] == ["kubectl get pods"]
    assert claude_process("Again", endpoint=model_endpoint(["x"])).process_id == "claude-3"
    assert claude_process("Again", "mine", endpoint=model_endpoint(["x"]), timeout=None).timeout is None
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 1}, run.out


def test_without_a_workspace_it_works_in_tmp_path(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(claude_process, model_endpoint, tmp_path):
    claude_process("Go", endpoint=model_endpoint([{"run": "echo > here"}, "Done."])).run()
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    (tmp_path / "sub").mkdir()
    places = {"working_dir": tmp_path / "sub", "log_dir": tmp_path / "logs"}
    process = claude_process("Go", endpoint=model_endpoint(["x"]), **places)
    assert process.run().log_path.parent == tmp_path / "logs"
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 1}, run.out


def test_a_source_is_looked_for_beside_the_test_then_in_the_rootdir(agents: Project) -> None:
    agents.files({"tests/one/near": "", "one/far": "", "two/far": ""})
    agent_test(
        agents,
        """
def test_it(agent_workspace, tmp_path):
    first, second = agent_workspace(source="one"), agent_workspace({"x": ""}, source="two")
    assert (first.path, first.untouched()) == (tmp_path / "workspace", ["near"])
    assert (second.path, second.untouched()) == (tmp_path / "workspace-2", ["far", "x"])
    with pytest.raises(ArgumentError, match="source '.*/tests/three' is no directory"):
        agent_workspace(source="three")
    with pytest.raises(AttributeError, match="agent_workspace has no 'path': it is a function"):
        agent_workspace.path
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 1}, run.out


# -- skips ----------------------------------------------------------------------------------------------------

MISSING = """
def test_it(claude_process, model_endpoint):
    claude_process("Go", endpoint=model_endpoint(["x"]), env={"PATH": "/nowhere"})
"""
NO_LOGIN = """
def test_it(claude_process):
    claude_process("Go")
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MISSING, "needs claude, which is not on PATH; install it with: npm install -g @anthropic-ai/claude-code"),
        (NO_LOGIN, "needs a login of claude: with a new home for each run, one of ANTHROPIC_API_KEY, "),
    ],
    ids=["command", "login"],
)
def test_what_is_missing_is_a_skip_with_the_remedy_and_a_failure_where_nothing_may_be(
    agents: Project, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    agent_test(agents, text)
    run = agents.run("-rs", orchestrate=False)
    assert run.outcomes == {"skipped": 1}, run.out
    assert f"SKIPPED [1] tests/test_agents.py:5: {reason}" in run.out
    strict = agents.run("--orchestrate-strict", orchestrate=False)
    assert strict.outcomes == {"failed": 1}, strict.out
    assert reason in strict.out
    assert "(--orchestrate-strict)" in strict.out
    monkeypatch.setenv("CI", "true")
    ci = agents.run(orchestrate=False)
    assert ci.outcomes == {"failed": 1}, ci.out
    assert "(a failure, because CI is set)" in ci.out


def test_a_login_may_come_from_the_environment_the_user_or_an_endpoint(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(claude_process, codex_process, model_endpoint, monkeypatch):
    claude_process("Go", isolation="user")
    claude_process("Go", endpoint=model_endpoint(["x"]))
    claude_process("Go", env={"CLAUDE_CODE_USE_BEDROCK": "1"})
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-x")
    claude_process("Go")
    with pytest.raises(pytest.skip.Exception):
        claude_process("Go", env={"ANTHROPIC_API_KEY": None})
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 1}, run.out


def test_wrong_arguments_are_told_before_anything_is_skipped(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(claude_process):
    with pytest.raises(ArgumentError, match="timout: no such keyword argument; .*"):
        claude_process("Go", timout=5)
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 1}, run.out


# -- trouble --------------------------------------------------------------------------------------------------


def test_infrastructure_trouble_is_an_error_and_no_failure(agents: Project) -> None:
    agent_test(
        agents,
        """
@pytest.fixture
def refused(claude_process, model_endpoint):
    endpoint = model_endpoint(lambda request: {"error": 401})
    return claude_process("Go", endpoint=endpoint)

def test_asserted(refused):
    assert refused.run().output == "Done."

def test_raised(refused):
    refused.run().raise_for_infrastructure()

def test_not_there(claude_process, model_endpoint, tmp_path):
    assert claude_process("Go", endpoint=model_endpoint(["x"]), working_dir=tmp_path / "missing").run().ok

def test_handled(refused):
    assert refused.run().reason == "infrastructure"

def test_of_another_kind(claude_process, model_endpoint):
    assert claude_process("Go", endpoint=model_endpoint(["No."])).run().output == "Yes."

def test_tried_again(claude_process, model_endpoint, refused):
    result = refused.run()
    assert claude_process("Go", endpoint=model_endpoint(["No."])).run().output == "Yes."
""",
    )
    run = agents.run("--junitxml=out.xml", "-ra", orchestrate=False)
    assert run.outcomes == {"failed": 2, "passed": 1, "errors": 3}, run.out
    again = agents.run("--reruns=1", "-ra", "--lf", "-k", "raised", orchestrate=False)
    assert again.outcomes["errors"] == 1, again.out
    assert again.outcomes["rerun"] == 1, again.out
    assert re.search(r"ERROR tests/test_agents.py::test_asserted - claude-1: auth", run.out), run.out
    assert "Not the agent's failure" in run.out
    assert "claude-1: authentication: 'API Error: 401" in run.out
    assert re.search(r"ERROR tests/test_agents.py::test_not_there - claude-1: not start", run.out)
    assert re.search(r"FAILED tests/test_agents.py::test_tried_again - AssertionError", run.out)
    junit = (agents.path / "out.xml").read_text()
    assert 'errors="3" failures="2"' in junit


@pytest.mark.parametrize("style", ["native", "line", "no", "short"])
def test_it_is_one_however_tracebacks_are_shown(agents: Project, style: str) -> None:
    agent_test(
        agents,
        """
def test_it(claude_process, model_endpoint):
    assert claude_process("Go", endpoint=model_endpoint(lambda request: {"error": 401})).run().ok
""",
    )
    run = agents.run(f"--tb={style}", orchestrate=False)
    assert run.outcomes == {"errors": 1}, run.out
    assert "ERROR tests/test_agents.py::test_it" in run.out


def test_an_unexpected_call_fails_the_test_that_does_not_allow_it(agents: Project) -> None:
    agent_test(
        agents,
        """
@pytest.mark.parametrize("allow", [True, False])
def test_it(fake_commands, claude_process, model_endpoint, allow):
    fake_commands.allow_unexpected = allow
    fake_commands.command("kubectl").reply("get pods")
    assert claude_process("Go", endpoint=model_endpoint([{"run": "kubectl delete pods"}, "Done."])).run().ok
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 2, "errors": 1}, run.out
    assert (
        "fake_commands: an unexpected call was made of fake commands, and refused:\n  kubectl delete pods\n" in run.out
    )


# -- ends -----------------------------------------------------------------------------------------------------

LEFT_RUNNING = """
import threading, time

def test_it(claude_process, model_endpoint, tmp_path):
    endpoint = model_endpoint([{"run": "echo $$ > pid; echo started; exec sleep 60"}])
    process = claude_process("Go", endpoint=endpoint, grace=0.1)
    threading.Thread(target=process.run).start()
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.01)
    test_it.pid = int((tmp_path / "pid").read_text())
    test_it.late = claude_process("Late", endpoint=endpoint)

def test_after():
    with pytest.raises(ProcessLookupError):
        __import__("os").kill(test_it.pid, 0)
    result = test_it.late.run()
    assert (result.status, result.exit_code) == ("cancelled", 130)
"""


def test_what_still_runs_ends_with_the_test_and_is_told(agents: Project) -> None:
    agent_test(agents, LEFT_RUNNING)
    run = agents.run("-rP", orchestrate=False)
    assert run.outcomes == {"passed": 2}, run.out
    assert agents.run("--junitxml=out.xml", orchestrate=False).outcomes == {"passed": 2}
    assert '<property name="agent.claude-1.status" value="cancelled" />' in (agents.path / "out.xml").read_text()


def test_a_session_is_closed_with_the_test_and_its_processes_are_as_the_others(agents: Project) -> None:
    agent_test(
        agents,
        """
kept = []

def test_it(agent_workspace, orchestrator_session, model_endpoint, tmp_path):
    workspace = agent_workspace()
    session = orchestrator_session("pair", model="m", defaults={"endpoint": model_endpoint([{"run": "pwd"}, "42"])})
    kept.append(session)
    first, second = session.create_process("6 * 7?"), session.create_process("6 * 7?", "mine", timeout=9)
    assert (first.process_id, first.timeout, second.timeout, first.stream_output) == ("process_001", 300, 9, False)
    results = [process.run() for process in (first, second)]
    assert [(result.output, result.model, result.process_id) for result in results] == [
        ("42", "m", "process_001"), ("42", "m", "mine"),
    ]
    assert results[0].transcript.tool_calls[0].result.text == str(workspace.path)
    with pytest.raises(pytest.skip.Exception):
        session.create_process("x", cli="codex", env={"PATH": "/nowhere"})
    assert tmp_path not in session.log_dir.parents

def test_after():
    with pytest.raises(AgentError, match="is closed"):
        kept[0].create_process("x")
""",
    )
    run = agents.run("-rP", orchestrate=False)
    assert run.outcomes == {"passed": 2}, run.out
    assert "Captured agent process_001 call" in run.out
    assert "Captured agent mine call" in run.out


def test_the_fixtures_are_listed_with_their_purpose(agents: Project) -> None:
    run = agents.run("--fixtures", orchestrate=False)
    for name in ("agent_workspace", "claude_process", "codex_process", "fake_commands", "orchestrator_session"):
        assert re.search(rf"^{name} -- .*pytest_orchestrator/fixtures\.py:\d+\n +Return ", run.out, re.MULTILINE), name
    assert "_agent_test" not in run.out


def test_importing_them_costs_a_test_without_agents_nothing(agents: Project) -> None:
    agents.file(
        "tests/test_plain.py",
        """
import sys
def test_it():
    assert "pytest_orchestrator.agents" not in sys.modules
""",
    )
    assert agents.run_process("tests/test_plain.py", orchestrate=False).outcomes == {"passed": 1}


def test_a_process_of_a_closed_session_is_cancelled_and_nothing_else_happens(
    orchestrator_session: SessionFactory,
) -> None:
    session = orchestrator_session(cli=SHELL.name)
    process = session.create_process("echo hi")
    session.close()
    result = process.run()
    assert (str(result.status), result.exit_code) == ("cancelled", 130)
