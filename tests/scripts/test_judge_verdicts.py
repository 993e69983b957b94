"""What an exit code, a limit, the output and leftovers mean."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any

import pytest
from script_runs import capture, context, outcome, spec

from pytest_orchestrator.config.settings import Expectation, Limits, OutputExpectation
from pytest_orchestrator.core.result import LeftProcess, Limit
from pytest_orchestrator.core.status import Reason, Status
from pytest_orchestrator.process.limits import REFUSAL, REFUSED
from pytest_orchestrator.process.outcomes import signal_name
from pytest_orchestrator.scripts.judge import describe_left, judge, not_startable, result_of
from pytest_orchestrator.scripts.prepare import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.process.command import Outcome

LEFT = (LeftProcess(7, "sleep 60"),)


@pytest.mark.parametrize(
    ("settings", "given", "status", "error"),
    [
        ({}, outcome(0), Status.PASSED, None),
        ({}, outcome(3), Status.FAILED, "exit 3, expected 0"),
        ({"allowed_exit_codes": (0, 3)}, outcome(3), Status.PASSED, None),
        ({"allowed_exit_codes": (3,)}, outcome(0), Status.FAILED, "exit 0, expected 3"),
        ({"allowed_exit_codes": (0, 3)}, outcome(4), Status.FAILED, "exit 4, expected one of 0, 3"),
        ({"skip_exit_codes": (77,)}, outcome(77), Status.SKIPPED, "exit 77 means skipped (skip_exit_codes)"),
        ({}, outcome(-11), Status.FAILED, "killed by SIGSEGV, expected exit 0"),
        ({}, outcome(-1), Status.FAILED, "killed by SIGHUP, expected exit 0"),
        (
            {"limits": Limits(memory_mb=64, output_mb=1)},
            outcome(1),
            Status.FAILED,
            "exit 1, expected 0 (under limits: memory_mb 64)",
        ),
        ({}, outcome(0, left=LEFT), Status.PASSED, None),
        ({"left_processes": "allow"}, outcome(0, left=LEFT), Status.PASSED, None),
        ({"left_processes": "fail"}, outcome(0, left=LEFT), Status.FAILED, "left 1 background process: sleep 60"),
        ({"left_processes": "fail"}, outcome(3, left=LEFT), Status.FAILED, "exit 3, expected 0"),
        ({}, outcome(None, cancelled=True), Status.CANCELLED, "stopped because its result was no longer wanted"),
        ({}, outcome(None, lost=True, error="gone", cancelled=True), Status.ERROR, "gone"),
        ({}, not_startable("no sh"), Status.ERROR, "not startable: no sh"),
        (
            {"timeout": 1.5, "timeout_source": "--timeout"},
            outcome(-15, limit="timeout"),
            Status.TIMEOUT,
            "timed out after 1.5 s (--timeout)",
        ),
        ({"timeout": 1.5}, outcome(0, limit="timeout"), Status.TIMEOUT, "timed out after 1.5 s (default)"),
        ({"idle_timeout": 2}, outcome(-15, limit="idle_timeout"), Status.TIMEOUT, "no output for 2 s (idle_timeout)"),
        (
            {"limits": Limits(output_mb=5)},
            outcome(-15, limit="output_mb"),
            Status.FAILED,
            "wrote more than its limit: output_mb 5",
        ),
    ],
)
def test_a_verdict(settings: dict[str, Any], given: Outcome, status: Status, error: str | None, tmp_path: Path) -> None:
    verdict = judge(spec(tmp_path, **settings), given, str(tmp_path))
    assert (verdict.status, verdict.error) == (status, error)


@pytest.mark.parametrize(
    ("limits", "code", "cpu_time", "limit"),
    [
        (Limits(cpu_seconds=2), -signal.SIGXCPU, 2.0, "cpu_seconds 2 s"),
        (Limits(cpu_seconds=2), 128 + signal.SIGXCPU, 2.0, "cpu_seconds 2 s"),
        (Limits(cpu_seconds=2), -signal.SIGKILL, 3.0, "cpu_seconds 2 s"),
        (Limits(cpu_seconds=2), -signal.SIGKILL, 0.1, None),
        (Limits(file_size_mb=1), -signal.SIGXFSZ, 0.0, "file_size_mb 1"),
        (Limits(), -signal.SIGXCPU, 2.0, None),
        (Limits(cpu_seconds=2), -signal.SIGXFSZ, 2.0, None),
    ],
)
def test_the_limit_behind_a_signal_is_named(
    limits: Limits, code: int, cpu_time: float, limit: str | None, tmp_path: Path
) -> None:
    verdict = judge(spec(tmp_path, limits=limits), outcome(code, cpu_time=cpu_time), str(tmp_path))
    assert verdict.status is Status.FAILED
    assert (None if verdict.limit is None else str(verdict.limit)) == limit


def test_a_refused_limit_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    made = spec(tmp_path, limits=Limits(open_files=10**9))
    refused = outcome(REFUSED, stderr=b"sh: 1: ulimit: error\n" + REFUSAL + b"open_files 1000000000\n")
    verdict = judge(made, refused, str(tmp_path))
    assert (verdict.status, verdict.reason) == (Status.ERROR, Reason.CONFIGURATION)
    assert "its limit open_files 1000000000 could not be set" in (verdict.error or "")
    assert judge(made, outcome(REFUSED), str(tmp_path)).status is Status.FAILED


def test_every_unmet_expectation_is_told(tmp_path: Path) -> None:
    expect = Expectation(stdout=OutputExpectation(contains=("a", "b", "c"), matches=(re.compile("d"),)))
    verdict = judge(spec(tmp_path, expect=expect), outcome(0, b"b"), str(tmp_path))
    assert verdict.status is Status.FAILED
    assert verdict.error == "stdout does not contain 'a' (and 2 more)"
    assert len(verdict.failures) == 3
    assert judge(spec(tmp_path, expect=expect), outcome(1, b""), str(tmp_path)).failures == ()


def test_left_processes_are_described_shortly() -> None:
    many = tuple(LeftProcess(number, f"sleep {number}") for number in range(5))
    assert describe_left(many) == "left 5 background processes: sleep 0, sleep 1, sleep 2 and 2 more"


def test_a_signal_without_a_name_has_its_number() -> None:
    assert (signal_name(-63), signal_name(-9), signal_name(9), signal_name(None)) == (
        "signal 63",
        "SIGKILL",
        None,
        None,
    )


def test_the_result_has_every_fact(tmp_path: Path) -> None:
    made = spec(tmp_path, timeout=2.0)
    given = outcome(
        -15, b"out\xff\n", b"err\n", limit="timeout", left=LEFT, unkillable=LEFT, cpu_time=0.25, max_rss_kb=99
    )
    result = result_of(made, context(tmp_path), prepare(made, context(tmp_path)), given, str(tmp_path))
    data = result.as_dict()
    seed = [
        "script",
        "name",
        "subdirectory",
        "start_time",
        "end_time",
        "status",
        "exit_code",
        "execution_time",
        "stdout",
        "stderr",
        "error",
    ]
    assert list(data)[:11] == seed
    assert data["script"] == str(tmp_path / "scripts" / "a.sh")
    assert (data["name"], data["subdirectory"]) == ("a.sh", "scripts")
    assert (data["status"], data["exit_code"], data["execution_time"], data["signal"]) == (
        "timeout",
        -15,
        1.0,
        "SIGTERM",
    )
    assert (data["stdout"], data["stderr"], data["stdout_bytes"]) == ("out\\xff\n", "err\n", 5)
    assert result.limit == Limit("timeout", 2.0, "default")
    assert data["notes"] == ["left 1 background process: sleep 60", "could not kill 1 of its processes: sleep 60"]
    assert (data["cpu_time"], data["max_rss_kb"], data["cwd"]) == (0.25, 99, str(tmp_path))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (
            {"cwd": "nowhere"},
            r"not startable: its working directory '.*/nowhere' does not exist; create it or change 'cwd'",
        ),
        ({"interpreter": ("/nowhere/interpreter",)}, r"not startable: '/nowhere/interpreter' does not exist"),
    ],
)
def test_why_a_program_could_not_be_started_is_explained(settings: dict[str, Any], error: str, tmp_path: Path) -> None:
    from pytest_orchestrator.scripts.circumstances import working_directory

    made, around = spec(tmp_path, **settings), context(tmp_path)
    failed = not_startable("No such file or directory")
    result = result_of(made, around, prepare(made, around), failed, working_directory(made, around))
    assert re.fullmatch(error, result.error or "")
    assert (result.status, result.reason) == (Status.ERROR, Reason.NOT_STARTABLE)


def test_no_secret_is_in_any_text_of_a_result(tmp_path: Path) -> None:
    secret, mine = "hunter2hunter2", "swordfish-swordfish"
    around = context(tmp_path, DB_PASSWORD=secret)
    made = spec(
        tmp_path,
        env={"MY_TOKEN": mine},
        args=("--password", secret, mine),
        expect=Expectation(stdout=OutputExpectation(not_contains=(secret,))),
    )
    given = outcome(0, f"{secret} {mine}".encode(), mine.encode(), left=(LeftProcess(7, f"curl {secret}"),))
    text = repr(result_of(made, around, prepare(made, around), given, str(tmp_path)).as_dict())
    assert secret not in text
    assert mine not in text
    assert text.count("[redacted]") >= 7


def test_a_secret_that_a_hook_added_is_known_too(tmp_path: Path) -> None:
    around, made = context(tmp_path), spec(tmp_path)
    prepared = prepare(made, around).with_environment({"HOOK_SECRET": "from-the-hook"})
    result = result_of(made, around, prepared, outcome(0, b"from-the-hook"), str(tmp_path))
    assert result.stdout == "[redacted]"


def test_a_run_in_an_empty_temporary_directory_has_created_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made").write_text("by somebody else")
    made = spec(tmp_path, cwd="{tmp}", expect=Expectation(files=("made",)))
    result = result_of(made, context(tmp_path), prepare(made, context(tmp_path)), outcome(0, started=1.0), None)
    assert result.failures == ("file 'made' was not created in the temporary directory, where nothing was",)
    assert result.cwd == ""


def test_captures_count_what_is_missing() -> None:
    assert not capture(b"abc").was_cut
