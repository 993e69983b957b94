"""What tasks write: told and logged as it comes, and lost for nobody."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from workflow_tasks import fail

from pytest_orchestrator.workflow_kinds import run_workflow_file
from pytest_orchestrator.workflows.errors import WorkflowFailedError
from pytest_orchestrator.workflows.events import TaskOutput, TaskRetrying, WorkflowEvent
from pytest_orchestrator.workflows.output import LONGEST_LINE, MAX_TOLD
from pytest_orchestrator.workflows.retry import RetryPolicy
from pytest_orchestrator.workflows.shell import Shell
from pytest_orchestrator.workflows.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_orchestrator.workflows.file_report import WorkflowReport

KEY = ["-----BEGIN PRIVATE KEY-----", *(f"c3VwZXI{number}c2VjcmV0" for number in range(3)), "-----END PRIVATE KEY-----"]


def outputs(events: list[WorkflowEvent], stream: str = "stdout") -> str:
    return "".join(event.text for event in events if isinstance(event, TaskOutput) and event.stream == stream)


def run(place: Path, text: str, on_event: Callable[[WorkflowEvent], None] | None = None) -> WorkflowReport:
    file = place / "x.workflow.yaml"
    file.write_text(text)
    return run_workflow_file(file, logs=place / "logs", on_event=on_event)


def test_output_is_told_while_the_program_still_runs(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    told: list[str] = []

    def listen(event: WorkflowEvent) -> None:
        if isinstance(event, TaskOutput):
            told.append(event.text)
            if event.text == "begun\n":
                gate.write_text("go on\n")  # which it waits for: told in the end, it would wait for ever

    command = 'echo begun; read line < gate; printf "%s" "$line"'
    workflow = Workflow("w", on_event=listen).add_task("a", Shell(command, cwd=tmp_path, timeout=60))
    assert workflow.run_sync()["a"].stdout == "begun\ngo on"
    assert told == ["begun\n", "go on"]


def test_the_output_of_an_attempt_is_told_before_what_came_of_it() -> None:
    events: list[WorkflowEvent] = []
    workflow = Workflow("w", on_event=events.append)
    workflow.add_task("a", Shell("echo out; echo err >&2; exit 3"), retry_policy=RetryPolicy(2))
    with pytest.raises(WorkflowFailedError):
        workflow.run_sync()
    kinds = [type(event).__name__ for event in events]
    attempt = ["TaskStarted", "TaskOutput", "TaskOutput"]
    assert kinds == ["WorkflowStarted", *attempt, "TaskRetrying", *attempt, "TaskFinished", "WorkflowFinished"]
    assert [event.attempt for event in events if isinstance(event, TaskRetrying)] == [1]
    assert (outputs(events), outputs(events, "stderr")) == ("out\nout\n", "err\nerr\n")


def test_a_program_that_a_function_in_a_thread_runs_is_heard_too() -> None:
    events: list[WorkflowEvent] = []

    def act() -> Any:
        return asyncio.run(Shell("echo from a thread")())

    Workflow("w", on_event=events.append).add_task("a", act).run_sync()
    assert outputs(events) == "from a thread\n"


def test_bytes_that_come_apart_are_one_character_and_those_that_are_none_are_shown() -> None:
    events: list[WorkflowEvent] = []
    command = r"printf 'caf\303'; sleep 0.3; printf '\251 \377\n'"
    Workflow("w", on_event=events.append).add_task("a", Shell(command)).run_sync()
    assert outputs(events) == "café \\xff\n"


def test_of_output_without_measure_the_beginning_is_told_and_the_end(tmp_path: Path) -> None:
    events: list[WorkflowEvent] = []
    report = run(tmp_path, "tasks:\n  a: {run: 'seq 1 3000000; echo the end'}\n", events.append)
    assert report.passed
    told = outputs(events)
    written = sum(len(str(number)) + 1 for number in range(1, 3_000_001)) + len("the end\n")
    assert told.startswith("1\n2\n3\n")
    assert told.endswith("\n3000000\nthe end\n")
    left_out = re.search(r"\n\[(\d+) bytes left out\]\n", told)
    assert left_out is not None
    assert len(told) - len(left_out[0]) + int(left_out[1]) == written
    assert MAX_TOLD < len(told) < MAX_TOLD + (1 << 20)
    log = (tmp_path / "logs" / "a.log").read_text()
    assert told in log


# -- logs --------------------------------------------------------------------------------------------------------


def test_the_log_of_a_task_grows_while_it_runs(tmp_path: Path) -> None:
    seen: list[str] = []

    def listen(event: WorkflowEvent) -> None:
        if isinstance(event, TaskOutput):
            seen.append((tmp_path / "logs" / "a.log").read_text())

    run(tmp_path, "tasks:\n  a: {run: 'echo one; sleep 0.5; echo two >&2; printf three; exit 4'}\n", listen)
    assert "-- stdout --\none\n" in seen[0]
    assert "two" not in seen[0]
    log = (tmp_path / "logs" / "a.log").read_text()
    shape = re.sub(r"\d{4}-\S+", "TIME", re.sub(r"\d\.\d+ s", "N s", log))
    assert shape in {
        "== attempt 1: began TIME ==\n"
        f"{lines}== attempt 1: exit 4, N s, ended TIME ==\n"
        for lines in (
            "-- stdout --\none\nthree\n-- stderr --\ntwo\n",
            "-- stdout --\none\n-- stderr --\ntwo\n-- stdout --\nthree\n",
        )
    }  # fmt: skip


def test_the_log_says_that_what_was_handed_on_cannot_be_read(tmp_path: Path) -> None:
    report = run(tmp_path, "tasks:\n  a: {run: 'echo hi; echo nothing > $ORCHESTRATOR_OUTPUT'}\n")
    assert report.tasks[0].state == "failed"
    log = (tmp_path / "logs" / "a.log").read_text()
    assert "hi\n== attempt 1: $ORCHESTRATOR_OUTPUT, line 1: 'nothing' is neither" in log


def test_what_a_task_wrote_that_was_stopped_is_in_its_log(tmp_path: Path) -> None:
    text = """\
        on_failure: stop
        tasks:
          stopped: {run: 'echo so far; touch ready; exec sleep 60'}
          breaks: {run: 'until [ -e ready ]; do sleep 0.05; done; exit 1'}
        """
    report = run(tmp_path, text)
    assert {task.name: task.state for task in report.tasks} == {"stopped": "cancelled", "breaks": "failed"}
    log = (tmp_path / "logs" / "stopped.log").read_text()
    assert "-- stdout --\nso far\n== attempt 1: " in log


def test_a_secret_of_many_lines_that_comes_slowly_is_not_in_the_log(tmp_path: Path) -> None:
    script = "; sleep 0.1; ".join(f"echo {line}" for line in KEY)
    report = run(tmp_path, f"tasks:\n  a: {{run: 'echo before; {script}; echo after'}}\n")
    assert report.passed
    log = (tmp_path / "logs" / "a.log").read_text()
    assert "before\n[redacted]\nafter\n" in log


@pytest.mark.parametrize("sign", [" ", ","])
def test_a_secret_in_a_line_without_end_is_not_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2hunter2")
    (tmp_path / "tell.py").write_text(
        "import os, sys, time\n"
        "token = os.environ['SHOP_TOKEN']\n"
        f"sys.stdout.write({f'x{sign}'!r} * {LONGEST_LINE // 2} + token[:7])\n"
        "sys.stdout.flush()\n"
        "until = time.monotonic() + 60\n"
        "while not os.path.getsize('logs/a.log') > 60_000 and time.monotonic() < until:\n"
        "    time.sleep(0.02)\n"
        "print(token[7:])\n"
    )
    assert run(tmp_path, "tasks:\n  a: {run: exec python3 tell.py}\n").passed
    log = (tmp_path / "logs" / "a.log").read_text()
    assert f"x{sign}[redacted]\n" in log
    assert "hunter2" not in log


@pytest.mark.parametrize("shift", [3, 9, 20])
def test_where_the_middle_is_left_out_there_is_no_half_of_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shift: int
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2hunter2")
    (tmp_path / "tell.py").write_text(
        "import os, sys\n"
        f"sys.stdout.write('x' * {shift} + ' ' + (os.environ['SHOP_TOKEN'] + ' ') * {2 * MAX_TOLD // 15})\n"
    )
    assert run(tmp_path, "tasks:\n  a: {run: exec python3 tell.py}\n").passed
    log = (tmp_path / "logs" / "a.log").read_text()
    assert re.search(r"\[redacted\] \n\[\d+ bytes left out\]\n\[redacted\] ", log)
    assert "hun" not in log
    assert "er2" not in log


def test_where_the_middle_is_left_out_there_is_no_half_of_a_key(tmp_path: Path) -> None:
    (tmp_path / "tell.py").write_text(
        f"key = {chr(10).join([KEY[0], *KEY[1:-1] * 40, KEY[-1], ''])!r}\n"
        f"import sys\nsys.stdout.write(key * ({2 * MAX_TOLD} // len(key)))\n"
    )
    assert run(tmp_path, "tasks:\n  a: {run: exec python3 tell.py}\n").passed
    log = (tmp_path / "logs" / "a.log").read_text()
    assert "bytes left out" in log
    assert "c3VwZXI" not in log


def test_the_tasks_of_an_inner_workflow_have_logs_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "inner.workflow.yaml").write_text("tasks:\n  deep: {run: echo from within}\n")
    events: list[WorkflowEvent] = []
    assert run(tmp_path, "tasks:\n  outer: {workflow: inner.workflow.yaml}\n", events.append).passed
    assert "from within\n" in (tmp_path / "logs" / "outer" / "deep.log").read_text()
    assert [(event.task, event.text) for event in events if isinstance(event, TaskOutput)] == [
        ("outer", "from within\n")
    ]


def test_the_log_of_an_agent_says_what_it_said_and_did_and_its_own_stream_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\n"
        """echo '{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"All is well."}]}}'\n"""
        """echo '{"type":"result","subtype":"success","is_error":false,"result":"All is well."}'\n"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    events: list[WorkflowEvent] = []
    assert run(tmp_path, "tasks:\n  ask: {claude: How is it?}\n", events.append).passed
    assert "-- text --\nAll is well.\n" in (tmp_path / "logs" / "ask.log").read_text()
    assert '"is_error":false' in (tmp_path / "logs" / "ask.agent.log").read_text()
    assert outputs(events, "text") == "All is well.\n"


def test_a_task_that_fails_at_once_has_no_output() -> None:
    events: list[WorkflowEvent] = []
    workflow = Workflow("w", on_event=events.append).add_task("a", fail).add_task("b", Shell(["no-such-program"]))
    with pytest.raises(WorkflowFailedError):
        workflow.run_sync()
    assert not [event for event in events if isinstance(event, TaskOutput)]


def test_a_task_hands_on_the_end_of_its_output_up_to_the_bound_without_a_gap(tmp_path: Path) -> None:
    lengths = "stdin: '${{ tasks.a.stdout }}', run: 'cat > seen'"
    for name, count in (("short", 10_000), ("long", 30_000), ("longest", 300_000)):
        report = run(tmp_path, f"tasks:\n  a: {{run: seq 1 {count}}}\n  b: {{needs: a, {lengths}}}\n")
        assert report.passed
        whole = "\n".join(map(str, range(1, count + 1)))
        assert (tmp_path / "seen").read_text() == whole[-100_000:], name
    result = Workflow("w").add_task("a", Shell("seq 1 150000")).run_sync()["a"]
    assert result.stdout == "".join(f"{number}\n" for number in range(1, 150_001))
    result = Workflow("w").add_task("a", Shell("seq 1 300000")).run_sync()["a"]
    assert re.search(r"\n\[\d+ bytes left out\]\n", result.stdout)
    assert result.stdout.endswith("\n299999\n300000\n")
