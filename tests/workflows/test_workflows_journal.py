"""The journal: what is run again when a workflow is resumed, what is not, and what cannot be a journal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from process_watch import DEADLINE
from simulated_time import simulated
from workflow_tasks import ask, fail, give, states

from pytest_orchestrator.workflows.errors import WorkflowFailedError
from pytest_orchestrator.workflows.fingerprint import NotPlainError, decoded, encoded
from pytest_orchestrator.workflows.journal import Journal, JournalError, read_journal
from pytest_orchestrator.workflows.retry import RetryPolicy
from pytest_orchestrator.workflows.shell import Shell
from pytest_orchestrator.workflows.task import Branch
from pytest_orchestrator.workflows.workflow import Workflow

calls: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "some" / "journal"


def counted(name: str, value: Any = None) -> Any:
    """Return an action that counts its calls."""

    async def act() -> Any:
        calls[name] += 1
        if isinstance(value, BaseException):
            raise value
        return value

    return act


def run(workflow: Workflow) -> dict[str, Any]:
    return workflow.run_sync(raise_on_failure=False)


# -- what is resumed ---------------------------------------------------------------------------------------------


def test_finished_tasks_are_not_run_again_and_their_results_are_there(journal: Path) -> None:
    def made(broken: bool) -> Workflow:
        workflow = Workflow("w", journal=journal).add_task("a", counted("a", {"x": [1, 2]}))
        workflow.add_task("b", counted("b", OSError() if broken else "fine"), ["a"])
        return workflow.add_task("c", lambda a, b: [a["x"], b], ["a", "b"])

    first = made(broken=True)
    assert run(first) == {"a": {"x": [1, 2]}}
    second = made(broken=False)
    assert run(second) == {"a": {"x": [1, 2]}, "b": "fine", "c": [[1, 2], "fine"]}
    assert calls == {"a": 1, "b": 2}
    assert [outcome.from_journal for outcome in second.outcomes.values()] == [True, False, False]


def test_a_workflow_that_has_finished_is_only_read(journal: Path) -> None:
    workflow = Workflow("w", journal=journal).add_task("a", counted("a", 1)).add_task("b", lambda a: a + 1, ["a"])
    assert run(workflow) == run(workflow) == {"a": 1, "b": 2}
    assert calls == {"a": 1}
    assert workflow.outcomes["a"].attempts == 0


@pytest.mark.parametrize(
    "change", [{"args": [2]}, {"kwargs": {"extra": 2}}, {"trigger": "all_done"}, {"condition": ask(answer=True)}]
)
def test_a_task_with_other_inputs_or_another_definition_runs_again(journal: Path, change: dict[str, Any]) -> None:
    async def act(one: int = 1, extra: int = 1) -> int:
        calls["a"] += 1
        return one + extra

    plain: dict[str, Any] = {"args": [1]}
    for _ in range(2):
        run(Workflow("w", journal=journal).add_task("a", act, **plain))
    assert calls == {"a": 1}
    run(Workflow("w", journal=journal).add_task("a", act, **(plain | change)))
    assert calls == {"a": 2}


def test_a_task_runs_again_where_the_result_it_builds_on_is_another(journal: Path) -> None:
    def made(value: int) -> Workflow:
        workflow = Workflow("w", journal=journal).add_task("a", counted("a", value)).add_task("z", counted("z", 0))
        return workflow.add_task("b", counted("b"), ["a"]).add_task("c", counted("c"), ["b"])

    run(made(1))
    run(made(2))
    # The result of b is the same as before, so c is, too.
    assert calls == {"a": 2, "b": 2, "c": 1, "z": 1}


def test_a_task_runs_again_where_another_of_its_dependencies_has_passed(journal: Path) -> None:
    def made(*, first: bool) -> Workflow:
        workflow = Workflow("w", journal=journal)
        workflow.add_task("a", counted("a", 1 if first else OSError()))
        workflow.add_task("b", counted("b", OSError() if first else 1))
        return workflow.add_task("c", counted("c"), ["a", "b"], trigger="all_done")

    run(made(first=True))
    run(made(first=False))
    assert calls["c"] == 2


def make(number: int, names: tuple[str, ...] = ()) -> Any:
    seen: list[int] = []

    def act(default: str = "d") -> int:
        seen.append(number)
        calls["act"] += 1
        return number + len(names) + (default in {"x", "y", "z"})

    return act


def test_values_that_a_function_closes_over_are_part_of_it_unless_they_can_change(journal: Path) -> None:
    for number, names, wanted in ((1, (), 1), (1, (), 1), (2, (), 2), (2, ("n",), 3), (2, ("n",), 3)):
        run(Workflow("w", journal=journal).add_task("a", make(number, names)))
        assert calls == {"act": wanted}


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (functools.partial(make, 1), functools.partial(make, 1), functools.partial(make, 2)),
        ({"a", "b", "c"}, {"c", "b", "a"}, {"a", "b"}),
        ({"x": 1, "y": (1, 2)}, {"y": (1, 2), "x": 1}, {"x": 1, "y": [1, 2]}),
        (1, 1, True),
        (1, 1, 1.0),
        (Path("/a"), Path("/a"), Path("/b")),
        (b"a", b"a", "a"),
        (None, None, 0),
    ],
)
def test_arguments_are_known_by_their_values_and_types(journal: Path, one: Any, same: Any, other: Any) -> None:
    for value, wanted in ((one, 1), (same, 1), (other, 2)):
        run(Workflow("w", journal=journal).add_task("a", _take, args=[value]))
        assert calls == {"take": wanted}


def _take(_: Any) -> None:
    calls["take"] += 1


_ELSEWHERE = """
import sys
from pytest_orchestrator.workflows.workflow import Workflow

def act(given, default=("x", frozenset({"p", "q", "r", "s"}))):
    print("ran")
    return len(given & {"a", "b", "c", "d", "e"})

workflow = Workflow("w", journal=sys.argv[1]).add_task("a", act, args=[{"a", "b", "c", "y"}])
workflow.add_task("b", lambda a: print("ran") or a, ["a"])
workflow.run_sync()
"""


def test_a_task_is_the_same_in_another_process_whatever_the_seed_of_hashes(journal: Path) -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", _ELSEWHERE, journal], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, timeout=DEADLINE,
        ).stdout.split()
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs == [["ran", "ran"], []]


def test_failed_and_skipped_tasks_are_decided_anew(journal: Path) -> None:
    answer = [False]

    async def condition() -> bool:
        return answer[0]

    def made(error: BaseException | None) -> Workflow:
        workflow = Workflow("w", journal=journal).add_task("a", counted("a"), condition=condition)
        return workflow.add_task("b", counted("b", error)).add_task("c", counted("c"), ["b"])

    run(made(OSError()))
    answer[0] = True
    last = made(None)
    run(last)
    assert set(states(last).values()) == {"passed"}
    assert calls == {"a": 1, "b": 2, "c": 1}


def test_a_branch_is_remembered_with_its_choice(journal: Path) -> None:
    def made(error: BaseException | None) -> Workflow:
        workflow = Workflow("w", journal=journal).add_task("a", counted("a", Branch("b", value=5)))
        return workflow.add_task("b", counted("b", error), ["a"]).add_task("c", counted("c"), ["a"])

    run(made(OSError()))
    last = made(None)
    assert run(last) == {"a": 5, "b": None}
    assert calls == {"a": 1, "b": 2}
    assert states(last) == {"a": "passed", "b": "passed", "c": "skipped (branch)"}


def test_the_tasks_of_a_map_are_resumed_one_by_one(journal: Path) -> None:
    bad = {2}

    async def work(item: int) -> int:
        calls[str(item)] += 1
        if item in bad:
            raise OSError
        return item

    first = Workflow("w", journal=journal).map("m", work, [1, 2, 3])
    run(first)
    bad.clear()
    second = Workflow("w", journal=journal).map("m", work, [1, 2, 3])
    assert run(second)["m"] == [1, 2, 3]
    assert calls == {"1": 1, "2": 2, "3": 1}
    assert run(second) == {"m": [1, 2, 3]}


def test_a_retried_task_is_written_down_with_its_attempts(journal: Path) -> None:
    simulated(Workflow("w", journal=journal).add_task("a", fail(), retry_policy=RetryPolicy(3, 1.0)).run(
        raise_on_failure=False
    ))  # fmt: skip
    name, rows, is_running = read_journal(journal)
    assert (name, is_running) == ("w", False)
    assert [(row["name"], row["state"], row["attempts"], row["error"]) for row in rows] == [
        ("a", "failed", 3, "OSError: it broke")
    ]


def test_what_was_stopped_at_work_is_named_when_it_runs_again(journal: Path, caplog: pytest.LogCaptureFixture) -> None:
    def made(seconds: float) -> Workflow:
        workflow = Workflow("w", journal=journal).add_task("a", give(seconds=seconds))
        return workflow.add_task("b", give(), ["a"])

    async def main() -> None:
        async with asyncio.timeout(1.0):
            await made(60.0).run()

    with pytest.raises(TimeoutError):
        simulated(main())
    last = made(0.0)
    run(last)
    assert [outcome.was_interrupted for outcome in last.outcomes.values()] == [True, False]
    assert "task 'a' was at work when an earlier run was stopped: it runs again" in caplog.text
    again = made(0.0)
    run(again)
    assert not any(outcome.was_interrupted for outcome in again.outcomes.values())


def test_a_workflow_within_another_is_known_by_its_tasks(journal: Path) -> None:
    def made(value: int) -> Workflow:
        inner = Workflow("inner").add_task("x", counted("x", value))
        return Workflow("outer", journal=journal).add_task("inner", inner)

    assert [run(made(value))["inner"] for value in (1, 1, 2)] == [{"x": 1}, {"x": 1}, {"x": 2}]
    assert calls == {"x": 2}


def test_a_program_is_known_by_its_command_and_its_surroundings(journal: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for command, env in (("a", {}), ("a", {}), ("a", {"X": "1"}), ("b", {})):
        shell = Shell(f"echo {command} >> {trace}", env=env)
        run(Workflow("w", journal=journal).add_task("a", shell))
    assert trace.read_text().split() == ["a", "a", "b"]


def test_the_file_of_a_program_that_was_killed_while_it_wrote_is_read(journal: Path) -> None:
    run(Workflow("w", journal=journal).add_task("a", counted("a", 1)))
    # What a kill leaves: a log of pages that were not written back, with a commit that is not whole at its end.
    with contextlib.closing(sqlite3.connect(journal)) as other:
        other.execute("UPDATE tasks SET started = 1")
        other.commit()
        log = Path(f"{journal}-wal").read_bytes()
    Path(f"{journal}-wal").write_bytes(log[:-100])
    Path(f"{journal}-shm").unlink(missing_ok=True)
    assert run(Workflow("w", journal=journal).add_task("a", counted("a", 1))) == {"a": 1}
    assert calls == {"a": 1}


def test_what_is_cancelled_before_its_row_is_committed_is_never_begun(journal: Path) -> None:
    # All in one turn of the loop: x passes, y is to run because of that, and bad fails.
    workflow = Workflow("w", fail_fast=True, journal=journal).add_task("x", counted("x"))
    workflow.add_task("bad", counted("bad", OSError())).add_task("y", counted("y"), ["x"])
    run(workflow)
    assert states(workflow) == {"x": "passed", "bad": "failed", "y": "cancelled"}
    assert calls == {"x": 1, "bad": 1}


# -- results that cannot be kept ---------------------------------------------------------------------------------


def test_a_result_that_cannot_be_written_down_is_told_and_made_again(
    journal: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def made() -> Workflow:
        workflow = Workflow("w", journal=journal).add_task("lock", counted("lock", threading.Lock()))
        workflow.add_task("user", counted("user", 1), ["lock"]).add_task("other", counted("other"))
        return workflow.add_task("after", counted("after"), ["user"])

    for _ in range(2):
        assert set(states_of(made()).values()) == {"passed"}
    assert calls == {"lock": 2, "user": 2, "other": 1, "after": 1}
    assert caplog.text.count("task 'lock' will run again when its workflow is resumed") == 2
    assert "'user' will run again" not in caplog.text


def states_of(workflow: Workflow) -> dict[str, str]:
    run(workflow)
    return states(workflow)


class Gone:
    """A class whose objects cannot be read back."""

    def __reduce__(self) -> Any:
        return (_vanish, ())


def _vanish() -> None:
    raise ImportError("there is no such class any more")


def test_a_result_that_cannot_be_read_back_is_made_again(journal: Path, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        run(Workflow("w", journal=journal).add_task("a", counted("a", Gone())))
    assert calls == {"a": 2}
    assert "its result in the journal cannot be read: ImportError" in caplog.text


@pytest.mark.parametrize(
    "value",
    [None, 0, "", "ü\udc80", [1, (2, 3)], {1: 2}, {"b": 1, "a": 2}, {"x"}, b"\0", float("inf"), True, Path("x"), 10**40,
     Counter("aab"), {"a": {"b": (1,)}}],
    ids=repr,
)  # fmt: skip
def test_a_value_is_the_same_when_it_is_read_back(value: Any) -> None:
    again = decoded(*encoded(value))
    assert again == value
    assert type(again) is type(value)
    assert repr(again) == repr(value)


def test_a_value_that_cannot_be_written_down_says_so() -> None:
    with pytest.raises(NotPlainError):
        encoded(threading.Lock())


def test_names_and_errors_with_half_characters_are_written_down(journal: Path) -> None:
    for _ in range(2):
        workflow = Workflow("w\udc80", journal=journal).add_task("a\udc81", counted("a", 1))
        workflow.add_task("b", fail(OSError("no file \udc82")), ["a\udc81"])
        assert run(workflow) == {"a\udc81": 1}
    assert calls == {"a": 1}
    assert read_journal(journal)[1][1]["error"] == "OSError: no file \\udc82"


# -- journals that are none --------------------------------------------------------------------------------------


def test_a_journal_of_another_workflow_is_refused(journal: Path) -> None:
    run(Workflow("one", journal=journal).add_task("a", give()))
    with pytest.raises(JournalError, match="is that of workflow 'one', format 1; name another file"):
        run(Workflow("other", journal=journal).add_task("a", give()))
    assert run(Workflow("one", journal=journal).add_task("a", give(5))) == {"a": 5}


def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("important" * 1000)
    with pytest.raises(JournalError, match="cannot be used as a journal: file is not a database"):
        Journal(path, "w")
    assert path.read_text() == "important" * 1000


def test_a_database_of_somebody_else_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (number INTEGER)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="is no journal but another database; name another file"):
        Journal(path, "w")
    assert path.read_bytes() == before


@pytest.mark.parametrize("odd", ["directory", "below a file", "nul"])
def test_a_path_that_cannot_be_a_file_is_refused(tmp_path: Path, odd: str) -> None:
    (tmp_path / "file").write_text("")
    path = {"directory": tmp_path, "below a file": tmp_path / "file" / "journal", "nul": Path("a\0b")}[odd]
    with pytest.raises(JournalError):
        run(Workflow("w", journal=path).add_task("a", give()))


def test_a_journal_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    # A file of the kernel: nobody makes one there, not even root.
    with pytest.raises(JournalError, match="cannot open the journal"):
        Journal("/proc/self/journal", "w")
    with pytest.raises(JournalError, match="there is no journal"):
        read_journal(tmp_path / "missing")
    (tmp_path / "text").write_text("x" * 500)
    with pytest.raises(JournalError, match="is no journal"):
        read_journal(tmp_path / "text")


def test_a_damaged_journal_is_told_and_nobody_waits_for_ever(journal: Path) -> None:
    run(Workflow("w", journal=journal).add_task("a", give("x" * 20000)).add_task("b", give()))
    data = bytearray(journal.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    journal.write_bytes(bytes(data))
    with pytest.raises(JournalError, match="cannot be used as a journal"):
        run(Workflow("w", journal=journal).add_task("a", give("x" * 20000)).add_task("b", give()))


def test_a_disk_that_gets_full_ends_the_workflow_with_what_it_was(journal: Path) -> None:
    workflow = Workflow("w", journal=(kept := Journal(journal, "w")))
    kept._database.execute("PRAGMA max_page_count = 12")

    async def large(item: int) -> str:
        calls["ran"] += 1
        return f"{item}" * 20000

    workflow.map("m", large, range(50)).add_task("after", give(), ["m"])
    with pytest.raises(JournalError, match="cannot be used as a journal: database or disk is full"):
        workflow.run_sync()
    assert all(outcome.state.is_final for outcome in workflow.outcomes.values())
    kept.close()


# -- two at a time -----------------------------------------------------------------------------------------------


def test_two_controllers_cannot_run_one_journal_at_once(journal: Path) -> None:
    async def second() -> None:
        assert read_journal(journal)[2] is True
        await Workflow("w", journal=journal).add_task("x", give()).run()

    with pytest.raises(WorkflowFailedError) as caught:
        Workflow("w", journal=journal).add_task("a", second).run_sync()
    problem = caught.value.exceptions[0]
    assert isinstance(problem, JournalError)
    assert str(problem) == f"the journal {str(journal)!r} is in use by process {os.getpid()}"


def _stay(is_there: Any, go_on: Any) -> None:
    is_there.set()
    go_on.wait(DEADLINE)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the suite has threads; the child only waits
def test_a_fork_does_not_keep_a_journal_from_others(journal: Path) -> None:
    kept = Journal(journal, "w")
    context = multiprocessing.get_context("fork")
    is_there, go_on = context.Event(), context.Event()
    child = context.Process(target=_stay, args=(is_there, go_on))
    child.start()
    try:
        assert is_there.wait(DEADLINE)
        # As it would be when this process is killed: nobody unlocks anything.
        kept.let_go()
        Journal(journal, "w").close()
    finally:
        go_on.set()
        child.join()
        kept._database.close()


def test_a_journal_that_survives_a_loss_of_power_is_asked_for(journal: Path) -> None:
    assert run(Workflow("w", journal=journal, journal_sync="full").add_task("a", give(1))) == {"a": 1}
    for sync, wanted in (("full", 2), ("normal", 1)):
        kept = Journal(journal, "w", sync)
        assert kept._database.execute("PRAGMA synchronous").fetchone() == (wanted,)
        assert kept._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        kept.close()


def test_what_needs_a_task_begins_after_its_row_is_committed(journal: Path) -> None:
    seen: dict[str, dict[str, str]] = {}

    async def look(name: str) -> str:
        seen[name] = {row["name"]: row["state"] for row in read_journal(journal)[1]}
        return name

    workflow = Workflow("w", journal=journal).add_task("a", look, args=["a"]).add_task("b", look, ["a"], args=["b"])
    run(workflow)
    assert seen == {"a": {"a": "running"}, "b": {"a": "passed", "b": "running"}}


def test_a_journal_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    modes: list[int] = []

    async def act() -> None:
        modes.extend(path.stat().st_mode & 0o077 for path in tmp_path.iterdir())

    Workflow("w", journal=tmp_path / "j").add_task("a", act).run_sync()
    assert modes == [0, 0, 0, 0], "the file, its lock, and two of sqlite"


def test_who_looks_whether_a_journal_is_in_use_keeps_nobody_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    Workflow("w", journal=path).add_task("a", give(1)).run_sync()
    looks = os.open(f"{path}.lock", os.O_RDWR)
    fcntl.flock(looks, fcntl.LOCK_SH)
    held = [looks]
    monkeypatch.setattr("time.sleep", lambda _: os.close(held.pop()) if held else None)  # over when it is waited for
    assert Workflow("w", journal=path).add_task("a", give(1)).run_sync() == {"a": 1}


def test_a_row_that_cannot_be_written_ends_the_workflow(tmp_path: Path) -> None:
    workflow = Workflow("w", timeout=20, journal=tmp_path / "j")

    def act() -> None:
        # As with a result of 2 GiB, what sqlite3 raises is no error of its own.
        workflow.outcomes["a"].attempts = 1 << 70

    workflow.add_task("a", act).add_task("b", give(2), ["a"])
    with pytest.raises(JournalError, match="too large"):
        workflow.run_sync()
