"""One test for each fault of the system that agents' processes grew from (seed 002), named after it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from misbehaving_agents import SLOW, logged
from process_watch import Holdings, marked, new_mark

from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli
from pytest_orchestrator.agents.execution import MAX_ARGUMENT
from pytest_orchestrator.agents.plain_stream import PlainParser
from pytest_orchestrator.agents.process import CliProcess
from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.strategies import run_batched, run_sequential
from pytest_orchestrator.core.status import Reason, Status
from pytest_orchestrator.errors import AgentError, ArgumentError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.agents.settings import Launch


def _words(launch: Launch) -> list[str]:
    return ["-c", launch.extra_args[0], launch.prompt or "none"]


@pytest.fixture(autouse=True)
def _clis() -> None:
    """Command lines for these tests: a shell that runs what it is told to, and two that cannot be started."""
    for name, executable in (("old-shell", "/bin/bash"), ("missing", "no-such-agent"), ("no-program", "/etc/passwd")):
        register_agent_cli(AgentCli(name, executable, _words, lambda: PlainParser("old")))


def agent(directory: Path, script: str, process_id: str = "agent", *, prompt: str = "hello", **more: Any) -> CliProcess:
    timeout = more.pop("timeout", 30.0)
    more = {"cli": "old-shell", "extra_args": [script], "grace": 0.5, **more}
    return CliProcess(prompt, process_id, directory, directory / "logs", None, False, timeout, **more)


def log_of(process: CliProcess) -> bytes:
    assert process.log_path is not None
    return process.log_path.read_bytes()


def test_a_run_hangs_for_ever_although_it_has_a_timeout(tmp_path: Path) -> None:
    mark = new_mark()
    scripts = [f"sleep {mark} | cat > /dev/null", f"printf '\\377'; head -c 3000000 /dev/zero; sleep {mark}"]
    begun = time.monotonic()
    for number, script in enumerate(scripts):
        result = agent(tmp_path, script, str(number), timeout=0.5).run()
        assert (result.status, result.exit_code) == (Status.TIMEOUT, -1)
    assert time.monotonic() < begun + 2 * (0.5 + 0.5) + SLOW
    assert marked(mark) == {}


@pytest.mark.parametrize("end", ["timeout", "exit 0"])
def test_a_grandchild_that_holds_the_pipe_decides_how_long_a_run_takes(tmp_path: Path, end: str) -> None:
    mark = new_mark()
    waits = end == "timeout"
    script = f"echo started; (setsid sleep {mark} &) ; " + (f"sleep {mark}" if waits else "exit 0")
    begun = time.monotonic()
    result = agent(tmp_path, script, timeout=0.5 if waits else 20).run()
    assert time.monotonic() < begun + 1.0 + SLOW
    assert result.status is (Status.TIMEOUT if waits else Status.PASSED)
    assert result.output == "started\n"
    assert result.left_processes == (() if waits else (f"sleep {mark}",))
    assert marked(mark) == {}


def test_one_invalid_byte_loses_all_output(tmp_path: Path) -> None:
    process = agent(tmp_path, r"printf 'one\nt\377wo\nthree\nfour\n'; printf 'bad \377\n' >&2")
    result = process.run()
    assert (result.exit_code, result.output, result.stderr) == (0, "one\nt\\xffwo\nthree\nfour\n", "bad \\xff\n")
    assert process.log_path is not None
    assert logged(process.log_path) == (b"one\nt\xffwo\nthree\nfour", b"bad \xff")


def test_descriptors_leak_with_every_process_and_with_every_missing_program(tmp_path: Path) -> None:
    kept = [agent(tmp_path, "echo hi", stdin="terminal")]
    kept[0].run()  # the supervisor is there from now on
    before = Holdings.now()
    for number in range(15):
        kept.append(agent(tmp_path, "echo hi", stdin=("terminal", "prompt")[number % 2]))
        kept.append(agent(tmp_path, "", cli="missing"))
        assert [process.run().exit_code for process in kept[-2:]] == [0, 127]
    assert Holdings.now() == before


def test_one_exit_code_means_timeout_hangup_missing_program_and_too_long_a_prompt_alike(tmp_path: Path) -> None:
    told = {}
    for name, process in {
        "timeout": agent(tmp_path, "sleep 60", timeout=0.3),
        "hangup": agent(tmp_path, "kill -HUP $$"),
        "exit 255": agent(tmp_path, "exit 255"),
        "missing": agent(tmp_path, "", cli="missing"),
        "no program": agent(tmp_path, "", cli="no-program"),
        "too long": agent(tmp_path, "", stdin="terminal", prompt="x" * 200_000),
        "no directory": CliProcess(
            "hi", "x", tmp_path / "none", tmp_path, cli="old-shell", extra_args=["exit 0"], stream_output=False
        ),
    }.items():
        result = process.run()
        told[name] = result.exit_code, str(result.status), result.signal, result.reason
        assert result.error
    assert told == {
        "timeout": (-1, "timeout", None, None),
        "hangup": (129, "failed", "SIGHUP", None),
        "exit 255": (255, "failed", None, None),
        "missing": (127, "error", None, Reason.NOT_STARTABLE),
        "no program": (126, "error", None, Reason.NOT_STARTABLE),
        "too long": (126, "error", None, Reason.NOT_STARTABLE),
        "no directory": (126, "error", None, Reason.NOT_STARTABLE),
    }


def test_what_no_program_can_be_given_is_an_exception_out_of_run(tmp_path: Path) -> None:
    odd: list[dict[str, Any]] = [
        {"extra_args": ["echo \ud800"]},
        {"env": {"A": "half \ud800"}},
        {"prompt": "\0", "stdin": "terminal"},
    ]
    for more in odd:
        result = agent(tmp_path, "echo hi", **more).run()
        assert (result.exit_code, result.reason) == (126, Reason.NOT_STARTABLE)
        assert "it has half a character or a NUL" in str(result.error)


def test_a_program_named_by_a_relative_path_is_looked_for_in_its_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "elsewhere").mkdir()
    program = tmp_path / "bin" / "agent"
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o755)
    register_agent_cli(AgentCli("relative", "bin/agent", _words, lambda: PlainParser("old")))
    result = agent(tmp_path / "elsewhere", "", cli="relative").run()
    assert (result.error, result.output) == (None, "here\n")


def test_a_prompt_of_200_kb_cannot_be_given(tmp_path: Path) -> None:
    prompt = "0123456789" * 20_000
    result = agent(tmp_path, "cat", prompt=prompt).run()
    assert (result.status, result.output) == (Status.PASSED, prompt)
    refused = agent(tmp_path, 'echo "${#0}"', prompt=prompt, stdin="terminal").run()
    assert refused.error == (
        "not startable: its prompt is too long for an argument: 200000 bytes, 131071 are allowed; use stdin='prompt'"
    )
    longest = agent(tmp_path, 'echo "${#0}"', prompt="x" * MAX_ARGUMENT, stdin="terminal").run()
    assert longest.output == f"{MAX_ARGUMENT}\n"


def test_running_twice_adds_the_output_up(tmp_path: Path) -> None:
    process = agent(tmp_path, "echo once")
    assert process.run().output == "once\n"
    with pytest.raises(AgentError, match=r"'agent' has been run already"):
        process.run()
    again = process.replace()
    assert again.run().output == "once\n"
    assert again.log_path != process.log_path


def test_passing_output_twice_nests_the_prompts(tmp_path: Path) -> None:
    first, second = agent(tmp_path, "echo one"), agent(tmp_path, "cat")
    for processes in ([first, second], [first.replace(), second.replace()]):
        results = run_sequential(processes, pass_output=True)
        assert results[1].output.count("one") == 1
        assert [process.prompt for process in processes] == ["hello", "hello"]


SESSIONS = """
import sys
from pytest_orchestrator.agents.session import OrchestratorSession
sys.stdin.readline()
for _ in range(20):
    with OrchestratorSession("same", base_log_dir=sys.argv[1]) as session:
        print(session.session_id)
"""


def test_two_sessions_in_one_second_share_a_directory(tmp_path: Path) -> None:
    others = [
        subprocess.Popen(
            [sys.executable, "-c", SESSIONS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ids: list[str] = []

    def begin() -> None:
        for _ in range(20):
            with OrchestratorSession("same", base_log_dir=tmp_path) as session:
                ids.append(session.session_id)

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for other in others:
        ids += other.communicate("\n", timeout=60)[0].split()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 80
    assert sorted(ids) == sorted(path.name for path in tmp_path.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc/x", "..", ".", "a\0b", "x" * 300, "\udcff", "con\nsole"])
def test_a_process_id_leads_out_of_the_log_directory(tmp_path: Path, name: str) -> None:
    logs = tmp_path / "logs"
    paths = []
    for _ in range(2):
        process = agent(tmp_path, 'echo "$ORCHESTRATOR_ITEM"', name)
        result = process.run()
        assert (result.exit_code, result.process_id) == (0, name)
        assert process.log_path is not None
        paths.append(process.log_path)
    assert sorted(paths) == sorted(logs.iterdir())
    assert [path.parent for path in paths] == [logs, logs]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs"]


def test_no_time_at_all_means_as_long_as_it_takes_and_a_negative_batch_runs_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="timeout: 0"):
        agent(tmp_path, "echo", timeout=0)
    for size in (0, -1):
        with pytest.raises(ValueError, match=rf"batch_size: {size}"):
            run_batched([agent(tmp_path, "echo")], size)


def test_line_ends_are_folded(tmp_path: Path) -> None:
    process = agent(tmp_path, r"printf 'one\r\ntwo\rthree\r\n'; printf 'err\r\n' >&2")
    result = process.run()
    assert (result.output, result.stderr) == ("one\r\ntwo\rthree\r\n", "err\r\n")
    assert process.log_path is not None
    assert logged(process.log_path) == (b"one\r\ntwo\rthree\r", b"err\r")


def test_standard_input_is_fed_with_newlines_for_ever(tmp_path: Path) -> None:
    script = 'test -t 0 && echo terminal; IFS= read -r line; echo "$? [$line]"; cat | wc -c'
    result = agent(tmp_path, script, stdin="terminal").run()
    assert (result.status, result.output) == (Status.PASSED, "terminal\n1 []\n0\n")
    result = agent(tmp_path, script, stdin="prompt", prompt="a\nb").run()
    assert (result.status, result.output) == (Status.PASSED, "0 [a]\n1\n")


def test_the_log_has_lost_its_first_lines_and_all_output(tmp_path: Path) -> None:
    prompt = "a prompt of many words " * 50
    process = agent(tmp_path, "echo said; echo complained >&2; exit 3", prompt=prompt)
    result = process.run()
    assert process.log_path is not None
    assert process.log_path.stat().st_mode & 0o777 == 0o600
    lines = log_of(process).decode().splitlines()
    kinds = [line.split(" ", 2)[1] for line in lines]
    assert kinds == ["log"] * 6 + ["out", "err", "end"]
    assert all(line[10] == "T" and line[23:25] == "Z " for line in lines)
    assert any(line.endswith("said") for line in lines)
    assert any(line.endswith("complained") for line in lines)
    assert f"prompt sha256:{hashlib.sha256(prompt.encode()).hexdigest()}, 1150 characters, 1150 bytes" in lines[3]
    assert prompt not in "\n".join(lines)
    told = json.loads(lines[-1].split(" ", 2)[2])
    assert (told["exit_code"], told["status"]) == (result.exit_code, "failed") == (3, "failed")


def test_the_markers_of_an_outer_agent_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CODEX_SANDBOX", "MY_OWN", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "outer")
    names = agent(tmp_path, "env").run().output
    assert "ANTHROPIC_BASE_URL=outer" in names
    assert not any(name in names for name in ("CLAUDECODE", "ENTRYPOINT", "SANDBOX", "MY_OWN"))
    assert os.environ["CLAUDECODE"] == "outer"
