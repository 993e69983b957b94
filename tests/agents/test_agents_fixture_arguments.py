"""Mistakes in what fixtures of agents are given: each is told in words, at the line of the test that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from agent_projects import agent_test, put_claude_on_path

if TYPE_CHECKING:
    from orchestrated import Project


@pytest.fixture
def agents(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    put_claude_on_path(project, monkeypatch)
    project.ini("")
    return project


def test_defaults_of_a_session_may_be_any_argument_of_its_processes(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(orchestrator_session, model_endpoint, tmp_path):
    defaults = {"timeout": 60, "model": "m", "stream_output": True, "cli": "claude", "endpoint": model_endpoint(["x"])}
    session = orchestrator_session(defaults=defaults)
    first, second = session.create_process("x"), session.create_process("x", None, "n", False, None)
    assert (first.timeout, first.model, first.stream_output) == (60, "m", True)
    assert (second.timeout, second.model, second.stream_output) == (None, "n", False)
    assert orchestrator_session().create_process("x", isolation="user").timeout == 300
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 1}, run.out


def test_each_mistake_is_told_in_words(agents: Project) -> None:
    agent_test(
        agents,
        """
@pytest.mark.parametrize("given, message", [(5, "defaults: 5 is no mapping"), ({"prompt": "x"}, "'prompt' is each")])
def test_defaults(orchestrator_session, given, message):
    with pytest.raises(ArgumentError, match=message):
        orchestrator_session(defaults=given)

@pytest.mark.parametrize("name", ["working_dir", "log_dir"])
def test_directories(claude_process, orchestrator_session, name):
    with pytest.raises(ArgumentError, match=f"{name}: 5 is not a path"):
        claude_process("x", **{name: 5})
    with pytest.raises(ArgumentError, match="_dir: 5 is not a path"):
        orchestrator_session(**{name.replace("log_", "base_log_"): 5})

def test_files(agent_workspace):
    with pytest.raises(ArgumentError, match="files must be names .*, not 'samples'.* source='samples'"):
        agent_workspace("samples")
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 5}, run.out


def test_the_traceback_of_a_mistake_ends_where_the_test_made_it(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_process(claude_process):
    claude_process("")

def test_script(model_endpoint):
    model_endpoint([{"runn": 1}])

def test_name(agent_workspace):
    agent_workspace().read("../x")

def test_a_file_that_is_not_there(agent_workspace):
    agent_workspace().read("x")
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"failed": 4}, run.out
    assert "ArgumentError: prompt: '' is not a text with something in it" in run.out
    assert "ArgumentError: reply 1.runn: unknown key; did you mean 'run'?" in run.out
    assert ">       model_endpoint([" in run.out
    for inside in ("given_arguments.py", "agent_fixtures.py", "script_reader.py", "workspace_files.py"):
        assert inside not in run.out, inside
    assert "given_arguments.py" in agents.run("--full-trace", orchestrate=False).out


def test_a_function_whose_reply_is_none_is_told_without_a_traceback(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(claude_process, model_endpoint):
    claude_process("x", endpoint=model_endpoint(lambda request: {"sya": "x"})).run()
""",
    )
    run = agents.run(orchestrate=False)
    assert run.outcomes == {"passed": 1, "errors": 1}, run.out
    assert "model_endpoint: what the script's function returned is no reply: " in run.out
    assert "sya: unknown key; did you mean 'say'?" in run.out
    assert "_pytest/" not in run.out
