"""The agent of the examples: a real one, whose output reads like Claude Code's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from tiny_cli import TINY_AGENT, TinyProcess

from pytest_orchestrator import ModelEndpoint, Status

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.agents.result import ProcessResult


def run(endpoint: ModelEndpoint, tmp_path: Path, prompt: str = "Do it", **more: Any) -> ProcessResult:
    (tmp_path / "work").mkdir(exist_ok=True)
    return TinyProcess(
        prompt,
        "tiny",
        tmp_path / "work",
        tmp_path / "logs",
        stream_output=False,
        timeout=30,
        endpoint=endpoint,
        isolation="fresh",
        **more,
    ).run()


def test_it_works_through_a_script(tmp_path: Path) -> None:
    script = [
        {"error": {"status": 429, "retry_after": 0}},
        {"say": "I write it.", "write": {"path": "a/report.sh", "content": "echo 3 of 3\n"}},
        {"run": "sh a/report.sh; exit 4"},
        {"when": {"failed": True, "result": "3 of 3"}, "say": "All 3 services are up."},
    ]
    with ModelEndpoint(script) as endpoint:
        result = run(endpoint, tmp_path)
        assert (endpoint.unmatched, endpoint.strays) == ((), ())
        assert {request.client for request in endpoint.requests} == {"tiny"}
    transcript = result.transcript
    assert transcript is not None
    assert (result.status, result.exit_code, result.output) == (Status.PASSED, 0, "All 3 services are up.")
    assert (transcript.cli, transcript.turns, transcript.is_complete) == ("tiny", 3, True)
    assert [call.name for call in transcript.tool_calls] == ["Write", "Bash"]
    assert transcript.tool_calls[1].result is not None
    assert transcript.tool_calls[1].result.text == "Exit code 4\n3 of 3"
    assert transcript.tool_calls[1].result.is_error
    assert dict(transcript.unknown) == {}
    assert result.cost_usd is not None
    assert result.cost_usd == pytest.approx(
        transcript.usage.input_tokens * 3e-6 + transcript.usage.output_tokens * 15e-6
    )


def test_a_tool_that_is_not_allowed_is_denied(tmp_path: Path) -> None:
    script = [{"run": "touch made"}, {"when": {"failed": True}, "say": "I may not."}]
    with ModelEndpoint(script) as endpoint:
        result = run(endpoint, tmp_path, allowed_tools=["Write"])
    assert result.transcript is not None
    assert [denial.tool for denial in result.transcript.denials] == ["Bash"]
    assert not (tmp_path / "work" / "made").exists()


def test_an_error_of_the_api_ends_it(tmp_path: Path) -> None:
    with ModelEndpoint([{"error": 401}]) as endpoint:
        result = run(endpoint, tmp_path)
    assert result.exit_code == 1
    assert result.transcript is not None
    assert (result.transcript.error_kind, result.transcript.is_error) == ("authentication", True)


def test_it_ends_with_its_budget(tmp_path: Path) -> None:
    with ModelEndpoint([{"run": "touch made", "usage": {"output_tokens": 1_000_000}}]) as endpoint:
        result = run(endpoint, tmp_path, max_cost_usd=10)
    assert result.exit_code == 1
    assert result.cost_usd == pytest.approx(15)
    assert str(result.limit) == "max_cost_usd 10"
    assert not (tmp_path / "work" / "made").exists()


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    endpoint = ModelEndpoint([])
    endpoint.close()
    result = run(endpoint, tmp_path)
    assert result.transcript is not None
    assert (result.exit_code, result.transcript.error_kind) == (1, "network")


def test_what_its_programs_want_from_the_internet_is_refused_and_told(tmp_path: Path) -> None:
    fetch = "import urllib.request; urllib.request.urlopen('https://example.org/')"
    command = f'{sys.executable} -c "{fetch}"'
    script = [{"run": command}, {"when": {"failed": True, "result": "403"}, "say": "It is refused."}]
    with ModelEndpoint(script) as endpoint:
        assert run(endpoint, tmp_path).output == "It is refused."
        assert endpoint.strays == ("example.org:443",)


def test_it_wants_a_prompt() -> None:
    done = subprocess.run([sys.executable, str(TINY_AGENT)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no prompt; give one as an argument or on standard input" in done.stderr


def test_it_starts_fast() -> None:
    with ModelEndpoint([{"say": "x", "times": "always"}]) as endpoint:
        environment = {**os.environ, **endpoint.agent_settings("tiny").env}
        taken = []
        for _ in range(3):
            started = time.monotonic()
            subprocess.run([sys.executable, str(TINY_AGENT), "-p", "Hello"], env=environment, capture_output=True)
            taken.append(time.monotonic() - started)
        assert len(endpoint.requests) == 3
    assert min(taken) < 2
