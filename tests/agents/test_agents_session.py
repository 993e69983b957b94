"""Sessions as their own program sees them: ids, processes, logs, and that nothing outlives them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from process_watch import Holdings, new_mark, sleepers, until, until_dead
from session_programs import Programs, programs_in, shell_session, states

from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.store import SESSIONS, SessionStore
from pytest_orchestrator.agents.strategies import run_parallel
from pytest_orchestrator.agents.summary import summary_of
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.errors import AgentError, ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_orchestrator.agents.process import CliProcess
    from pytest_orchestrator.agents.result import ProcessResult
    from pytest_orchestrator.agents.stream import StreamEvent


@pytest.fixture
def session(tmp_path: Path) -> Iterator[OrchestratorSession]:
    with shell_session(tmp_path) as session:
        yield session


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs


def run_in_thread(process: CliProcess) -> tuple[threading.Thread, list[ProcessResult]]:
    results: list[ProcessResult] = []
    thread = threading.Thread(target=lambda: results.append(process.run()))
    thread.start()
    return thread, results


# -- what it makes --------------------------------------------------------------------------------------------


def test_a_process_of_a_session_runs_and_leaves_its_log_in_its_directory(session: OrchestratorSession) -> None:
    process = session.create_process("echo done", "greeter", stream_output=False)
    result = process.run()
    assert (result.exit_code, result.output, result.process_id) == (0, "done\n", "greeter")
    assert result.log_path == session.get_process_log_path("greeter") == session.log_dir / "greeter.log"
    assert " out done\n" in result.log_path.read_text()
    assert session.log_dir.parent == session.working_dir / SESSIONS
    assert (session.log_dir.parent / ".gitignore").read_text().endswith("*\n")
    assert [process.state for process in session.summarize().processes] == ["passed"]


def test_ids_differ_within_a_millisecond_across_threads_and_processes(tmp_path: Path, programs: Programs) -> None:
    text = f"""
from pytest_orchestrator.agents.store import SessionStore
for _ in range(100):
    say(SessionStore.create(Path({str(tmp_path)!r}), "same").session_id)
"""
    others = [programs.start(text) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: SessionStore.create(tmp_path, "same").session_id, range(200)))
    for other in others:
        found += other.end()[0].split()
    assert len(set(found)) == 400
    assert all(re.fullmatch(r"same-\d{8}T\d{9}Z-[0-9a-f]{6}", name) for name in found)


def test_processes_are_numbered_unless_they_have_a_name(session: OrchestratorSession) -> None:
    ids = [session.create_process("true", name).process_id for name in (None, "process_002", None, "named", None)]
    assert ids == ["process_001", "process_002", "process_003", "named", "process_005"]


def test_two_processes_of_one_name_are_refused(session: OrchestratorSession) -> None:
    session.create_process("true", "twin")
    with pytest.raises(ArgumentError, match="process_id: 'twin' is the id of another process of session 'test-"):
        session.create_process("false", "twin")


def test_threads_that_create_processes_at_the_same_time_get_different_ones(session: OrchestratorSession) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: session.create_process("true").process_id, range(160)))
    assert len(set(made)) == 160
    assert sorted(record["number"] for record in SessionStore(session.log_dir).processes()) == list(range(1, 161))


@pytest.mark.parametrize(
    "name",
    [
        "../up",
        "/etc/passwd",
        "a b",
        "..",
        "a\nb",
        "x" * 5000,
        "\udcff",
        chr(0xD800),
        "session",
        "é🙂",
        "a/b",
        ".hidden",
        "a.1",
    ],
)
def test_an_odd_name_of_a_process_leads_nowhere_else(session: OrchestratorSession, name: str) -> None:
    process = session.create_process("echo hello", name, stream_output=False)
    expected = session.get_process_log_path(name)
    result = process.run()
    assert (result.output, result.process_id) == ("hello\n", name)
    assert result.log_path == expected == session.get_process_log_path(name)
    assert expected.parent == session.log_dir
    assert [record["process_id"] for record in SessionStore(session.log_dir).processes()] == [name]
    assert len(str(session.summarize())) < 300


@pytest.mark.parametrize("name", ["../up", "x" * 5000, "a\nb", "\ud800", "🙂", "..", "-rf"])
def test_an_odd_name_of_a_pattern_makes_one_directory(tmp_path: Path, name: str) -> None:
    with OrchestratorSession(name, tmp_path) as session:
        assert session.log_dir.parent == tmp_path / SESSIONS
        assert SessionStore(session.log_dir).read()["pattern_name"] == name
        assert session.pattern_name == name


def test_names_that_look_alike_keep_their_results_apart(session: OrchestratorSession) -> None:
    names = ["a", "a.1", "a.1.json", "a.result", "A", "a_b", "a b", "a/b"]
    for name in names:
        session.create_process(f"echo '{name}'", name, stream_output=False).run()
    store = SessionStore(session.log_dir)
    assert [store.result(name, 1)["output"] for name in names] == [f"{name}\n" for name in names]
    assert len({session.get_process_log_path(name) for name in names}) == len(names)


def test_all_mistakes_in_the_arguments_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        OrchestratorSession("", 3, model=4, cli="", budget_usd=-1, budget_tokens=True, resume=5)  # type: ignore[arg-type]
    told = str(caught.value)
    names = ("pattern_name", "working_dir", "model", "cli", "budget_usd", "budget_tokens", "resume")
    assert [name for name in names if f"{name}: " not in told] == []
    assert list(tmp_path.iterdir()) == []


def test_the_metadata_are_json_that_says_who_runs_what(session: OrchestratorSession) -> None:
    data = json.loads((session.log_dir / "session.json").read_text())
    assert (data["format"], data["pattern_name"], data["state"], data["pid"]) == (1, "test", "running", os.getpid())
    assert data["working_dir"] == str(session.working_dir)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", data["started"])


def test_the_log_has_a_time_and_a_level_on_every_line(session: OrchestratorSession) -> None:
    session.log("two\nlines", "WARNING")
    lines = session.get_session_log_path().read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ ", line) for line in lines)
    assert [line.split(" ", 1)[1] for line in lines[-2:]] == ["WARNING two", "WARNING lines"]


def test_a_session_can_be_kept_elsewhere(tmp_path: Path) -> None:
    with OrchestratorSession("here", tmp_path, tmp_path / "logs") as session:
        assert session.log_dir.parent == tmp_path / "logs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs"]


def test_a_place_where_nothing_can_be_kept_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AgentError, match=r"cannot be kept in '.*/file': File exists; name another place, base_log_dir"):
        OrchestratorSession("x", tmp_path, tmp_path / "file")
    with pytest.raises(AgentError, match="cannot be kept in '/proc/sessions'"):
        OrchestratorSession("x", tmp_path, "/proc/sessions")


def test_a_summary_counts_states_costs_and_tokens(session: OrchestratorSession) -> None:
    session.create_process("true", "good", stream_output=False).run()
    session.create_process("exit 3", "bad", stream_output=False).run()
    session.create_process("true", "idle")
    summary = session.summarize()
    assert summary.counts == {"passed": 1, "failed": 1, "created": 1}
    assert json.loads(json.dumps(summary.as_dict()))["counts"] == summary.counts
    lines = str(summary).splitlines()
    assert lines[0] == f"session {session.session_id} (running), 1 passed, 1 failed, 1 created"
    assert lines[2].startswith("  bad   failed ")
    assert lines[2].endswith("exit 3")
    assert lines[3] == "  idle  created"


def test_names_of_any_script_stand_in_columns(session: OrchestratorSession) -> None:
    for name in ("日本", "abcd", "x" * 99):
        session.create_process("true", name)
    lines = str(session.summarize()).splitlines()[1:]
    assert lines == [f"  日本{' ' * 58}created", f"  abcd{' ' * 58}created", f"  {'x' * 59}…  created"]


def test_a_budget_of_dollars_says_what_it_does_not_know() -> None:
    record = {"process_id": "x", "state": "passed", "cli": "codex", "duration": 1.0, "error": None, "runs": 1}
    records = [{**record, "cost_usd": None, "tokens": 40}, {**record, "cost_usd": 0.5, "tokens": 10}]
    metadata = {"state": "closed", "started": "2026-01-01T00:00:00.000Z"}
    budget = {"usd": 1.0, "tokens": None, "spent_usd": 0.5, "spent_tokens": 50}
    lines = str(summary_of("s", metadata, records, budget)).splitlines()
    assert lines[1] == "  budget: 0.5000 USD of 1.0000 USD (without 40 tokens of 1 that told no dollars)"
    told = str(summary_of("s", metadata, records, {**budget, "usd": None, "tokens": 99}))
    assert told.splitlines()[1] == "  budget: 50 tokens of 99"


def test_a_copy_with_a_name_of_its_own_belongs_to_the_session_too(session: OrchestratorSession) -> None:
    process = session.create_process("echo hello", "one", stream_output=False)
    results = run_parallel([process.replace(process_id=f"one-{number}") for number in range(3)])
    assert [result.output for result in results] == ["hello\n"] * 3
    found = states(SessionStore(session.log_dir))
    assert found == {"one": "created", "one-0": "passed", "one-1": "passed", "one-2": "passed"}


def test_the_books_of_many_processes_cost_the_same_for_each(session: OrchestratorSession) -> None:
    took = []
    for _ in range(5):
        before = time.thread_time()
        for _ in range(100):
            session.create_process("true")
        took.append(time.thread_time() - before)
    assert took[-1] < 4 * took[0] + 0.05
    before = time.thread_time()
    assert session.summarize().counts == {"created": 500}
    assert time.thread_time() - before < took[0] * 5


# -- the end of it --------------------------------------------------------------------------------------------


def test_leaving_the_block_ends_what_runs(tmp_path: Path) -> None:
    mark = new_mark()
    with shell_session(tmp_path) as session:
        process = session.create_process(f"sleep {mark} & sleep {mark}; wait", stream_output=False)
        thread, results = run_in_thread(process)
        until(lambda: len(sleepers(mark)) == 2, "two sleepers")
    assert sleepers(mark) == {}
    thread.join()
    assert [result.status for result in results] == [Status.CANCELLED]
    store = SessionStore(session.log_dir)
    assert (store.state, states(store)) == ("closed", {"process_001": "cancelled"})
    assert not (session.log_dir / "control").exists()


def test_a_closed_session_makes_and_starts_nothing(tmp_path: Path) -> None:
    session = shell_session(tmp_path)
    process = session.create_process("touch started", stream_output=False)
    session.close()
    session.close()
    with pytest.raises(AgentError, match="is closed: begin another, or resume it by its id"):
        session.create_process("true")
    result = process.run()
    assert (result.status, result.exit_code) == (Status.CANCELLED, 130)
    assert result.error == f"not started: session {session.session_id!r} is closed"
    assert not (tmp_path / "started").exists()
    assert states(SessionStore(session.log_dir)) == {"process_001": "created"}


def test_a_session_may_be_closed_by_its_own_process(tmp_path: Path) -> None:
    session = shell_session(tmp_path)

    def close(event: StreamEvent) -> None:
        session.close()

    mark = new_mark()
    before = time.monotonic()
    process = session.create_process(f"echo go; sleep {mark}", "self", stream_output=False, on_event=close)
    assert process.run().status is Status.CANCELLED
    assert time.monotonic() - before < 10
    store = SessionStore(session.log_dir)
    assert (store.state, store.has_controller, states(store)) == ("closed", False, {"self": "cancelled"})
    assert sleepers(mark) == {}


def test_sessions_leave_no_descriptors_and_threads_behind(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        session.create_process("true", stream_output=False).run()
    before, threads = Holdings.now(), threading.active_count()
    for _ in range(20):
        with shell_session(tmp_path) as session:
            session.create_process("true", stream_output=False).run()
    assert Holdings.now() == before
    assert threading.active_count() == threads


@pytest.mark.parametrize("way", ["run", "parallel", "paused"])
def test_ctrl_c_ends_everything_and_the_session_is_closed(programs: Programs, way: str) -> None:
    mark = new_mark()
    ways = {
        "run": "processes[0].run()",
        "parallel": "run_parallel(processes)",
        "paused": "s.pause(); say('paused'); processes[0].run()",
    }
    program = programs.start(f"""
s = session()
processes = [quiet(s, "sleep {mark} & sleep {mark}; wait") for _ in range(3)]
{ways[way]}
""")
    store = program.store()
    if way == "paused":
        assert program.says() == "paused"
    else:
        until(lambda: len(sleepers(mark)) == (2 if way == "run" else 6), "its agents")
    program.signal(signal.SIGINT)
    out, err, code = program.end()
    assert (out, code) == ("", -signal.SIGINT), err
    assert err.rstrip().splitlines()[-1].startswith("KeyboardInterrupt") or "processes: " in err
    assert sleepers(mark) == {}
    assert store.state == "closed"
    expected = {"run": ["cancelled", "created", "created"], "parallel": ["cancelled"] * 3, "paused": ["created"] * 3}
    assert list(states(store).values()) == expected[way]


@pytest.mark.parametrize("end", ["pass", "sys.exit(3)", "raise RuntimeError('x')"])
def test_the_end_of_the_program_ends_what_its_threads_run(programs: Programs, end: str) -> None:
    mark = new_mark()
    program = programs.start(f"""
s = session()
process = quiet(s, "echo $$ > started; sleep {mark}", "left")
threading.Thread(target=process.run, daemon=True).start()
while not Path("started").exists():
    time.sleep(0.01)
{end}
""")
    store = program.store()
    _, err, code = program.end()
    assert code == {"pass": 0, "sys.exit(3)": 3}.get(end, 1), err
    assert ("RuntimeError: x" in err) == end.startswith("raise")
    assert (store.state, states(store)) == ("closed", {"left": "cancelled"})
    assert sleepers(mark) == {}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_that_is_killed_leaves_nothing_running_and_a_session_that_died(
    programs: Programs, number: int
) -> None:
    mark = new_mark()
    program = programs.start(f"""
s = session()
run_parallel([quiet(s, "setsid sleep {mark} & sleep {mark}") for _ in range(3)])
""")
    store = program.store()
    until(lambda: len(sleepers(mark)) == 6, "its agents")
    assert store.state == "running"
    pids = sleepers(mark)
    program.signal(number)
    until_dead(program.pid)
    for pid in pids:
        until_dead(pid)
    assert store.state == "died"


def test_a_forked_copy_does_not_keep_a_session_open(programs: Programs) -> None:
    program = programs.start("""
s = session()
pid = os.fork()
if not pid:
    try:
        s.create_process("true")
    except Exception as error:
        say(f"{type(error).__name__}: {error}")
    s.close()
    signal.pause()
say(pid)
signal.pause()
""")
    store = program.store()
    lines = sorted([program.says(), program.says()])
    assert lines[1].startswith(f"AgentError: session {store.session_id!r} belongs to process {program.pid}")
    assert store.state == "running"
    program.kill()
    assert store.state == "died"
    os.kill(int(lines[0]), signal.SIGKILL)


# -- trouble with the disk ------------------------------------------------------------------------------------


def test_a_result_is_not_lost_with_the_directory_and_its_record_is_made_up_for(tmp_path: Path) -> None:
    with shell_session(tmp_path, budget_tokens=1000) as session:
        process = session.create_process(
            "echo go; until [ -e end ]; do sleep 0.01; done; echo done", stream_output=False
        )
        thread, results = run_in_thread(process)
        until(lambda: states(SessionStore(session.log_dir)) == {"process_001": "running"}, "its start")
        log = session.log_dir / "process_001.log"
        until(lambda: log.exists() and "go" in log.read_text(), "its first word")
        away = tmp_path / "away"
        shutil.move(session.log_dir, away)
        (tmp_path / "end").touch()
        thread.join()
        assert [(result.status, result.output) for result in results] == [(Status.PASSED, "go\ndone\n")]
        session.log("lost")
        assert "not all is on disk: No such file or directory" in str(session.summarize())
        shutil.move(away, session.log_dir)
    assert states(SessionStore(session.log_dir)) == {"process_001": "passed"}
    assert session.summarize().problem is None
    assert SessionStore(session.log_dir).result("process_001", 1)["output"] == "go\ndone\n"


def test_a_full_disk_loses_no_result(programs: Programs) -> None:
    program = programs.start("""
import resource
s = session(budget_usd=1)
first = quiet(s, "echo one")
print(first.run().output, flush=True, end="")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
process = quiet(s, "echo two")
result = process.run()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(repr(result.status), repr(result.error), s.summarize().problem, flush=True)
s.close()
""")
    store = program.store()
    assert program.says() == "one"
    out, err, code = program.end()
    assert code == 0, err
    assert "cannot be used: File too large" in out
    assert "not all is on disk: File too large" in out
    assert err.count("not all is on disk") == 1
    assert (store.state, list(states(store).values())) == ("closed", ["passed", "error"])
