"""Of warm scripts nothing is left either: at a time limit, and when any process dies."""

from __future__ import annotations

import os
import shlex
import signal
import textwrap
from typing import TYPE_CHECKING

import pytest
from engine_runs import EVERY_WAY, IN_EVERY_WAY, engine_in, hiding, owner_process, run
from process_watch import marked, new_mark, until, until_dead
from warm_runs import warm, written

if TYPE_CHECKING:
    from pathlib import Path

_SHELL = "import subprocess\nsubprocess.run(['sh', '-c', {text!r}])\n"
_FORKED_DAEMON = """
import os, signal, time
ready, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for name in list(os.environ):
            del os.environ[name]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.chdir("/")
        os.write(tell, b"x")
        time.sleep(600)
    os._exit(0)
os.wait()
os.read(ready, 1)
"""


def hides(path: Path, mark: str, then: str) -> Path:
    """Write a script that hides processes in every way, then goes on with ``then``."""
    return written(path, _SHELL.format(text=hiding(EVERY_WAY, shlex.quote(mark), "true")) + then)


def test_a_time_limit_ends_the_whole_tree_of_a_warm_script(tmp_path: Path) -> None:
    mark = new_mark()
    path = hides(tmp_path / "a.py", mark, "import time\ntime.sleep(600)")
    with engine_in(tmp_path / "engine") as engine:
        outcome = run(engine, warm(path, timeout=1.5))
        assert (outcome.limit, outcome.is_warm, outcome.unkillable) == ("timeout", True, ())
        assert not marked(mark)


def test_what_a_warm_script_leaves_is_reported_and_ended(tmp_path: Path) -> None:
    mark = new_mark()
    path = hides(tmp_path / "a.py", mark, "")
    with engine_in(tmp_path / "engine") as engine:
        outcome = run(engine, warm(path))
        assert (outcome.is_warm, outcome.exit_code) == (True, 0)
        assert [left.command for left in outcome.left].count(f"sleep {mark}") == IN_EVERY_WAY
        assert not marked(mark)


def test_a_daemon_that_is_forked_and_never_starts_a_program_belongs_to_its_script(tmp_path: Path) -> None:
    marks = [new_mark(), new_mark()]
    path = written(tmp_path / "a.py", _FORKED_DAEMON)
    with engine_in(tmp_path / "engine", 3) as engine:
        bystander = engine.submit(warm(written(tmp_path / "c.py", "import time\ntime.sleep(1)\nprint('alive')")))
        tickets = [engine.submit(warm(path, mark)) for mark in marks]
        for ticket, mark in zip(tickets, marks, strict=True):
            outcome = engine.wait(ticket)
            assert outcome.is_warm
            assert outcome.exit_code == 0
            assert [left.command.split()[-1] for left in outcome.left] == [mark]
        outcome = engine.wait(bystander)
        assert (outcome.stdout.head, outcome.left) == (b"alive\n", ())
        assert not any(map(marked, marks))


def test_two_streams_of_warm_scripts_do_not_mix(tmp_path: Path) -> None:
    path = written(tmp_path / "a.py", "import os, sys\nprint(sys.argv[1], os.environ['N'], sys.stdin.read())")
    with engine_in(tmp_path / "engine", 4) as engine:
        tickets = {
            engine.submit(warm(path, str(number), env={b"N": b"%d" % number}, stdin=b"%d" % number)): number
            for number in range(60)
        }
        for ticket, number in tickets.items():
            outcome = engine.wait(ticket)
            assert outcome.is_warm
            assert outcome.stdout.head == b"%d %d %d\n" % (number, number, number)


_OWNER = """
    import os
    from warm_runs import warm
    ticket = engine.submit(warm(Path({path!r})))
    until(lambda: engine.poll() or len(sleepers({mark!r})) >= {count}, "all sleepers")
    print(supervisor_pid(engine), flush=True)
    engine.wait(ticket)
"""


@pytest.mark.parametrize("victim", ["owner", "supervisor", "guard"])
def test_nothing_of_a_warm_script_is_left_when_another_process_is_killed(victim: str, tmp_path: Path) -> None:
    mark = new_mark()
    path = hides(tmp_path / "a.py", mark, f"import time\ntime.sleep(600)  # {mark}")
    text = textwrap.dedent(_OWNER.format(path=str(path), mark=mark, count=IN_EVERY_WAY))
    with owner_process(tmp_path / "work", text) as owner:
        assert owner.stdout is not None
        supervisor = int(owner.stdout.readline())
        with open(f"/proc/{supervisor}/stat") as file:
            guard = int(file.read().rpartition(")")[2].split()[1])
        mine = session_members(supervisor)
        assert len(mine) >= 3  # the interpreter, what it has ready, the script
        os.kill({"owner": owner.pid, "supervisor": supervisor, "guard": guard}[victim], signal.SIGKILL)
        until_dead(supervisor)
        for pid in mine:
            until_dead(pid)
        until(lambda: not marked(mark), "the end of what the script hid")


def session_members(supervisor: int) -> list[int]:
    """Return the children of a supervisor."""
    with open(f"/proc/{supervisor}/task/{supervisor}/children") as file:
        return [int(word) for word in file.read().split()]


def test_copies_of_a_warm_script_that_ignore_the_request_to_end_are_ended(tmp_path: Path) -> None:
    mark = new_mark()
    text = """
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for _ in range(4):
            os.fork()
        if os.getsid(0) != os.getpid():
            os.setsid()
        time.sleep(600)
        """
    with engine_in(tmp_path / "engine") as engine:
        outcome = run(engine, warm(written(tmp_path / "a.py", text), mark, timeout=1.0))
        assert (outcome.limit, outcome.is_warm, outcome.unkillable) == ("timeout", True, ())
        assert not marked(mark)
