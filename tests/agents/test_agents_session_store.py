"""What is on disk of a session: found by its id, read with mistrust, free of secrets."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from process_watch import until
from session_programs import Programs, programs_in, sessions, shell_session, states

from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.settings import AgentSettings
from pytest_orchestrator.agents.store import SESSIONS, SessionStore
from pytest_orchestrator.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_orchestrator.agents.process import CliProcess

KEY = "s3cr3t-of-the-env-0815"
TOKEN = "ghp_" + "aB3dE6gH9j" * 3 + "kLmN42"


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs


def begin(directory: Path, name: str = "test") -> str:
    """Begin and close a session; return its id."""
    with OrchestratorSession(name, directory) as session:
        return session.session_id


# -- finding --------------------------------------------------------------------------------------------------


def test_a_session_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    first, second = begin(tmp_path, "alpha"), begin(tmp_path, "beta")
    base = tmp_path / SESSIONS
    assert SessionStore.find(base, "al").session_id == first
    assert SessionStore.find(base, second).session_id == second


def test_a_whole_id_that_begins_another_one_is_not_ambiguous(tmp_path: Path) -> None:
    name = begin(tmp_path)
    base = tmp_path / SESSIONS
    shutil.copytree(base / name, base / f"{name}-copy")
    assert SessionStore.find(base, name).session_id == name


def test_an_ambiguous_beginning_is_refused_with_the_candidates(tmp_path: Path) -> None:
    names = [begin(tmp_path), begin(tmp_path)]
    with pytest.raises(AgentError) as caught:
        SessionStore.find(tmp_path / SESSIONS, "test")
    told = str(caught.value)
    assert told.startswith("2 sessions in ")
    assert all(repr(name) in told for name in names)
    assert told.endswith("give more of the id")


@pytest.mark.parametrize("name", ["nothing", "", ".", "..", "../sessions", "/", "a\0b", "*"])
def test_an_id_of_no_session_is_refused_with_the_latest(tmp_path: Path, name: str) -> None:
    known = begin(tmp_path)
    with pytest.raises(AgentError, match=f"the latest are '{known}'"):
        SessionStore.find(tmp_path / SESSIONS, name)


def test_where_there_are_no_sessions_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"no session 'x' in .*there is none at all"):
        SessionStore.find(tmp_path / "nowhere", "x")


# -- what is broken -------------------------------------------------------------------------------------------


def _truncate(path: Path) -> None:
    data = (path / "session.json").read_bytes()
    (path / "session.json").write_bytes(data[: len(data) // 2])


def _directory_in_its_place(path: Path) -> None:
    (path / "session.json").unlink()
    (path / "session.json").mkdir()


def _loop(path: Path) -> None:
    (path / "session.json").unlink()
    (path / "session.json").symlink_to("session.json")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: (path / "session.json").write_text(""),
    "half": _truncate,
    "list": lambda path: (path / "session.json").write_text("[]"),
    "keys": lambda path: (path / "session.json").write_text('{"format": 1}'),
    "format": lambda path: (path / "session.json").write_text(
        (path / "session.json").read_text().replace('"format": 1', '"format": 2')
    ),
    "nesting": lambda path: (path / "session.json").write_text("[" * 100_000),
    "missing": lambda path: (path / "session.json").unlink(),
    "directory": _directory_in_its_place,
    "loop": _loop,
    "record": lambda path: (path / "processes" / "p.json").write_text("{}"),
    "no_processes": lambda path: shutil.rmtree(path / "processes"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_session_does_not_hide_the_others(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, last = begin(tmp_path, "good"), begin(tmp_path, "bad"), begin(tmp_path, "last")
    DAMAGES[damage](tmp_path / SESSIONS / bad)
    code, out, err = sessions(tmp_path, capsys, "list")
    assert (code, err) == (0, "")
    lines = {line.split()[0]: line.split()[1] for line in out.splitlines()}
    assert lines == {good: "closed", bad: "unreadable", last: "closed"}
    _, out, _ = sessions(tmp_path, capsys, "list", "--json")
    told = {entry["session_id"]: entry for entry in json.loads(out)}
    assert str(tmp_path / SESSIONS / bad) in told[bad]["problem"]
    for order in ("show", "kill", "pause", "resume"):
        code, out, err = sessions(tmp_path, capsys, order, "bad")
        assert (code, out) == (2, ""), order
        assert err.startswith("pytest-orchestrator: ")
        assert len(err.splitlines()) == 1
    assert sessions(tmp_path, capsys, "show", "good")[0] == 0


def test_the_session_of_another_user_is_shown_as_unreadable(programs: Programs) -> None:
    base = Path(tempfile.mkdtemp())  # where others may look, too
    try:
        base.chmod(0o755)
        mine, other = begin(base, "mine"), begin(base, "other")
        if os.geteuid() != 0:
            (base / SESSIONS / other).chmod(0)
        elsewhere = [base / ".orchestrator", base / SESSIONS, *(base / SESSIONS / mine).rglob("*")]
        for path in (*elsewhere, base / SESSIONS / mine):
            path.chmod(0o755)
        program = programs.start(f"""
import pytest_orchestrator.session_commands
from pytest_orchestrator.cli import main
if os.geteuid() == 0:
    os.setuid(65534)
code = main(["sessions", "list", "--dir", {str(base / SESSIONS)!r}])
print(code, main(["sessions", "kill", "other", "--dir", {str(base / SESSIONS)!r}]))
""")
        out, err, _ = program.end()
        lines = [line.split(None, 2) for line in out.splitlines()]
        assert [line[:2] for line in lines[:-1]] == [[mine, "closed"], [other, "unreadable"]]
        assert "Permission denied" in lines[1][2]
        assert lines[-1] == ["0", "2"]
        assert "Permission denied" in err
    finally:
        (base / SESSIONS / other).chmod(0o700)
        shutil.rmtree(base)


def test_other_directories_are_no_sessions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = begin(tmp_path)
    (tmp_path / SESSIONS / "notes").mkdir()
    (tmp_path / SESSIONS / "file").touch()
    assert sessions(tmp_path, capsys, "list")[1].split()[0] == name
    assert len(sessions(tmp_path, capsys, "list")[1].splitlines()) == 1


def test_a_place_that_is_no_directory_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".orchestrator").mkdir()
    (tmp_path / SESSIONS).touch()
    code, out, err = sessions(tmp_path, capsys, "list")
    assert (code, out) == (2, "")
    assert "Not a directory" in err


def test_who_looks_while_it_is_written_never_sees_half_of_it(tmp_path: Path) -> None:
    stop = threading.Event()
    troubles: list[str] = []

    def look() -> None:
        while not stop.is_set():
            for store in SessionStore.all(tmp_path / SESSIONS):
                try:
                    states(store)
                    assert store.state in ("running", "paused", "closed")
                except AgentError as error:
                    troubles.append(str(error))

    threads = [threading.Thread(target=look, daemon=True) for _ in range(3)]
    try:
        with shell_session(tmp_path) as session:
            for thread in threads:
                thread.start()
            for number in range(60):
                session.create_process("true " * (number + 1), f"p{number}")
                session.pause()
                session.resume()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert troubles == []


def test_who_looks_does_not_keep_a_session_from_being_resumed(tmp_path: Path) -> None:
    name = begin(tmp_path)
    stop = threading.Event()

    def look() -> None:
        store = SessionStore(tmp_path / SESSIONS / name)
        while not stop.is_set():
            assert store.has_controller in (True, False)

    threads = [threading.Thread(target=look, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            OrchestratorSession("test", tmp_path, resume=name).close()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


# -- secrets --------------------------------------------------------------------------------------------------


class Endpoint:
    """Points at a gateway somewhere else."""

    def agent_settings(self, cli_name: str) -> AgentSettings:
        return AgentSettings({"BASE_URL": "https://gateway.test", "GATEWAY_TOKEN": KEY[::-1]})


def everything_below(directory: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def secret_process(session: OrchestratorSession) -> CliProcess:
    script = f'echo "key $DEPLOY_TOKEN, {TOKEN}" | tee /dev/stderr; echo "$GATEWAY_TOKEN"; echo $DB_URL'
    env = {"DEPLOY_TOKEN": KEY, "PLAIN": "visible", "DB_URL": f"https://x/?access={TOKEN}"}
    return session.create_process(
        script, "secret", stream_output=False, env=env, endpoint=Endpoint(), extra_args=[f"--with={KEY}"]
    )


def test_no_secret_is_in_any_file(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        result = secret_process(session).run()
        assert KEY in result.output
        assert TOKEN in result.output
        session.log(f"the key is {KEY}")
        session.create_process("true", f"with-{TOKEN}")
    kept = everything_below(session.log_dir)
    assert b"visible" in kept
    assert b"the key is [redacted]" in kept
    assert [
        secret for secret in (KEY, TOKEN, KEY[::-1]) if secret.encode() in kept.replace(f"with-{TOKEN}".encode(), b"")
    ] == []


def test_what_a_secret_was_taken_from_is_told_when_it_is_to_be_run_again(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = programs.start(f"""
s = session()
quiet(s, 'touch ran', "needs", env={{"DEPLOY_TOKEN": "{KEY}", "PLAIN": "x"}})
quiet(s, "echo {TOKEN}", "asks")
say("made")
signal.pause()
""")
    store = program.store()
    assert program.says() == "made"
    program.kill()
    code, out, err = sessions(tmp_path, capsys, "resume", store.session_id)
    assert (code, out) == (2, "")
    assert "process 'needs' needs DEPLOY_TOKEN in the environment" in err
    assert "process 'asks' has a secret in its prompt, which is not on disk" in err
    assert f"OrchestratorSession(…, resume={store.session_id!r})" in err
    assert store.state == "died"
    assert not (tmp_path / "ran").exists()


def test_with_the_secret_in_the_environment_it_runs(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = programs.start(f"""
s = session()
quiet(s, 'echo "$DEPLOY_TOKEN" > told; echo $PLAIN', "needs", env={{"DEPLOY_TOKEN": "{KEY}", "PLAIN": "visible"}})
say("made")
signal.pause()
""")
    store = program.store()
    assert program.says() == "made"
    program.kill()
    monkeypatch.setenv("DEPLOY_TOKEN", "another-one-4711")
    assert sessions(tmp_path, capsys, "resume", store.session_id)[0] == 0
    assert (tmp_path / "told").read_text() == "another-one-4711\n"
    assert store.result("needs", 1)["output"] == "visible\n"
    until(lambda: store.state == "closed", "its end")
