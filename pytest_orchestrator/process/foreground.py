"""A program that takes this process's place for a while: same terminal, same input and output, ends with us."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARENT_VARIABLE = "ORCHESTRATOR_PARENT"
"""Tells a program that :func:`run_foreground` started who started it."""
PATIENCE = 5.0
"""Seconds after Ctrl-C in which the program, which got it from the terminal too, may end by itself."""


def run_foreground(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run ``argv`` to its end and return its exit status, negative for a signal.

    After a KeyboardInterrupt, which is raised again, the program has ended too.
    """
    with subprocess.Popen(argv, env={**env, PARENT_VARIABLE: str(os.getpid())}) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
            raise


def end_with_parent() -> None:
    """Have this process ended by SIGTERM when the one that ran it by :func:`run_foreground` is gone."""
    from .supervisor.tree import end_with

    parent = os.environ.pop(PARENT_VARIABLE, None)
    if parent is not None:
        end_with(int(parent))
