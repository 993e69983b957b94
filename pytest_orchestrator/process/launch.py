"""Starting a supervisor process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import SupervisorError

_PACKAGE_PARENT = str(Path(__file__).resolve().parent.parent.parent)


@dataclass(slots=True)
class SupervisorProcess:
    """A running supervisor and our end of its socket."""

    process: subprocess.Popen[bytes]
    socket: socket.socket


def interpreter_flags() -> list[str]:
    """Return the flags of the supervisor's interpreter.

    Isolated and without ``site``, because virtual-environment hooks cost more than the supervisor itself and a
    user's ``PYTHONPATH`` must not reach it. Only when coverage.py measures child processes (it announces that in
    the environment and starts through ``site``) is the interpreter an ordinary one.
    """
    return ["-P"] if os.environ.get("COVERAGE_PROCESS_CONFIG") else ["-I", "-S"]


def launch_supervisor() -> SupervisorProcess:
    """Start a supervisor in a session of its own, so that a terminal's Ctrl-C reaches only us.

    Raise SupervisorError when the operating system refuses.
    """
    ours, theirs = socket.socketpair()
    program = (
        f"import sys; sys.path.append({_PACKAGE_PARENT!r}); "
        f"from pytest_orchestrator.process.supervisor.main import main; main({theirs.fileno()})"
    )
    try:
        process = subprocess.Popen(
            [sys.executable, *interpreter_flags(), "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        message = f"cannot start the supervisor process with {sys.executable!r}: {error.strerror}"
        raise SupervisorError(message) from error
    finally:
        theirs.close()
    return SupervisorProcess(process, ours)
