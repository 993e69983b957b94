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
LEDGER = "budget.json"
LOCK = ".lock"
PROCESSES = "processes"
RESULTS = "results"
_GITIGNORE = "# Made by pytest-orchestrator: sessions are not for the repository.\n*\n"
_ENDED = ("closed", "killed")
_LOOK_SECONDS = 0.5
"""Others lock a session for a moment to see whether it has a controller: as long as that is not taken for one."""
_KEYS = {
    METADATA: ("session_id", "pattern_name", "working_dir", "started", "state", "calls", "calls_before"),
    PROCESSES: ("process_id", "number", "state", "cli", "prompt", "extras", "runs", "finished"),
    RESULTS: ("process_id", "status", "exit_code"),
}
"""What must be in a file of each kind."""


class SessionStore:
    """The directory of one session. Files are replaced whole, so who reads them never sees half of one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # -- making and finding -----------------------------------------------------------------------------------

    @classmethod
    def create(cls, base: Path, pattern_name: str) -> SessionStore:
        """Make a new directory below ``base``, with a name that nobody else has, ever.

        Raise AgentError when it cannot be made.
        """
        try:
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
                    (path / RESULTS).mkdir(mode=0o700)
                    return cls(path)
        except OSError as error:
            problem = f"a session cannot be kept in {str(base)!r}: {error.strerror}; name another place, base_log_dir"
            raise AgentError(problem) from error

    @classmethod
    def find(cls, base: Path, session_id: str) -> SessionStore:
        """Return the session whose id is ``session_id``, or starts with it when it is the only one.

        Raise AgentError when there is none, or more than one.
        """
        stores = list(cls.all(base))
        found = [store for store in stores if store.session_id == session_id]
        if session_id and not found:
            found = [store for store in stores if store.session_id.startswith(session_id)]
        if len(found) == 1:
            return found[0]
        names = ", ".join(repr(store.session_id) for store in (found or stores)[-5:])
        if found:
            problem = f"{len(found)} sessions in {str(base)!r} start with {session_id!r}: {names}; give more of the id"
        else:
            problem = f"no session {session_id!r} in {str(base)!r}; " + (
                f"the latest are {names}" if names else "there is none at all: is it kept elsewhere?"
            )
        raise AgentError(problem)

    @classmethod
    def all(cls, base: Path) -> Iterator[SessionStore]:
        """Yield all sessions below ``base``, also those that cannot be read, in the order in which they were begun.

        Raise AgentError when ``base`` cannot be read; one that is not there holds none.
        """
        found = []
        try:
            with os.scandir(base) as entries:
                found = [(_begun(entry), cls(Path(entry.path))) for entry in entries if _is_session(entry)]
        except FileNotFoundError:
            return
        except OSError as error:
            problem = f"cannot look for sessions in {str(base)!r}: {error.strerror}"
            raise AgentError(problem) from error
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
        deadline = time.monotonic() + _LOOK_SECONDS
        try:
            lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            problem = f"session {self.session_id!r} cannot be taken: {error.strerror} ({str(self.path / LOCK)!r})"
            raise AgentError(problem) from error
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(lock)
                    problem = f"session {self.session_id!r} is open: process {self.read().get('pid')} is its controller"
                    raise AgentError(problem) from None
                time.sleep(_LOOK_SECONDS / 50)
            except OSError as error:
                os.close(lock)
                problem = f"session {self.session_id!r} cannot be locked in {str(self.path)!r}: {error.strerror}"
                raise AgentError(problem) from error

    @property
    def has_controller(self) -> bool:
        """Whether a process that is alive has the session."""
        try:
            lock = os.open(self.path / LOCK, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # a file system without locks, on which no session can be taken
            return False
        finally:
            os.close(lock)
        return False

    @property
    def state(self) -> str:
        """``running``, ``paused``, ``closed``, ``killed``, or ``died``: its controller is gone and did not close it."""
        state = str(self.read()["state"])
        if state in _ENDED or self.has_controller:
            return state
        state = str(self.read()["state"])  # it may have been closed between the two looks
        return state if state in _ENDED else "died"

    # -- what is kept -----------------------------------------------------------------------------------------

    def read(self) -> dict[str, Any]:
        """Return the metadata. Raise AgentError when they cannot be read."""
        data = _read(self.path / METADATA, METADATA)
        if data.get("format") != FORMAT:
            problem = (
                f"{str(self.path / METADATA)!r} has the format {data.get('format')!r}; this version reads {FORMAT}"
            )
            raise AgentError(problem)
        return data

    def processes(self) -> list[dict[str, Any]]:
        """Return the records of all processes, in the order in which they were created.

        Raise AgentError when one cannot be read.
        """
        try:
            paths = [path for path in (self.path / PROCESSES).iterdir() if path.suffix == ".json"]
        except OSError as error:
            problem = f"cannot read {str(self.path / PROCESSES)!r}: {error.strerror}"
            raise AgentError(problem) from error
        return sorted((_read(path, PROCESSES) for path in paths), key=lambda record: int(record["number"]))

    def result(self, process_id: str, run: int) -> dict[str, Any]:
        """Return what came of a run of a process. Raise AgentError when it cannot be read."""
        return _read(self.result_path(process_id, run), RESULTS)

    def record_path(self, process_id: str) -> Path:
        """Return where the record of a process is kept."""
        return self.path / PROCESSES / f"{file_name(process_id)}.json"

    def result_path(self, process_id: str, run: int) -> Path:
        """Return where the result of a run is kept, of a process that may run more than once."""
        return self.path / RESULTS / f"{file_name(process_id)}.{run}.json"

    @property
    def metadata_path(self) -> Path:
        """Where the metadata are kept."""
        return self.path / METADATA

    @property
    def ledger(self) -> Path:
        """Where the books of the budget are kept."""
        return self.path / LEDGER


def controller() -> dict[str, Any]:
    """Return who this process is, for people."""
    return {"pid": os.getpid(), "host": os.uname().nodename, "program": list(sys.orig_argv)}


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Replace the file ``path``. Raise OSError when that cannot be done; what was there is there then."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(file, "w", encoding="utf-8", errors="surrogatepass") as text:
            json.dump(data, text, ensure_ascii=False, indent=1)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _read(path: Path, kind: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        problem = f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}"
        raise AgentError(problem) from error
    if not isinstance(data, dict):
        problem = f"{str(path)!r} is no record of a session: it holds a {type(data).__name__}"
        raise AgentError(problem)
    missing = [key for key in _KEYS[kind] if key not in data]
    if missing:
        problem = f"{str(path)!r} is no record of a session: it has no {', '.join(missing)}"
        raise AgentError(problem)
    return data


def _is_session(entry: os.DirEntry[str]) -> bool:
    """Whether it looks like the directory of a session; one that may not be entered may be one."""
    if not entry.is_dir():
        return False
    try:
        return bool({METADATA, LOCK, PROCESSES} & set(os.listdir(entry.path)))
    except OSError:
        return True


def _begun(entry: os.DirEntry[str]) -> str:
    """Return when a session was begun, also when it does not say so itself."""
    try:
        return str(_read(Path(entry.path) / METADATA, METADATA)["started"])
    except AgentError:
        with contextlib.suppress(OSError):
            return utc_time(entry.stat().st_mtime)
        return ""
