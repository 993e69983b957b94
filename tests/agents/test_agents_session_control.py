"""Sessions watched and directed from another process: list, show, pause, resume, kill."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from process_watch import new_mark, sleepers, until
from session_programs import Programs, programs_in, sessions, shell_session, states, until_file

from pytest_orchestrator.agents import control
from pytest_orchestrator.agents.control import SOCKET, _address, tell
from pytest_orchestrator.agents.store import SESSIONS, SessionStore
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_orchestrator.agents.result import ProcessResult

COUNTING = "i=0; while [ ! -e end ]; do i=$((i+1)); echo $i > count; sleep 0.01; done; echo counted"


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs


def process_states(pids: dict[int, str]) -> set[str]:
    """Return the states of processes, as the kernel names them: S asleep, T stopped."""
    return {Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in pids}


def test_a_paused_session_stands_still_with_its_time_limits_and_goes_on(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = new_mark()
    program = programs.start(f"""
s = session()
first = quiet(s, "setsid sleep {mark} & {COUNTING}", "first", timeout=1.5)
second = quiet(s, "touch second; echo after", "second")
results = run_sequential([first, second], pass_output=False)
say([str(result.status) for result in results])
say(results[0].duration < 1.5)
""")
    store = program.store()
    until_file(tmp_path / "count")
    until(lambda: sleepers(mark), "its child in another session")
    code, out, err = sessions(tmp_path, capsys, "pause", store.session_id)
    assert (code, err) == (0, "")
    assert out == f"{store.session_id}: paused; 1 process was running\n"
    until(lambda: process_states(sleepers(mark)) == {"T"}, "its standing still")
    assert store.state == "paused"
    shown = sessions(tmp_path, capsys, "show", store.session_id)[1].splitlines()
    assert shown[0] == f"session {store.session_id} (paused), 1 paused, 1 created"
    assert re.fullmatch(r"  first   paused    since \d\d:\d\d:\d\d", shown[1])
    assert shown[2] == "  second  created"
    count = (tmp_path / "count").read_text()
    time.sleep(1.6)  # longer than its limit: that it does not end is what is tested
    assert (tmp_path / "count").read_text() == count
    code, out, _ = sessions(tmp_path, capsys, "resume", store.session_id)
    assert out == f"{store.session_id}: running; 1 process was running\n"
    until(lambda: (tmp_path / "count").read_text() != count, "its going on")
    (tmp_path / "end").touch()
    assert program.says() == "['passed', 'passed']"
    assert program.says() == "True"
    assert program.end()[2] == 0


def test_what_is_not_started_waits_for_the_end_of_a_pause(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        session.pause()
        process = session.create_process("touch started", stream_output=False)
        results: list[ProcessResult] = []
        thread = threading.Thread(target=lambda: results.append(process.run()))
        thread.start()
        until(lambda: process.is_done, "its call")
        thread.join(0.3)
        assert thread.is_alive()
        assert not (tmp_path / "started").exists()
        session.resume()
        thread.join()
        assert results[0].ok
        assert (tmp_path / "started").exists()


@pytest.mark.parametrize("has_started", [True, False])
def test_a_process_can_be_terminated_while_its_session_is_paused(tmp_path: Path, has_started: bool) -> None:
    mark = new_mark()
    with shell_session(tmp_path) as session:
        process = session.create_process(f"trap 'echo asked; exit' TERM; sleep {mark} & wait", stream_output=False)
        results: list[ProcessResult] = []
        thread = threading.Thread(target=lambda: results.append(process.run()))
        if has_started:
            thread.start()
            until(lambda: sleepers(mark), "its start")
            session.pause()
            until(lambda: process_states(sleepers(mark)) == {"T"}, "its standing still")
        else:
            session.pause()
            thread.start()
            until(lambda: process.is_done, "its call")
        process.terminate()
        thread.join(10)
        assert not thread.is_alive()
        assert [(result.status, result.exit_code) for result in results] == [(Status.CANCELLED, 130)]
        assert sleepers(mark) == {}
        assert session.summarize().state == "paused"


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_killed_session_ends_everything_and_starts_nothing_more(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_paused: bool
) -> None:
    mark = new_mark()
    program = programs.start(f"""
s = session()
results = run_sequential([quiet(s, "setsid sleep {mark} & sleep {mark}"), quiet(s, "touch second")])
say([str(result.status) for result in results])
say(s.summarize().state)
time.sleep(60)
""")
    store = program.store()
    until(lambda: len(sleepers(mark)) == 2, "its agents")
    if is_paused:
        sessions(tmp_path, capsys, "pause", store.session_id)
    code, out, err = sessions(tmp_path, capsys, "kill", store.session_id)
    assert (code, out, err) == (0, f"{store.session_id}: killed; 1 process was running\n", "")
    assert sleepers(mark) == {}
    assert program.says() == "['cancelled', 'cancelled']"
    assert program.says() == "killed"
    assert not (tmp_path / "second").exists()
    assert (store.state, store.has_controller) == ("killed", True)
    assert states(store) == {"process_001": "cancelled", "process_002": "cancelled"}
    code, _, err = sessions(tmp_path, capsys, "resume", store.session_id)
    assert code == 2
    assert f"is open: process {program.pid} is its controller" in err
    program.kill()
    assert store.state == "killed"


def test_the_program_of_a_killed_session_goes_on_and_gets_results(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        session.kill()
        result = session.create_process("touch late", stream_output=False).run()
        assert (result.status, result.exit_code) == (Status.CANCELLED, 130)
        assert result.error == f"not started: session {session.session_id!r} has been killed"
        assert session.summarize().counts == {"cancelled": 1}
    assert not (tmp_path / "late").exists()
    with pytest.raises(AgentError, match="is closed"):
        session.create_process("touch late")


def test_a_session_that_has_ended_cannot_be_directed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shell_session(tmp_path) as session:
        name = session.session_id
    for order in ("pause", "kill"):
        code, out, err = sessions(tmp_path, capsys, order, name)
        assert (code, out) == (2, "")
        assert err == f"pytest-orchestrator: session {name!r} has been closed: there is nothing to {order}\n"


def test_a_session_that_died_cannot_be_paused_but_says_how_to_go_on(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = new_mark()
    program = programs.start(f'quiet(session(), "sleep {mark}", "left").run()')
    store = program.store()
    until(lambda: sleepers(mark), "its agent")
    program.kill()
    assert "has died: there is nothing to pause" in sessions(tmp_path, capsys, "pause", store.session_id)[2]
    shown = sessions(tmp_path, capsys, "show", store.session_id)[1].splitlines()
    assert shown[0] == f"session {store.session_id} (died), 1 died"
    place = f"--dir {shlex.quote(str(tmp_path / SESSIONS))}"
    assert shown[-1].endswith(f": pytest-orchestrator sessions resume {place} {store.session_id} runs what is left")
    listed = sessions(tmp_path, capsys, "list")[1].split()
    assert listed == [store.session_id, "died", "1", "died"]
    told = json.loads(sessions(tmp_path, capsys, "show", store.session_id, "--json")[1])
    assert (told["state"], told["processes"][0]["state"]) == ("died", "died")


def test_orders_come_from_everywhere_at_once_and_contradict_nobody(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        process = session.create_process(COUNTING, stream_output=False)
        thread = threading.Thread(target=process.run)
        thread.start()
        until_file(tmp_path / "count")

        def order(word: str) -> None:
            for _ in range(20):
                tell(session.log_dir, word)

        threads = [threading.Thread(target=order, args=(word,)) for word in ("pause", "resume") * 2]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        session.resume()
        assert SessionStore(session.log_dir).state == "running"
        count = (tmp_path / "count").read_text()
        until(lambda: (tmp_path / "count").read_text() != count, "its going on")
        (tmp_path / "end").touch()
        thread.join()


def test_a_caller_who_says_nothing_or_nonsense_keeps_nobody_waiting(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        assert tell(session.log_dir, "dance") == {"error": "no such order: 'dance'"}
        with socket.socket(socket.AF_UNIX) as silent, _address(session.log_dir) as address:
            silent.connect(address)
        assert tell(session.log_dir, "pause")["state"] == "paused"


def sockets() -> int:
    """Return how many sockets this process has."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(descriptor).startswith("socket:")
    return found


def test_a_caller_who_says_nothing_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_LISTEN", 3600.0)  # the time limit of tests would come before that
    with socket.socket(socket.AF_UNIX) as silent:
        with shell_session(tmp_path) as session:
            before = sockets()
            with _address(session.log_dir) as address:
                silent.connect(address)
            until(lambda: sockets() == before + 1, "its being heard")
        assert silent.recv(1) == b""
        assert sockets() == before - 1
    assert not (session.log_dir / SOCKET).exists()
    assert [thread.name for thread in threading.enumerate() if thread.name == "session-control"] == []


def test_a_session_in_a_very_deep_directory_can_be_directed(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with shell_session(deep) as session:
        assert len(str(session.log_dir / SOCKET)) > 200
        assert tell(session.log_dir, "pause")["state"] == "paused"


def test_who_does_not_answer_is_told_of(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        (session.log_dir / SOCKET).unlink()
        with pytest.raises(AgentError, match=r"the controller of session 'test-.*' does not answer: .*No such file"):
            tell(session.log_dir, "pause")


def test_pauses_follow_each_other_without_harm(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        session.resume()
        session.pause()
        session.pause()
        assert session.summarize().state == "paused"
        session.resume()
        assert session.summarize().state == "running"
        session.kill()
        session.pause()
        session.resume()
        assert session.summarize().state == "killed"
    session.pause()
    assert SessionStore(tmp_path / SESSIONS / session.session_id).state == "killed"
