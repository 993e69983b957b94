"""Commands that stand in for real ones: what they answer, what they refuse, and what is known of their calls."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator import AgentError, ArgumentError, FakeCommands
from pytest_orchestrator.agents.stand_in import UNEXPECTED

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fake(tmp_path: Path) -> FakeCommands:
    return FakeCommands(tmp_path / "fake")


def call(fake: FakeCommands, *words: str | bytes, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a command where ``PATH`` has nothing but the stand-ins."""
    options = {"env": {"PATH": str(fake.path)}, "capture_output": True, "stdin": None, **options}
    if "input" in options:
        del options["stdin"]
    return subprocess.run(words, timeout=60, **options)


# -- answers --------------------------------------------------------------------------------------------------


def test_a_scripted_call_is_answered(fake: FakeCommands) -> None:
    fake.command("kubectl").reply(r"get pods( -n \w+)?", stdout="pod-1\n", stderr="warning\n", exit_code=3)
    done = call(fake, "kubectl", "get", "pods", "-n", "prod")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"pod-1\n", b"warning\n")
    assert fake.complaint() is None


def test_rules_are_asked_in_their_order_and_used_up(fake: FakeCommands) -> None:
    fake.command("gh").reply("pr view .*", stdout="one", times=2).reply("pr view .*", stdout="rest").reply(
        ".*", stdout="x"
    )
    assert [call(fake, "gh", "pr", "view", "7").stdout for _ in range(4)] == [b"one", b"one", b"rest", b"rest"]
    assert call(fake, "gh").stdout == b"x"


def test_answers_follow_one_another(fake: FakeCommands) -> None:
    fake.command("kubectl").reply("rollout status", stdout="waiting", exit_code=1).then(stdout="done").then(
        stdout="never"
    )
    answers = [call(fake, "kubectl", "rollout", "status") for _ in range(4)]
    assert [(done.returncode, done.stdout) for done in answers] == [
        (1, b"waiting"),
        (0, b"done"),
        (0, b"never"),
        (0, b"never"),
    ]


def test_a_rule_may_be_used_up_for_good(fake: FakeCommands) -> None:
    fake.command("curl").reply("-s .*", times=1)
    assert call(fake, "curl", "-s", "x").returncode == 0
    refused = call(fake, "curl", "-s", "x")
    assert refused.returncode == UNEXPECTED
    assert b"was answered as often as is scripted: curl -s x\n" in refused.stderr
    assert b"  -s .*  (once)\n" in refused.stderr


def test_a_list_of_expressions_is_one_for_each_argument(fake: FakeCommands) -> None:
    fake.command("kubectl").reply(["delete", "pod", r"[\w-]+"], stdout="deleted")
    assert call(fake, "kubectl", "delete", "pod", "web-1").stdout == b"deleted"
    assert call(fake, "kubectl", "delete", "pod web-1").returncode == UNEXPECTED
    assert call(fake, "kubectl", "delete", "pod", "a", "b").returncode == UNEXPECTED


def test_standard_input_decides_where_it_is_asked_for(fake: FakeCommands) -> None:
    apply = fake.command("kubectl").reply("apply -f -", stdin=r"kind: Pod\b", stdout="pod")
    apply.reply("apply -f -", stdin="", stdout="something").reply("version", stdout="1")
    assert call(fake, "kubectl", "apply", "-f", "-", input=b"a: 1\nkind: Pod\n").stdout == b"pod"
    assert call(fake, "kubectl", "apply", "-f", "-", input=b"\xff" * 3_000_000).stdout == b"something"
    calls = fake.calls
    assert calls[0].stdin == b"a: 1\nkind: Pod\n"
    assert (calls[1].stdin, calls[1].stdin_size) == (b"\xff" * 65536, 3_000_000)


def test_standard_input_is_left_alone_where_nobody_asks_for_it(fake: FakeCommands) -> None:
    fake.command("kubectl").reply("version", stdout="1").reply("apply -f -", stdin="x")
    read, write = os.pipe()  # whoever read it would wait for ever
    try:
        assert call(fake, "kubectl", "version", stdin=read).stdout == b"1"
        assert call(fake, "kubectl", "unknown", stdin=read).returncode == UNEXPECTED
    finally:
        os.close(read)
        os.close(write)
    assert [each.stdin for each in fake.calls] == [None, None]


def test_files_are_written_where_the_caller_is(fake: FakeCommands, tmp_path: Path) -> None:
    fake.command("curl").reply(r"-o (\S+) (?P<url>http.*)", files={r"\1": b"\0body", "run": "#!/bin/sh\necho it ran\n"})
    assert call(fake, "curl", "-o", "out.bin", "http://x/?a=1&b", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out.bin").read_bytes() == b"\0body"
    assert subprocess.check_output([tmp_path / "run"]) == b"it ran\n"
    done = call(fake, "curl", "-o", "no/such/place", "http://x", cwd=tmp_path)
    assert done.returncode == 1
    assert b"curl: cannot write 'no/such/place'" in done.stderr


def test_an_answer_can_take_its_time(fake: FakeCommands) -> None:
    fake.command("sleepy").reply("", delay=30, stdout="late")
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(["sleepy"], env={"PATH": str(fake.path)}, timeout=0.5)
    assert len(fake.calls) == 1


@pytest.mark.parametrize("text", ["$HOME `id` $(id) \"'\\ %s \\n\n", "ünï 😀", "", "x" * 3_000_000])
def test_an_answer_comes_as_it_is(fake: FakeCommands, text: str) -> None:
    fake.command("echo").reply("", stdout=text, stderr=text)
    done = call(fake, "echo")
    assert (done.stdout.decode(), done.stderr.decode()) == (text, text)


def test_bytes_are_answered_as_they_are(fake: FakeCommands) -> None:
    fake.command("cat").reply("", stdout=bytes(range(256)))
    assert call(fake, "cat").stdout == bytes(range(256))


def test_a_reader_that_goes_away_is_no_error_of_ours(fake: FakeCommands) -> None:
    fake.command("yes").reply("", stdout="y\n" * 1_000_000)
    done = subprocess.run(
        ["bash", "-c", "yes | head -1; echo ${PIPESTATUS[0]}"],
        env={"PATH": f"{fake.path}:{os.environ['PATH']}"},
        capture_output=True,
    )
    assert (done.stdout, done.stderr) == (b"y\n141\n", b"")


def test_rules_may_come_while_calls_are_made(fake: FakeCommands) -> None:
    command = fake.command("gh")
    assert call(fake, "gh", "a").returncode == UNEXPECTED
    command.reply("a", stdout="now")
    assert call(fake, "gh", "a").stdout == b"now"
    assert fake.command("gh") is command


# -- what is refused, and what is known -----------------------------------------------------------------------


def test_an_unexpected_call_is_refused_and_told(fake: FakeCommands) -> None:
    fake.command("kubectl").reply("get pods .*").reply(["get", "my nodes"], times=3).reply("apply .*", stdin="Pod")
    fake.command("curl")
    refused = call(fake, "kubectl", "delete", "pod", "my web")
    assert refused.returncode == UNEXPECTED == 117
    assert refused.stderr.decode().splitlines() == [
        "pytest-orchestrator: this call of 'kubectl' is not scripted: kubectl delete pod 'my web'",
        "scripted for 'kubectl':",
        "  get pods .*",
        "  get 'my nodes'  (at most 3 times)",
        "  apply .*  (with stdin 'Pod')",
    ]
    assert b"nothing is scripted for 'curl'\n" in call(fake, "curl", "x").stderr
    assert [each.line for each in fake.unexpected] == ["kubectl delete pod 'my web'", "curl x"]
    assert fake.complaint() == (
        "2 unexpected calls were made of fake commands, and refused:\n"
        "  kubectl delete pod 'my web'\n"
        "  curl x\n"
        "scripted for curl: nothing\n"
        "scripted for kubectl: get pods .*; get 'my nodes'; apply .*\n"
        "script them with command(…).reply(…), or set allow_unexpected = True"
    )
    fake.allow_unexpected = True
    assert fake.complaint() is None
    assert len(fake.unexpected) == 2


def test_a_call_is_written_down(fake: FakeCommands, tmp_path: Path) -> None:
    fake.command("gh").reply("pr list")
    fake.command("kubectl").reply(".*")
    call(fake, "gh", "pr", "list", cwd=tmp_path)
    call(fake, "kubectl", "x", cwd=tmp_path)
    (listed,) = fake.command("gh").calls
    assert (listed.command, listed.arguments, listed.cwd) == ("gh", ("pr", "list"), str(tmp_path))
    assert (listed.rule, listed.is_expected, listed.stdin, listed.line) == ("pr list", True, None, "gh pr list")
    assert listed.time.tzinfo is not None
    assert listed.as_dict() == {
        "command": "gh",
        "arguments": ["pr", "list"],
        "cwd": str(tmp_path),
        "time": listed.time.isoformat(timespec="milliseconds"),
        "rule": "pr list",
        "stdin": None,
        "stdin_size": 0,
    }
    assert [each.command for each in fake.calls] == ["gh", "kubectl"]


def test_arguments_of_any_bytes_come_through(fake: FakeCommands) -> None:
    fake.command("odd").reply(r"a\nb .*", stdout="fits")
    words: list[str | bytes] = ["a\nb", "", " ", "-n", "'\"$x`", b"\xff\xfe", "ünï", "x" * 100_000]
    for environment in ({}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}):
        done = call(fake, "odd", *words, env={"PATH": str(fake.path), **environment})
        assert done.stdout == b"fits", done.stderr
    expected = tuple(word if isinstance(word, str) else os.fsdecode(word) for word in words)
    assert [each.arguments for each in fake.calls] == [expected] * 3
    assert fake.calls[0].as_dict()["arguments"][5] == "\\xff\\xfe"
    assert call(fake, "odd", b"\xff\n").returncode == UNEXPECTED
    assert "  odd '\\xff\\n'\n" in (fake.complaint() or "")


def test_calls_at_the_same_time_are_each_answered_once_and_written_down(fake: FakeCommands) -> None:
    fake.command("gh").reply("x .*", stdout="few", times=7).reply("x .*", stdout="many")
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda number: call(fake, "gh", "x", str(number), "y" * 20_000), range(24)))
    assert sorted(each.stdout for each in done) == [b"few"] * 7 + [b"many"] * 17
    assert sorted(int(each.arguments[1]) for each in fake.calls) == list(range(24))


def test_a_caller_whose_directory_is_gone_is_answered(fake: FakeCommands, tmp_path: Path) -> None:
    fake.command("gh").reply("x", stdout="y")
    (tmp_path / "gone").mkdir()
    script = f"cd {tmp_path}/gone; rmdir ../gone; exec {fake.path}/gh x"
    assert subprocess.run(["sh", "-c", script], capture_output=True).stdout == b"y"
    assert fake.calls[0].cwd == ""


def test_a_call_that_cannot_be_written_down_is_refused(fake: FakeCommands, tmp_path: Path) -> None:
    fake.command("gh").reply("x", stdout="y")
    (tmp_path / "fake/calls").unlink()
    done = call(fake, "gh", "x")
    assert (done.returncode, done.stdout) == (UNEXPECTED, b"")
    assert b"pytest-orchestrator: the stand-in for 'gh' failed: FileNotFoundError" in done.stderr
    with pytest.raises(AgentError, match=r"the log of calls of fake commands .* cannot be read: No such file"):
        _ = fake.calls


@pytest.mark.parametrize(
    "line",
    ["hello", "(1, 'gh', [], b'', None, 0, 5)", "(1, 2)", "(" * 5000, "(1e99, 'gh', [], b'', None, 0, 0)", "\udcff"],
)
def test_a_log_that_someone_else_wrote_to_is_an_error(fake: FakeCommands, tmp_path: Path, line: str) -> None:
    fake.command("gh").reply("x")
    call(fake, "gh", "x")
    with open(tmp_path / "fake/calls", "ab") as log:
        log.write(os.fsencode(line) + b"\n")
    with pytest.raises(AgentError, match=r"line 2 of .* was not written by a fake command"):
        _ = fake.calls


# -- where it stands ------------------------------------------------------------------------------------------


def test_the_environment_puts_the_stand_ins_first(fake: FakeCommands, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.command("ls").reply("", stdout="mine")
    done = subprocess.run(["bash", "-c", "ls; true"], env={**os.environ, **fake.environment}, capture_output=True)
    assert done.stdout == b"mine"
    monkeypatch.setenv("PATH", "")
    assert fake.environment["PATH"] == str(fake.path)


def test_login_shells_of_bash_see_them_too(fake: FakeCommands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".bash_profile").write_text("PATH=/usr/bin:/bin\n")
    (tmp_path / "mine.sh").write_text("MINE=1\n")
    monkeypatch.setenv("BASH_ENV", str(tmp_path / "mine.sh"))
    fake = FakeCommands(tmp_path / "with 'odd' $name")
    fake.command("ls").reply("", stdout="mine ")
    environment = {**os.environ, "HOME": str(tmp_path), **fake.environment}
    script = 'ls; bash -c ls; set -u; bash -lc "ls; echo \\$PATH \\$MINE"'
    done = subprocess.run(["bash", "-lc", script], env=environment, capture_output=True, text=True)
    assert done.stdout == f"mine mine mine {fake.path}:/usr/bin:/bin 1\n", done.stderr


def test_a_python_environment_of_the_caller_does_not_matter(fake: FakeCommands, tmp_path: Path) -> None:
    (tmp_path / "re.py").write_text("raise SystemExit(5)")
    fake.command("gh").reply("x", stdout="y")
    environment = {"PATH": str(fake.path), "PYTHONPATH": str(tmp_path), "PYTHONHOME": "/nowhere", "PYTHONVERBOSE": "1"}
    done = call(fake, "gh", "x", cwd=tmp_path, env=environment)
    assert (done.stdout, done.stderr) == (b"y", b"")


def test_it_starts_with_little(fake: FakeCommands) -> None:
    """Every module costs every call of the agent's programs time."""
    fake.command("gh").reply("x", stdout="y")
    program = f"{fake.path.parent}/stand_in.pyc"
    command = [sys.executable, "-X", "importtime", "-IS", program, str(fake.path.parent), "gh", "x"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "y"
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "re" in imported
    assert not {"json", "subprocess", "socket", "site", "typing", "pathlib", "shlex", "datetime"} & imported


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0", "/bin/ls", 5])
def test_a_name_that_no_command_has_is_refused(fake: FakeCommands, name: Any) -> None:
    with pytest.raises(ArgumentError, match="is no name of a command"):
        fake.command(name)


def test_names_with_blanks_and_quotes_are_commands(fake: FakeCommands) -> None:
    for name in ("my cmd", "it's", "-x", "$HOME"):
        fake.command(name).reply("", stdout=name)
        assert subprocess.check_output([fake.path / name]).decode() == name


def test_all_mistakes_of_a_rule_are_told_at_once(fake: FakeCommands) -> None:
    command = fake.command("gh")
    with pytest.raises(ArgumentError) as caught:
        command.reply(
            ["(", 5],  # type: ignore[list-item]
            stdin="[",
            stdout=1,  # type: ignore[arg-type]
            files={"": "x"},
            exit_code=256,
            times=0,
            delay=-1,
        )
    assert str(caught.value).split("\n") == [
        "the regular expression '(' is not valid: missing ), unterminated subpattern at position 0",
        "5 is no regular expression; give text, or a list of texts for the arguments",
        "the regular expression '[' is not valid: unterminated character set at position 0",
        "files must be names with their contents, not {'': 'x'}",
        "stdout must be text or bytes, not 1",
        "exit_code must be a whole number from 0 to 255, not 256",
        "times must be a whole number from 1 on, or None for any number of times, not 0",
        "delay must be a number of seconds from 0 on, not -1",
    ]
    assert command.rules == ()


def test_then_needs_a_rule_and_takes_an_answer_only(fake: FakeCommands) -> None:
    command = fake.command("gh")
    with pytest.raises(ArgumentError, match="there is no rule for 'gh' yet"):
        command.then(stdout="x")
    command.reply("x")
    with pytest.raises(ArgumentError, match=r"then\(\) does not take pattern, stdin"):
        command.then(pattern="x", stdin="y")
    with pytest.raises(ArgumentError, match="exit_code must be"):
        command.then(exit_code=-1)
    assert [rule.times for rule in command.rules] == [None]


def test_a_directory_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    FakeCommands(tmp_path / "used")
    with pytest.raises(ArgumentError, match="need an empty directory"):
        FakeCommands(tmp_path / "used")
    with pytest.raises(ArgumentError, match="cannot be on PATH"):
        FakeCommands(tmp_path / "a:b")


def test_a_place_where_nothing_can_be_made_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError, match=r"cannot be made in '.*/file': File exists; name another directory"):
        FakeCommands(tmp_path / "file")
