"""The real Claude Code and Codex, run by us, with a script on the loopback interface in place of a model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from agent_clis import require_cli
from agent_traces import processes_marked

from pytest_orchestrator.agents.attempts import is_worth_retrying
from pytest_orchestrator.agents.budget import Budget
from pytest_orchestrator.agents.claude import ClaudeProcess
from pytest_orchestrator.agents.codex import CodexProcess
from pytest_orchestrator.agents.strategies import run_parallel, run_with_fallback
from pytest_orchestrator.cassettes.endpoint import ModelEndpoint
from pytest_orchestrator.core.status import Reason, Status

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.agents.process import CliProcess

FREE: dict[str, dict[str, Any]] = {
    "claude": {"allowed_tools": ["Bash", "Write"]},
    "codex": {"permission_mode": "danger-full-access"},
}
"""What lets each of them use its tools without asking."""
BOTH = pytest.mark.parametrize("name", ["claude", "codex"])
CLASSES: dict[str, type[CliProcess]] = {"claude": ClaudeProcess, "codex": CodexProcess}
LONGEST = 90.0
HASTY = {"CLAUDE_CODE_MAX_RETRIES": "0"}
"""Claude Code asks ten times, over minutes, before it believes that its key is not good."""


def process(name: str, endpoint: ModelEndpoint, tmp_path: Path, prompt: str, **more: Any) -> CliProcess:
    require_cli(name)
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    given = {"timeout": LONGEST, "isolation": "fresh", "stream_output": False, **FREE[name], **more}
    process_id = given.pop("process_id", name)
    return CLASSES[name](prompt, process_id, work, tmp_path / "logs", endpoint=endpoint, **given)


@BOTH
def test_it_writes_a_script_runs_it_survives_a_failing_tool_and_sums_up(name: str, tmp_path: Path) -> None:
    script = [
        {"write": {"path": "report.sh", "content": "echo 'three services \xe4\xf6\xfc'\n"}},
        {"run": "sh report.sh"},
        {"when": {"result": "three services"}, "run": "ls /nowhere/at/all"},
        {"when": {"result": "No such file"}, "say": "All 3 services are up."},
    ]
    with ModelEndpoint(script) as endpoint:
        result = process(name, endpoint, tmp_path, "Write a report script, then run it: /etc stays as it is").run()
        assert (endpoint.unmatched, endpoint.strays) == ((), ())
    assert (result.status, result.exit_code, result.error) == (Status.PASSED, 0, None)
    assert result.output.strip() == "All 3 services are up."
    assert (tmp_path / "work" / "report.sh").read_text() == "echo 'three services \xe4\xf6\xfc'\n"
    transcript = result.transcript
    assert transcript is not None
    assert transcript.is_complete
    assert transcript.final_text.strip() == "All 3 services are up."
    ran = [call for call in transcript.tool_calls if "report.sh" in json.dumps(dict(call.input))][-1]
    assert ran.result is not None
    assert "three services \xe4\xf6\xfc".encode() in ran.result.data
    failed = transcript.tool_calls[-1]
    assert failed.result is not None
    assert failed.result.is_error
    assert "No such file" in failed.result.text
    assert result.usage.total > 0
    assert result.session_id == transcript.session_id
    assert result.session_id
    if name == "claude":
        assert result.cost_usd is not None
        assert result.cost_usd > 0


def test_a_prompt_of_a_megabyte_arrives_whole_and_is_not_on_the_command_line(tmp_path: Path) -> None:
    prompt = "count the words\n" * 65_536
    with ModelEndpoint(["Many."]) as endpoint:
        result = process("codex", endpoint, tmp_path, prompt).run()
        asked = [request.prompt for request in endpoint.requests if request.purpose == "turn"]
    assert result.output.strip() == "Many."
    assert prompt.strip() in asked[0]
    assert result.log_path is not None
    log = result.log_path.read_text()
    assert "count the words" not in log.partition("prompt sha256")[0]


@BOTH
def test_a_rate_limit_that_passes_is_survived(name: str, tmp_path: Path) -> None:
    # Codex gives up at status 429, but not where the answer breaks off with this.
    error = {"status": 429, "retry_after": 0.01, "message": "Rate limit reached. Please try again in 0.01s."}
    script = [{"error": {**error, "in_stream": name == "codex"}}, "Here I am again."]
    with ModelEndpoint(script) as endpoint:
        result = process(name, endpoint, tmp_path, "Say something").run()
    assert (result.status, result.output.strip()) == (Status.PASSED, "Here I am again.")


def test_a_key_that_is_refused_is_an_error_of_the_infrastructure_and_no_failure_of_the_agent(tmp_path: Path) -> None:
    error = {"status": 401, "type": "authentication_error", "message": "invalid x-api-key"}
    with ModelEndpoint([{"error": error, "times": 50}]) as endpoint:
        result = process("claude", endpoint, tmp_path, "Say something", env=HASTY).run()
    assert (result.status, result.reason) == (Status.ERROR, Reason.INFRASTRUCTURE)
    assert result.exit_code not in (0, -1)
    assert result.error is not None
    assert result.error.startswith("authentication")


def test_an_endpoint_that_stops_answering_is_a_timeout_with_all_that_came_before(tmp_path: Path) -> None:
    script = [{"say": "First I look around.", "run": "echo seen; (setsid sleep 300 &) ; true"}, {"hang": True}]
    limits = {"timeout": 7.0, "grace": 2.0, "env": {"TRACE_OF_TEST": str(tmp_path)}}
    with ModelEndpoint(script) as endpoint:
        both = [process(name, endpoint, tmp_path, f"Look around as {name}", **limits) for name in CLASSES]
        began = time.monotonic()
        results = run_parallel(both)
        took = time.monotonic() - began
    assert took < 7.0 + 2.0 + 5.0
    for result in results:
        assert (result.status, result.exit_code) == (Status.TIMEOUT, -1)
        assert result.limit is not None
        assert result.limit.name == "timeout"
        assert result.transcript is not None
        assert "First I look around." in result.output
        (call,) = result.transcript.tool_calls
        assert call.result is not None
        assert b"seen" in call.result.data
        # In dollars only where it came to tell them: Claude Code ends at its interrupt before or after it has.
        assert result.cli == "codex" or result.usage.input_tokens > 0
    assert processes_marked("TRACE_OF_TEST", str(tmp_path)) == []


def test_what_costs_too_much_stops_itself_and_names_the_limit(tmp_path: Path) -> None:
    with ModelEndpoint([{"run": "echo 1"}]) as endpoint:
        own = process("claude", endpoint, tmp_path, "Go on for ever", max_cost_usd=0.001).run()
        with_rest = process("claude", endpoint, tmp_path, "Go on for ever", budget=Budget(usd=0.001)).run()
    assert (own.status, own.exit_code, str(own.limit)) == (Status.FAILED, 1, "max_cost_usd 0.001")
    assert str(own.error).startswith("stopped by its limit: max_cost_usd 0.001")
    assert own.cost_usd is not None
    assert own.cost_usd > 0.001
    assert not is_worth_retrying(own)
    assert (with_rest.status, str(with_rest.limit)) == (Status.FAILED, "budget_usd 0.001")
    assert "the budget is spent" in str(with_rest.error)


def test_ten_of_them_run_in_parallel_and_none_gets_anothers_answer(tmp_path: Path) -> None:
    def reply(request: Any) -> str:
        return f"The answer to {request.prompt.split()[-1]}."

    with ModelEndpoint(reply) as endpoint:
        processes = [
            process(
                "claude" if number < 3 else "codex",
                endpoint,
                tmp_path,
                f"What is the answer to question-{number}",
                process_id=f"p{number}",
            )
            for number in range(10)
        ]
        results = run_parallel(processes, max_workers=10)
    assert {result.process_id: result.output.strip() for result in results} == {
        f"p{number}": f"The answer to question-{number}." for number in range(10)
    }


def test_where_one_cannot_the_other_does(tmp_path: Path) -> None:
    refused = {"status": 401, "message": "no key"}
    with ModelEndpoint([{"when": {"model": "broken-model"}, "error": refused, "times": 50}, "I can."]) as endpoint:
        result = run_with_fallback(
            [
                process("claude", endpoint, tmp_path, "Can you?", model="broken-model", env=HASTY),
                process("codex", endpoint, tmp_path, "Can you?"),
            ]
        )
    assert (result.process_id, result.output.strip()) == ("codex", "I can.")


CONTROLLER = """
import sys
from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.strategies import run_sequential
from pytest_orchestrator.agents.records import RecordedEndpoint
from pytest_orchestrator.agents.settings import AgentSettings
import json

given = json.load(open("settings.json"))
session = OrchestratorSession("pair", cli="claude")
print(session.session_id, flush=True)
first = session.create_process(
    "First question", "first", stream_output=False, isolation="fresh",
    endpoint=RecordedEndpoint(AgentSettings(given["claude"]["env"], tuple(given["claude"]["extra_args"]))))
second = session.create_process(
    "Second question", "second", cli="codex", stream_output=False, isolation="fresh",
    endpoint=RecordedEndpoint(AgentSettings(given["codex"]["env"], tuple(given["codex"]["extra_args"]))))
run_sequential([first, second], pass_output=True)
"""


def test_a_session_that_was_killed_is_resumed_where_it_was(tmp_path: Path) -> None:
    for name in ("claude", "codex"):
        require_cli(name)
    asked: list[str] = []
    hangs = [True]

    def reply(request: Any) -> Any:
        asked.append(request.prompt)
        if "Second question" not in request.prompt:
            return "The first answer."
        return {"hang": True} if hangs else "The second answer."

    with ModelEndpoint(reply) as endpoint:
        settings = {name: endpoint.agent_settings(name) for name in ("claude", "codex")}
        plain = {name: {"env": dict(each.env), "extra_args": each.extra_args} for name, each in settings.items()}
        (tmp_path / "settings.json").write_text(json.dumps(plain))
        environment = {**os.environ, "TRACE_OF_TEST": str(tmp_path)}
        controller = subprocess.Popen(
            [sys.executable, "-c", CONTROLLER], cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert controller.stdout is not None
        session_id = controller.stdout.readline().strip()
        deadline = time.monotonic() + LONGEST
        while not any("Second question" in prompt for prompt in asked):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        controller.kill()
        assert controller.wait() == -signal.SIGKILL
        controller.stdout.close()
        hangs.clear()
        first_asked = sum("Second question" not in prompt for prompt in asked)

        shown = command(tmp_path, "show", session_id, "--json")
        assert json.loads(shown.stdout)["state"] == "died"
        resumed = command(tmp_path, "resume", session_id)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert sum("Second question" not in prompt for prompt in asked) == first_asked
    assert "The first answer." in asked[-1]  # what was handed over, again
    logs = (tmp_path / ".orchestrator" / "sessions" / session_id).glob("second*.log")
    assert "The second answer." in "".join(log.read_text() for log in logs)
    again = command(tmp_path, "show", session_id, "--json")
    assert json.loads(again.stdout)["counts"] == {"passed": 2}


def command(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest_orchestrator", "sessions", *words],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
