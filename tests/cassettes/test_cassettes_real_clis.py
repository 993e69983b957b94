"""The real command lines, and the endpoint in place of their model: all that they ask goes there."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from agent_clis import require_cli

from pytest_orchestrator import ModelEndpoint

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "Write the report and run it"
CUT = {"say": "This sentence is broken off before it ends, and has to be said again.", "cut": {"events": 5}}
WORK: list[Any] = [
    CUT,
    {"say": "I look first.", "run": "echo marker-$((6*7)); exit 3"},
    {"when": {"failed": True, "result": "marker-42"}, "write": {"path": "tools/report.sh", "content": "echo 3 of 3\n"}},
    {"when": {"failed": False}, "run": "sh tools/report.sh"},
    {"when": {"failed": False, "result": "3 of 3"}, "say": "All 3 services are up.", "usage": {"output_tokens": 77}},
]
"""A conversation that gets to its end only if every part of it really happens."""


def run(argv: list[str], endpoint: ModelEndpoint, home: Path) -> tuple[list[dict[str, Any]], str]:
    """Run a command line to its end with nothing of the user's; return its events, and what it wrote to stderr."""
    cli = "codex" if "exec" in argv else "claude"
    settings = endpoint.agent_settings(cli)
    work = home / "work"
    work.mkdir()
    (home / "state").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / "state"),
        "CODEX_HOME": str(home / "state"),
        **settings.env,
    }
    done = subprocess.run(
        [*argv, *settings.extra_args],
        input=PROMPT,
        env=environment,
        cwd=work,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def check_turns(endpoint: ModelEndpoint, work: Path, client: str) -> None:
    turns = [request for request in endpoint.requests if request.purpose == "turn"]
    assert endpoint.unmatched == ()
    assert [request.turn for request in turns] == [1, 1, 1, 2, 3, 4]
    assert {(request.client, request.prompt) for request in turns} == {(client, PROMPT)}
    assert {request.working_directory for request in turns} == {str(work)}
    assert len({request.session for request in turns}) == 1
    assert (work / "tools" / "report.sh").read_text() == "echo 3 of 3\n"


def test_claude_works_through_a_script_with_a_rate_limit_and_a_broken_stream(tmp_path: Path) -> None:
    argv = [require_cli("claude"), "-p", "--output-format", "stream-json", "--verbose", "--allowedTools", "Bash,Write"]
    with ModelEndpoint([{"error": {"status": 429, "retry_after": 0}}, *WORK]) as endpoint:
        events, _ = run(argv, endpoint, tmp_path)
        check_turns(endpoint, tmp_path / "work", "claude")
        version = tuple(map(int, events[0]["claude_code_version"].split(".")))
        # Versions before that look for news whatever they are told; it is refused, and takes them some seconds.
        assert endpoint.strays == () or version < (2, 1, 210)
    result = events[-1]
    assert (result["type"], result["is_error"], result["result"]) == ("result", False, "All 3 services are up.")
    assert result["usage"]["output_tokens"] > 77


@pytest.mark.parametrize("model", [[], ["-m", "scripted"]], ids=["code mode", "functions"])
def test_codex_works_through_a_script_with_a_rate_limit_and_a_broken_stream(model: list[str], tmp_path: Path) -> None:
    argv = [require_cli("codex"), "exec", "--json", "--skip-git-repo-check", *model]
    argv += ["--dangerously-bypass-approvals-and-sandbox", "-"]
    limit = {"error": {"status": 429, "message": "Please try again in 0.1s.", "in_stream": True}}
    with ModelEndpoint([limit, *WORK]) as endpoint:
        events, stderr = run(argv, endpoint, tmp_path)
        check_turns(endpoint, tmp_path / "work", "codex")
        assert endpoint.strays == ()
    items = [event["item"] for event in events if event["type"] == "item.completed"]
    assert next(item["exit_code"] for item in items if item["type"] == "command_execution") == 3
    assert (events[-1]["type"], items[-1]["text"]) == ("turn.completed", "All 3 services are up."), stderr


def test_both_say_what_the_script_had_no_reply_for(tmp_path: Path) -> None:
    claude = [require_cli("claude"), "-p", "--output-format", "json"]
    codex = [require_cli("codex"), "exec", "--json", "--skip-git-repo-check", "-"]
    words = f"the script has no reply for turn 1 of the conversation '{PROMPT}'"
    for number, argv in enumerate((claude, codex)):
        home = tmp_path / str(number)
        home.mkdir()
        with ModelEndpoint([{"when": {"prompt": "Something else"}, "say": "Hello."}]) as endpoint:
            events, _ = run(argv, endpoint, home)
            (why,) = endpoint.unmatched
        assert words in why
        assert words in json.dumps(events).replace("\\n", " ")
