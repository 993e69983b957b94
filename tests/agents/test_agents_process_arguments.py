"""The arguments of a process: every mistake told, all at once, before anything is started or written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import agent_shell
import pytest

from pytest_orchestrator.agents.claude import ClaudeProcess
from pytest_orchestrator.agents.codex import SANDBOXES, CodexProcess
from pytest_orchestrator.agents.process import CliProcess
from pytest_orchestrator.errors import AgentError, ArgumentError

if TYPE_CHECKING:
    from pathlib import Path

WRONG: list[tuple[str, Any, str]] = [
    ("prompt", "", "prompt: '' is not a text with something in it"),
    ("prompt", b"x", "prompt: b'x' is not a text with something in it"),
    ("prompt", "a" + chr(0xD800), "prompt: its character 1 is half of one"),
    ("process_id", 3, "process_id: 3 is not a text with something in it"),
    ("working_dir", 3, "working_dir: 3 is not a path"),
    ("log_dir", None, "log_dir: None is not a path"),
    ("model", 4, "model: 4 is not a text"),
    ("model", "a\0b", "model: 'a\\x00b' is not a text without NUL characters"),
    ("stream_output", "yes", "stream_output: 'yes' is not True or False"),
    ("timeout", 0, "timeout: 0 is not a number of seconds above 0; give None for no limit"),
    ("timeout", float("inf"), "timeout: inf is not a number of seconds above 0"),
    ("timeout", float("nan"), "timeout: nan is not a number of seconds above 0"),
    ("timeout", "5", "timeout: '5' is not a number of seconds above 0"),
    ("timeout", True, "timeout: True is not a number of seconds above 0"),
    ("idle_timeout", -1, "idle_timeout: -1 is not a number of seconds above 0"),
    ("grace", None, "grace: None is not a number of seconds above 0"),
    ("allowed_tools", "Bash", "allowed_tools: 'Bash' is not a list of words"),
    ("allowed_tools", [1], "allowed_tools: 1 is not a text"),
    ("extra_args", ["a\0b"], "extra_args: 'a\\x00b' is not a text without NUL characters"),
    ("permission_mode", 1, "permission_mode: 1 is not a text"),
    ("pass_env", "AWS_*", "pass_env: 'AWS_*' is not a list of words"),
    ("env", ["A=1"], "env: ['A=1'] is not a mapping"),
    ("env", {"A=B": "1"}, "env: 'A=B' is not the name of a variable"),
    ("env", {"": "1"}, "env: '' is not the name of a variable"),
    ("env", {"A": 1}, "env['A']: 1 is not a text without a NUL character"),
    ("env", {"A": "x\0"}, "env['A']: 'x\\x00' is not a text without a NUL character"),
    ("isolation", "clean", "isolation: 'clean' is not one of 'user', 'fresh'"),
    ("isolation", ["user"], "isolation: ['user'] is not one of 'user', 'fresh'"),
    ("stdin", "pipe", "stdin: 'pipe' is not one of 'prompt', 'terminal'"),
    ("limits", {"memory_mb": 1}, "limits: {'memory_mb': 1} is not Limits("),
    ("budget", 5, "budget: 5 is not Budget("),
    ("endpoint", "http://127.0.0.1", "endpoint: 'http://127.0.0.1' is not an endpoint"),
    ("on_event", 1, "on_event: 1 is not a function"),
    ("max_cost_usd", 0, "max_cost_usd: 0 is not a number above 0"),
    ("max_tokens", 1.5, "max_tokens: 1.5 is not a whole number above 0"),
    ("max_cost_usd", float("nan"), "max_cost_usd: nan is not a number above 0"),
    ("time_out", 5, "time_out: no such keyword argument; did you mean 'idle_timeout'?"),
    ("zzz", 5, "zzz: no such keyword argument; allowed are idle_timeout, grace, allowed_tools"),
]


def make(directory: Path, **given: Any) -> CliProcess:
    arguments = {"prompt": "true", "process_id": "p", "working_dir": directory, "log_dir": directory / "logs"}
    return CliProcess(**{**arguments, "cli": agent_shell.SHELL.name, **given})


@pytest.mark.parametrize(("name", "value", "told"), WRONG, ids=[f"{name}-{at}" for at, (name, *_) in enumerate(WRONG)])
def test_a_mistake_is_told_with_the_value_and_what_is_allowed(tmp_path: Path, name: str, value: Any, told: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make(tmp_path, **{name: value})
    assert str(caught.value).startswith(told)
    assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        make(tmp_path, prompt="", timeout=-1, env=3, isolation="x", typo=1)
    told = str(caught.value).splitlines()
    assert sorted(line.partition(":")[0] for line in told) == ["env", "isolation", "prompt", "timeout", "typo"]


def test_codex_has_no_list_of_tools_and_says_so_before_it_runs(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"allowed_tools: .* cannot be given to codex.*use permission_mode"):
        CodexProcess("x", "p", tmp_path, tmp_path, allowed_tools=["Bash"])
    assert CodexProcess("x", "p", tmp_path, tmp_path, allowed_tools=[]).cli.name == "codex"


@pytest.mark.parametrize("mode", ["workspace_write", "plan", "Read-Only", ""])
def test_codex_takes_no_mode_that_is_none_of_its_sandboxes_and_says_so_before_it_runs(
    mode: str, tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError) as caught:
        CodexProcess("x", "p", tmp_path, tmp_path / "logs", permission_mode=mode)
    assert str(caught.value) == (
        f"permission_mode: {mode!r} is no sandbox of codex; give 'read-only', 'workspace-write' or 'danger-full-access'"
    )
    assert list(tmp_path.iterdir()) == []


def test_who_gives_codex_an_approval_policy_as_its_sandbox_is_told_where_that_goes(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"""extra_args=\['-c', "approval_policy='never'"\]; as permission_mode"""):
        CodexProcess("x", "p", tmp_path, tmp_path, permission_mode="never")


def test_all_that_codex_does_not_take_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        CodexProcess("x", "p", tmp_path, tmp_path, permission_mode="plan", allowed_tools=["Bash"])
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["allowed_tools", "permission_mode"]


@pytest.mark.parametrize("mode", [None, *SANDBOXES])
def test_codex_takes_its_sandboxes(mode: str | None, tmp_path: Path) -> None:
    process = CodexProcess("x", "p", tmp_path, tmp_path, permission_mode=mode)
    words = process.cli.words(process._spec().launch())
    assert ("--sandbox" in words) is (mode is not None)


def test_a_command_line_that_is_not_known_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="no agent command line is called 'gemini'; known are 'claude', 'codex'"):
        make(tmp_path, cli="gemini")
    with pytest.raises(AgentError, match="give cli, the name of a command line"):
        make(tmp_path, cli=None)


def test_what_is_given_is_not_shared_with_the_caller(tmp_path: Path) -> None:
    words, env = ["a"], {"NAME": "first"}
    process = make(tmp_path, prompt='echo "$NAME $*"', stream_output=False, extra_args=words, env=env)
    words.append("b")
    env["NAME"] = "second"
    assert process.run().output == "first a\n"
    assert process.replace().run().output == "first a\n"


def test_paths_may_be_texts(tmp_path: Path) -> None:
    process = ClaudeProcess("x", "p", str(tmp_path), str(tmp_path / "logs"))
    assert (process.working_dir, process.log_dir) == (tmp_path, tmp_path / "logs")


def test_a_copy_differs_in_what_is_given_and_in_nothing_else(tmp_path: Path) -> None:
    process = make(tmp_path, prompt="echo one", timeout=5, model="m", stream_output=False, env={"A": "1"})
    assert process.run().ok
    copy = process.replace(prompt="echo two", process_id="q", timeout=None)
    assert (copy.timeout, copy.model, copy.extras, copy.is_done) == (None, "m", process.extras, False)
    result = copy.run()
    assert (result.output, result.process_id) == ("two\n", "q")
    assert process.replace(model=None).model is None
    with pytest.raises(AgentError, match="process 'p' has been run already: a process runs once; replace"):
        process.run()
