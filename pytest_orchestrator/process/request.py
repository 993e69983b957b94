"""A command as the supervisor is told of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .limits import limited

if TYPE_CHECKING:
    from .command import Command, Warm


def run_message(ticket: int, command: Command) -> tuple[str, int, tuple[Any, ...]]:
    """Return the message that asks for ``command``. Its environment but for the additions is sent apart.

    The values are in the order in which ``supervisor.request`` takes them: their names would be half of each message.
    """
    output_mb = command.limits.output_mb
    return (
        "run",
        ticket,
        (
            list(limited(command.argv, command.limits)),
            command.argv[0],
            command.cwd,
            command.below_tmp,
            {**command.env, b"ORCHESTRATOR_ITEM": os.fsencode(command.item)},
            list(command.unset),
            command.stdin,
            command.timeout,
            command.idle_timeout,
            command.grace,
            command.interrupt,
            None if output_mb is None else int(output_mb * (1 << 20)),
            list(command.resources),
            command.left_processes,
            command.keep_stdout,
            command.keep_stderr,
            list(command.redact),
            command.terminal,
            command.whole_output,
            command.warm and _warm(command.warm),
        ),
    )


def _warm(warm: Warm) -> tuple[bytes, list[bytes], bytes, list[str]]:
    return warm.executable, list(warm.words), warm.name, list(warm.imports)
