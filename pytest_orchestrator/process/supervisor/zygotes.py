"""The interpreters that wait for scripts: one for each way in which scripts are to find an interpreter started."""

from __future__ import annotations

import select
import time

from .marks import RUN_VARIABLE
from .orphans import OURS
from .program import NEVER
from .zygote import Refusal, Zygote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .marks import Marks
    from .request import Request

    Key = tuple[bytes, tuple[str, ...], tuple[tuple[bytes, bytes], ...]]
    """Interpreter, warm imports, and the variables that act when it starts."""

MOST = 8
"""Interpreters that may wait at the same time; each takes about as much memory as a Python that does nothing."""
_START_PREFIXES = (b"PYTHON", b"LC_", b"LD_", b"MALLOC_", b"GLIBC_", b"OMP_", b"OPENBLAS_", b"MKL_")
_START_NAMES = frozenset({b"HOME", b"LANG", b"LANGUAGE", b"TZ", b"TZDIR", b"LOCPATH", b"OPENSSL_CONF"})
_COVERAGE = (b"COVERAGE_PROCESS_START", b"COVERAGE_PROCESS_CONFIG")


class Zygotes:
    """Starts interpreters when they are first asked for, and scripts from them."""

    def __init__(self, work_dir: bytes, marks: Marks, poll: select.epoll, null: int) -> None:
        """Take where files are made, what marks processes, who listens, and a descriptor of ``/dev/null``."""
        self._work_dir = work_dir
        self._marks = marks
        self._poll = poll
        self._null = null
        self._zygotes: dict[Key, Zygote] = {}
        self._by_descriptor: dict[int, Zygote] = {}
        self._problems: dict[Key, str] = {}

    @property
    def due(self) -> float:
        """When (by the monotonic clock) an interpreter has taken too long to start."""
        waiting = [it.due for it in self._by_descriptor.values() if not it.is_ready and not it.problem]
        return min(waiting, default=NEVER)

    def is_awaited(self, request: Request) -> bool:
        """Return whether ``request`` has to wait until its interpreter is there; start that if need be."""
        if request.warm is None:
            return False
        environment = request.environment()
        key = self._key(request, environment)
        zygote = self._zygotes.get(key)
        if zygote is None:
            if key in self._problems or self._objection(request, environment):
                return False
            zygote = self._start(key, environment)
            if zygote is None:
                return False
        if not zygote.is_ready and not zygote.problem and time.monotonic() > zygote.due:
            zygote.give_up("it takes too long to start")
            self._drop_useless()
        return not zygote.is_ready and not zygote.problem

    def fork(self, request: Request, environment: dict[bytes, bytes], streams: tuple[int, int, int]) -> int | None:
        """Start the program of ``request`` in the current directory and return its pid.

        None, and a note in the request, if it has to be started from its beginning.
        """
        if request.warm is None:
            return None
        _, words, name, _ = request.warm
        key = self._key(request, environment)
        zygote = self._zygotes.get(key)
        why = self._objection(request, environment) or self._problems.get(key, "") or (zygote.problem if zygote else "")
        if not why and zygote is not None:
            try:
                return zygote.fork(
                    words, environment, name, streams, lambda pid: self._marks.put_on(pid, request.number)
                )
            except Refusal as refusal:
                why = str(refusal)
                self._drop_useless()
            except OSError as error:
                why = error.strerror or str(error)
        request.notes.append(f"not started warm: {why}")
        return None

    @staticmethod
    def _key(request: Request, environment: dict[bytes, bytes]) -> Key:
        assert request.warm is not None
        executable, _, _, imports = request.warm
        acting = [
            pair for pair in environment.items() if pair[0] in _START_NAMES or pair[0].startswith(_START_PREFIXES)
        ]
        return executable, tuple(imports), tuple(sorted(acting))

    def _objection(self, request: Request, environment: dict[bytes, bytes]) -> str:
        """Return why ``request`` cannot be started from any interpreter that is there already."""
        if request.argv[0] != request.program:
            return "its limits have to be set before its interpreter starts"
        if not self._marks.can_limit:
            return "its processes could not be told from those of other scripts here (RLIMIT_RTTIME is set)"
        path = environment.get(b"PYTHONPATH")
        if path and not all(entry.startswith(b"/") for entry in path.split(b":")):
            return "its PYTHONPATH has an entry that is no absolute path"
        if any(name in environment for name in _COVERAGE):
            return "coverage.py measures it from the start of its interpreter on"
        return ""

    def _start(self, key: Key, environment: dict[bytes, bytes]) -> Zygote | None:
        if sum(1 for zygote in self._zygotes.values() if zygote.pid) >= MOST:
            self._problems[key] = f"{MOST} interpreters wait already, started with other variables (PYTHON*, LC_* ...)"
            return None
        marked = {**environment, RUN_VARIABLE: self._marks.variable(OURS, environment.get(RUN_VARIABLE))}
        self._marks.put_on_next(OURS)
        try:
            zygote = Zygote(key[0], key[1], marked, self._work_dir, self._null)
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self._problems[key] = f"its interpreter cannot be started: {reason}"
            return None
        self._zygotes[key] = zygote
        self._by_descriptor[zygote.fileno()] = zygote
        self._poll.register(zygote.fileno(), select.EPOLLIN)
        return zygote

    def hear(self, fd: int) -> None:
        """Take in what the interpreter behind the descriptor ``fd`` says, if it is one's."""
        zygote = self._by_descriptor.get(fd)
        if zygote is not None:
            zygote.hear()
            self._drop_useless()

    def reaped(self, pid: int, status: int) -> None:
        """Take note that the child ``pid`` has ended."""
        for zygote in self._zygotes.values():
            if zygote.pid == pid:
                zygote.reaped(status)
                self._drop_useless()

    @property
    def are_there(self) -> bool:
        """Whether any interpreter is alive."""
        return any(zygote.pid for zygote in self._zygotes.values())

    def _drop_useless(self) -> None:
        """Let go of interpreters that no script can be started from, which ends what they have ready."""
        for fd, zygote in list(self._by_descriptor.items()):
            if zygote.problem:
                del self._by_descriptor[fd]
                self._poll.unregister(fd)
                zygote.close()
