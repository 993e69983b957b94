"""The fixtures with the real Claude Code and Codex: their shells find the fake commands, their git the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from agent_clis import require_cli
from agent_projects import agent_test

if TYPE_CHECKING:
    from orchestrated import Project

TEST = """
def test_it(agent_workspace, fake_commands, NAME_process, model_endpoint):
    workspace = agent_workspace(files={"ask.sh": "#!/bin/bash\\nkubectl get pods --from-a-script\\n"})
    fake_commands.command("kubectl").reply("get pods.*", stdout="web-1 Running\\n")
    run = "kubectl get pods > pods.txt && ./ask.sh >> pods.txt && cat pods.txt && git add -A && git commit -qm Pods"
    endpoint = model_endpoint([{"run": run}, {"when": {"result": "web-1"}, "say": "One pod."}])
    result = NAME_process("Are all pods up?", endpoint=endpoint, OPTIONS).run()
    assert (result.status, result.output) == ("passed", "One pod."), result.error
    assert workspace.read("pods.txt") == "web-1 Running\\n" * 2
    assert workspace.created() == ["pods.txt"]
    assert [commit.subject for commit in workspace.commits()] == ["Pods"]
    assert [call.line for call in fake_commands.calls] == ["kubectl get pods", "kubectl get pods --from-a-script"]
    assert endpoint.strays == ()
"""


OPTIONS = {"claude": "allowed_tools=['Bash']", "codex": "permission_mode='danger-full-access'"}


@pytest.fixture(params=["claude", "codex"])
def name(request: pytest.FixtureRequest) -> str:
    """A command line that is there. Asked for before ``project``, which hides that this may be CI."""
    require_cli(request.param)
    return str(request.param)


def test_a_real_agent_works_with_all_of_them(name: str, project: Project) -> None:
    project.ini("")
    agent_test(project, TEST.replace("NAME", name).replace("OPTIONS", OPTIONS[name]))
    run = project.run("tests", "-rP")
    assert run.outcomes == {"passed": 1}, run.out
    (line,) = [line for line in run.lines if line["type"] == "agents"]
    (told,) = line["data"]["runs"]
    assert told["transcript"]["is_complete"]
    assert "answered kubectl get pods\n" in run.out
    assert "[1] " in run.out
