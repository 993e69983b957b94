"""The process above the supervisor: when that dies, every program falls to this one, which ends it at once.

The process that wanted the results may be busy for minutes and notice nothing; and it may be dead as well. The guard
does nothing but wait, so nothing can go wrong with it; when it is killed itself, the supervisor ends by SIGTERM.
"""

from __future__ import annotations

import os
import sys
import time

from .signals import signal
from .tree import OwnChildren, become_subreaper, end_with

LAST_RESORT = 5.0
"""Seconds spent on killing everything after a fault of our own."""


def divide(control: int) -> None:
    """Become two processes: return in the new one, which is to be the supervisor, and never in the guard.

    ``control`` is the supervisor's socket, which the guard lets go of.
    """
    become_subreaper()
    guard = os.getpid()
    supervisor = os.fork()
    if supervisor:
        os.close(control)
        _guard(supervisor)
    end_with(guard)
    become_subreaper()


def _guard(supervisor: int) -> None:
    """Wait for the end of the supervisor, end what it left, and end as it did."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(supervisor, signal.SIGTERM))
    # Without reaping it: a signal that is passed on must not reach another process.
    while (end := os.waitid(os.P_PID, supervisor, os.WEXITED | os.WSTOPPED | os.WNOWAIT)) is not None:
        if end.si_code not in (os.CLD_STOPPED, os.CLD_TRAPPED):
            break
        # A program has stopped it, and it would hear of nothing: no limit, and not that the engine is dead.
        os.waitid(os.P_PID, supervisor, os.WSTOPPED | os.WNOHANG)
        os.kill(supervisor, signal.SIGCONT)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    code = os.waitstatus_to_exitcode(os.waitpid(supervisor, 0)[1])
    if code:
        kill_everything()
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    end_at_once(code)


def end_at_once(code: int) -> None:
    """End this process: nothing is left to write, and the interpreter takes as long to end as it does to start.

    Unless coverage.py measures it, which writes what it has found when the interpreter ends.
    """
    if sys.flags.no_site:
        os._exit(code)
    sys.exit(code)


def kill_everything() -> None:
    """End all that this process ever started, as well as can be done without knowing what it is."""
    children = OwnChildren()
    deadline = time.monotonic() + LAST_RESORT
    while time.monotonic() < deadline:
        children.kill_all()
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)
