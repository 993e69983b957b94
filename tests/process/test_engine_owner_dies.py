"""When the process that owns an engine ends, however it does, so does everything that the engine started."""

from __future__ import annotations

import os
import signal
import subprocess
import textwrap
from typing import TYPE_CHECKING

import pytest
from engine_runs import DAEMON, EVERY_WAY, IN_EVERY_WAY, gate, hiding, owner_process, said
from process_watch import files_below, marked, new_mark, sleepers, until, until_dead

if TYPE_CHECKING:
    from pathlib import Path

_RUN = """
    import os
    keep = {keep!r}
    tickets = [engine.submit(shell(text, env={{b"MY_SECRET": b"hunter2hunter2"}},
                                   keep_stdout=keep and os.fsencode(f"{{keep}}/{{number}}.stdout"),
                                   keep_stderr=keep and os.fsencode(f"{{keep}}/{{number}}.stderr")))
               for number, text in enumerate({texts!r})]
    until(lambda: engine.poll() or len(sleepers({mark!r})) >= {count}, "all sleepers")
    print("supervisor", supervisor_pid(engine), flush=True)
"""
_WAIT = "    engine.wait(tickets[0])\n"
_SLEEP = "    import time; time.sleep(600)\n"


def owned(texts: list[str], mark: str, count: int, keep: Path | None = None, then: str = _WAIT) -> str:
    """Return a program that starts the shell texts, tells its supervisor's pid, and goes on with ``then``."""
    kept = None if keep is None else str(keep)
    return textwrap.dedent(_RUN.format(texts=texts, mark=mark, count=count, keep=kept) + then)


def told_supervisor(owner: subprocess.Popen[bytes]) -> int:
    """Return the pid that the program tells."""
    assert owner.stdout is not None
    word, _, pid = owner.stdout.readline().decode().partition(" ")
    assert word == "supervisor"
    return int(pid)


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("then", [_WAIT, _SLEEP], ids=["while it waits", "while it does something else"])
def test_the_end_of_the_owner_ends_everything(signal_number: signal.Signals, then: str, tmp_path: Path) -> None:
    mark = new_mark()
    with owner_process(tmp_path, owned([hiding(EVERY_WAY, mark)], mark, IN_EVERY_WAY, then=then)) as owner:
        supervisor = told_supervisor(owner)
        os.kill(owner.pid, signal_number)
        until_dead(supervisor)
        assert not marked(mark)
    assert files_below(tmp_path) == []


def test_ctrl_c_reaches_the_owner_only_and_ends_everything(tmp_path: Path) -> None:
    mark = new_mark()
    with owner_process(tmp_path, owned([hiding(EVERY_WAY, mark)], mark, IN_EVERY_WAY)) as owner:
        supervisor = told_supervisor(owner)
        os.killpg(owner.pid, signal.SIGINT)
        until_dead(supervisor)
        assert owner.wait(20) == -signal.SIGINT
        assert not marked(mark)


def test_an_owner_that_forgets_to_close_leaves_nothing(tmp_path: Path) -> None:
    mark = new_mark()
    with owner_process(tmp_path, owned([hiding(EVERY_WAY, mark)], mark, IN_EVERY_WAY, then="")) as owner:
        supervisor = told_supervisor(owner)
        until_dead(supervisor)
        assert not marked(mark)


def test_a_forked_copy_of_the_owner_keeps_nothing_alive(tmp_path: Path) -> None:
    mark = new_mark()
    fork = "    if os.fork() == 0:\n        os.execv('/bin/sleep', ['sleep', '600'])\n"
    inherit = "    os.set_inheritable(engine._supervisor.channel._socket.fileno(), True)\n"
    with owner_process(tmp_path, owned([hiding(DAEMON, mark)], mark, 2, then=inherit + fork + _WAIT)) as owner:
        supervisor = told_supervisor(owner)
        owner.kill()
        until_dead(supervisor)
        assert not marked(mark)
        os.killpg(owner.pid, signal.SIGKILL)


def test_a_forked_copy_that_closes_the_engine_ends_nothing(tmp_path: Path) -> None:
    mark = new_mark()
    fork = "    if os.fork() == 0:\n        engine.close()\n        os._exit(0)\n    os.wait()\n"
    tell = "    print('closed', flush=True)\n"
    with owner_process(tmp_path, owned([hiding(DAEMON, mark)], mark, 2, then=fork + tell + _SLEEP)) as owner:
        told_supervisor(owner)
        said(owner, "closed")
        assert len(sleepers(mark)) == 2


def test_the_end_of_a_watched_process_ends_everything(tmp_path: Path) -> None:
    mark = new_mark()
    watched = subprocess.Popen(["sleep", "600"])
    text = owned([hiding(EVERY_WAY, mark)], mark, IN_EVERY_WAY)
    with owner_process(tmp_path, f"engine._watch += ({watched.pid},)\n{text}") as owner:
        supervisor = told_supervisor(owner)
        watched.kill()
        watched.wait()
        until_dead(supervisor)
        assert not marked(mark)


def test_output_of_running_programs_is_kept_without_secrets_when_the_owner_is_killed(tmp_path: Path) -> None:
    mark, kept = new_mark(), tmp_path / "kept"
    shown = "echo password is $MY_SECRET; echo ghp_0123456789012345678901234567890123456789 >&2; "
    texts = [shown + hiding(EVERY_WAY, mark), f"exec sleep {mark}"]
    with owner_process(tmp_path, owned(texts, mark, IN_EVERY_WAY + 1, keep=kept)) as owner:
        supervisor = told_supervisor(owner)
        owner.kill()
        until_dead(supervisor)
        assert not marked(mark)
    assert sorted(path.name for path in kept.iterdir()) == ["0.stderr", "0.stdout"]
    assert (kept / "0.stdout").read_text() == "password is [redacted]\n"
    assert (kept / "0.stderr").read_text() == "[redacted]\n"
    assert not (tmp_path / "work").exists()


def test_long_output_that_nobody_took_is_kept_when_the_owner_is_killed(tmp_path: Path) -> None:
    mark, kept = new_mark(), tmp_path / "kept"
    texts = ["head -c 200000 /dev/zero | tr '\\0' 'x'; echo; echo $MY_SECRET", f"exec sleep {mark}"]
    with owner_process(tmp_path, owned(texts, mark, 1, keep=kept, then=_SLEEP)) as owner:
        supervisor = told_supervisor(owner)
        until(lambda: any(name.endswith("/1.stdout") for name in files_below(tmp_path / "work")), "its output")
        assert files_below(kept) == []
        owner.kill()
        until_dead(supervisor)
    assert (kept / "0.stdout").read_text() == "x" * 200000 + "\n[redacted]\n"
    assert not (tmp_path / "work").exists()


def test_temporary_directories_go_with_an_owner_that_keeps_nothing(tmp_path: Path) -> None:
    mark = new_mark()
    locked = (
        "mkdir $ORCHESTRATOR_TMP/locked; echo x > $ORCHESTRATOR_TMP/locked/file; chmod 0 $ORCHESTRATOR_TMP/locked; "
    )
    with owner_process(tmp_path, owned([locked + f"exec sleep {mark}", locked + "exit 1"], mark, 1)) as owner:
        supervisor = told_supervisor(owner)
        assert files_below(tmp_path / "work")
        owner.kill()
        until_dead(supervisor)
    assert not (tmp_path / "work").exists()


def test_locks_are_free_again_when_their_holder_is_killed(tmp_path: Path) -> None:
    mark, open_gate = new_mark(), gate(tmp_path)
    holder = f"""
        ticket = engine.submit(shell("exec sleep {mark}", resources=("db",)))
        until(lambda: sleepers("{mark}"), "the holder")
        print("held", flush=True)
        engine.wait(ticket)
    """
    waiter = f"""
        ticket = engine.submit(shell({open_gate.wait!r}, resources=("db",)))
        print("asked", flush=True)
        print("exit", engine.wait(ticket).exit_code, flush=True)
        engine.close()
    """
    with owner_process(tmp_path, textwrap.dedent(holder)) as first:
        said(first, "held")
        with owner_process(tmp_path, textwrap.dedent(waiter)) as second:
            said(second, "asked")
            first.kill()
            open_gate()
            said(second, "exit 0")
            assert second.wait(20) == 0
    assert not marked(mark)
