"""A command as the supervisor is told of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .limits import limited

if TYPE_CHECKING:
    from .command import Command, Warm


def run_message(ticket: int, command: Command) -> tuple[str, int, dict[str, Any]]:
    """Return the message that asks for ``command``. Its environment but for the additions is sent apart."""
    output_mb = command.limits.output_mb
    return (
        "run",
        ticket,
        {
            "argv": list(limited(command.argv, command.limits)),
            "program": command.argv[0],
            "cwd": command.cwd,
            "below_tmp": command.below_tmp,
            "env": {**command.env, b"ORCHESTRATOR_ITEM": os.fsencode(command.item)},
            "unset": list(command.unset),
            "stdin": command.stdin,
            "timeout": command.timeout,
            "idle_timeout": command.idle_timeout,
            "grace": command.grace,
            "interrupt": command.interrupt,
            "output_limit": None if output_mb is None else int(output_mb * (1 << 20)),
            "resources": list(command.resources),
            "left_processes": command.left_processes,
            "keep_stdout": command.keep_stdout,
            "keep_stderr": command.keep_stderr,
            "redact": list(command.redact),
            "terminal": command.terminal,
            "whole_output": command.whole_output,
            "warm": command.warm and _warm(command.warm),
        },
    )


def _warm(warm: Warm) -> tuple[bytes, list[bytes], bytes, list[str]]:
    return warm.executable, list(warm.words), warm.name, list(warm.imports)
