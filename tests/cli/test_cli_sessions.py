"""The commands ``pytest-orchestrator sessions``, as a user types them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_runs import command, python

from pytest_orchestrator.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/command-line.md").read_text(encoding="utf-8")
PROGRAM = """
from pytest_orchestrator import AgentCli, OrchestratorSession, PlainParser, register_agent_cli
register_agent_cli(AgentCli("no-shell-of-yours", "sh", lambda launch: ["-s"], lambda: PlainParser("sh")))
with OrchestratorSession("demo", cli="no-shell-of-yours", budget_usd=2) as session:
    session.create_process("echo hello", "good\\x1b[31m", stream_output=False).run()
    session.create_process("exit 3", "bad", stream_output=False).run()
print(session.session_id)
"""


@pytest.fixture
def session_id(tmp_path: Path) -> str:
    done = python(tmp_path, PROGRAM)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_sessions_are_listed_and_shown(tmp_path: Path, session_id: str) -> None:
    listed = command(tmp_path, "sessions", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout.split() == [session_id, "closed", "1", "passed,", "1", "failed"]
    shown = command(tmp_path, "sessions", "show", "demo")
    lines = shown.stdout.splitlines()
    assert lines[0] == f"session {session_id} (closed), 1 passed, 1 failed"
    assert lines[1] == "  budget: 0.0000 USD of 2.0000 USD"
    assert lines[2].startswith("  good\\x1b\\x5b31m  passed ")
    assert re.fullmatch(r"  bad +failed +\d+\.\d s  exit 3", lines[3])
    assert lines[-1] == f"  log {tmp_path / '.orchestrator/sessions' / session_id / 'session.log'}"


def test_both_speak_json(tmp_path: Path, session_id: str) -> None:
    (listed,) = json.loads(command(tmp_path, "sessions", "list", "--json").stdout)
    shown = json.loads(command(tmp_path, "sessions", "show", session_id, "--json").stdout)
    assert listed == shown
    assert shown["counts"] == {"passed": 1, "failed": 1}
    assert shown["budget"] == {"usd": 2, "tokens": None, "spent_usd": 0.0, "spent_tokens": 0}
    text = PAGE[PAGE.index("\n## sessions\n") :]
    assert [key for key in (*shown, *shown["processes"][0]) if f'"{key}"' not in text and f"`{key}`" not in text] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "nothing"], "no session 'nothing' in "),
        (["kill", "demo"], "has been closed: there is nothing to kill"),
        (["pause"], "the following arguments are required: ID"),
        (["dance", "demo"], "invalid choice: 'dance'"),
        (["resume", "demo"], "is of a command line that only its program knows"),
        (["list", "--dir", "program.py"], "cannot look for sessions in "),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    tmp_path: Path,
    session_id: str,
    words: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sessions", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert told in err


def test_where_there_are_none_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sessions", "list"]) == 0
    assert capsys.readouterr().out == f"no sessions in {tmp_path / '.orchestrator/sessions'}\n"
    assert main(["sessions", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_every_command_and_option_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE[PAGE.index("\n## sessions\n") :]
    assert main(["sessions", "--help"]) == 0
    commands = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert commands == ["list", "show", "kill", "pause", "resume"]
    assert [name for name in commands if f"| `{name}" not in text] == []
    options = set()
    for name in commands:
        assert main(["sessions", name, "--help"]) == 0
        options |= set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert options == {"--dir", "--json"}
    assert [option for option in options if f"| `{option}" not in text] == []
