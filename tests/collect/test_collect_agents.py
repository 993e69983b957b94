"""What agents did in a test, on its report: under xdist, in JUnit XML, in the results of an orchestrated session."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from agent_projects import agent_test, put_claude_on_path
from process_watch import new_mark, sleepers

if TYPE_CHECKING:
    from orchestrated import Project, Run

WORKERS = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
CONFTEST = """
import json

def pytest_runtest_logreport(report):
    with open("reports.jsonl", "a") as file:
        kinds = {type(part).__name__ for pair in report.user_properties for part in pair}
        line = [report.nodeid, report.when, report.outcome, report.user_properties, sorted(kinds)]
        file.write(json.dumps(line) + "\\n")
"""
TESTS = """
def test_good(agent_workspace, fake_commands, claude_process, model_endpoint, request):
    request.node.user_properties += [("mine", "kept"), ("workspace.mine", "kept")]
    workspace = agent_workspace(files={"a.txt": "one", "old.txt": "x"})
    fake_commands.command("kubectl").reply("get pods", stdout="web-1 \\x1b[31mred")
    run = "kubectl get pods; echo two > a.txt; echo > new.txt; rm old.txt; git commit -qam Changed"
    endpoint = model_endpoint([{"run": run}, "Done."])
    assert claude_process("How are the pods?", endpoint=endpoint).run().ok

def test_bad(agent_workspace, claude_process, model_endpoint):
    agent_workspace()
    assert claude_process("Go", "it's [odd]::\\u202ename", endpoint=model_endpoint(["No."])).run().output == "Yes."

def test_refused(claude_process, model_endpoint):
    assert claude_process("Go", endpoint=model_endpoint(lambda request: {"error": 401})).run().ok

def test_plain():
    pass
"""


@pytest.fixture
def agents(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    put_claude_on_path(project, monkeypatch)
    project.ini("")
    project.file("conftest.py", CONFTEST)
    agent_test(project, TESTS)
    return project


def reports(project: Project) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the properties of each test and phase, and assert that they are plain."""
    found = {}
    for line in (project.path / "reports.jsonl").read_text().splitlines():
        nodeid, when, _, properties, kinds = json.loads(line)
        assert set(kinds) <= {"str", "int", "float"}, line
        found[nodeid.partition("::")[2], when] = dict(properties)
    return found


def evidence(run: Run) -> dict[str, dict[str, Any]]:
    lines = [line for line in run.lines if line["type"] == "agents"]
    return {line["nodeid"].partition("::")[2]: line["data"] for line in lines}


def test_properties_tell_what_agents_did_and_cost(agents: Project) -> None:
    run = agents.run("--junitxml=out.xml", orchestrate=False)
    assert run.outcomes == {"passed": 2, "failed": 1, "errors": 1}, run.out
    found = reports(agents)
    good = found["test_good", "call"]
    assert good == found["test_good", "teardown"]
    assert good.pop("mine") == good.pop("workspace.mine") == "kept"
    log, duration = good.pop("agent.claude-1.log"), good.pop("agent.claude-1.duration")
    tokens = good.pop("agent.claude-1.tokens")
    cost = good.pop("agent.claude-1.cost_usd")
    assert log.endswith("/claude-1.log")
    assert 0 < duration < 60
    assert tokens > 0
    assert good == {
        "agent.claude-1.status": "passed",
        "agent.claude-1.cli": "claude",
        "agent.claude-1.model": "tiny",
        "agent.claude-1.turns": 2,
        "agent.claude-1.tool_calls": 1,
        "agents.runs": 1,
        "agents.tokens": tokens,
        "agents.cost_usd": cost,
        "workspace.created": '["new.txt"]',
        "workspace.modified": '["a.txt"]',
        "workspace.deleted": '["old.txt"]',
        "fake_commands.calls": 1,
        "fake_commands.unexpected": 0,
    }
    refused = found["test_refused", "setup"]  # where pytest counts an error
    assert refused["agent.claude-1.reason"] == "infrastructure"
    assert refused["agent.claude-1.error"].startswith("authentication: ")
    assert found["test_plain", "teardown"] == {}
    cases = {case.get("name"): case for case in ET.parse(agents.path / "out.xml").iter("testcase")}
    junit = {each.get("name"): each.get("value") for each in cases["test_good"].iter("property")}
    assert (junit["workspace.created"], junit["agent.claude-1.status"], junit["mine"]) == (
        '["new.txt"]',
        "passed",
        "kept",
    )
    assert cases["test_bad"].find("failure") is not None
    assert cases["test_refused"].find("error") is not None
    assert cases["test_refused"].find("failure") is None


def test_sections_show_people_what_agents_did(agents: Project) -> None:
    run = agents.run("-rP", orchestrate=False)
    out = run.out
    assert "Captured agent claude-1 call" in out
    assert "claude-1 (claude, tiny): passed in " in out
    assert "prompt: How are the pods?\n[1] Bash: " in out
    assert "\n    web-1 red\n[2] assistant: Done.\n" in out
    assert "created: new.txt\nmodified: a.txt\ndeleted: old.txt\ncommit " in out
    assert "    -one\n" in out
    assert "answered kubectl get pods\n" in out
    assert "Captured agent it's \\x5bodd\\x5d\\x3a\\x3a" in out
    assert "nothing was changed" in out
    assert "\x1b[31m" not in out
    assert "\u202e" not in out
    hidden = agents.run("--show-capture=no", "-k", "bad", orchestrate=False)
    assert "Captured agent" not in hidden.out


@WORKERS
def test_results_have_the_transcript_and_the_report_a_table(agents: Project, workers: tuple[str, ...]) -> None:
    agents.file("scripts/a.sh", "echo")
    run = agents.run("tests", "scripts", *workers)
    assert run.outcomes == {"passed": 3, "failed": 1, "errors": 1}, run.out
    found = evidence(run)
    assert {name: data["outcome"] for name, data in found.items()} == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_refused": "error",
    }
    assert reports(agents)["test_good", "call"]["workspace.created"] == '["new.txt"]'
    good = found["test_good"]
    (told,) = good["runs"]
    assert (told["prompt"], told["output"], told["status"]) == ("How are the pods?", "Done.", "passed")
    assert told["transcript"]["tool_calls"][0]["result"]["text"].startswith("web-1")
    assert told["log_path"] == "logs/tests/test_agents.py@@test_good.agents/claude-1.log"
    assert "Done." in (run.report_dir / told["log_path"]).read_text()
    (shown,) = re.findall(r"^log: (.*test_bad.*)$", run.out, re.MULTILINE)
    assert (agents.path / shown).samefile(run.report_dir / found["test_bad"]["runs"][0]["log_path"])
    assert good["workspaces"][0]["commits"][0]["subject"] == "Changed"
    assert good["commands"]["calls"][0]["arguments"] == ["get", "pods"]
    assert good["totals"]["runs"] == 1
    report = (run.report_dir / "report.md").read_text()
    assert "## Agents (3)\n\n3 runs in 3 tests (1 `error`, 2 `passed`), " in report
    lines = [line for line in report.splitlines() if line.startswith("| `tests/")]
    assert [line.split("::")[1].split(" |")[0] for line in lines] == [
        "test_bad` failed",
        "test_refused` error",
        "test_good` passed",
    ]
    assert "1 created: `new.txt`<br>1 modified: `a.txt`<br>1 deleted: `old.txt`" in lines[2]
    links = [unquote(path) for line in lines for path in re.findall(r" \[log\]\((\S+)\) \|", line)]
    assert links == [found[name]["runs"][0]["log_path"] for name in ("test_bad", "test_refused", "test_good")]
    assert all((run.report_dir / path).is_file() for path in links)
    run.assert_adds_up()


def test_a_run_of_nothing_but_agents_says_what_they_did_and_where_the_report_is(agents: Project) -> None:
    run = agents.run("tests")
    closing = run.out[run.out.index("= orchestrator =") :].splitlines()[1:]
    assert re.fullmatch(r"agents: 3 runs in 3 tests \(1 error, 2 passed\), \d+ tokens, \$0\.\d+", closing[0])
    assert closing[1].startswith("report: ")
    assert "no scripts found" not in run.out
    summary = json.loads((run.report_dir / "summary.json").read_text())
    assert summary["verdict"] == "failed"
    counted = summary["agents"]
    assert counted["outcomes"] == {"error": 1, "failed": 1, "passed": 1}
    assert (counted["tests"], counted["runs"], counted["statuses"]) == (3, 3, {"error": 1, "passed": 2})
    report = (run.report_dir / "report.md").read_text()
    assert report.startswith("# Failed: agents in 3 tests\n")
    assert "> 2 tests with agents did not pass, see *Agents* below.\n" in report
    good = agents.run("tests", "-k", "good")
    assert (good.report_dir / "report.md").read_text().startswith("# Passed: agents in 1 test\n")


def test_without_reports_nothing_is_recorded(agents: Project) -> None:
    run = agents.run("tests", "--orchestrate-reports=off")
    assert run.outcomes == {"passed": 2, "failed": 1, "errors": 1}, run.out
    assert not agents.report_dir.exists()
    assert "agent-logs" in reports(agents)["test_good", "call"]["agent.claude-1.log"]


def test_a_run_that_its_time_limit_stops_is_told_as_far_as_it_came(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(agent_workspace, claude_process, model_endpoint):
    agent_workspace()
    endpoint = model_endpoint([{"run": "echo > early; echo found it"}, {"hang": True}])
    result = claude_process("Go", endpoint=endpoint, timeout=4, grace=0.1).run()
    assert (result.exit_code, result.status) == (-1, "timeout")
""",
    )
    run = agents.run("tests")
    assert run.outcomes == {"passed": 1}, run.out
    (told,) = evidence(run)["test_it"]["runs"]
    assert (told["status"], told["limit"]["name"]) == ("timeout", "timeout")
    assert told["transcript"]["tool_calls"][0]["result"]["text"] == "found it"
    assert reports(agents)["test_it", "call"]["workspace.created"] == '["early"]'


def test_a_run_that_the_limit_of_the_test_interrupts_is_told_as_far_as_it_came(agents: Project) -> None:
    agent_test(
        agents,
        """
import signal

def alarm(event):
    if "found 42" in str(event):
        signal.setitimer(signal.ITIMER_REAL, 0.1)  # pytest-timeout's, now

@pytest.mark.timeout(60, method="signal")
def test_it(agent_workspace, claude_process, model_endpoint):
    agent_workspace()
    endpoint = model_endpoint([{"run": "echo > early; echo found $((40 + 2))"}, {"hang": True}])
    claude_process("Go", endpoint=endpoint, grace=0.1, on_event=alarm).run()
""",
    )
    run = agents.run("tests")
    assert run.outcomes == {"failed": 1}, run.out
    (told,) = evidence(run)["test_it"]["runs"]
    assert (told["status"], told["error"]) == ("cancelled", "interrupted by an exception in the test")
    assert told["transcript"]["tool_calls"][0]["result"]["text"] == "found 42"
    assert "    found 42\n" in run.out
    assert reports(agents)["test_it", "call"]["workspace.created"] == '["early"]'


@pytest.mark.parametrize("call", ["process.run()", "run_parallel([process])"])
def test_what_the_limit_of_a_test_interrupts_is_dead_then_and_the_traceback_ends_in_the_test(
    agents: Project, call: str
) -> None:
    mark = new_mark()
    # What the agent runs sets off pytest-timeout's alarm itself: the limit is reached when all of them run.
    text = f"""
import os
from pathlib import Path
from pytest_orchestrator import run_parallel

@pytest.mark.timeout(60, method="signal")
def test_it(claude_process, model_endpoint, tmp_path_factory):
    run = (
        f"setsid sleep {mark} & echo $PPID > {{Path.cwd()}}/agent; kill -ALRM {{os.getpid()}}; exec sleep {mark}"
    )
    # When all of them are told to end, the agent may see its command end before it ends itself, and ask once more.
    replies = [{{"run": run}}, {{"say": "Too late", "times": "always"}}]
    process = claude_process("Go", endpoint=model_endpoint(replies), timeout=None, grace=0.1)
    {call}

def test_after():
    pid = Path("agent").read_text().strip()
    assert not Path("/proc", pid).exists()
"""
    agent_test(agents, text)
    run = agents.run("tests", orchestrate=False)
    assert run.outcomes == {"failed": 1, "passed": 1}, run.out
    assert sleepers(mark) == {}
    trace = run.out[run.out.index("_ test_it _") :].partition("Captured agent")[0]
    assert f">       {call}\nE       Failed: Timeout (>60.0s) from pytest-timeout.\n" in trace
    assert "pytest_orchestrator/" not in trace
    assert "in run" in agents.run("tests", "--full-trace", "-k", "test_it", orchestrate=False).out


def test_a_function_of_the_test_that_its_limit_interrupts_is_in_the_traceback(agents: Project) -> None:
    agent_test(
        agents,
        """
import signal, threading

def hang(event):
    signal.setitimer(signal.ITIMER_REAL, 0.01)  # pytest-timeout's alarm, now
    threading.Event().wait()

@pytest.mark.timeout(60, method="signal")
def test_it(claude_process, model_endpoint):
    claude_process("Go", endpoint=model_endpoint(["Done."]), timeout=None, grace=0.1, on_event=hang).run()
""",
    )
    run = agents.run("tests", orchestrate=False)
    assert run.outcomes == {"failed": 1}, run.out
    assert "in hang" in run.out


def test_secrets_are_in_none_of_it(agents: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_TOKEN", "sesame-open-4711")
    agent_test(
        agents,
        """
def test_it(agent_workspace, fake_commands, claude_process, model_endpoint, monkeypatch):
    agent_workspace()
    fake_commands.command("gh").reply(".*", stdout="token sesame-open-4711")
    run = "gh auth sesame-open-4711 other-secret-0815; echo sesame-open-4711 > file; echo other-secret-0815"
    endpoint = model_endpoint([{"run": run}, "It is sesame-open-4711, and other-secret-0815."])
    process = claude_process("Take sesame-open-4711", endpoint=endpoint, env={"OTHER_SECRET": "other-secret-0815"})
    assert process.run().output == "Nothing"
""",
    )
    run = agents.run("tests", "--junitxml=out.xml", "--tb=line", "-o", "addopts=")
    assert run.outcomes == {"failed": 1}, run.out
    written = [path for path in run.report_dir.rglob("*") if path.is_file()]
    assert any(path.name == "claude-1.log" for path in written)
    for path in written:
        assert "sesame-open" not in path.read_text(), path
        assert "other-secret" not in path.read_text(), path
    assert "gh auth [redacted] [redacted]" in run.out
    shown = run.out.partition("Captured agent")[2].partition("short test summary")[0]
    assert "sesame-open" not in shown
    assert "other-secret" not in shown


def test_a_workspace_that_was_removed_is_told_as_that(agents: Project) -> None:
    agent_test(
        agents,
        """
def test_it(agent_workspace, fake_commands, claude_process, model_endpoint):
    workspace = agent_workspace()
    script = [{"run": "rm -rf .git; echo > x; rm -f \\"$(dirname \\"$BASH_ENV\\")/calls\\""}, "Done."]
    claude_process("Go", endpoint=model_endpoint(script)).run()

def test_gone(agent_workspace, claude_process, model_endpoint):
    agent_workspace()
    claude_process("Go", endpoint=model_endpoint([{"run": "rm -rf ../*"}, "Done."])).run()
""",
    )
    run = agents.run("tests", "-rP")
    assert run.outcomes == {"passed": 2, "errors": 1}, run.out
    assert "AgentError: the log of calls of fake commands" in run.out
    found = evidence(run)
    assert found["test_it"]["workspaces"][0]["created"] == ["x"]
    assert "its .git was removed" in found["test_it"]["workspaces"][0]["problem"]
    assert "is not there any more" in found["test_gone"]["workspaces"][0]["problem"]
    assert "cannot be read" in found["test_it"]["commands"]["problem"]


def test_text_that_cannot_be_sent_is_sent_all_the_same(agents: Project) -> None:
    """What is no text breaks the channel between pytest-xdist's processes, and XML."""
    agent_test(
        agents,
        """
def test_it(agent_workspace, claude_process, model_endpoint):
    agent_workspace()
    endpoint = model_endpoint([{"say": "\\ud83d half", "run": "echo > $'\\\\xff\\\\n'"}, "\\ud83d \\x00\\x1b[2J"])
    claude_process("Go", endpoint=endpoint).run()
""",
    )
    run = agents.run("tests", "-n1", "-rP", "--junitxml=out.xml")
    assert run.outcomes == {"passed": 1}, run.out
    assert " half\n[1] Bash" in run.out
    found = reports(agents)["test_it", "call"]
    assert found["workspace.created"] == json.dumps(["\\xff\\x0a"])
    assert ET.parse(agents.path / "out.xml") is not None


def test_reruns_are_each_told(agents: Project) -> None:
    agent_test(
        agents,
        """
count = []

def test_it(claude_process, model_endpoint):
    count.append(1)
    assert claude_process("Go", endpoint=model_endpoint([f"Try {len(count)}."])).run().output == "Try 2."
""",
    )
    run = agents.run("tests", "--reruns=1")
    assert run.outcomes == {"passed": 1, "rerun": 1}, run.out
    told = [line["data"]["runs"][0]["output"] for line in run.lines if line["type"] == "agents"]
    assert told == ["Try 1.", "Try 2."]
