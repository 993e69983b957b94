"""What a session keeps on disk, as it goes: who runs it, what was asked for, and what came of each process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AgentError
from .log import file_name, utc_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT = 1
SESSIONS = Path(".orchestrator", "sessions")
"""Where sessions are kept, below the working directory, unless another place is named."""
METADATA = "session.json"
LOG = "session.log"
LOCK = ".lock"
PROCESSES = "processes"
_GITIGNORE = "# Made by pytest-orchestrator: sessions are not for the repository.\n*\n"
_ENDED = ("closed", "killed")


class SessionStore:
    """The directory of one session. Files are replaced whole, so who reads them never sees half of one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # -- making and finding -----------------------------------------------------------------------------------

    @classmethod
    def create(cls, base: Path, pattern_name: str) -> SessionStore:
        """Make a new directory below ``base``, with a name that nobody else has, ever.

        Raise OSError when it cannot be made.
        """
        base.mkdir(parents=True, exist_ok=True)
        ignore = base / ".gitignore"
        if base.name == SESSIONS.name and not ignore.exists():
            ignore.write_text(_GITIGNORE, encoding="utf-8")
        while True:
            moment = utc_time(time.time()).translate({ord(sign): None for sign in "-:."})
            path = base / f"{file_name(pattern_name)}-{moment}-{secrets.token_hex(3)}"
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
                (path / PROCESSES).mkdir(mode=0o700)
                return cls(path)

    @classmethod
    def find(cls, base: Path, session_id: str) -> SessionStore:
        """Return the session whose id is ``session_id``, or starts with it when it is the only one.

        Raise AgentError when there is none, or more than one.
        """
        if (base / session_id / METADATA).is_file() and Path(session_id).name == session_id:
            return cls(base / session_id)
        found = [store for store in cls.all(base) if store.session_id.startswith(session_id)]
        if len(found) == 1:
            return found[0]
        names = ", ".join(repr(store.session_id) for store in (found or list(cls.all(base)))[-5:])
        if found:
            problem = f"{len(found)} sessions in {str(base)!r} start with {session_id!r}: {names}; give more of the id"
        else:
            problem = f"no session {session_id!r} in {str(base)!r}; " + (
                f"the latest are {names}" if names else "there is none at all: name another directory with --dir"
            )
        raise AgentError(problem)

    @classmethod
    def all(cls, base: Path) -> Iterator[SessionStore]:
        """Yield all sessions below ``base``, in the order in which they were begun."""
        found = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(base):
                if os.path.isfile(os.path.join(entry.path, METADATA)):
                    store = cls(Path(entry.path))
                    found.append((str(store.read().get("started", "")), store))
        yield from (store for _, store in sorted(found, key=lambda pair: (pair[0], pair[1].session_id)))

    @property
    def session_id(self) -> str:
        """The name of its directory."""
        return self.path.name

    # -- the controller ---------------------------------------------------------------------------------------

    def take(self) -> int:
        """Take the session for this process, which is its controller while the returned descriptor is open.

        The kernel lets go of it when the process dies. Raise AgentError when another process has it.
        """
        lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            problem = f"session {self.session_id!r} is open: process {self.read().get('pid')} is its controller"
            raise AgentError(problem) from None
        return lock

    @property
    def has_controller(self) -> bool:
        """Whether a process that is alive has the session."""
        try:
            lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    @property
    def state(self) -> str:
        """``running``, ``paused``, ``closed``, ``killed``, or ``died``: its controller is gone and did not close it."""
        state = str(self.read().get("state", ""))
        return state if state in _ENDED or self.has_controller else "died"

    # -- what is kept -----------------------------------------------------------------------------------------

    def read(self) -> dict[str, Any]:
        """Return the metadata. Raise AgentError when they cannot be read."""
        return _read(self.path / METADATA)

    def write(self, metadata: Mapping[str, Any]) -> None:
        """Replace the metadata."""
        _write(self.path / METADATA, {"format": FORMAT, **metadata})

    def write_process(self, process_id: str, record: Mapping[str, Any]) -> None:
        """Replace the record of a process."""
        _write(self.path / PROCESSES / f"{file_name(process_id)}.json", record)

    def write_result(self, process_id: str, result: Mapping[str, Any]) -> None:
        """Keep the result of a process. Its record, which says that there is one, is written after that."""
        _write(self.path / PROCESSES / f"{file_name(process_id)}.result.json", result)

    def read_result(self, process_id: str) -> dict[str, Any]:
        """Return the result of a process whose record says that there is one."""
        return _read(self.path / PROCESSES / f"{file_name(process_id)}.result.json")

    def processes(self) -> list[dict[str, Any]]:
        """Return the records of all processes, in the order in which they were created."""
        records = [
            _read(path) for path in (self.path / PROCESSES).glob("*.json") if not path.name.endswith(".result.json")
        ]
        return sorted(records, key=lambda record: record["number"])


def controller() -> dict[str, Any]:
    """Return who this process is, for people."""
    return {"pid": os.getpid(), "host": os.uname().nodename, "program": list(sys.orig_argv)}


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        problem = f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}"
        raise AgentError(problem) from error
    if not isinstance(data, dict):
        problem = f"{str(path)!r} is no record of a session: it holds a {type(data).__name__}"
        raise AgentError(problem)
    return data


def _write(path: Path, data: Mapping[str, Any]) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(file, "w", encoding="utf-8", errors="surrogateescape") as text:
        json.dump(data, text, ensure_ascii=False, indent=1)
    os.replace(part, path)
