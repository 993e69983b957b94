"""Running real programs through an engine, without pytest."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from process_watch import WITH_USUAL_SIGNALS, children, marked, new_mark, sleepers, until

from pytest_orchestrator.process.command import Command, Outcome
from pytest_orchestrator.process.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    name: value for name, value in os.environb.items() if not name.startswith((b"ORCHESTRATOR", b"PYTEST", b"COV"))
}
"""One object, so that it is sent once."""

PLAIN = "sleep {mark} &"
IGNORES_TERM = "sh -c 'trap \"\" TERM; sleep {mark}' &"
STOPPED = "sleep {mark} & until grep -q sleep /proc/$!/comm; do :; done; kill -STOP $!"
SETSID = "setsid sleep {mark} &"
NOHUP = "nohup sleep {mark} >/dev/null 2>&1 &"
DAEMON = "( setsid sh -c 'sleep {mark} & exec sleep {mark}' >/dev/null 2>&1 </dev/null & )"
WIPED_DAEMON = "( env -i setsid sh -c 'sleep {mark} & exec sleep {mark}' >/dev/null 2>&1 </dev/null & )"
LOCKED_DAEMON = "( env -i setsid sh -c 'trap \"\" TERM HUP INT; cd /; sleep {mark}' >/dev/null 2>&1 </dev/null & )"

HIDING = {
    "a child": (PLAIN, 1),
    "a child that ignores TERM": (IGNORES_TERM, 1),
    "a stopped child": (STOPPED, 1),
    "a child in a session of its own": (SETSID, 1),
    "a nohup child": (NOHUP, 1),
    "a double-forked daemon": (DAEMON, 2),
    "a daemon without environment": (WIPED_DAEMON, 2),
    "a daemon without environment that ignores TERM": (LOCKED_DAEMON, 1),
}
"""How programs hide processes: shell text, and how many sleepers there are."""

EVERY_WAY = "\n".join(text for text, _ in HIDING.values())
IN_EVERY_WAY = sum(count for _, count in HIDING.values())


@contextlib.contextmanager
def engine_in(directory: Path, jobs: int = 1, **more: Any) -> Iterator[Engine]:
    """Run an engine that works in ``directory``."""
    with Engine(directory / "work", directory / "locks", jobs, **more) as engine:
        yield engine


def shell(text: str, **fields: Any) -> Command:
    """Return the command that runs ``text`` with sh."""
    return command("/bin/sh", "-c", text, **fields)


def python(text: str, **fields: Any) -> Command:
    """Return the command that runs ``text`` with Python."""
    return command(sys.executable, "-I", "-S", "-c", text, **fields)


def command(*argv: str | bytes, **fields: Any) -> Command:
    """Return a command with a time limit, so that no mistake lasts."""
    settings = {"cwd": b"/", "base_env": ENVIRONMENT, "timeout": 60.0, "grace": 0.2, **fields}
    return Command(argv=tuple(map(os.fsencode, argv)), **settings)


def run(engine: Engine, wanted: Command) -> Outcome:
    """Run a command to its end."""
    return engine.wait(engine.submit(wanted))


def started(engine: Engine, wanted: Command, mark: str, count: int) -> int:
    """Start a command and return its ticket when ``count`` sleepers with ``mark`` are there."""
    ticket = engine.submit(wanted)

    def are_there() -> bool:
        engine.poll()
        return len(sleepers(mark)) >= count

    until(are_there, f"{count} sleepers, there are {marked(mark)}")
    return ticket


def supervisor_pid(engine: Engine) -> int:
    """Return the pid of the engine's supervisor."""
    guard = guard_pid(engine)
    until(lambda: children(guard), "the supervisor")
    (pid,) = children(guard)
    return pid


def guard_pid(engine: Engine) -> int:
    """Return the pid of the process that guards the engine's supervisor."""
    engine.start()
    assert engine._supervisor is not None
    return engine._supervisor.pid


def has_outcome(engine: Engine, ticket: int) -> bool:
    """Return whether the outcome of ``ticket`` is there, after taking in what has arrived."""
    engine.poll()
    return engine.peek(ticket) is not None


class Gate:
    """What a program waits for until it is called."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._path = path
        self.wait = f"read _ < {shlex.quote(str(path))}"
        """Shell text that waits."""

    def __call__(self) -> None:
        """Let one program through; wait until one waits."""
        until(self._try, f"a reader of {self._path}")

    def _try(self) -> bool:
        try:
            gate = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        os.write(gate, b"go\n")
        os.close(gate)
        return True


def gate(directory: Path) -> Gate:
    """Make a gate in ``directory``."""
    return Gate(directory / f"gate-{new_mark()}")


_OWNER = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from engine_runs import *
directory = Path({directory!r})
engine = Engine(directory / "work", directory / "locks", {jobs}, redact=("*SECRET*",))
"""


@contextlib.contextmanager
def owner_process(
    directory: Path, text: str, *, jobs: int = 4, prefix: Sequence[str] = (), env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program that owns an engine called ``engine``, and end it when the block is left."""
    paths = [str(ROOT), str(Path(__file__).parent), str(ROOT / "tests" / "support")]
    program = directory.with_name(f"{directory.name}-owner-{new_mark()}.py")
    program.write_text(_OWNER.format(paths=paths, directory=str(directory), jobs=jobs) + text)
    with subprocess.Popen(
        [*WITH_USUAL_SIGNALS, *prefix, sys.executable, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            program.unlink()


def said(process: subprocess.Popen[bytes], word: str) -> None:
    """Wait until ``process`` writes the line ``word``."""
    assert process.stdout is not None
    line = process.stdout.readline().decode().strip()
    assert line == word, f"expected {word!r}, the process wrote {line!r}"


def hiding(ways: str, mark: str, then: str = "sleep 600") -> str:
    """Return shell text that starts processes with ``mark`` in the given ways, then does something itself."""
    return f"{ways.format(mark=shlex.quote(mark))}\n{then}"
