"""Resource limits of a program, set by a shell that then becomes the program.

Never ``preexec_fn``: it makes Python fork, which takes 33 ms from a parent with 1 GB of heap (measured); and a
``prlimit`` on a process that already runs comes too late for one that starts fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config.settings import Limits

SHELL = b"/bin/sh"
REFUSED = 126
"""Exit status when a limit could not be set; the shell has said why on stderr."""


def limited(argv: tuple[bytes, ...], limits: Limits) -> tuple[bytes, ...]:
    """Return the command that runs ``argv`` under ``limits``; ``argv`` itself when there are none."""
    steps = []
    if limits.memory_mb is not None:
        steps.append(f"ulimit -v {int(limits.memory_mb * 1024)}")
    if limits.cpu_seconds is not None:
        seconds = max(1, round(limits.cpu_seconds))
        # A soft limit below the hard one gives SIGXCPU, which names the cause, in place of SIGKILL.
        # It is set first: a hard limit below the soft one is refused.
        steps += [f"ulimit -S -t {seconds}", f"ulimit -H -t {seconds + 1}"]
    if limits.open_files is not None:
        steps.append(f"ulimit -n {limits.open_files}")
    if limits.file_size_mb is not None:
        steps.append(f"ulimit -f {int(limits.file_size_mb * 2048)}")
    if not steps:
        return argv
    script = " && ".join(steps) + f' && exec "$@"; exit {REFUSED}'
    return (SHELL, b"-c", script.encode(), b"sh", *argv)
