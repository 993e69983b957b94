"""Resource limits of a program, set by a shell that then becomes the program.

Never ``preexec_fn``: it makes Python fork, which takes 33 ms from a parent with 1 GB of heap (measured); and a
``prlimit`` on a process that already runs comes too late for one that starts fast.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from ..core.result import Limit

if TYPE_CHECKING:
    from ..config.settings import Limits
    from .command import Outcome

SHELL = b"/bin/sh"
REFUSED = 126
"""Exit status when a limit could not be set; stderr then says which, after :data:`REFUSAL`, and why."""
REFUSAL = b"pytest-orchestrator: refused limit: "

_MIB = 1 << 20
_KIB = 1 << 10
_SHELL = 128
"""What a shell adds to the number of a signal that ended its last command, to make it an exit code."""
_BLOCK = 512
"""POSIX's unit of ``ulimit -f``, which dash has, and bash when it is called sh."""


def limited(argv: tuple[bytes, ...], limits: Limits) -> tuple[bytes, ...]:
    """Return the command that runs ``argv`` under ``limits``; ``argv`` itself when there are none.

    Where a limit is refused (it is above the hard one that is in force), ``argv`` is not run.
    """
    steps = []
    if limits.memory_mb is not None:
        steps.append(_step(f"-v {_units(limits.memory_mb, _KIB)}", "memory_mb", limits.memory_mb))
    if limits.cpu_seconds is not None:
        seconds = max(1, round(limits.cpu_seconds))
        # A soft limit below the hard one gives SIGXCPU, which names the cause, in place of SIGKILL.
        # It is set first: a hard limit below the soft one is refused.
        steps.append(_step(f"-S -t {seconds}", "cpu_seconds", limits.cpu_seconds))
        steps.append(_step(f"-H -t {seconds + 1}", "cpu_seconds", limits.cpu_seconds))
    if limits.open_files is not None:
        steps.append(_step(f"-n {limits.open_files}", "open_files", limits.open_files))
    if limits.file_size_mb is not None:
        steps.append(_step(f"-f {_units(limits.file_size_mb, _BLOCK)}", "file_size_mb", limits.file_size_mb))
    if not steps:
        return argv
    return (SHELL, b"-c", "".join(steps).encode() + b'exec "$@"', b"sh", *argv)


def _units(mib: float, unit: int) -> int:
    return max(1, int(mib * _MIB / unit))


def _step(option: str, name: str, value: float) -> str:
    """Return the shell's words that set one limit. They hold numbers and our own names only: nothing to quote."""
    refusal = REFUSAL.decode()
    return f'ulimit {option} || {{ echo "{refusal}{name} {value:.15g}" >&2; exit {REFUSED}; }}\n'


def refused_limit(stderr: bytes) -> str | None:
    """Return the name and value of the limit that was refused, as stderr of a command under limits has it."""
    start = stderr.find(REFUSAL)
    if start < 0:
        return None
    return stderr[start + len(REFUSAL) :].partition(b"\n")[0].decode("ascii", "backslashreplace")


def fired_limit(limits: Limits, outcome: Outcome) -> Limit | None:
    """Return the limit that the kernel enforced by a signal: on the program itself, or on the last it waited for."""
    code = outcome.exit_code
    if limits.file_size_mb is not None and code in (-signal.SIGXFSZ, _SHELL + signal.SIGXFSZ):
        return Limit("file_size_mb", limits.file_size_mb)
    if limits.cpu_seconds is not None and (
        code in (-signal.SIGXCPU, _SHELL + signal.SIGXCPU)
        # Who ignores that signal gets this one a second later.
        or (code == -signal.SIGKILL and outcome.cpu_time >= limits.cpu_seconds)
    ):
        return Limit("cpu_seconds", limits.cpu_seconds)
    return None


def limits_in_force(limits: Limits) -> str:
    """Return, for messages, the limits that a program may have failed at without a word; nothing where it had none."""
    named = {"memory_mb": limits.memory_mb, "open_files": limits.open_files, "file_size_mb": limits.file_size_mb}
    shown = [f"{name} {value:g}" for name, value in named.items() if value is not None]
    return f" (under limits: {', '.join(shown)})" if shown else ""
